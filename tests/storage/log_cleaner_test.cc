#include "storage/log_cleaner.h"

#include <deque>

#include <gmock/gmock.h>

#include "storage/checkpoints.h"
#include "storage/log_directories.h"
#include "tests/storage/compaction_fixture.h"

namespace storage::testing {

using ::testing::ElementsAre;

class LogCleanerTest : public CompactionFixture {
 protected:
  LogCleanerTest() { start(); }
  ~LogCleanerTest() override { disk_.run_all(); }

  void start() {
    auto opened = LogDirectories::open(
        services_,
        {.paths = {"/data"}, .cluster_id = "cluster", .node_id = 1, .metadata_directory = {}});
    ASSERT_TRUE(opened.ok());
    directories_ = std::move(*opened);
    ASSERT_TRUE(
        directories_
            ->load([this](const std::string&) { return std::make_shared<LogOptions>(options_); })
            .ok());
  }
  Log* create(const std::string& topic) {
    auto log =
        directories_->create({topic, 0}, {1, ++ids_}, std::make_shared<LogOptions>(options_));
    EXPECT_TRUE(log.ok());
    return *log;
  }
  void start_cleaner() {
    directories_->start_cleaner({.disk = cleaner_disk_,
                                 .schedule =
                                     [this](wire::DurationMs delay, wire::Callback<void()> action) {
                                       delays_.push_back(delay);
                                       timers_.push_back(std::move(action));
                                     },
                                 .options = [this] { return cleaner_options_; }});
  }
  // The timers that are set now go off.
  void pass_time() {
    auto due = std::exchange(timers_, {});
    for (auto& action : due) action();
  }
  OffsetCheckpoint checkpoint() {
    return *read_offset_checkpoint(files_, "/data/cleaner-offset-checkpoint");
  }
  void fill(Log& log, int copies) {
    for (int i = 0; i < copies; ++i) append_keyed(log, {{"k", std::to_string(i)}, {"other", "x"}});
    seal(log);
  }

