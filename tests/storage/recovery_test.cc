// What the start finds in a partition's directory, and what it makes of it.
#include <gmock/gmock.h>

#include "storage/fs/posix_file_system.h"
#include "storage/segment.h"
#include "tests/storage/log_fixture.h"

namespace storage::testing {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class RecoveryTest : public LogFixture {
 protected:
  RecoveryTest() {
    options_.segment_bytes = 2000;
    options_.index_interval_bytes = 300;
  }
  // Twelve batches of one record of 200 bytes: three segments.
  void fill() {
    auto log = open();
    for (int i = 0; i < 12; ++i) append(*log, {.tag = std::to_string(i), .value_size = 200});
    ASSERT_EQ(log->segment_count(), 2U);
    second_ = log->active_segment_base_offset();
    ASSERT_TRUE(log->close().ok());
  }
  std::string path(wire::Offset base, std::string_view suffix) {
    return "/data/tweets-0/" + segment_file_name(base, suffix);
  }
  void put(const std::string& where, std::string_view text) {
    auto file = *files_.open(where, OpenMode::kCreate);
    ASSERT_TRUE(file->truncate(0).ok());
    ASSERT_TRUE(file->write(0, wire::Bytes::copy(text)).ok());
  }
  void flip(wire::Offset base, int64_t position) {
    auto file = *files_.open(path(base, kLogSuffix), OpenMode::kUpdate);
    uint8_t byte = 0;
    ASSERT_TRUE(file->read(position, {&byte, 1}).ok());
    byte ^= 0x10;
    ASSERT_TRUE(file->write(position, wire::Bytes::copy(std::span(&byte, 1))).ok());
  }

