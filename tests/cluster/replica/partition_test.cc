#include "cluster/replica/partition.h"

#include <gtest/gtest.h>

#include "cluster/replica/parked_fetch.h"
#include "tests/cluster/replica/partition_fixture.h"
#include "wire/records/message_set_builder.h"

namespace cluster::replica {
namespace {

using wire::ErrorCode;

TEST_F(PartitionTest, SoleReplicaAnswersAcksAllAtOnceWithoutSync) {
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(-1, outcome, 3);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
  EXPECT_EQ(outcome->base_offset, 0);
  EXPECT_EQ(partition_->high_watermark(), 3);
}

TEST_F(PartitionTest, CountsWhatWasAppendedAndWhatWasRefused) {
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  lead_alone();
  append(-1, outcome, 3);
  partition_->count_fetch(100, false);
  partition_->count_fetch(0, true);
  const Traffic& traffic = partition_->traffic();
  EXPECT_EQ(traffic.produces, 2u);
  EXPECT_EQ(traffic.failed_produces, 1u);
  EXPECT_EQ(traffic.messages_in, 3u);
  EXPECT_EQ(static_cast<int64_t>(traffic.bytes_in), partition_->log().size_bytes());
  EXPECT_EQ(traffic.fetches, 2u);
  EXPECT_EQ(traffic.failed_fetches, 1u);
  EXPECT_EQ(traffic.bytes_out, 100u);
}

TEST_F(PartitionTest, KnowsWhetherItIsUnderReplicated) {
  PartitionOptions options;
  options.min_insync_replicas = 2;
  partition_->set_options(options);
  ASSERT_TRUE(partition_->lead(image({kSelf, kOther}, kSelf, 0)).ok());
  EXPECT_FALSE(partition_->is_under_replicated());
  EXPECT_TRUE(partition_->is_at_min_insync());
  auto shrunk = image({kSelf, kOther}, kSelf, 1);
  shrunk.isr = {kSelf};
  ASSERT_TRUE(partition_->lead(shrunk).ok());
  EXPECT_TRUE(partition_->is_under_replicated());
  EXPECT_TRUE(partition_->is_under_min_insync());
}

// A2: who has acknowledged may lose its memory and lead again.
TEST_F(PartitionTest, A2_FsyncModeAnswersAcksAllAndShowsRecordsAfterTheSync) {
  require_sync();
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  EXPECT_FALSE(outcome.has_value());
  EXPECT_TRUE(read(0).records->empty());
  disk_.run_all();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
  EXPECT_FALSE(read(0).records->empty());
}

TEST_F(PartitionTest, FsyncModeAnswersAcksOneBeforeTheSync) {
  require_sync();
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
  EXPECT_EQ(partition_->high_watermark(), 0);
  disk_.run_all();
  EXPECT_EQ(partition_->high_watermark(), 1);
}

TEST_F(PartitionTest, AppendsDuringASyncGetTheNextOne) {
  require_sync();
  lead_alone();
  std::optional<AppendOutcome> first;
  std::optional<AppendOutcome> second;
  append(-1, first);
  append(-1, second);
  disk_.run_all();
  EXPECT_TRUE(first.has_value());
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->base_offset, 1);
}

TEST_F(PartitionTest, AcksAllWaitsForTheFollowerInSync) {
  ASSERT_TRUE(partition_->lead(image({kSelf, kOther}, kSelf, 0)).ok());
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  EXPECT_FALSE(outcome.has_value());
  // Its fetch at 1 says that it has everything below.
  EXPECT_EQ(read(1, kOther).error_code, ErrorCode::kNone);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(partition_->high_watermark(), 1);
}

TEST_F(PartitionTest, WaitForAFollowerTimesOut) {
  ASSERT_TRUE(partition_->lead(image({kSelf, kOther}, kSelf, 0)).ok());
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  timers_.advance(999);
  EXPECT_FALSE(outcome.has_value());
  timers_.advance(1);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kRequestTimedOut);
  EXPECT_EQ(timers_.pending(), 0U);
}

TEST_F(PartitionTest, TooFewInSyncReplicasRefuseAcksAllButNotAcksOne) {
  PartitionOptions options;
  options.min_insync_replicas = 2;
  partition_->set_options(options);
  auto shrunk = image({kSelf, kOther}, kSelf, 0);
  shrunk.isr = {kSelf};
  ASSERT_TRUE(partition_->lead(shrunk).ok());
  std::optional<AppendOutcome> all;
  append(-1, all);
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->error, ErrorCode::kNotEnoughReplicas);
  std::optional<AppendOutcome> one;
  append(1, one);
  EXPECT_EQ(one->error, ErrorCode::kNone);
  // KIP-966: what fewer than min.insync.replicas have is not shown.
  EXPECT_EQ(partition_->high_watermark(), 0);
}

