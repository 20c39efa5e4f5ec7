// What a partition shows to read_committed readers, and how it takes transactional batches and
// their markers.
#include "tests/cluster/replica/partition_fixture.h"

namespace cluster::replica {
namespace {

using wire::ErrorCode;

class PartitionTransactions : public PartitionTest {
 protected:
  wire::Bytes transactional(int32_t sequence = 0, wire::ProducerEpoch epoch = 0) {
    wire::BatchOptions options;
    options.producer_id = 7;
    options.producer_epoch = epoch;
    options.base_sequence = sequence;
    options.transactional = true;
    wire::RecordBatchBuilder builder(options);
    builder.append(clock_.wall_ms(), "key", "value");
    return builder.build();
  }
  ErrorCode produce(storage::VerificationGuard guard, int32_t sequence = 0) {
    AppendRequest request;
    request.produce_version = 12;
    request.required_acks = 1;
    request.guard = guard;
    std::optional<AppendOutcome> outcome;
    partition_->append(transactional(sequence), request,
                       [&outcome](AppendOutcome came) { outcome = std::move(came); });
    return outcome->error;
  }
  storage::VerificationGuard begin() {
    const auto guard = partition_->begin_verification(7, {.epoch = 0, .first_sequence = 0});
    EXPECT_TRUE(guard.ok());
    return *guard;
  }
  void marker(bool committed, std::optional<AppendOutcome>& outcome,
              wire::Epoch coordinator_epoch = 1) {
    partition_->append_marker({.producer_id = 7,
                               .producer_epoch = 0,
                               .committed = committed,
                               .coordinator_epoch = coordinator_epoch},
                              0, 1000,
                              [&outcome](AppendOutcome came) { outcome = std::move(came); });
  }
  wire::FetchResponse::PartitionData read_committed(wire::Offset offset) {
    FetchPartition request;
    request.fetch_offset = offset;
    request.max_bytes = 1 << 20;
    ReadLimits limits;
    limits.max_bytes = 1 << 20;
    limits.at_least_one_batch = true;
    limits.isolation = Isolation::kReadCommitted;
    return partition_->read(request, limits);
  }
};

// A16: a reader never passes an open transaction, and is told of aborted ones.
TEST_F(PartitionTransactions, A16_ReadCommittedStopsAtTheOpenTransaction) {
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(1, outcome, 2);
  ASSERT_EQ(produce(begin()), ErrorCode::kNone);
  append(1, outcome);
  auto data = read_committed(0);
  EXPECT_EQ(data.last_stable_offset, 2);
  EXPECT_EQ(data.high_watermark, 4);
  EXPECT_EQ(wire::RecordBatchView::parse(*data.records)->size_bytes(), data.records->size());
  EXPECT_TRUE(data.aborted_transactions->empty());
  EXPECT_TRUE(read_committed(2).records->empty());
  // Who reads everything is not held up, and is told nothing.
  EXPECT_GT(read(0).records->size(), data.records->size());
  EXPECT_FALSE(read(0).aborted_transactions.has_value());
  EXPECT_EQ(partition_->offset_for(kLatestTimestamp, -1, Isolation::kReadCommitted)->offset, 2);
  EXPECT_EQ(partition_->offset_for(kLatestTimestamp, -1, Isolation::kReadUncommitted)->offset, 4);

  std::optional<AppendOutcome> ended;
  marker(false, ended);
  ASSERT_EQ(ended->error, ErrorCode::kNone);
  data = read_committed(0);
  EXPECT_EQ(data.last_stable_offset, 5);
  ASSERT_EQ(data.aborted_transactions->size(), 1U);
  EXPECT_EQ(data.aborted_transactions->front().producer_id, 7);
  EXPECT_EQ(data.aborted_transactions->front().first_offset, 2);
}

// A15: the last stable offset is the first that is not read, not the last that is.
TEST_F(PartitionTransactions, A15_TheRecordAtTheLastStableOffsetIsNotRead) {
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  append(1, outcome);
  ASSERT_EQ(produce(begin()), ErrorCode::kNone);
  append(1, outcome);
  const wire::Offset stable = partition_->last_stable_offset();
  ASSERT_EQ(stable, 2);
  const auto below = read_committed(stable - 1);
  const auto batch = wire::RecordBatchView::parse(*below.records);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->last_offset(), stable - 1);
  EXPECT_EQ(batch->size_bytes(), below.records->size()) << "and nothing behind it";
  for (const wire::Offset offset : {stable, stable + 1}) {
    EXPECT_EQ(read_committed(offset).error_code, ErrorCode::kNone) << offset;
    EXPECT_TRUE(read_committed(offset).records->empty()) << offset;
  }
}

TEST_F(PartitionTransactions, WhereABatchDoesNotFitNoAbortedTransactionsAreNamed) {
  lead_alone();
  ASSERT_EQ(produce(begin()), ErrorCode::kNone);
  std::optional<AppendOutcome> ended;
  marker(false, ended);
  FetchPartition request;
  ReadLimits limits;
  limits.isolation = Isolation::kReadCommitted;
  limits.max_bytes = 1 << 20;
  request.max_bytes = 1;
  EXPECT_FALSE(partition_->read(request, limits).aborted_transactions.has_value());
  request.max_bytes = 0;  // no batch is looked at
  EXPECT_EQ(partition_->read(request, limits).aborted_transactions->size(), 1U);
  limits.max_bytes = -1;
  EXPECT_EQ(partition_->read(request, limits).error_code, ErrorCode::kUnknownServerError);
}

// As Kafka, whose answer goes on with the beginning of the next batch.
TEST_F(PartitionTransactions, ABatchThatDoesNotFitUsesUpTheLimitOfTheWholeFetch) {
  lead_alone();
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  append(1, outcome);
  FetchPartition request;
  request.max_bytes = 1 << 20;
  ReadLimits limits;
  limits.max_bytes = 1 << 20;
  const size_t both = partition_->read(request, limits).records->size();
  EXPECT_EQ(limits.max_bytes, (1 << 20) - static_cast<int32_t>(both));
  limits.max_bytes = static_cast<int32_t>(both) - 1;
  EXPECT_EQ(partition_->read(request, limits).records->size(), both / 2);
  EXPECT_EQ(limits.max_bytes, 0);
}

TEST_F(PartitionTransactions, ErrorsNameNoAbortedTransactions) {
  lead_alone();
  const auto data = read_committed(5);
  EXPECT_EQ(data.error_code, ErrorCode::kOffsetOutOfRange);
  EXPECT_FALSE(data.aborted_transactions.has_value());
}

TEST_F(PartitionTransactions, AMarkerWaitsForTheDiskAsAcksAllDoes) {
  require_sync();
  lead_alone();
  ASSERT_EQ(produce(begin()), ErrorCode::kNone);
  std::optional<AppendOutcome> ended;
  marker(true, ended);
  EXPECT_FALSE(ended.has_value());
  EXPECT_EQ(partition_->last_stable_offset(), 0);
  disk_.run_all();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->error, ErrorCode::kNone);
  EXPECT_EQ(partition_->last_stable_offset(), 2);
}

