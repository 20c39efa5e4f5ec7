// Batches that a log has taken and not written yet: nobody who looks at the log, and nothing that
// happens to it, may take them for more, or for less, than they are.
#include <array>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/fs/faulty_file_system.h"
#include "storage/log.h"
#include "storage/segment.h"
#include "tests/storage/log_fixture.h"

namespace storage::testing {

using ::testing::ElementsAre;
using wire::ErrorCode;

class GatheredTest : public LogFixture {
 protected:
  static AppendInfo gather(Log& log, const BatchSpec& spec = {}) {
    auto info = log.append_as_leader(make_batch(spec), 0, {.gather = true});
    EXPECT_TRUE(info.ok()) << info.error().detail;
    return info.ok() ? *info : AppendInfo();
  }
  int64_t bytes_in_file(wire::Offset segment = 0) {
    const auto info =
        files_.info(join_path("/data/tweets-0", segment_file_name(segment, kLogSuffix)));
    EXPECT_TRUE(info.ok());
    return info.ok() ? info->size : -1;
  }
};

TEST_F(GatheredTest, ABatchIsInTheFileOnlyWhenItIsWritten) {
  auto log = open();
  append(*log, {.tag = "a"});
  const int64_t before = bytes_in_file();
  gather(*log, {.tag = "b"});
  gather(*log, {.tag = "c"});
  EXPECT_EQ(bytes_in_file(), before);
  EXPECT_EQ(log->written_offset(), 1);
  EXPECT_EQ(log->log_end_offset(), 3);
  ASSERT_TRUE(log->write_gathered().ok());
  EXPECT_EQ(log->written_offset(), 3);
  EXPECT_EQ(bytes_in_file(), log->size_bytes());
  EXPECT_THAT(read_values(*log, 0), ElementsAre("a-0", "b-0", "c-0"));
}

TEST_F(GatheredTest, ALargeBatchComesBehindTheSmallOnesBeforeIt) {
  auto log = open();
  gather(*log, {.tag = "a"});
  gather(*log, {.tag = "b", .value_size = 20'000});
  EXPECT_EQ(log->written_offset(), 2);
  EXPECT_EQ(bytes_in_file(), log->size_bytes());
  gather(*log, {.tag = "c"});
  EXPECT_EQ(read_values(*log, 0).size(), 3u);
  expect_consistent(*log);
}

TEST_F(GatheredTest, ARollWritesThemToTheSegmentThatTheyBelongTo) {
  options_.segment_bytes = 300;
  auto log = open();
  while (log->segment_count() < 3) gather(*log, {.value_size = 50});
  const wire::Offset active = log->active_segment_base_offset();
  EXPECT_GT(bytes_in_file(0), 0);
  EXPECT_GE(log->written_offset(), active);
  EXPECT_EQ(static_cast<wire::Offset>(read_values(*log, 0).size()), log->log_end_offset());
  ASSERT_TRUE(log->write_gathered().ok());
  log.reset();
  log = open();  // as if the process had died: the files have it all
  EXPECT_EQ(static_cast<wire::Offset>(read_values(*log, 0).size()), log->log_end_offset());
  EXPECT_GT(log->log_end_offset(), active);
}

// What was not in the file is not counted as flushed: a sync writes it first.
TEST_F(GatheredTest, ASyncIsOfWhatIsWritten) {
  FaultyFileSystem files(clock_);
  ASSERT_TRUE(make_durable_directory(files, "/data").ok());
  StorageServices services{files, clock_, random_, disk_};
  LogDirectory directory(services, "/data");
  auto log = *Log::open(directory, how());
  gather(*log, {.tag = "a"});
  auto work = log->begin_sync();
  ASSERT_TRUE(work.has_value());
  EXPECT_EQ(log->written_offset(), 1);
  gather(*log, {.tag = "b"});  // while it runs
  work->run();
  ASSERT_TRUE(log->complete_sync(*work).ok());
  EXPECT_EQ(log->flushed_offset(), 1);
  EXPECT_LE(log->flushed_offset(), log->written_offset());
  log.reset();
  files.stop();
  files.lose_unsynced();
  log = *Log::open(directory, how());
  EXPECT_THAT(read_values(*log, 0), ElementsAre("a-0"));
}

TEST_F(GatheredTest, ACheckpointDoesNotPassThem) {
  auto log = open();
  gather(*log, {.tag = "a"});
  sync(*log);
  EXPECT_EQ(log->recovery_point(), 1);
  EXPECT_EQ(bytes_in_file(), log->size_bytes());
  gather(*log, {.tag = "b"});
  EXPECT_EQ(log->recovery_point(), 1);
  EXPECT_TRUE(log->needs_checkpoint());
}

TEST_F(GatheredTest, ACleanStopWritesThem) {
  auto log = open();
  gather(*log, {.tag = "a"});
  ASSERT_TRUE(log->close().ok());
  const wire::Offset recovery_point = log->recovery_point();
  log.reset();
  log = open(true, recovery_point);
  EXPECT_THAT(read_values(*log, 0), ElementsAre("a-0"));
}

TEST_F(GatheredTest, ATruncationCutsAmongThem) {
  auto log = open();
  for (const char* tag : {"a", "b", "c"}) gather(*log, {.tag = tag});
  ASSERT_TRUE(log->truncate_to(1).ok());
  EXPECT_EQ(log->written_offset(), 1);
  gather(*log, {.tag = "d"});
  ASSERT_TRUE(log->write_gathered().ok());
  EXPECT_EQ(bytes_in_file(), log->size_bytes());
  log.reset();
  log = open();
  EXPECT_THAT(read_values(*log, 0), ElementsAre("a-0", "d-0"));
}

TEST_F(GatheredTest, ATruncationOfAllForgetsThem) {
  auto log = open();
  gather(*log, {.tag = "a"});
  ASSERT_TRUE(log->truncate_fully_and_start_at(7).ok());
  EXPECT_EQ(log->written_offset(), 7);
  ASSERT_TRUE(log->write_gathered().ok());
  EXPECT_EQ(bytes_in_file(7), 0);
  gather(*log, {.tag = "b"});
  EXPECT_THAT(read_values(*log, 7), ElementsAre("b-0"));
}

// The owner's high watermark stops at what is written, and neither of these goes beyond it.
TEST_F(GatheredTest, RetentionAndDeletionLeaveThem) {
  options_.retention_bytes = 0;
  auto log = open();
  append(*log, {.tag = "a"});
  gather(*log, {.tag = "b"});
  log->note_high_watermark(log->written_offset());
  EXPECT_EQ(log->increment_log_start_offset(2).error().code, ErrorCode::kOffsetOutOfRange);
  ASSERT_EQ(*log->apply_retention(), 0u);
  EXPECT_THAT(read_values(*log, 1), ElementsAre("b-0"));
  log->note_high_watermark(log->written_offset());
  EXPECT_EQ(log->written_offset(), 2);  // the reader had it from the file
}

TEST_F(GatheredTest, OffsetsByTimeAreFoundAmongThem) {
  auto log = open();
  gather(*log, {.timestamp = 1000});
  gather(*log, {.timestamp = 2000});
  const auto found = log->offset_for_timestamp(1500);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->offset, 1);
  gather(*log, {.timestamp = 3000});
  EXPECT_EQ((*log->offset_of_max_timestamp())->offset, 2);
}

// A reader that comes before the write does it: a failure of it is one of any write.
TEST_F(GatheredTest, AReaderWhoseWriteFailsTakesTheDirectoryOffline) {
  const auto reads = std::to_array<std::function<bool(Log&)>>({
      [](Log& log) { return log.read({.offset = 0, .max_bytes = 1000}).ok(); },
      [](Log& log) { return log.offset_for_timestamp(0).ok(); },
      [](Log& log) { return log.offset_of_max_timestamp().ok(); },
  });
  for (const auto& read : reads) {
    FaultyFileSystem files(clock_);
    ASSERT_TRUE(files.make_directory("/data").ok());
    StorageServices services{files, clock_, random_, disk_};
    LogDirectory directory(services, "/data");
    auto log = *Log::open(directory, how());
    gather(*log, {.tag = "a"});
    files.plan(Fault::kFail, 1);
    EXPECT_FALSE(read(*log));
    EXPECT_FALSE(directory.online());
    EXPECT_EQ(log->written_offset(), 0);
    EXPECT_EQ(log->write_gathered().error().code, ErrorCode::kKafkaStorageError);
  }
}

// Producers, epochs and offsets in memory are ahead of the file then: nobody may go on with them.
TEST_F(GatheredTest, AFailedWriteTakesTheDirectoryOffline) {
  FaultyFileSystem files(clock_);
  ASSERT_TRUE(files.make_directory("/data").ok());
  StorageServices services{files, clock_, random_, disk_};
  LogDirectory directory(services, "/data");
  auto log = *Log::open(directory, how());
  gather(*log, {.producer_id = 1, .producer_epoch = 0, .base_sequence = 0});
  files.plan(Fault::kFail, 1);
  EXPECT_EQ(log->write_gathered().error().code, ErrorCode::kKafkaStorageError);
  EXPECT_FALSE(directory.online());
  EXPECT_FALSE(log->begin_sync().has_value());
  const auto retried = log->append_as_leader(
      make_batch({.producer_id = 1, .producer_epoch = 0, .base_sequence = 0}), 0, {.gather = true});
  EXPECT_EQ(retried.error().code, ErrorCode::kKafkaStorageError);
  log.reset();
  LogDirectory again(services, "/data");
  log = *Log::open(again, how());
  EXPECT_TRUE(log->empty());
  const auto anew = log->append_as_leader(
      make_batch({.producer_id = 1, .producer_epoch = 0, .base_sequence = 0}), 0);
  ASSERT_TRUE(anew.ok());
  EXPECT_FALSE(anew->duplicate);
}

}  // namespace storage::testing