TEST_F(PartitionTest, MinInsyncIsNeverMoreThanTheReplicas) {
  PartitionOptions options;
  options.min_insync_replicas = 2;
  partition_->set_options(options);
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
}

// A6: the records are in the log, so the answer must be one that a producer takes for unknown.
TEST_F(PartitionTest, A6_LosingLeadershipIsNoDefiniteAnswerToThoseWhoWait) {
  ASSERT_TRUE(partition_->lead(image({kSelf, kOther}, kSelf, 0)).ok());
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  bool woken = false;
  const auto parked = std::make_shared<ParkedFetch>(1, timers_, [&woken] { woken = true; });
  parked->park({partition_}, 500);
  partition_->follow(image({kSelf, kOther}, kOther, 1));
  EXPECT_EQ(outcome->error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_TRUE(woken);
  EXPECT_EQ(read(0).error_code, ErrorCode::kNotLeaderOrFollower);
}

// A6: whether the disk has the records is not known when its sync fails.
TEST_F(PartitionTest, A6_AFailedSyncIsNoDefiniteAnswerToThoseWhoWait) {
  require_sync();
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  (void)log_->directory().fail({ErrorCode::kKafkaStorageError, "fsync: Input/output error"});
  disk_.run_all();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kKafkaStorageError) << "which producers retry";
  EXPECT_EQ(partition_->high_watermark(), 0);
}

TEST_F(PartitionTest, WhoWaitsOnlyForThisDiskIsAnsweredWhenNobodyLeadsAnyMore) {
  require_sync();
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  bool woken = false;
  const auto parked = std::make_shared<ParkedFetch>(1, timers_, [&woken] { woken = true; });
  parked->park({partition_}, 500);
  // KIP-966: who leaves is no longer in sync, and stays eligible.
  auto left = image({kSelf}, wire::kNoNode, 1);
  left.isr.clear();
  left.elr = {kSelf};
  partition_->follow(left);
  EXPECT_TRUE(woken);
  EXPECT_FALSE(outcome.has_value());
  std::optional<AppendOutcome> later;
  append(-1, later);
  ASSERT_TRUE(later.has_value());
  EXPECT_EQ(later->error, ErrorCode::kNotLeaderOrFollower);
  // The broker stops, and its disk is slow.
  partition_->resign();
  EXPECT_FALSE(outcome.has_value());
  disk_.run_all();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
  EXPECT_EQ(outcome->base_offset, 0);
}

// A13: an offset is promised by the epoch that gave it, and by no later one.
TEST_F(PartitionTest, A13_WhoWaitsForThisDiskIsToldWhenAnotherLeads) {
  require_sync();
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  partition_->follow(image({kSelf}, wire::kNoNode, 1));
  partition_->follow(image({kSelf, kOther}, kOther, 2));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNotLeaderOrFollower);
}

TEST_F(PartitionTest, AProduceWaitsOnWhenTheSameBrokerLeadsAgain) {
  require_sync();
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  partition_->follow(image({kSelf}, wire::kNoNode, 1));
  lead_alone(2);
  EXPECT_FALSE(outcome.has_value());
  disk_.run_all();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
}

// A14: a retry is a success at the offset of the first attempt, acknowledged when that one is.
TEST_F(PartitionTest, A14_ADuplicateIsASuccessAtItsFirstOffset) {
  require_sync();
  lead_alone();
  wire::BatchOptions options;
  options.producer_id = 7;
  options.producer_epoch = 0;
  options.base_sequence = 0;
  const auto attempt = [&](std::optional<AppendOutcome>& outcome) {
    wire::RecordBatchBuilder builder(options);
    builder.append(clock_.wall_ms(), "key", "value");
    partition_->append(builder.build(), {.produce_version = 9, .timeout_ms = 1000},
                       [&outcome](AppendOutcome came) { outcome = std::move(came); });
  };
  std::optional<AppendOutcome> first;
  attempt(first);
  std::optional<AppendOutcome> second;
  attempt(second);
  EXPECT_FALSE(second.has_value()) << "what it repeats is not durable yet";
  disk_.run_all();
  std::optional<AppendOutcome> third;
  attempt(third);
  for (const auto& outcome : {first, second, third}) {
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->error, ErrorCode::kNone);
    EXPECT_EQ(outcome->base_offset, 0);
  }
  EXPECT_EQ(log_->log_end_offset(), 1);
}