  CleanerOptions cleaner_options_;
  ManualDiskExecutor cleaner_disk_;
  std::deque<wire::Callback<void()>> timers_;
  std::vector<wire::DurationMs> delays_;
  std::unique_ptr<LogDirectories> directories_;
  uint64_t ids_ = 100;
};

TEST_F(LogCleanerTest, CompactsWhatIsDirtyAndKeepsHowFar) {
  Log* log = create("tweets");
  fill(*log, 5);
  start_cleaner();
  cleaner_disk_.run_all();
  EXPECT_THAT(contents(*log), ElementsAre("k=4@8", "other=x@9"));
  EXPECT_THAT(checkpoint(), ElementsAre(std::pair(TopicPartition{"tweets", 0}, 10)));
  EXPECT_THAT(delays_, ElementsAre(cleaner_options_.backoff_ms));
  // After a restart the compacted part counts as clean.
  directories_->stop_cleaner();
  ASSERT_TRUE(directories_->shut_down(1).ok());
  directories_.reset();
  start();
  log = directories_->find({"tweets", 0});
  EXPECT_EQ(log->compacted_offset(), 10);
}

TEST_F(LogCleanerTest, LooksAgainAfterTheBackoff) {
  Log* log = create("tweets");
  start_cleaner();
  fill(*log, 3);
  EXPECT_TRUE(cleaner_disk_.idle());
  pass_time();
  cleaner_disk_.run_all();
  EXPECT_EQ(contents(*log).size(), 2U);
}

TEST_F(LogCleanerTest, BelowTheDirtyRatioNothingHappens) {
  options_.min_cleanable_dirty_ratio = 0.5;
  Log* log = create("tweets");
  fill(*log, 4);
  log->note_compacted(log->log_end_offset());
  fill(*log, 3);
  start_cleaner();
  EXPECT_TRUE(cleaner_disk_.idle());
  fill(*log, 3);
  pass_time();
  EXPECT_FALSE(cleaner_disk_.idle());
}

TEST_F(LogCleanerTest, TheDirtiestComesFirstOneAtATime) {
  Log* some = create("some");
  Log* most = create("most");
  fill(*some, 2);
  some->note_compacted(some->log_end_offset());
  fill(*some, 4);
  fill(*most, 2);
  start_cleaner();
  EXPECT_EQ(contents(*some).size(), 12U);
  cleaner_disk_.run_all();
  EXPECT_EQ(contents(*some).size(), 2U);
  EXPECT_EQ(contents(*most).size(), 2U);
  EXPECT_EQ(checkpoint().size(), 2U);
}

TEST_F(LogCleanerTest, TopicsThatAreNotCompactedAreLeftAlone) {
  options_.compact = false;
  Log* log = create("tweets");
  fill(*log, 5);
  start_cleaner();
  EXPECT_TRUE(cleaner_disk_.idle());
}

TEST_F(LogCleanerTest, AnUncleanableLogIsSkippedFromThenOn) {
  Log* broken = create("broken");
  Log* sound = create("sound");
  fill(*broken, 5);
  fill(*sound, 2);
  auto file = files_.open("/data/broken-0/00000000000000000000.log", OpenMode::kUpdate);
  ASSERT_TRUE((*file)->write(wire::kBatchHeaderSize + 5, wire::Bytes::copy("!")).ok());
  start_cleaner();
  cleaner_disk_.run_all();
  pass_time();
  cleaner_disk_.run_all();
  EXPECT_EQ(contents(*sound).size(), 2U);
  EXPECT_EQ(broken->log_end_offset(), 10);
  EXPECT_TRUE(directory_->online());
  EXPECT_EQ(checkpoint().count({"broken", 0}), 0U);
}

TEST_F(LogCleanerTest, TheThrottleWaitsForWhatWasReadAndWritten) {
  cleaner_options_.io_bytes_per_second = 1000;
  Log* log = create("tweets");
  for (int i = 0; i < 10; ++i) append_keyed(*log, {{"k", std::string(1000, 'x')}});
  seal(*log);
  const int64_t size = log->size_bytes();
  start_cleaner();
  cleaner_disk_.run_all();
  // The mapping has read everything: that many seconds are to pass.
  ASSERT_EQ(delays_.size(), 1U);
  EXPECT_NEAR(static_cast<double>(delays_[0]), static_cast<double>(size), 5);
  clock_.advance(delays_[0]);
  pass_time();
  cleaner_disk_.run_all();
  EXPECT_GE(delays_.size(), 2U);
  while (log->segment_count() < 2 || contents(*log).size() > 1) {
    clock_.advance(delays_.back());
    pass_time();
    cleaner_disk_.run_all();
  }
}

TEST_F(LogCleanerTest, ALogThatIsDeletedMeanwhileIsForgotten) {
  Log* log = create("tweets");
  fill(*log, 5);
  start_cleaner();
  ASSERT_FALSE(cleaner_disk_.idle());
  ASSERT_TRUE(directories_->remove({"tweets", 0}).ok());
  cleaner_disk_.run_all();
  EXPECT_EQ(directories_->log_count(), 0U);
}

TEST_F(LogCleanerTest, CompactAndDeleteAlsoDeletes) {
  options_.delete_by_retention = true;
  options_.retention_ms = 1000;
  Log* log = create("tweets");
  fill(*log, 5);
  clock_.advance(2000);
  start_cleaner();
  cleaner_disk_.run_all();
  EXPECT_EQ(log->log_start_offset(), 10);
}

TEST_F(LogCleanerTest, AStopInTheMiddleLeavesTheLogWhole) {
  Log* log = create("tweets");
  fill(*log, 5);
  start_cleaner();
  directories_->stop_cleaner();
  cleaner_disk_.run_all();
  EXPECT_EQ(contents(*log).size(), 10U);
  ASSERT_TRUE(directories_->shut_down(1).ok());
}

}  // namespace storage::testing
