// One of several log directories fails; the others go on.
#include <gmock/gmock.h>

#include "storage/disk_executor.h"
#include "storage/fs/faulty_file_system.h"
#include "storage/log_directories.h"
#include "tests/storage/compaction_fixture.h"

namespace storage::testing {

class DirectoryFailureTest : public ::testing::Test {
 protected:
  DirectoryFailureTest() : files_(clock_), services_{files_, clock_, random_, disk_} {
    options_->compact = true;
    options_->min_cleanable_dirty_ratio = 0;
    auto opened = LogDirectories::open(
        services_,
        {.paths = {"/a", "/b"}, .cluster_id = "cluster", .node_id = 1, .metadata_directory = {}});
    EXPECT_TRUE(opened.ok());
    directories_ = std::move(*opened);
    EXPECT_TRUE(directories_->load([this](const std::string&) { return options_; }).ok());
    directories_->on_directory_failed([this](LogDirectory& failed) { failed_.push_back(&failed); });
    first_ = *directories_->create({"table", 0}, {1, 1000}, options_);
    second_ = *directories_->create({"table", 1}, {1, 1000}, options_);
    EXPECT_NE(&first_->directory(), &second_->directory());
  }
  static wire::Result<AppendInfo> append(Log& log, const std::string& value) {
    return log.append_as_leader(make_keyed_batch({{"key", value}}), 0);
  }

  wire::ManualClock clock_;
  wire::SeededRandom random_{1};
  ManualDiskExecutor disk_;
  FaultyFileSystem files_;
  StorageServices services_;
  std::shared_ptr<LogOptions> options_ = std::make_shared<LogOptions>();
  std::unique_ptr<LogDirectories> directories_;
  std::vector<LogDirectory*> failed_;
  Log* first_ = nullptr;
  Log* second_ = nullptr;
};

// A21: the way of an error is walked to its end, more than once; NodeCrashMatrix does it at every call.
TEST_F(DirectoryFailureTest, A21_AFailedWriteTakesOneDirectoryOfflineOnly) {
  ASSERT_TRUE(append(*first_, "1").ok());
  files_.plan(Fault::kFail, 1);
  const auto refused = append(*first_, "2");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, wire::ErrorCode::kKafkaStorageError);
  EXPECT_THAT(failed_, ::testing::ElementsAre(&first_->directory()));
  // For good, though the disk would take it now.
  EXPECT_EQ(append(*first_, "3").error().code, wire::ErrorCode::kKafkaStorageError);
  EXPECT_EQ(first_->read({.offset = 0, .max_bytes = 100}).error().code,
            wire::ErrorCode::kKafkaStorageError);

  ASSERT_TRUE(append(*second_, "1").ok());
  bool synced = false;
  directories_->sync_queue().sync(*second_, [&](wire::Status status) { synced = status.ok(); });
  directories_->checkpoint();
  disk_.run_all();
  EXPECT_TRUE(synced);
  EXPECT_TRUE(second_->directory().online());
  // New logs go where they can.
  const auto created = directories_->create({"table", 2}, {1, 1000}, options_);
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(&(*created)->directory(), &second_->directory());
  // Only what was closed cleanly says so.
  const std::string sound = second_->directory().path();
  const std::string broken = first_->directory().path();
  EXPECT_FALSE(directories_->shut_down(7).ok());
  EXPECT_TRUE(files_.exists(sound + "/.kafka_cleanshutdown"));
  EXPECT_FALSE(files_.exists(broken + "/.kafka_cleanshutdown"));
}

TEST_F(DirectoryFailureTest, AFailedCompactionTakesOneDirectoryOfflineOnly) {
  for (Log* log : {first_, second_}) {
    ASSERT_TRUE(append(*log, "1").ok());
    ASSERT_TRUE(append(*log, "2").ok());
    ASSERT_TRUE(log->roll().ok());
    log->note_high_watermark(2);
    auto work = log->begin_checkpoint();
    work->run();
    ASSERT_TRUE(log->complete_sync(*work).ok());
  }
  directories_->start_cleaner({.disk = disk_,
                               .schedule = [](wire::DurationMs, wire::Callback<void()>) {},
                               .options = [] { return CleanerOptions(); }});
  files_.plan(Fault::kFail, 3);
  disk_.run_all();
  ASSERT_EQ(failed_.size(), 1U);
  Log& sound = first_->directory().online() ? *first_ : *second_;
  ASSERT_TRUE(sound.directory().online());
  ASSERT_TRUE(append(sound, "3").ok());
  EXPECT_EQ(sound.log_end_offset(), 3);
  directories_->stop_cleaner();
}

}  // namespace storage::testing