  wire::Offset second_ = 0;
};

TEST_F(RecoveryTest, ReadsOnlyWhatLiesBehindTheRecoveryPoint) {
  fill();
  // Within the first batches, which were on the disk: nobody looks.
  flip(0, 100);
  EXPECT_EQ(open(false, 12)->log_end_offset(), 12);
  EXPECT_EQ(open(false, second_)->log_end_offset(), 12);
  // From the start: the log ends at the broken batch.
  auto log = open(false, 0);
  EXPECT_EQ(log->log_end_offset(), 0);
  EXPECT_EQ(log->segment_count(), 1U);
  EXPECT_THAT(names(), Not(Contains(segment_file_name(second_, kLogSuffix))));
}

// Entries of what was cut off are not left in the file for a recovery to believe.
TEST_F(RecoveryTest, AnIndexThatATruncationMadeTooLongIsWrittenWithTheNextCheckpoint) {
  options_.segment_bytes = 100'000;
  auto log = open();
  for (int i = 0; i < 120; ++i) append(*log, {.tag = std::to_string(i), .value_size = 200});
  sync(*log);
  const auto size = [&] {
    return *(*files_.open(path(0, kOffsetIndexSuffix), OpenMode::kRead))->size();
  };
  const int64_t before = size();
  ASSERT_TRUE(*log->truncate_to(20));
  append(*log);
  sync(*log);
  EXPECT_LT(size(), before / 4);
}

// A5: what is rotten is not served, nor anything behind it.
TEST_F(RecoveryTest, A5_ABrokenBatchInAnEarlierSegmentEndsTheLogThere) {
  fill();
  flip(0, 300 * 3);
  auto log = open();
  EXPECT_LT(log->log_end_offset(), second_);
  EXPECT_EQ(log->segment_count(), 1U);
  expect_consistent(*log);
  EXPECT_EQ(read_values(*log, 0).size(), static_cast<size_t>(log->log_end_offset()))
      << "with sound checksums";
  const wire::Offset end = log->log_end_offset();
  append(*log, {.tag = "new"});
  EXPECT_EQ(read_values(*log, end), std::vector<std::string>{"new-0"});
}

// A12: a log's start is moved by retention and DeleteRecords alone, never by damage.
TEST_F(RecoveryTest, A12_DamageOfTheHeadDoesNotMoveTheStart) {
  fill();
  for (const int64_t position : {4, 20, 100}) flip(0, position);
  EXPECT_EQ(open(true)->log_start_offset(), 0);
  EXPECT_EQ(open(false, 12)->log_start_offset(), 0);
  const auto log = open(false, 0);
  EXPECT_EQ(log->log_start_offset(), 0) << "the log ends before it, and does not begin behind it";
  EXPECT_EQ(log->log_end_offset(), 0);
}

TEST_F(RecoveryTest, MissingIndexesAreRebuiltEvenAfterACleanStop) {
  fill();
  const auto offsets = *read_file(files_, path(0, kOffsetIndexSuffix));
  const auto times = *read_file(files_, path(0, kTimeIndexSuffix));
  ASSERT_FALSE(offsets.empty());
  ASSERT_TRUE(files_.remove(path(0, kOffsetIndexSuffix)).ok());
  ASSERT_TRUE(files_.remove(path(0, kTimeIndexSuffix)).ok());
  auto log = open(true);
  EXPECT_EQ(*read_file(files_, path(0, kOffsetIndexSuffix)), offsets);
  EXPECT_EQ(*read_file(files_, path(0, kTimeIndexSuffix)), times);
  EXPECT_EQ(log->log_end_offset(), 12);
}

TEST_F(RecoveryTest, ApachesPreallocatedIndexesAreReadUpToTheirEntries) {
  fill();
  auto index = *files_.open(path(second_, kOffsetIndexSuffix), OpenMode::kUpdate);
  ASSERT_TRUE(index->truncate(10 << 20).ok());
  auto times = *files_.open(path(second_, kTimeIndexSuffix), OpenMode::kUpdate);
  ASSERT_TRUE(times->truncate((10 << 20) / 12 * 12).ok());
  auto log = open(false, second_);
  EXPECT_EQ(log->log_end_offset(), 12);
  expect_consistent(*log);
  ASSERT_TRUE(log->close().ok());
  EXPECT_LT(files_.info(path(second_, kOffsetIndexSuffix))->size, 1000);
}

TEST_F(RecoveryTest, LeftoversOfDeletionAndCompactionAreCleared) {
  fill();
  put(path(0, ".log.deleted"), "x");
  put(path(5, ".log.cleaned"), "x");
  put(path(7, ".log.swap"), "x");  // its compaction had not finished cleaning
  put(path(99, ".index"), "x");    // no such segment
  auto log = open(true);
  EXPECT_EQ(log->log_end_offset(), 12);
  for (const std::string& name : names()) {
    EXPECT_THAT(name, Not(::testing::HasSubstr(".deleted")));
    EXPECT_THAT(name, Not(::testing::HasSubstr(".cleaned")));
    EXPECT_THAT(name, Not(::testing::HasSubstr(".swap")));
    EXPECT_NE(name, segment_file_name(99, ".index"));
  }
}

TEST_F(RecoveryTest, FinishedCompactionsReplaceWhatTheyCompacted) {
  fill();
  const auto data = *read_file(files_, path(0, kLogSuffix));
  ASSERT_TRUE(replace_file(files_, path(0, ".log.swap"), data).ok());
  auto log = open(true);
  EXPECT_EQ(log->log_end_offset(), 12);
  EXPECT_EQ(read_values(*log, 0).size(), 12U);
  EXPECT_TRUE(files_.exists(path(0, kOffsetIndexSuffix)));
}

TEST_F(RecoveryTest, ALogThatEndsBelowItsStartOffsetStartsOverThere) {
  fill();
  auto how = LogFixture::how(false, 0);
  how.log_start_offset = 50;
  auto log = Log::open(*directory_, how);
  ASSERT_TRUE(log.ok());
  EXPECT_EQ((*log)->log_start_offset(), 50);
  EXPECT_EQ((*log)->log_end_offset(), 50);
  EXPECT_EQ(append(**log).first_offset, 50);
}

TEST_F(RecoveryTest, DamagedProducerSnapshotsAreDroppedAndReplayed) {
  auto log = open();
  for (int i = 0; i < 12; ++i) {
    append(*log, {.value_size = 200, .producer_id = 3, .producer_epoch = 0, .base_sequence = i});
  }
  ASSERT_TRUE(log->close().ok());
  put(path(12, kSnapshotSuffix), "rubbish");
  log = open(true);
  EXPECT_EQ(log->producers().find(3)->last_sequence(), 11);
  EXPECT_EQ(log->producers().find(3)->batch_count(), 5U);  // replayed from the roll's snapshot
}

TEST_F(RecoveryTest, AFailedWriteTakesTheDirectoryOffline) {
  auto log = open();
  append(*log);
  (void)directory_->fail({wire::ErrorCode::kKafkaStorageError, "write: Input/output error"});
  EXPECT_EQ(log->append_as_leader(make_batch(), 0).error().code,
            wire::ErrorCode::kKafkaStorageError);
  EXPECT_EQ(log->read({.offset = 0, .max_bytes = 1}).error().code,
            wire::ErrorCode::kKafkaStorageError);
  EXPECT_FALSE(log->begin_sync().has_value());
}

TEST(PosixLog, WritesReadsAndRecovers) {
  char pattern[] = "/tmp/odradek-log-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern), nullptr);
  const std::string root = pattern;
  const wire::ManualClock clock;
  wire::SeededRandom random(1);
  ManualDiskExecutor disk;
  PosixFileSystem files;
  StorageServices services{files, clock, random, disk};
  LogDirectory directory(services, root);
  auto options = std::make_shared<LogOptions>();
  options->segment_bytes = 100'000;
  LogOpen how{.name = {"tweets", 0},
              .path = root + "/tweets-0",
              .options = options,
              .topic_id = wire::Uuid{1, 2}};
  {
    auto log = Log::open(directory, how);
    ASSERT_TRUE(log.ok()) << log.error().detail;
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE((*log)->append_as_leader(make_batch({.value_size = 300}), 0).ok());
    }
    auto work = (*log)->begin_checkpoint();
    work->run();
    ASSERT_TRUE((*log)->complete_sync(*work).ok());
    EXPECT_EQ((*log)->flushed_offset(), 1000);
    ASSERT_TRUE((*log)->append_as_leader(make_batch({.value_size = 300}), 0).ok());
  }
  how.recovery_point = 1000;
  auto log = Log::open(directory, how);
  ASSERT_TRUE(log.ok()) << log.error().detail;
  EXPECT_EQ((*log)->log_end_offset(), 1001);
  EXPECT_EQ(read_values(**log, 0).size(), 1001U);
  auto lock = files.lock(root + "/.lock");
  EXPECT_TRUE(lock.ok());
  EXPECT_THAT(files.open(root + "/none", OpenMode::kRead).error().detail,
              ::testing::HasSubstr("No such file"));
  log->reset();
  EXPECT_TRUE(remove_tree(files, root).ok());
}

}  // namespace storage::testing
