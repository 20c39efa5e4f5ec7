#include "storage/log.h"

#include <gmock/gmock.h>

#include "storage/segment.h"
#include "tests/storage/log_fixture.h"

namespace storage::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wire::ErrorCode;

class LogTest : public LogFixture {};

TEST_F(LogTest, AppendAssignsOffsetsAndEpoch) {
  auto log = open();
  EXPECT_EQ(append(*log, {.count = 3}, 4).last_offset, 2);
  const AppendInfo second = append(*log, {.count = 2}, 5);
  EXPECT_EQ(second.first_offset, 3);
  EXPECT_EQ(second.last_offset, 4);
  EXPECT_EQ(log->log_end_offset(), 5);
  EXPECT_THAT(log->leader_epochs().entries(), ElementsAre(EpochEntry{4, 0}, EpochEntry{5, 3}));
  const auto fetched = log->read({.offset = 4, .max_bytes = 1000});
  ASSERT_TRUE(fetched.ok());
  const auto batch = wire::RecordBatchView::parse(fetched->records);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->base_offset(), 3);
  EXPECT_EQ(batch->partition_leader_epoch(), 5);
  EXPECT_TRUE(batch->crc_is_valid());
}

TEST_F(LogTest, ReadsWholeBatchesBelowTheUpperBound) {
  auto log = open();
  for (int i = 0; i < 4; ++i) append(*log, {.count = 2, .tag = std::to_string(i)});
  EXPECT_THAT(read_values(*log, 0, 5), ElementsAre("0-0", "0-1", "1-0", "1-1"));
  EXPECT_THAT(read_values(*log, 3), ElementsAre("1-1", "2-0", "2-1", "3-0", "3-1"));
  EXPECT_THAT(read_values(*log, 8), IsEmpty());
  EXPECT_EQ(log->read({.offset = 9, .max_bytes = 1}).error().code, ErrorCode::kOffsetOutOfRange);
}

TEST_F(LogTest, FirstBatchComesEvenIfLargerThanTheLimit) {
  auto log = open();
  append(*log, {.value_size = 5000});
  append(*log, {.value_size = 10});
  const auto big = log->read({.offset = 0, .max_bytes = 100});
  ASSERT_TRUE(big.ok());
  EXPECT_GT(big->records.size(), 5000U);
  const auto none = log->read({.offset = 0, .max_bytes = 100, .min_one_message = false});
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->records.empty());
  EXPECT_TRUE(none->first_batch_too_large);
}