TEST_F(PartitionTransactions, MarkersAreRefusedWithKafkasCodes) {
  std::optional<AppendOutcome> outcome;
  marker(true, outcome);
  EXPECT_EQ(outcome->error, ErrorCode::kNotLeaderOrFollower);
  lead_alone();
  marker(true, outcome, 5);
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
  marker(true, outcome, 4);
  EXPECT_EQ(outcome->error, ErrorCode::kTransactionCoordinatorFenced);
}

TEST_F(PartitionTransactions, AMarkerHasTheTimestampTypeOfItsTopic) {
  PartitionOptions options;
  options.log.log_append_time = true;
  partition_->set_options(options);
  lead_alone();
  std::optional<AppendOutcome> outcome;
  marker(true, outcome);
  ASSERT_EQ(outcome->error, ErrorCode::kNone);
  const auto batch = wire::RecordBatchView::parse(*read_committed(0).records);
  EXPECT_EQ(batch->timestamp_type(), wire::TimestampType::kLogAppendTime);
}

TEST_F(PartitionTransactions, AMarkerNeedsEnoughReplicas) {
  PartitionOptions options;
  options.min_insync_replicas = 2;
  partition_->set_options(options);
  auto shrunk = image({kSelf, kOther}, kSelf, 0);
  shrunk.isr = {kSelf};
  ASSERT_TRUE(partition_->lead(shrunk).ok());
  std::optional<AppendOutcome> outcome;
  marker(true, outcome);
  EXPECT_EQ(outcome->error, ErrorCode::kNotEnoughReplicas);
}

TEST_F(PartitionTransactions, TheFirstBatchNeedsItsVerification) {
  lead_alone();
  EXPECT_EQ(produce(storage::kNoGuard), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(produce(begin()), ErrorCode::kNone);
  EXPECT_EQ(produce(storage::kNoGuard, 1), ErrorCode::kNone);
}

}  // namespace
}  // namespace cluster::replica