// A27: a log of clients' records has nothing of its own between them.
TEST_F(PartitionTest, A27_ANewEpochTakesNoOffset) {
  lead_alone(0);
  std::optional<AppendOutcome> outcome;
  append(-1, outcome, 2);
  partition_->follow(image({kSelf}, wire::kNoNode, 1));
  lead_alone(3);
  EXPECT_EQ(log_->log_end_offset(), 2);
  append(-1, outcome);
  EXPECT_EQ(outcome->base_offset, 2);
  EXPECT_EQ(partition_->high_watermark(), 3);
}

// A25: what was readable before a restart is not out of range after it, before its high watermark is known again.
TEST_F(PartitionTest, A25_AConsumerAtTheOldEndWaitsUntilTheMarkIsKnownAgain) {
  lead_alone(0);
  std::optional<AppendOutcome> outcome;
  append(-1, outcome, 3);
  make_partition();  // its checkpoint says 0
  ASSERT_TRUE(partition_->lead(image({kSelf, kOther}, kSelf, 1)).ok());
  for (const wire::Offset offset : {1, 2, 3}) {
    EXPECT_EQ(read(offset).error_code, ErrorCode::kNone) << offset;
    EXPECT_TRUE(read(offset).records->empty()) << offset;
  }
  EXPECT_EQ(read(4).error_code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(partition_->offset_for(kLatestTimestamp, -1, Isolation::kReadUncommitted).error().code,
            ErrorCode::kOffsetNotAvailable);
  EXPECT_EQ(read(3, kOther).error_code, ErrorCode::kNone);
  EXPECT_EQ(partition_->offset_for(kLatestTimestamp, -1, Isolation::kReadUncommitted)->offset, 3);
  EXPECT_FALSE(read(1).records->empty());
}

// A25, alone: the mark is known as soon as it leads.
TEST_F(PartitionTest, A25_ASoleReplicaKnowsItsMarkWhenItLeads) {
  require_sync();
  lead_alone(0);
  std::optional<AppendOutcome> outcome;
  append(-1, outcome, 3);
  disk_.run_all();
  make_partition();
  lead_alone(1);
  disk_.run_all();
  EXPECT_EQ(read(3).error_code, ErrorCode::kNone);
  EXPECT_EQ(partition_->offset_for(kLatestTimestamp, -1, Isolation::kReadUncommitted)->offset, 3);
}

TEST_F(PartitionTest, ParkedFetchWakesWhenEnoughBytesAreVisible) {
  lead_alone();
  const size_t size = batch().size();
  int woken = 0;
  const auto parked = std::make_shared<ParkedFetch>(2 * size, timers_, [&woken] { ++woken; });
  parked->park({partition_}, 500);
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  EXPECT_EQ(woken, 0);
  append(1, outcome);
  EXPECT_EQ(woken, 1);
  append(1, outcome);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(timers_.pending(), 0U);
}

TEST_F(PartitionTest, ParkedFetchWakesWhenItsTimeIsUp) {
  lead_alone();
  int woken = 0;
  const auto parked = std::make_shared<ParkedFetch>(1, timers_, [&woken] { ++woken; });
  parked->park({partition_}, 500);
  timers_.advance(500);
  EXPECT_EQ(woken, 1);
}

TEST_F(PartitionTest, LeaderEpochsOfClientsAreChecked) {
  lead_alone(4);
  EXPECT_EQ(partition_->check_leader(3), ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(partition_->check_leader(5), ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(partition_->check_leader(4), ErrorCode::kNone);
  EXPECT_EQ(partition_->check_leader(wire::kNoEpoch), ErrorCode::kNone);
}

TEST_F(PartitionTest, DivergingFollowerIsToldWhereItsEpochEnds) {
  ASSERT_TRUE(partition_->lead(image({kSelf, kOther}, kSelf, 1)).ok());
  std::optional<AppendOutcome> outcome;
  append(1, outcome, 2);
  ASSERT_TRUE(partition_->lead(image({kSelf, kOther}, kSelf, 3)).ok());
  append(1, outcome, 2);
  FetchPartition request;
  request.fetch_offset = 3;
  request.last_fetched_epoch = 2;  // it followed a leader that we never saw
  request.max_bytes = 1 << 20;
  ReadLimits limits;
  limits.max_bytes = 1 << 20;
  limits.replica_id = kOther;
  const auto data = partition_->read(request, limits);
  EXPECT_EQ(data.error_code, ErrorCode::kNone);
  EXPECT_EQ(data.diverging_epoch.epoch, 1);
  EXPECT_EQ(data.diverging_epoch.end_offset, 2);
  EXPECT_TRUE(data.records->empty());
}

TEST_F(PartitionTest, ListOffsetsKnowsEarliestLatestAndTimestamps) {
  lead_alone(2);
  std::optional<AppendOutcome> outcome;
  append(1, outcome, 2);
  const wire::TimestampMs second = clock_.wall_ms() + 10;
  clock_.advance(10);
  append(1, outcome);
  const auto isolation = std::optional(Isolation::kReadUncommitted);
  EXPECT_EQ(partition_->offset_for(kLatestTimestamp, -1, isolation)->offset, 3);
  EXPECT_EQ(partition_->offset_for(kLatestTimestamp, -1, isolation)->leader_epoch, 2);
  EXPECT_EQ(partition_->offset_for(kEarliestTimestamp, -1, isolation)->offset, 0);
  EXPECT_EQ(partition_->offset_for(second, -1, isolation)->offset, 2);
  EXPECT_EQ(partition_->offset_for(second + 1, -1, isolation)->offset, -1);
  EXPECT_EQ(partition_->offset_for(kMaxTimestamp, -1, isolation)->offset, 2);
}

TEST_F(PartitionTest, MessageSetsOfOldProducersAreAppendedAsOneBatch) {
  lead_alone();
  wire::MessageSetOptions old;
  old.magic = 0;
  wire::MessageSetBuilder builder(old);
  builder.append(0, wire::kNoTimestamp, "key", "one");
  builder.append(1, wire::kNoTimestamp, "key", "two");
  AppendRequest request;
  request.produce_version = 2;
  std::optional<AppendOutcome> outcome;
  const auto done = [&outcome](AppendOutcome came) { outcome = std::move(came); };
  partition_->append(builder.build(), request, done);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
  EXPECT_EQ(outcome->base_offset, 0);
  EXPECT_EQ(outcome->last_offset, 1);
  EXPECT_EQ(wire::RecordBatchView::parse(*read(0).records)->record_count(), 2);

  // Nothing at all is no error before v3.
  partition_->append({}, request, done);
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
  EXPECT_EQ(outcome->base_offset, -1);
  EXPECT_EQ(log_->log_end_offset(), 2);
}

TEST_F(PartitionTest, OldListOffsetsNamesSegmentsUpToTheHighWatermark) {
  ASSERT_TRUE(partition_->lead(image({kSelf, kOther}, kSelf, 0)).ok());
  std::optional<AppendOutcome> outcome;
  append(1, outcome, 2);
  const auto offsets = [this](wire::TimestampMs timestamp, size_t limit, bool for_consumer) {
    return *partition_->segment_offsets_before(timestamp, limit, for_consumer);
  };
  using Offsets = std::vector<wire::Offset>;
  EXPECT_EQ(offsets(kLatestTimestamp, 5, false), (Offsets{2, 0}));
  EXPECT_EQ(offsets(kLatestTimestamp, 5, true), (Offsets{0, 0}));  // as in Kafka
  EXPECT_EQ(offsets(kLatestTimestamp, 1, false), (Offsets{2}));
  EXPECT_EQ(offsets(kEarliestTimestamp, 5, true), (Offsets{0}));
  EXPECT_EQ(offsets(kLatestTimestamp, 0, true), Offsets{});
  EXPECT_EQ(offsets(clock_.wall_ms(), 5, false), (Offsets{2, 0}));
  EXPECT_EQ(offsets(0, 5, false), Offsets{});
}

TEST_F(PartitionTest, ReadsOutsideTheLogAreOutOfRange) {
  lead_alone();
  EXPECT_EQ(read(1).error_code, ErrorCode::kOffsetOutOfRange);
  std::optional<AppendOutcome> outcome;
  append(1, outcome, 2);
  ASSERT_TRUE(partition_->delete_records_before(1).ok());
  EXPECT_EQ(read(0).error_code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(partition_->delete_records_before(3).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(*partition_->delete_records_before(-1), 2);
}

TEST_F(PartitionTest, ClosedPartitionAnswersWhyEverywhere) {
  lead_alone();
  partition_->close(ErrorCode::kKafkaStorageError);
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);
  EXPECT_EQ(outcome->error, ErrorCode::kKafkaStorageError);
  EXPECT_EQ(read(0).error_code, ErrorCode::kKafkaStorageError);
}

}  // namespace
}  // namespace cluster::replica
