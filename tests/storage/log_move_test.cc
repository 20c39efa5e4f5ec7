// Moves of a log between two directories, under the crash matrix.
#include <gmock/gmock.h>

#include "storage/log_directories.h"
#include "storage/partition_directory.h"
#include "tests/storage/crash_harness.h"
#include "tests/storage/log_fixture.h"
#include "wire/base/log.h"

namespace storage::testing {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Not;

namespace {

const TopicPartition kName{"tweets", 0};
constexpr wire::Uuid kTopicId{7, 8};

// Copies all that the log has beyond the copy.
wire::Status copy_rest(LogDirectories& directories) {
  while (directories.future(kName)->log_end_offset() < directories.find(kName)->log_end_offset()) {
    if (auto status = directories.copy_to_future(kName, 100); !status) return status;
  }
  return {};
}

wire::Status sync_now(Log& log) {
  auto work = log.begin_sync();
  if (!work) return {};
  work->run();
  return log.complete_sync(*work);
}

// A log of six records is moved, and goes on in its new place.
class MoveWorkload final : public CrashWorkload {
 public:
  void run(FaultyFileSystem& files) override {
    (void)script(files);  // ends where the plan says; what counts is what check() finds
    directories_.reset();
  }

  void check(FaultyFileSystem& files) override {
    const wire::Status started = start(files);
    ASSERT_TRUE(started.ok()) << started.error().detail;
    const auto options = std::make_shared<const LogOptions>();
    LogDirectory& target = *directories_->all().at(1);
    Log* log = directories_->find(kName);
    // What the broker does at its start.
    if (log == nullptr) {
      auto adopted = directories_->adopt_future(kName, target, options);
      ASSERT_TRUE(adopted.ok()) << adopted.error().detail;
      log = *adopted;
    }
    if (log == nullptr) {
      EXPECT_EQ(acknowledged_, 0u) << "the log is gone";
      directories_.reset();
      return;
    }
    const std::vector<std::string> values = read_values(*log, 0);
    ASSERT_GE(values.size(), acknowledged_);
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(values[i], "v" + std::to_string(i) + "-0") << "at " << i;
    // A move that was begun can be brought to its end.
    auto copy = directories_->resume_future(kName, options);
    ASSERT_TRUE(copy.ok()) << copy.error().detail;
    if (*copy != nullptr && log->directory().path() != (*copy)->directory().path()) {
      ASSERT_TRUE(copy_rest(*directories_).ok());
      auto promoted = directories_->promote_future(kName);
      ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
      EXPECT_EQ(&(*promoted)->directory(), &target);
      EXPECT_EQ(read_values(**promoted, 0), values);
    }
    directories_.reset();
  }

 private:
  wire::Status start(FaultyFileSystem& files) {
    services_.reset(new StorageServices{files, clock_, random_, disk_});
    auto opened = LogDirectories::open(
        *services_,
        {.paths = {"/a", "/b"}, .cluster_id = "cluster", .node_id = 1, .metadata_directory = {}});
    if (!opened) return opened.error();
    directories_ = std::move(*opened);
    return directories_->load(
        [](const std::string&) { return std::make_shared<const LogOptions>(); });
  }

  wire::Status append(Log& log) {
    auto info = log.append_as_leader(make_batch({.tag = "v" + std::to_string(appended_)}), 0);
    if (!info) return info.error();
    ++appended_;
    return {};
  }

  wire::Status script(FaultyFileSystem& files) {
    if (auto status = start(files); !status) return status;
    const auto directory = [&](size_t i) { return directories_->all().at(i).get(); };
    auto created =
        directories_->create(kName, kTopicId, std::make_shared<const LogOptions>(), directory(0));
    if (!created) return created.error();
    Log* log = *created;
    for (int i = 0; i < 4; ++i) {
      if (auto status = append(*log); !status) return status;
    }
    if (auto status = sync_now(*log); !status) return status;
    acknowledged_ = 4;
    auto copy = directories_->create_future(kName, *directory(1));
    if (!copy) return copy.error();
    if (auto status = copy_rest(*directories_); !status) return status;
    if (auto status = append(*log); !status) return status;
    if (auto status = sync_now(*log); !status) return status;
    acknowledged_ = 5;
    if (auto status = copy_rest(*directories_); !status) return status;
    auto promoted = directories_->promote_future(kName);
    if (!promoted) return promoted.error();
    if (auto status = append(**promoted); !status) return status;
    if (auto status = sync_now(**promoted); !status) return status;
    acknowledged_ = 6;
    return {};
  }

