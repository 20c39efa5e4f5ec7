// Transactions from their first record to their last, with the markers between; the anomalies of
// other systems that concern a coordinator carry their number (A8, A18, A19, A23).

#include "cluster/transactions/transaction_coordinator.h"

#include <set>

#include "tests/cluster/transactions/transaction_fixture.h"
#include "wire/records/record_batch_builder.h"

namespace cluster::transactions {
namespace {

using TransactionCoordinatorTest = TransactionFixture;
using TransactionMarkersTest = TransactionFixture;
using TransactionRestartTest = TransactionFixture;

const TopicPartition kPartition{"topic", 0};

TEST_F(TransactionCoordinatorTest, ANewIdGetsAProducer) {
  const auto answer = init();
  EXPECT_EQ(answer->error_code, ErrorCode::kNone);
  EXPECT_EQ(answer->producer_id, 1000);
  EXPECT_EQ(answer->producer_epoch, 0);
  ASSERT_TRUE(logged());
  EXPECT_EQ(logged()->state, TransactionState::kEmpty);
  EXPECT_EQ(logged()->timeout_ms, 60'000);
  EXPECT_EQ(producer().epoch, 1) << "the next one fences the first";
}

TEST_F(TransactionCoordinatorTest, AProducerWithoutTransactionsGetsAnId) {
  wire::InitProducerIdRequest request;
  request.transactional_id.reset();
  Pending<wire::InitProducerIdResponse> pending;
  coordinator_->init_producer_id(std::move(request), pending.reply());
  EXPECT_EQ(pending->producer_id, 1000);
  EXPECT_EQ(pending->producer_epoch, 0);
}

// A22: who asks for no transactions gets what idempotence needs as well.
TEST_F(TransactionCoordinatorTest, A22_EveryProducerThatAsksGetsAnIdOfItsOwn) {
  std::set<wire::ProducerId> ids;
  for (int i = 0; i < 3; ++i) {
    wire::InitProducerIdRequest request;
    request.transactional_id.reset();
    Pending<wire::InitProducerIdResponse> pending;
    coordinator_->init_producer_id(std::move(request), pending.reply());
    EXPECT_EQ(pending->error_code, ErrorCode::kNone);
    ids.insert(pending->producer_id);
  }
  EXPECT_EQ(ids.size(), 3U);
}

TEST_F(TransactionCoordinatorTest, InitRefusesBadRequests) {
  EXPECT_EQ(init("")->error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(init("tx", {}, 0)->error_code, ErrorCode::kInvalidTransactionTimeout);
  EXPECT_EQ(init("tx", {}, -1)->error_code, ErrorCode::kInvalidTransactionTimeout);
  EXPECT_EQ(init("tx", {}, 900'001)->error_code, ErrorCode::kInvalidTransactionTimeout);
  EXPECT_EQ(init("tx", {}, 900'000)->error_code, ErrorCode::kNone);
  // Half of what KIP-360 asks for.
  EXPECT_EQ(init("tx", ProducerIdAndEpoch{5, wire::kNoProducerEpoch})->error_code,
            ErrorCode::kInvalidRequest);
  const auto half = init("tx", ProducerIdAndEpoch{wire::kNoProducerId, 5});
  EXPECT_EQ(half->error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(half->producer_id, wire::kNoProducerId);
  EXPECT_EQ(half->producer_epoch, wire::kNoProducerEpoch);
}

TEST_F(TransactionCoordinatorTest, RequestsWithoutAnIdAreInvalid) {
  EXPECT_EQ(add({1000, 0}, {0}, kBumping, ""), ErrorCode::kInvalidRequest);
  EXPECT_EQ(verify({1000, 0}, 0, ""), ErrorCode::kInvalidRequest);
  EXPECT_EQ(end({1000, 0}, true, kBumping, "")->error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(describe("").error_code, ErrorCode::kInvalidRequest);
}

TEST_F(TransactionCoordinatorTest, UnknownIdsHaveNoProducer) {
  EXPECT_EQ(add({1000, 0}), ErrorCode::kInvalidProducerIdMapping);
  EXPECT_EQ(verify({1000, 0}, 0), ErrorCode::kInvalidProducerIdMapping);
  EXPECT_EQ(end({1000, 0}, true)->error_code, ErrorCode::kInvalidProducerIdMapping);
  EXPECT_EQ(describe().error_code, ErrorCode::kTransactionalIdNotFound);
}

TEST_F(TransactionCoordinatorTest, WithoutProducerIdsInitIsToBeRetried) {
  producer_ids_.error = ErrorCode::kCoordinatorLoadInProgress;
  EXPECT_EQ(init()->error_code, ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(describe().error_code, ErrorCode::kTransactionalIdNotFound);
  producer_ids_.error.reset();
  EXPECT_EQ(init()->error_code, ErrorCode::kNone);
}

TEST_F(TransactionCoordinatorTest, TwoThatInitWhileAnIdIsFetchedGetOneProducer) {
  producer_ids_.held = true;
  const auto first = init();
  const auto second = init();
  EXPECT_FALSE(first.answered());
  producer_ids_.release();
  EXPECT_EQ(first->producer_id, 1000);
  EXPECT_EQ(second->producer_id, 1000);
  EXPECT_EQ(second->producer_epoch, 1);
}

TEST_F(TransactionCoordinatorTest, AnswersWaitForTheCommit) {
  partitions_.commit_at_once = false;
  const auto answer = init();
  EXPECT_FALSE(answer.answered());
  EXPECT_EQ(init()->error_code, ErrorCode::kConcurrentTransactions);
  partitions_.commit_all();
  EXPECT_EQ(answer->error_code, ErrorCode::kNone);
}

TEST_F(TransactionCoordinatorTest, ATransactionWithBumpsFromBeginToEnd) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(state(), "Ongoing");
  EXPECT_EQ(verify(first, 0), ErrorCode::kNone);
  EXPECT_EQ(verify(first, 1), ErrorCode::kTransactionAbortable);
  const auto ended = end(first, true);
  EXPECT_EQ(ended->error_code, ErrorCode::kNone);
  EXPECT_EQ(ended->producer_id, first.id);
  EXPECT_EQ(ended->producer_epoch, first.epoch + 1);
  EXPECT_EQ(state(), "PrepareCommit") << "the client is answered before the markers are written";
  ASSERT_EQ(brokers_.sent.size(), 1U);
  const auto& marker = brokers_.sent.front().request.markers.at(0);
  EXPECT_EQ(marker.producer_id, first.id);
  EXPECT_EQ(marker.producer_epoch, first.epoch + 1);
  EXPECT_EQ(marker.coordinator_epoch, 1);
  EXPECT_TRUE(marker.transaction_result);
  EXPECT_EQ(marker.transaction_version, 2);
  EXPECT_EQ(marker.topics.at(0).name, "topic");
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(logged()->state, TransactionState::kCompleteCommit);
  EXPECT_TRUE(logged()->partitions.empty());
}

TEST_F(TransactionCoordinatorTest, ATransactionWithoutBumpsFromBeginToEnd) {
  const ProducerIdAndEpoch first = ongoing(kClassic);
  const auto ended = end(first, false, kClassic);
  EXPECT_EQ(ended->error_code, ErrorCode::kNone);
  EXPECT_EQ(ended->producer_id, wire::kNoProducerId);
  const auto& marker = brokers_.sent.front().request.markers.at(0);
  EXPECT_EQ(marker.producer_epoch, first.epoch);
  EXPECT_FALSE(marker.transaction_result);
  EXPECT_EQ(marker.transaction_version, 0);
  EXPECT_EQ(add(first, {1}, kClassic), ErrorCode::kConcurrentTransactions);
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteAbort");
  EXPECT_EQ(add(first, {1}, kClassic), ErrorCode::kNone) << "the epoch goes on";
}

// A8: an EndTxn of the last transaction that comes late must not end the next one.
TEST_F(TransactionCoordinatorTest, A8_LateEndTxnDoesNotEndTheNextTransaction) {
  const ProducerIdAndEpoch first = producer();
  const ProducerIdAndEpoch second = run(first, true);
  EXPECT_EQ(add(second), ErrorCode::kNone);
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kProducerFenced);
  EXPECT_EQ(end(first, false)->error_code, ErrorCode::kProducerFenced);
  EXPECT_EQ(add(first), ErrorCode::kProducerFenced);
  EXPECT_EQ(state(), "Ongoing");
}

// A18: the retry of an end whose answer was lost gets the answer of the first.
TEST_F(TransactionCoordinatorTest, A18_EndTxnIsIdempotent) {
  const ProducerIdAndEpoch first = ongoing();
  const auto ended = end(first, true);
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(end(first, false)->error_code, ErrorCode::kConcurrentTransactions)
      << "the completion is pending, which is asked for first";
  brokers_.answer();
  EXPECT_EQ(*end(first, true), *ended);
  EXPECT_EQ(end(first, false)->error_code, ErrorCode::kInvalidTxnState);
}

// A18: an end that could not be written is never told as if it had not happened for good.
TEST_F(TransactionCoordinatorTest, A18_EndTxnThatTimesOutMayBeRetriedEitherWay) {
  const ProducerIdAndEpoch first = ongoing();
  partitions_.commit_at_once = false;
  const auto late = end(first, true);
  timers_.advance(59'999);
  EXPECT_FALSE(late.answered()) << "it may take as long as the transaction";
  timers_.advance(1);
  ASSERT_TRUE(late.answered());
  EXPECT_EQ(late->error_code, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_TRUE(brokers_.sent.empty()) << "no marker may tell an outcome that is not durable";
  const auto retried = end(first, true);
  partitions_.commit_at_once = true;
  partitions_.commit_all();
  EXPECT_EQ(retried->error_code, ErrorCode::kNone);
  EXPECT_EQ(retried->producer_epoch, first.epoch + 1);
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteCommit");
}

// A19: an outcome is in the log before any partition hears of it.
TEST_F(TransactionCoordinatorTest, A19_NoMarkerBeforeTheOutcomeIsCommitted) {
  const ProducerIdAndEpoch first = ongoing();
  partitions_.commit_at_once = false;
  const auto ended = end(first, true);
  EXPECT_FALSE(ended.answered());
  EXPECT_TRUE(brokers_.sent.empty());
  partitions_.commit_all();
  EXPECT_TRUE(ended.answered());
  EXPECT_EQ(brokers_.sent.size(), 1U);
}

TEST_F(TransactionCoordinatorTest, AnAbortOfNothingIsCompleteAtOnce) {
  const ProducerIdAndEpoch first = producer();
  const auto ended = end(first, false);
  EXPECT_EQ(ended->error_code, ErrorCode::kNone);
  EXPECT_EQ(ended->producer_epoch, first.epoch + 1);
  EXPECT_TRUE(brokers_.sent.empty());
  EXPECT_EQ(state(), "CompleteAbort");
}

TEST_F(TransactionCoordinatorTest, ASecondProducerFencesTheFirst) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(init()->error_code, ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(state(), "PrepareAbort");
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kConcurrentTransactions);
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteAbort");
  const ProducerIdAndEpoch second = producer();
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.epoch, first.epoch + 2) << "one for the fence, one for the new producer";
  EXPECT_EQ(add(first), ErrorCode::kProducerFenced);
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kProducerFenced);
}

TEST_F(TransactionCoordinatorTest, AFenceWithoutBumpsSurvivesAFailedWrite) {
  cluster_.version = 1;
  const ProducerIdAndEpoch first = ongoing(kClassic);
  partitions_.refuse_appends = wire::Error{ErrorCode::kNotEnoughReplicas, "too few"};
  EXPECT_EQ(init()->error_code, ErrorCode::kCoordinatorNotAvailable);
  partitions_.refuse_appends.reset();
  EXPECT_EQ(add(first, {1}, kClassic), ErrorCode::kProducerFenced);
  EXPECT_EQ(init()->error_code, ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(brokers_.sent.front().request.markers.at(0).producer_epoch, first.epoch + 1);
  brokers_.answer();
  EXPECT_EQ(producer().epoch, first.epoch + 2);
}

TEST_F(TransactionCoordinatorTest, WritesThatFailLeaveTheTransactionAsItWas) {
  const ProducerIdAndEpoch first = producer();
  const struct {
    ErrorCode append;
    ErrorCode answer;
  } cases[] = {
      {ErrorCode::kNotEnoughReplicas, ErrorCode::kCoordinatorNotAvailable},
      {ErrorCode::kNotLeaderOrFollower, ErrorCode::kNotCoordinator},
      {ErrorCode::kKafkaStorageError, ErrorCode::kNotCoordinator},
      {ErrorCode::kMessageTooLarge, ErrorCode::kUnknownServerError},
  };
  for (const auto& entry : cases) {
    partitions_.refuse_appends = wire::Error{entry.append, "refused"};
    EXPECT_EQ(add(first), entry.answer);
    EXPECT_EQ(state(), "Empty");
  }
  partitions_.refuse_appends = wire::Error{ErrorCode::kNotEnoughReplicas, "refused"};
  EXPECT_EQ(init("another")->error_code, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(describe("another").error_code, ErrorCode::kTransactionalIdNotFound);
  partitions_.refuse_appends.reset();
  EXPECT_EQ(add(first), ErrorCode::kNone);
}

TEST_F(TransactionCoordinatorTest, AddOffsetsAddsThePartitionOfTheGroup) {
  const ProducerIdAndEpoch first = producer();
  wire::AddOffsetsToTxnRequest request;
  request.transactional_id = "tx";
  request.producer_id = first.id;
  request.producer_epoch = first.epoch;
  request.group_id = "group";
  Pending<wire::AddOffsetsToTxnResponse> pending;
  coordinator_->add_offsets(request, 17, pending.reply());
  EXPECT_EQ(pending->error_code, ErrorCode::kNone);
  EXPECT_TRUE(logged()->partitions.contains({"__consumer_offsets", 17}));
  request.producer_epoch = 9;
  Pending<wire::AddOffsetsToTxnResponse> fenced;
  coordinator_->add_offsets(request, 17, fenced.reply());
  EXPECT_EQ(fenced->error_code, ErrorCode::kProducerFenced);
}

TEST_F(TransactionCoordinatorTest, PartitionsNotLedAndPartitionsThatLoad) {
  const ProducerIdAndEpoch first = producer();
  const wire::PartitionIndex partition = coordinator_->partition_for("tx");
  partitions_.commit_at_once = false;
  const auto adding = add_async(first);
  coordinator_->on_resignation(partition);
  EXPECT_EQ(error_of(*adding), ErrorCode::kNotCoordinator);
  EXPECT_EQ(add(first), ErrorCode::kNotCoordinator);
  EXPECT_EQ(init()->error_code, ErrorCode::kNotCoordinator);
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNotCoordinator);
  EXPECT_EQ(describe().error_code, ErrorCode::kNotCoordinator);
  // What was appended is not committed yet, so the new term still loads.
  coordinator_->on_election(partition, 2);
  timers_.run_due();
  EXPECT_EQ(add(first), ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(describe().error_code, ErrorCode::kCoordinatorLoadInProgress);
  partitions_.commit_at_once = true;
  partitions_.commit_all();
  timers_.run_due();
  EXPECT_EQ(state(), "Ongoing") << "A6: what was answered as unknown may well have happened";
}

// ---- epochs used up ----

TEST_F(TransactionCoordinatorTest, EpochsUsedUpByEndsMoveOnToTheNextProducerId) {
  ProducerIdAndEpoch current = producer();
  TransactionMetadata last;
  last.producer_id = current.id;
  last.producer_epoch = kLastClientEpoch;
  last.timeout_ms = 60'000;
  last.client_version = 2;
  wire::RecordBatchBuilder builder;
  const coordinator::Record record = transaction_record("tx", last, 2);
  builder.append(0, record.key.view(), record.value->view());
  ASSERT_TRUE(partitions_.append(coordinator_->partition_for("tx"), 1, builder.build()).ok());
  restart();

  current.epoch = kLastClientEpoch;
  EXPECT_EQ(add(current), ErrorCode::kNone);
  const auto ended = end(current, true);
  EXPECT_EQ(ended->producer_id, 1001);
  EXPECT_EQ(ended->producer_epoch, 0);
  const auto& marker = brokers_.sent.front().request.markers.at(0);
  EXPECT_EQ(marker.producer_id, current.id);
  EXPECT_EQ(marker.producer_epoch, kLastEpoch);
  EXPECT_EQ(add({1001, 0}), ErrorCode::kConcurrentTransactions) << "the new id is only pending yet";
  // kill -9 between the outcome and the marker: the next id is the one that was told.
  restart(3);
  brokers_.answer();
  EXPECT_EQ(add({1001, 0}), ErrorCode::kNone);
}

// ---- restarts ----

TEST_F(TransactionRestartTest, AnOngoingTransactionGoesOn) {
  const ProducerIdAndEpoch first = ongoing();
  restart();
  EXPECT_EQ(state(), "Ongoing");
  EXPECT_EQ(add(first, {1}), ErrorCode::kNone);
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  EXPECT_EQ(brokers_.sent.front().request.markers.at(0).coordinator_epoch, 2);
}

// A19, A23: what is prepared is finished by whoever loads it, at every step.
TEST_F(TransactionRestartTest, A23_PreparedTransactionsAreFinished) {
  for (const bool commit : {true, false}) {
    const std::string id = commit ? "commits" : "aborts";
    const ProducerIdAndEpoch first = ongoing(kBumping, id);
    EXPECT_EQ(add(first, {1}, kBumping, id), ErrorCode::kNone);
    EXPECT_EQ(end(first, commit, kBumping, id)->error_code, ErrorCode::kNone);
    restart();  // before any marker
    ASSERT_EQ(brokers_.sent.size(), 1U);
    EXPECT_EQ(brokers_.sent.front().request.markers.at(0).transaction_result, commit);
    EXPECT_EQ(brokers_.sent.front().request.markers.at(0).producer_epoch, first.epoch + 1);
    // One of two markers is written: the other alone is missing, and both are sent again.
    brokers_.answer({{{"topic", 1}, ErrorCode::kNotLeaderOrFollower}});
    restart(3);
    ASSERT_EQ(brokers_.sent.size(), 1U);
    EXPECT_EQ(brokers_.sent.front().request.markers.at(0).topics.at(0).partition_indexes.size(),
              2U);
    // Every marker is written, and the completion is not committed.
    partitions_.commit_at_once = false;
    brokers_.answer();
    partitions_.truncate_to_high_watermark(coordinator_->partition_for(id));
    partitions_.commit_at_once = true;
    restart(4);
    EXPECT_EQ(state(id), commit ? "PrepareCommit" : "PrepareAbort");
    brokers_.answer();
    EXPECT_EQ(state(id), commit ? "CompleteCommit" : "CompleteAbort");
    restart(5);
    EXPECT_TRUE(brokers_.sent.empty());
    EXPECT_EQ(init(id)->error_code, ErrorCode::kNone);
  }
}

TEST_F(TransactionRestartTest, AnOutcomeThatWasNotCommittedIsForgotten) {
  const ProducerIdAndEpoch first = ongoing();
  partitions_.commit_at_once = false;
  const auto ended = end(first, true);
  partitions_.truncate_to_high_watermark(coordinator_->partition_for("tx"));
  partitions_.commit_at_once = true;
  partitions_.on_high_watermark = nullptr;
  coordinator_.reset();
  EXPECT_EQ(ended->error_code, ErrorCode::kNotCoordinator);
  start(2);
  EXPECT_EQ(state(), "Ongoing");
  EXPECT_TRUE(brokers_.sent.empty());
  EXPECT_EQ(end(first, false)->error_code, ErrorCode::kNone);
}

TEST_F(TransactionRestartTest, ARetryAfterARestartIsKnownByItsEpoch) {
  const ProducerIdAndEpoch first = ongoing();
  const auto ended = end(first, true);
  restart();
  brokers_.answer();
  EXPECT_EQ(*end(first, true), *ended);
}

TEST_F(TransactionRestartTest, ACoordinatorThatStaysUnderANewEpochKeepsItsMarkers) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  coordinator_->on_election(coordinator_->partition_for("tx"), 7);
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteCommit");
}

// ---- markers ----

TEST_F(TransactionMarkersTest, EachLeaderGetsItsOwnAndTheLastOneCompletes) {
  cluster_.leaders[{"topic", 1}] = 2;
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(add(first, {1}), ErrorCode::kNone);
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  ASSERT_EQ(brokers_.sent.size(), 2U);
  EXPECT_EQ(brokers_.sent[0].node, 1);
  EXPECT_EQ(brokers_.sent[1].node, 2);
  brokers_.answer();
  EXPECT_EQ(state(), "PrepareCommit");
  ASSERT_EQ(describe().topics.size(), 1U);
  EXPECT_EQ(describe().topics[0].partitions, std::vector<int32_t>{1});
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteCommit");
}

TEST_F(TransactionMarkersTest, ErrorsThatPassAreRetriedWithAPause) {
  const ErrorCode errors[] = {
      ErrorCode::kUnknownTopicOrPartition, ErrorCode::kNotLeaderOrFollower,
      ErrorCode::kNotEnoughReplicas,       ErrorCode::kNotEnoughReplicasAfterAppend,
      ErrorCode::kRequestTimedOut,         ErrorCode::kKafkaStorageError,
      ErrorCode::kCorruptMessage,  // Kafka gives up here, and the transaction hangs
  };
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  for (const ErrorCode error : errors) {
    brokers_.answer({{kPartition, error}});
    EXPECT_TRUE(brokers_.sent.empty()) << "not before a pause";
    timers_.advance(1'000);
    ASSERT_EQ(brokers_.sent.size(), 1U) << wire::error_name(error);
  }
  brokers_.lose();
  timers_.advance(1'000);
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteCommit");
}

TEST_F(TransactionMarkersTest, ARetryGoesToTheLeaderOfThatTime) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  brokers_.answer({{kPartition, ErrorCode::kNotLeaderOrFollower}});
  cluster_.leaders[kPartition] = 3;
  coordinator_->on_leaders_changed();  // without waiting for the pause to end
  ASSERT_EQ(brokers_.sent.size(), 1U);
  EXPECT_EQ(brokers_.sent.front().node, 3);
}

TEST_F(TransactionMarkersTest, APartitionWithoutALeaderWaitsForOne) {
  cluster_.leaders[kPartition] = wire::kNoNode;
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  timers_.advance(60'000);
  EXPECT_TRUE(brokers_.sent.empty());
  EXPECT_EQ(state(), "PrepareCommit");
  cluster_.leaders[kPartition] = 1;
  coordinator_->on_leaders_changed();
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteCommit");
}

TEST_F(TransactionMarkersTest, ADeletedTopicNeedsNoMarker) {
  const ProducerIdAndEpoch first = ongoing();
  cluster_.gone.insert(kPartition);
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  timers_.run_due();
  EXPECT_TRUE(brokers_.sent.empty());
  EXPECT_EQ(state(), "CompleteCommit");
}

TEST_F(TransactionMarkersTest, APartitionDeletedWhileItIsRetriedNeedsNoMarker) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(end(first, false)->error_code, ErrorCode::kNone);
  brokers_.answer({{kPartition, ErrorCode::kUnknownTopicOrPartition}});
  cluster_.gone.insert(kPartition);
  timers_.advance(1'000);
  EXPECT_EQ(state(), "CompleteAbort");
}

TEST_F(TransactionMarkersTest, APartitionThatCannotHaveMarkersNeedsNone) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  brokers_.answer({{kPartition, ErrorCode::kUnsupportedForMessageFormat}});
  EXPECT_EQ(state(), "CompleteCommit");
}

// As in Kafka: somebody newer has taken over, and this coordinator goes no further.
TEST_F(TransactionMarkersTest, AFencedMarkerIsSentNoMore) {
  for (const ErrorCode error :
       {ErrorCode::kInvalidProducerEpoch, ErrorCode::kTransactionCoordinatorFenced}) {
    const std::string id(wire::error_name(error));
    const ProducerIdAndEpoch first = ongoing(kBumping, id);
    EXPECT_EQ(end(first, true, kBumping, id)->error_code, ErrorCode::kNone);
    brokers_.answer({{kPartition, error}});
    timers_.advance(60'000);
    EXPECT_TRUE(brokers_.sent.empty());
    EXPECT_EQ(state(id), "PrepareCommit");
  }
}

TEST_F(TransactionMarkersTest, WhatIsWrittenBesideAFencedMarkerIsTakenOffTheList) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(add(first, {1}), ErrorCode::kNone);
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  brokers_.answer({{kPartition, ErrorCode::kTransactionCoordinatorFenced}});
  timers_.advance(60'000);
  EXPECT_TRUE(brokers_.sent.empty());
  ASSERT_EQ(describe().topics.size(), 1U);
  EXPECT_EQ(describe().topics[0].partitions, std::vector<int32_t>{kPartition.partition});
}

TEST_F(TransactionMarkersTest, OneRequestAtATimeGathersWhatComesMeanwhile) {
  for (const std::string id : {"a", "b", "c"}) {
    const ProducerIdAndEpoch first = ongoing(kBumping, id);
    EXPECT_EQ(end(first, true, kBumping, id)->error_code, ErrorCode::kNone);
  }
  ASSERT_EQ(brokers_.sent.size(), 1U);
  EXPECT_EQ(brokers_.sent.front().request.markers.size(), 1U);
  brokers_.answer();
  ASSERT_EQ(brokers_.sent.size(), 1U);
  EXPECT_EQ(brokers_.sent.front().request.markers.size(), 2U);
  brokers_.answer();
  for (const std::string id : {"a", "b", "c"}) EXPECT_EQ(state(id), "CompleteCommit");
}

TEST_F(TransactionMarkersTest, AResignedCoordinatorForgetsItsMarkers) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  coordinator_->on_resignation(coordinator_->partition_for("tx"));
  brokers_.answer({{kPartition, ErrorCode::kNotLeaderOrFollower}});
  timers_.advance(60'000);
  EXPECT_TRUE(brokers_.sent.empty());
}

TEST_F(TransactionMarkersTest, ACompletionThatIsNotWrittenIsTriedAgain) {
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kNone);
  partitions_.refuse_appends = wire::Error{ErrorCode::kNotEnoughReplicas, "too few"};
  brokers_.answer();
  timers_.advance(1'000);
  EXPECT_EQ(state(), "PrepareCommit");
  EXPECT_EQ(init()->error_code, ErrorCode::kConcurrentTransactions);
  partitions_.refuse_appends.reset();
  timers_.advance(1'000);
  EXPECT_EQ(state(), "CompleteCommit");
}

}  // namespace
}  // namespace cluster::transactions