TEST_F(LogTest, ConsumersAtTheEndAreServedFromMemory) {
  auto log = open();
  append(*log);
  (void)log->read({.offset = 1, .max_bytes = 100});  // waits at the end
  for (int i = 0; i < 50; ++i) append(*log, {.count = 1, .tag = "t" + std::to_string(i)});
  append(*log, {.tag = "big", .value_size = 100'000});
  append(*log, {.tag = "last"});
  EXPECT_EQ(read_values(*log, 0).size(), 53U);
  EXPECT_EQ(read_values(*log, 20).size(), 33U);
  EXPECT_GT(services_.tail_cache.used_bytes, 100'000);
  for (int i = 0; i < 10; ++i) log->sweep();
  EXPECT_EQ(services_.tail_cache.used_bytes, 0);
  EXPECT_EQ(read_values(*log, 0).size(), 53U);
}

TEST_F(LogTest, RollsBySize) {
  options_.segment_bytes = 1000;
  auto log = open();
  for (int i = 0; i < 10; ++i) append(*log, {.tag = std::to_string(i), .value_size = 300});
  EXPECT_GT(log->segment_count(), 3U);
  EXPECT_EQ(read_values(*log, 0).size(), 10U);
  const auto too_large = log->append_as_leader(make_batch({.value_size = 2000}), 0);
  EXPECT_EQ(too_large.error().code, ErrorCode::kRecordListTooLarge);
}

TEST_F(LogTest, RollsByTimeOfTheRecords) {
  options_.segment_ms = 1000;
  auto log = open();
  append(*log, {.timestamp = 1000});
  append(*log, {.timestamp = 1900});
  EXPECT_EQ(log->segment_count(), 1U);
  append(*log, {.timestamp = 2100});
  EXPECT_EQ(log->segment_count(), 2U);
}

TEST_F(LogTest, FollowerKeepsOffsetsAndRefusesWhatOverlaps) {
  auto log = open();
  auto first = make_batch({.count = 2, .base_offset = 10, .leader_epoch = 1});
  EXPECT_EQ(log->append_as_follower(first)->last_offset, 11);
  EXPECT_EQ(log->append_as_follower(first).error().code, ErrorCode::kInvalidRecord);
  auto bad = make_batch({.base_offset = 12});
  bad.exclusive_data()[bad.size() - 1] ^= 1;
  EXPECT_EQ(log->append_as_follower(bad).error().code, ErrorCode::kCorruptMessage);
  auto cut = make_batch({.base_offset = 12});
  EXPECT_EQ(log->append_as_follower(cut.slice(0, cut.size() - 1))->first_offset, -1);
  EXPECT_EQ(log->log_end_offset(), 12);
}

// A14: a duplicate is told where it is; what is no duplicate is told that it is out of order.
TEST_F(LogTest, A14_RetryOfAnIdempotentProducerIsAnsweredWithItsFirstOffset) {
  auto log = open();
  const BatchSpec first{.count = 2, .producer_id = 9, .producer_epoch = 0, .base_sequence = 0};
  append(*log, first);
  append(*log, {.count = 3, .producer_id = 9, .producer_epoch = 0, .base_sequence = 2});
  const AppendInfo again = append(*log, first);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.first_offset, 0);
  EXPECT_EQ(again.last_offset, 1);
  EXPECT_EQ(again.log_append_time, again.max_timestamp) << "whoever gave it, as Kafka answers";
  EXPECT_EQ(log->log_end_offset(), 5);
  const auto gap = log->append_as_leader(
      make_batch({.producer_id = 9, .producer_epoch = 0, .base_sequence = 7}), 0);
  EXPECT_EQ(gap.error().code, ErrorCode::kOutOfOrderSequenceNumber);
  const auto fenced = [&] {
    append(*log, {.producer_id = 9, .producer_epoch = 1, .base_sequence = 0});
    return log->append_as_leader(
        make_batch({.producer_id = 9, .producer_epoch = 0, .base_sequence = 5}), 0);
  }();
  EXPECT_EQ(fenced.error().code, ErrorCode::kInvalidProducerEpoch);
}

TEST_F(LogTest, A14_EachOfTheLastFiveBatchesIsKnown) {
  auto log = open();
  const auto batch = [](int number) {
    return BatchSpec{
        .count = 2, .producer_id = 9, .producer_epoch = 0, .base_sequence = 2 * number};
  };
  for (int i = 0; i < 7; ++i) append(*log, batch(i));
  log = open();  // after a kill, too
  for (int i = 2; i < 7; ++i) {
    const AppendInfo again = append(*log, batch(i));
    EXPECT_TRUE(again.duplicate) << i;
    EXPECT_EQ(again.first_offset, 2 * i);
  }
  EXPECT_EQ(log->append_as_leader(make_batch(batch(1)), 0).error().code,
            ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(log->log_end_offset(), 14);
}

// A7: the offset of a retried batch is known though the batch itself is gone.
TEST_F(LogTest, A7_ARetryIsAnsweredThoughItsFirstWasDeletedMeanwhile) {
  options_.segment_bytes = 1000;
  options_.retention_ms = kUnlimited;
  const BatchSpec first{
      .value_size = 300, .producer_id = 9, .producer_epoch = 0, .base_sequence = 0};
  auto log = open();
  append(*log, {.value_size = 300});
  append(*log, first);
  for (int i = 0; i < 8; ++i) append(*log, {.value_size = 300});
  log->note_high_watermark(log->log_end_offset());
  ASSERT_TRUE(*log->increment_log_start_offset(9));
  ASSERT_GT(*log->apply_retention(), 0U);
  ASSERT_GT(log->log_start_offset(), 1);
  EXPECT_TRUE(append(*log, first).duplicate);
  EXPECT_EQ(append(*log, first).first_offset, 1);
  ASSERT_TRUE(log->close().ok());
  log = open(true);
  EXPECT_TRUE(append(*log, first).duplicate) << "the snapshot knows it, too";
  EXPECT_EQ(append(*log, first).first_offset, 1);
}

// A7: and what is replayed from the log gives the same offsets.
TEST_F(LogTest, A7_ARetryAfterAKillIsAnsweredWithItsFirstOffset) {
  const BatchSpec first{.count = 3, .producer_id = 9, .producer_epoch = 0, .base_sequence = 0};
  auto log = open();
  append(*log, {.count = 4});
  append(*log, first);
  log = open();
  const AppendInfo again = append(*log, first);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.first_offset, 4);
  EXPECT_EQ(log->log_end_offset(), 7);
}

TEST_F(LogTest, ReopensAfterACleanCloseWithoutReading) {
  options_.segment_bytes = 2000;
  options_.index_interval_bytes = 300;
  auto log = open();
  for (int i = 0; i < 20; ++i) {
    append(*log, {.value_size = 100, .producer_id = 5, .producer_epoch = 0, .base_sequence = i});
  }
  ASSERT_TRUE(log->close().ok());
  EXPECT_EQ(log->append_as_leader(make_batch(), 0).error().code, ErrorCode::kKafkaStorageError);
  log = open(true);
  EXPECT_EQ(log->log_end_offset(), 20);
  EXPECT_EQ(log->flushed_offset(), 20);
  EXPECT_EQ(log->topic_id(), (wire::Uuid{7, 8}));
  EXPECT_EQ(log->producers().find(5)->last_sequence(), 19);
  EXPECT_EQ(log->leader_epochs().latest_epoch(), 0);
  expect_consistent(*log);
  EXPECT_TRUE(append(*log, {.producer_id = 5, .producer_epoch = 0, .base_sequence = 19}).duplicate);
  EXPECT_THAT(names(), ::testing::Contains("00000000000000000020.snapshot"));
}

TEST_F(LogTest, RecoveryCutsATornTailAndGoesOn) {
  options_.segment_bytes = 2000;
  options_.index_interval_bytes = 300;
  auto log = open();
  for (int i = 0; i < 12; ++i) append(*log, {.tag = std::to_string(i), .value_size = 100}, i / 4);
  sync(*log);
  EXPECT_EQ(log->recovery_point(), 12);
  for (int i = 12; i < 17; ++i) append(*log, {.tag = std::to_string(i), .value_size = 100}, 3);
  const wire::Offset base = log->active_segment_base_offset();
  log.reset();
  auto file =
      *files_.open("/data/tweets-0/" + segment_file_name(base, kLogSuffix), OpenMode::kUpdate);
  ASSERT_TRUE(file->truncate(*file->size() - 30).ok());
  log = open(false, 12);
  EXPECT_EQ(log->log_end_offset(), 16);
  EXPECT_EQ(log->flushed_offset(), 12);
  EXPECT_EQ(read_values(*log, 0).size(), 16U);
  EXPECT_THAT(log->leader_epochs().entries(),
              ElementsAre(EpochEntry{0, 0}, EpochEntry{1, 4}, EpochEntry{2, 8}, EpochEntry{3, 12}));
  expect_consistent(*log);
  append(*log, {.tag = "new"}, 4);
  EXPECT_EQ(log->log_end_offset(), 17);
  expect_consistent(*log);
}

TEST_F(LogTest, TruncationTakesRecordsEpochsAndProducersWithIt) {
  options_.segment_bytes = 1000;
  options_.index_interval_bytes = 100;
  auto log = open();
  for (int i = 0; i < 12; ++i) {
    append(*log,
           {.tag = std::to_string(i),
            .value_size = 200,
            .producer_id = 1,
            .producer_epoch = 0,
            .base_sequence = i},
           i / 3);
  }
  sync(*log);
  EXPECT_TRUE(*log->truncate_to(7));
  EXPECT_FALSE(*log->truncate_to(7));
  EXPECT_EQ(log->log_end_offset(), 7);
  EXPECT_EQ(log->recovery_point(), 7);
  EXPECT_EQ(log->leader_epochs().latest_epoch(), 2);
  EXPECT_EQ(log->producers().find(1)->last_sequence(), 6);
  append(*log, {.tag = "new", .producer_id = 1, .producer_epoch = 0, .base_sequence = 7}, 9);
  EXPECT_EQ(read_values(*log, 7), std::vector<std::string>{"new-0"});
  expect_consistent(*log);
  sync(*log);
  ASSERT_TRUE(log->truncate_fully_and_start_at(100).ok());
  EXPECT_EQ(log->log_start_offset(), 100);
  EXPECT_TRUE(log->empty());
  append(*log);
  EXPECT_EQ(log->log_end_offset(), 101);
}

TEST_F(LogTest, RetentionDeletesHeadSegmentsBelowTheHighWatermark) {
  options_.segment_bytes = 1000;
  options_.retention_bytes = 2000;
  options_.retention_ms = kUnlimited;
  auto log = open();
  for (int i = 0; i < 20; ++i) append(*log, {.value_size = 200});
  EXPECT_EQ(*log->apply_retention(), 0U);
  log->note_high_watermark(20);
  EXPECT_GT(*log->apply_retention(), 0U);
  EXPECT_GT(log->log_start_offset(), 0);
  EXPECT_GE(log->size_bytes(), 2000);
  EXPECT_EQ(log->read({.offset = 0, .max_bytes = 1}).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_THAT(names(), ::testing::Contains("00000000000000000000.log.deleted"));
  clock_.advance(options_.file_delete_delay_ms);
  log->sweep();
  disk_.run_all();
  EXPECT_THAT(names(), ::testing::Not(::testing::Contains("00000000000000000000.log.deleted")));
  EXPECT_TRUE(*log->increment_log_start_offset(19));
  EXPECT_EQ(log->increment_log_start_offset(21).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_GT(*log->apply_retention(), 0U);
  EXPECT_EQ(log->segment_count(), 1U);
}

TEST_F(LogTest, RetentionByTimeRollsAnExpiredActiveSegment) {
  options_.retention_ms = 1000;
  auto log = open();
  append(*log, {.timestamp = clock_.wall_ms()});
  log->note_high_watermark(1);
  EXPECT_EQ(*log->apply_retention(), 0U);
  clock_.advance(2000);
  EXPECT_EQ(*log->apply_retention(), 1U);
  EXPECT_EQ(log->log_start_offset(), 1);
  EXPECT_TRUE(log->empty());
}

TEST_F(LogTest, ListsWhereSegmentsBegin) {
  options_.segment_bytes = 500;
  auto log = open();
  using Offsets = std::vector<wire::Offset>;
  EXPECT_EQ(*log->segment_offsets_before(std::nullopt, 9), (Offsets{0}));
  append(*log, {.value_size = 300});
  const wire::TimestampMs first_written = clock_.wall_ms();
  clock_.advance(1000);
  append(*log, {.value_size = 300});
  append(*log, {.value_size = 300});
  EXPECT_EQ(*log->segment_offsets_before(std::nullopt, 9), (Offsets{3, 2, 1, 0}));
  EXPECT_EQ(*log->segment_offsets_before(std::nullopt, 2), (Offsets{3, 2}));
  EXPECT_EQ(*log->segment_offsets_before(first_written, 9), (Offsets{0}));
  EXPECT_EQ(*log->segment_offsets_before(first_written - 1, 9), Offsets{});
  EXPECT_EQ(*log->segment_offsets_before(clock_.wall_ms(), 9), (Offsets{3, 2, 1, 0}));
  ASSERT_TRUE(log->roll().ok());
  // What is empty begins at the log end.
  EXPECT_EQ(*log->segment_offsets_before(std::nullopt, 9), (Offsets{3, 2, 1, 0}));
}

TEST_F(LogTest, FindsOffsetsByTimestamp) {
  options_.segment_bytes = 1500;
  options_.index_interval_bytes = 200;
  auto log = open();
  for (int i = 0; i < 20; ++i)
    append(*log, {.count = 2, .timestamp = 1000 + i * 10, .value_size = 90});
  append(*log, {.timestamp = 1005});
  EXPECT_EQ((*log->offset_for_timestamp(0))->offset, 0);
  EXPECT_EQ((*log->offset_for_timestamp(1001))->offset, 1);
  EXPECT_EQ((*log->offset_for_timestamp(1100))->offset, 20);
  EXPECT_EQ((*log->offset_for_timestamp(1102))->offset, 22);
  EXPECT_EQ((*log->offset_for_timestamp(1102))->timestamp, 1110);
  EXPECT_FALSE(log->offset_for_timestamp(5000)->has_value());
  EXPECT_EQ((*log->offset_of_max_timestamp())->offset, 39);
  EXPECT_EQ((*log->offset_of_max_timestamp())->timestamp, 1191);
}

}  // namespace storage::testing