  wire::ManualClock clock_;
  wire::SeededRandom random_{1};
  ManualDiskExecutor disk_;
  std::unique_ptr<StorageServices> services_;
  std::unique_ptr<LogDirectories> directories_;
  size_t appended_ = 0;
  size_t acknowledged_ = 0;
};

}  // namespace

TEST(LogMove, SurvivesAStopAtEveryCall) {
  wire::log::set_level(wire::log::Level::kOff);
  const int64_t calls = CrashMatrix{.make = [] { return std::make_unique<MoveWorkload>(); }}.run();
  wire::log::set_level(wire::log::Level::kInfo);
  EXPECT_GT(calls, 40);
}

class LogMoveTest : public LogFixture {
 protected:
  void SetUp() override {
    auto opened = LogDirectories::open(
        services_,
        {.paths = {"/a", "/b"}, .cluster_id = "cluster", .node_id = 1, .metadata_directory = {}});
    ASSERT_TRUE(opened.ok());
    directories_ = std::move(*opened);
    ASSERT_TRUE(
        directories_->load([](const std::string&) { return std::make_shared<const LogOptions>(); })
            .ok());
    auto created =
        directories_->create(kName, kTopicId, std::make_shared<const LogOptions>(), from());
    ASSERT_TRUE(created.ok());
    log_ = *created;
  }
  LogDirectory* from() { return directories_->all().at(0).get(); }
  LogDirectory* to() { return directories_->all().at(1).get(); }

  std::unique_ptr<LogDirectories> directories_;
  Log* log_ = nullptr;
};

TEST_F(LogMoveTest, TheCopyTakesTheLogsPlace) {
  append(*log_, {.count = 3, .tag = "a"});
  append(*log_, {.count = 2, .tag = "b"});
  log_->note_high_watermark(5);
  ASSERT_TRUE(log_->increment_log_start_offset(2).ok());
  auto copy = directories_->create_future(kName, *to());
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(directories_->future(kName), *copy);
  EXPECT_THAT(names("/b"), Contains(EndsWith("-future")));
  ASSERT_TRUE(copy_rest(*directories_).ok());

  auto promoted = directories_->promote_future(kName);
  ASSERT_TRUE(promoted.ok()) << promoted.error().detail;
  EXPECT_EQ(directories_->find(kName), *promoted);
  EXPECT_EQ(directories_->future(kName), nullptr);
  EXPECT_EQ((*promoted)->path(), "/b/tweets-0");
  EXPECT_EQ((*promoted)->topic_id(), kTopicId);
  EXPECT_EQ((*promoted)->log_start_offset(), 2);
  EXPECT_EQ((*promoted)->noted_high_watermark(), 5);
  EXPECT_EQ((*promoted)->flushed_offset(), 5);
  EXPECT_THAT(read_values(**promoted, 2), ElementsAre("a-2", "b-0", "b-1"));
  EXPECT_THAT(names("/a"), Contains(EndsWith("-delete")));
  EXPECT_THAT(names("/a"), Not(Contains("tweets-0")));
  EXPECT_THAT(names("/b"), Not(Contains(EndsWith("-future"))));
  append(**promoted);
}

TEST_F(LogMoveTest, KnowsTheProducersInItsNewPlace) {
  append(*log_, {.count = 2, .producer_id = 9, .producer_epoch = 0, .base_sequence = 0});
  auto copy = directories_->create_future(kName, *to());
  ASSERT_TRUE(copy.ok());
  ASSERT_TRUE(copy_rest(*directories_).ok());
  auto promoted = directories_->promote_future(kName);
  ASSERT_TRUE(promoted.ok());
  const auto again =
      append(**promoted, {.count = 2, .producer_id = 9, .producer_epoch = 0, .base_sequence = 0});
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.first_offset, 0);
}

TEST_F(LogMoveTest, BeginsAnewWhereTheLogHasMovedOn) {
  append(*log_, {.count = 3, .tag = "a"});
  ASSERT_TRUE(directories_->create_future(kName, *to()).ok());
  ASSERT_TRUE(copy_rest(*directories_).ok());
  // A new leader's log was shorter.
  ASSERT_TRUE(log_->truncate_to(0).ok());
  append(*log_, {.count = 2, .tag = "b"});
  ASSERT_TRUE(directories_->copy_to_future(kName, 1000).ok());
  EXPECT_THAT(read_values(*directories_->future(kName), 0), ElementsAre("b-0", "b-1"));
}

TEST_F(LogMoveTest, ADiscardedCopyLeavesNothing) {
  append(*log_);
  ASSERT_TRUE(directories_->create_future(kName, *to()).ok());
  ASSERT_TRUE(directories_->discard_future(kName).ok());
  EXPECT_EQ(directories_->future(kName), nullptr);
  directories_->checkpoint();
  disk_.run_all();
  EXPECT_THAT(names("/b"), Not(Contains(EndsWith("-future"))));
  EXPECT_THAT(names("/b"), Not(Contains(EndsWith("-delete"))));
  EXPECT_EQ(log_->log_end_offset(), 1);
}

TEST(PartitionDirectory, AVeryLongTopicLeavesNoRoomForACopy) {
  EXPECT_TRUE(may_have_future_directory({"tweets", 0}));
  EXPECT_TRUE(may_have_future_directory({std::string(213, 't'), 0}));
  EXPECT_FALSE(may_have_future_directory({std::string(214, 't'), 0}));
}

}  // namespace storage::testing
