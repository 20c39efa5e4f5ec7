// Every error code by state, as Kafka's TransactionCoordinator and TransactionMetadata decide it.

#include "cluster/transactions/transaction_decisions.h"

#include <optional>
#include <ostream>

#include "gtest/gtest.h"

namespace cluster::transactions {

// For the messages of failed tests.
void PrintTo(const EndAnswer& answer, std::ostream* out) {
  *out << wire::error_name(answer.error) << " as " << answer.producer.id << "/"
       << answer.producer.epoch;
}

namespace {

using enum TransactionState;
using wire::ErrorCode;

constexpr wire::ProducerId kId = 7;
constexpr wire::ProducerEpoch kEpoch = 5;
constexpr wire::ProducerId kFresh = 99;
constexpr wire::TimestampMs kNow = 10'000;
const TopicPartition kTweets{"topic", 0};

TransactionMetadata metadata(TransactionState state, wire::ProducerEpoch epoch = kEpoch) {
  TransactionMetadata made;
  made.producer_id = kId;
  made.previous_producer_id = kId;
  made.producer_epoch = epoch;
  made.last_producer_epoch = static_cast<wire::ProducerEpoch>(epoch - 1);
  made.timeout_ms = 60'000;
  made.state = state;
  made.client_version = 2;
  if (state == kOngoing || is_prepared(state)) made.partitions.insert(kTweets);
  if (state != kEmpty) made.start_ms = 1'000;
  return made;
}

Transaction in(TransactionState state, wire::ProducerEpoch epoch = kEpoch) {
  return Transaction("tx", metadata(state, epoch));
}

// A transaction whose next change is on its way.
Transaction pending_in(TransactionState state) {
  Transaction transaction = in(state);
  if (is_prepared(state)) {
    transaction.prepare_complete(kNow);
  } else {
    transaction.prepare_add({{"other", 1}}, 2, kNow);
  }
  return transaction;
}

template <typename Decision>
ErrorCode refusal(const Decision& decision) {
  const auto* refused = std::get_if<Refusal>(&decision);
  return refused == nullptr ? ErrorCode::kNone : refused->error;
}

// ---- AddPartitionsToTxn, AddOffsetsToTxn ----

struct AddCase {
  const char* what;
  Transaction transaction;
  ProducerIdAndEpoch producer;
  ErrorCode expected;
};

TEST(TransactionDecisions, AddRefusesByState) {
  const AddCase cases[] = {
      {"another producer id", in(kOngoing), {8, kEpoch}, ErrorCode::kInvalidProducerIdMapping},
      {"an older epoch", in(kOngoing), {kId, 4}, ErrorCode::kProducerFenced},
      {"a newer epoch", in(kOngoing), {kId, 6}, ErrorCode::kProducerFenced},
      {"an older epoch, empty", in(kEmpty), {kId, 4}, ErrorCode::kProducerFenced},
      {"prepared to commit", in(kPrepareCommit), {kId, kEpoch}, ErrorCode::kConcurrentTransactions},
      {"prepared to abort", in(kPrepareAbort), {kId, kEpoch}, ErrorCode::kConcurrentTransactions},
      {"a pending change comes first, whoever asks",
       pending_in(kOngoing),
       {8, 0},
       ErrorCode::kConcurrentTransactions},
  };
  for (const AddCase& entry : cases) {
    Transaction transaction = entry.transaction;
    const AddDecision decision = decide_add(transaction, {entry.producer, {kTweets}, 2}, kNow);
    EXPECT_EQ(refusal(decision), entry.expected) << entry.what;
    EXPECT_FALSE(std::holds_alternative<TransactionMetadata>(decision)) << entry.what;
  }
}

TEST(TransactionDecisions, AddOfWhatIsInTheTransactionWritesNothing) {
  Transaction transaction = in(kOngoing);
  const AddDecision decision = decide_add(transaction, {{kId, kEpoch}, {kTweets}, 2}, kNow);
  ASSERT_TRUE(std::holds_alternative<Refusal>(decision));
  EXPECT_EQ(refusal(decision), ErrorCode::kNone);
  EXPECT_FALSE(transaction.pending());
}

TEST(TransactionDecisions, AddBeginsATransactionFromEveryIdleState) {
  for (const TransactionState state : {kEmpty, kCompleteCommit, kCompleteAbort}) {
    Transaction transaction = in(state);
    const AddDecision decision = decide_add(transaction, {{kId, kEpoch}, {kTweets}, 2}, kNow);
    const auto* next = std::get_if<TransactionMetadata>(&decision);
    ASSERT_NE(next, nullptr) << state_name(state);
    EXPECT_EQ(next->state, kOngoing);
    EXPECT_EQ(next->start_ms, kNow);
    EXPECT_EQ(next->client_version, 2);
    EXPECT_EQ(next->producer_epoch, kEpoch);
    EXPECT_TRUE(transaction.is_pending(kOngoing));
  }
}

TEST(TransactionDecisions, AddToAnOngoingTransactionKeepsItsStart) {
  Transaction transaction = in(kOngoing);
  const AddDecision decision = decide_add(transaction, {{kId, kEpoch}, {{"topic", 1}}, 2}, kNow);
  const auto& next = std::get<TransactionMetadata>(decision);
  EXPECT_EQ(next.start_ms, 1'000);
  EXPECT_EQ(next.last_update_ms, kNow);
  EXPECT_EQ(next.partitions.size(), 2U);
}

TEST(TransactionDecisions, VerifyTellsEachPartition) {
  const Transaction ongoing = in(kOngoing);
  const auto errors = verify(ongoing, {{kId, kEpoch}, {kTweets, {"topic", 1}}, 2});
  EXPECT_EQ(errors.at(kTweets), ErrorCode::kNone);
  EXPECT_EQ(errors.at({"topic", 1}), ErrorCode::kTransactionAbortable);
  const auto error = [](const Transaction& transaction, ProducerIdAndEpoch producer) {
    return verify(transaction, {producer, {kTweets}, 2}).at(kTweets);
  };
  EXPECT_EQ(error(ongoing, {8, kEpoch}), ErrorCode::kInvalidProducerIdMapping);
  EXPECT_EQ(error(ongoing, {kId, 4}), ErrorCode::kProducerFenced);
  EXPECT_EQ(error(in(kPrepareCommit), {kId, kEpoch}), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(error(in(kPrepareAbort), {kId, kEpoch}), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(error(in(kEmpty), {kId, kEpoch}), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(error(in(kCompleteCommit), {kId, kEpoch}), ErrorCode::kTransactionAbortable);
  // What is pending is not asked for.
  EXPECT_EQ(error(pending_in(kOngoing), {kId, kEpoch}), ErrorCode::kNone);
}

// ---- InitProducerId ----

TEST(TransactionDecisions, InitBumpsTheEpochOfAnIdleTransaction) {
  for (const TransactionState state : {kEmpty, kCompleteCommit, kCompleteAbort}) {
    Transaction transaction = in(state);
    const auto decision = decide_init(transaction, {30'000, {}}, 2, {}, kNow);
    const auto* next = std::get_if<TransactionMetadata>(&decision);
    ASSERT_NE(next, nullptr) << state_name(state);
    EXPECT_EQ(next->state, kEmpty);
    EXPECT_EQ(next->producer_epoch, kEpoch + 1);
    EXPECT_EQ(next->last_producer_epoch, wire::kNoProducerEpoch);
    EXPECT_EQ(next->timeout_ms, 30'000);
    EXPECT_EQ(next->start_ms, wire::kNoTimestamp);
    EXPECT_TRUE(next->partitions.empty());
  }
}

TEST(TransactionDecisions, InitRefusesByState) {
  const auto error = [](Transaction transaction, std::optional<ProducerIdAndEpoch> expected) {
    return refusal(decide_init(transaction, {60'000, expected}, 2, {}, kNow));
  };
  EXPECT_EQ(error(in(kPrepareCommit), {}), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(error(in(kPrepareAbort), {}), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(error(pending_in(kEmpty), {}), ErrorCode::kConcurrentTransactions);
  // A pending change comes first even for a producer that is fenced.
  EXPECT_EQ(error(pending_in(kEmpty), ProducerIdAndEpoch{8, 0}),
            ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(error(in(kEmpty), ProducerIdAndEpoch{8, kEpoch}), ErrorCode::kProducerFenced);
  EXPECT_EQ(error(in(kOngoing), ProducerIdAndEpoch{8, kEpoch}), ErrorCode::kProducerFenced);
  EXPECT_EQ(error(in(kEmpty), ProducerIdAndEpoch{kId, 2}), ErrorCode::kProducerFenced);
}

// KIP-360: a producer that recovers says who it believes to be.
TEST(TransactionDecisions, InitOfAProducerThatRecovers) {
  Transaction current = in(kEmpty);
  const auto bumped = decide_init(current, {60'000, ProducerIdAndEpoch{kId, kEpoch}}, 2, {}, kNow);
  EXPECT_EQ(std::get<TransactionMetadata>(bumped).producer_epoch, kEpoch + 1);
  EXPECT_EQ(std::get<TransactionMetadata>(bumped).last_producer_epoch, kEpoch);

  // A retry of that call is answered the same, without another bump.
  Transaction retried = in(kEmpty);
  const auto again =
      decide_init(retried, {60'000, ProducerIdAndEpoch{kId, kEpoch - 1}}, 2, {}, kNow);
  EXPECT_EQ(std::get<TransactionMetadata>(again).producer_epoch, kEpoch);
  EXPECT_EQ(std::get<TransactionMetadata>(again).last_producer_epoch, kEpoch - 1);

  // Whoever comes to an id that is new to the coordinator is served.
  TransactionMetadata created;
  created.producer_id = kFresh;
  Transaction fresh("tx", created);
  const auto first = decide_init(fresh, {60'000, ProducerIdAndEpoch{kId, kEpoch}}, 2, {}, kNow);
  EXPECT_EQ(std::get<TransactionMetadata>(first).producer_epoch, 0);
  EXPECT_EQ(std::get<TransactionMetadata>(first).producer_id, kFresh);
}

TEST(TransactionDecisions, InitWithEpochsUsedUpTakesANewProducerId) {
  Transaction transaction = in(kCompleteCommit, kLastClientEpoch);
  EXPECT_TRUE(
      std::holds_alternative<NeedsProducerId>(decide_init(transaction, {60'000, {}}, 2, {}, kNow)));
  EXPECT_FALSE(transaction.pending());
  const auto decision = decide_init(transaction, {60'000, {}}, 2, kFresh, kNow);
  const auto& next = std::get<TransactionMetadata>(decision);
  EXPECT_EQ(next.producer_id, kFresh);
  EXPECT_EQ(next.previous_producer_id, kId);
  EXPECT_EQ(next.producer_epoch, 0);
  EXPECT_EQ(next.last_producer_epoch, wire::kNoProducerEpoch);
  transaction.take(next);

  // The retry of the producer that had the last epoch of the id before is known by it ...
  const ProducerIdAndEpoch expected{kId, kLastClientEpoch};
  EXPECT_EQ(refusal(decide_init(transaction, {60'000, expected}, 2, {}, kNow)),
            ErrorCode::kProducerFenced)  // ... but this id was moved by somebody else
      << "the last epoch is none";
}

TEST(TransactionDecisions, InitOfAProducerThatUsesUpItsEpochsIsKnownAtARetry) {
  Transaction transaction = in(kCompleteCommit, kLastClientEpoch);
  const ProducerIdAndEpoch expected{kId, kLastClientEpoch};
  const auto moved = decide_init(transaction, {60'000, expected}, 2, kFresh, kNow);
  transaction.take(std::get<TransactionMetadata>(moved));
  const auto again = decide_init(transaction, {60'000, expected}, 2, {}, kNow);
  EXPECT_EQ(std::get<TransactionMetadata>(again).producer_id, kFresh);
  EXPECT_EQ(std::get<TransactionMetadata>(again).producer_epoch, 0);
}

// Kafka runs into an IllegalStateException: somebody else's epoch, and none left to bump.
TEST(TransactionDecisions, InitWithEpochsUsedUpAndAnotherExpected) {
  Transaction transaction = in(kEmpty, kLastClientEpoch);
  EXPECT_EQ(refusal(decide_init(transaction, {60'000, ProducerIdAndEpoch{kId, 3}}, 2, {}, kNow)),
            ErrorCode::kUnknownServerError);
}

TEST(TransactionDecisions, InitOfAnOngoingTransactionFencesItsProducer) {
  Transaction transaction = in(kOngoing);
  const auto decision = decide_init(transaction, {60'000, {}}, 2, {}, kNow);
  EXPECT_EQ(std::get<Fence>(decision).epoch, kEpoch + 1);
  EXPECT_TRUE(transaction.is_pending(kPrepareEpochFence));
}

TEST(TransactionDecisions, AFenceHasItsProducerIdBeforeAnythingChanges) {
  Transaction transaction = in(kOngoing, kLastClientEpoch);
  EXPECT_TRUE(
      std::holds_alternative<NeedsProducerId>(decide_init(transaction, {60'000, {}}, 2, {}, kNow)));
  EXPECT_FALSE(transaction.pending());
  // Before transaction.version 2 an end takes no new id.
  EXPECT_TRUE(std::holds_alternative<Fence>(decide_init(transaction, {60'000, {}}, 1, {}, kNow)));
}

// ---- EndTxn ----

constexpr bool kCommit = true;
constexpr bool kAbort = false;

struct EndCase {
  TransactionState state;
  bool commit;
  int epoch;  // relative to the current one
  ErrorCode expected;
  bool ends = false;  // the transaction ends anew; `expected` is kNone
};

void check_end(const EndCase& entry, int16_t version) {
  Transaction transaction = in(entry.state);
  EndRequest request;
  request.producer = {kId, static_cast<wire::ProducerEpoch>(kEpoch + entry.epoch)};
  request.commit = entry.commit;
  request.client_version = version;
  const EndDecision decision = decide_end(transaction, request, {}, kNow);
  const auto label = ::testing::Message()
                     << state_name(entry.state) << (entry.commit ? " commit " : " abort ")
                     << entry.epoch << " with version " << version;
  ASSERT_EQ(std::holds_alternative<EndChange>(decision), entry.ends) << label;
  if (!entry.ends) {
    EXPECT_EQ(std::get<EndAnswer>(decision).error, entry.expected) << label;
    EXPECT_FALSE(transaction.pending()) << label;
  }
}

TEST(TransactionDecisions, EndWithoutBumpsByState) {
  const EndCase cases[] = {
      {kOngoing, kCommit, 0, ErrorCode::kNone, true},
      {kOngoing, kAbort, 0, ErrorCode::kNone, true},
      {kOngoing, kCommit, -1, ErrorCode::kProducerFenced},
      {kOngoing, kCommit, 1, ErrorCode::kProducerFenced},
      {kOngoing, kAbort, 1, ErrorCode::kProducerFenced},
      {kCompleteCommit, kCommit, 0, ErrorCode::kNone},
      {kCompleteCommit, kAbort, 0, ErrorCode::kInvalidTxnState},
      {kCompleteAbort, kAbort, 0, ErrorCode::kNone},
      {kCompleteAbort, kCommit, 0, ErrorCode::kInvalidTxnState},
      {kPrepareCommit, kCommit, 0, ErrorCode::kConcurrentTransactions},
      {kPrepareCommit, kAbort, 0, ErrorCode::kInvalidTxnState},
      {kPrepareAbort, kAbort, 0, ErrorCode::kConcurrentTransactions},
      {kPrepareAbort, kCommit, 0, ErrorCode::kInvalidTxnState},
      {kEmpty, kCommit, 0, ErrorCode::kInvalidTxnState},
      {kEmpty, kAbort, 0, ErrorCode::kInvalidTxnState},
      {kEmpty, kAbort, -1, ErrorCode::kProducerFenced},
  };
  for (const EndCase& entry : cases) check_end(entry, 0);
}

// KIP-890's table: -1 is a retry, 0 the current epoch.
TEST(TransactionDecisions, EndWithBumpsByState) {
  const EndCase cases[] = {
      {kOngoing, kCommit, 0, ErrorCode::kNone, true},
      {kOngoing, kAbort, 0, ErrorCode::kNone, true},
      {kOngoing, kCommit, -1, ErrorCode::kProducerFenced},
      {kOngoing, kCommit, 1, ErrorCode::kProducerFenced},
      {kEmpty, kAbort, -1, ErrorCode::kProducerFenced},
      {kEmpty, kAbort, 0, ErrorCode::kNone, true},
      {kEmpty, kCommit, -1, ErrorCode::kProducerFenced},
      {kEmpty, kCommit, 0, ErrorCode::kInvalidTxnState},
      {kCompleteAbort, kAbort, -1, ErrorCode::kNone},
      {kCompleteAbort, kAbort, 0, ErrorCode::kNone, true},
      {kCompleteAbort, kCommit, -1, ErrorCode::kInvalidTxnState},
      {kCompleteAbort, kCommit, 0, ErrorCode::kInvalidTxnState},
      {kCompleteAbort, kAbort, -2, ErrorCode::kProducerFenced},
      {kCompleteCommit, kAbort, -1, ErrorCode::kInvalidTxnState},
      {kCompleteCommit, kAbort, 0, ErrorCode::kNone, true},
      {kCompleteCommit, kCommit, -1, ErrorCode::kNone},
      {kCompleteCommit, kCommit, 0, ErrorCode::kInvalidTxnState},
      {kCompleteCommit, kCommit, 1, ErrorCode::kProducerFenced},
      {kPrepareCommit, kCommit, -1, ErrorCode::kConcurrentTransactions},
      {kPrepareCommit, kAbort, -1, ErrorCode::kInvalidTxnState},
      {kPrepareCommit, kCommit, 0, ErrorCode::kProducerFenced},
      {kPrepareAbort, kAbort, -1, ErrorCode::kConcurrentTransactions},
      {kPrepareAbort, kCommit, -1, ErrorCode::kInvalidTxnState},
      {kPrepareAbort, kAbort, 0, ErrorCode::kProducerFenced},
  };
  for (const EndCase& entry : cases) check_end(entry, 2);
}

TEST(TransactionDecisions, EndChecksItsProducerAndWhatIsPending) {
  for (const int16_t version : {int16_t{0}, int16_t{2}}) {
    Transaction transaction = in(kOngoing);
    const EndRequest other{{8, kEpoch}, kCommit, true, version};
    EXPECT_EQ(std::get<EndAnswer>(decide_end(transaction, other, {}, kNow)),
              (EndAnswer{ErrorCode::kInvalidProducerIdMapping, {}}));
    Transaction busy = pending_in(kOngoing);
    const EndRequest ours{{kId, kEpoch}, kCommit, true, version};
    EXPECT_EQ(std::get<EndAnswer>(decide_end(busy, ours, {}, kNow)),
              (EndAnswer{ErrorCode::kConcurrentTransactions, {}}));
  }
  // With version 2 what is pending is asked for first, since it may be a new id.
  Transaction busy = pending_in(kOngoing);
  EXPECT_EQ(std::get<EndAnswer>(decide_end(busy, {{8, 0}, kCommit, true, 2}, {}, kNow)).error,
            ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(std::get<EndAnswer>(decide_end(busy, {{8, 0}, kCommit, true, 0}, {}, kNow)).error,
            ErrorCode::kInvalidProducerIdMapping);
}

TEST(TransactionDecisions, EndWithoutBumpsKeepsTheEpoch) {
  Transaction transaction = in(kOngoing);
  const auto decision = decide_end(transaction, {{kId, kEpoch}, kCommit, true, 0}, {}, kNow);
  const TransactionMetadata& next = std::get<EndChange>(decision).next;
  EXPECT_EQ(next.state, kPrepareCommit);
  EXPECT_EQ(next.producer_epoch, kEpoch);
  EXPECT_EQ(next.last_producer_epoch, kEpoch - 1);
  EXPECT_EQ(next.client_version, 0);
  EXPECT_EQ(next.start_ms, 1'000);
  transaction.take(next);
  const TransactionMetadata complete = transaction.prepare_complete(kNow + 1);
  EXPECT_EQ(complete.state, kCompleteCommit);
  EXPECT_EQ(complete.producer_epoch, kEpoch);
  EXPECT_TRUE(complete.partitions.empty());
}

TEST(TransactionDecisions, EndWithBumpsRaisesTheEpoch) {
  Transaction transaction = in(kOngoing);
  const auto decision = decide_end(transaction, {{kId, kEpoch}, kAbort, true, 2}, {}, kNow);
  const TransactionMetadata& next = std::get<EndChange>(decision).next;
  EXPECT_EQ(next.state, kPrepareAbort);
  EXPECT_EQ(next.producer_epoch, kEpoch + 1);
  EXPECT_EQ(next.last_producer_epoch, kEpoch);
  EXPECT_EQ(next.next_producer_id, wire::kNoProducerId);
}

TEST(TransactionDecisions, AnEmptyAbortBeginsAndEndsNow) {
  Transaction transaction = in(kEmpty);
  const auto decision = decide_end(transaction, {{kId, kEpoch}, kAbort, true, 2}, {}, kNow);
  const TransactionMetadata& next = std::get<EndChange>(decision).next;
  EXPECT_EQ(next.start_ms, kNow);
  EXPECT_TRUE(next.partitions.empty());
}

// The last epoch of an id: its marker carries 32767, and the client goes on as 0 of the next id.
TEST(TransactionDecisions, EndThatUsesUpTheEpochs) {
  Transaction transaction = in(kOngoing, kLastClientEpoch);
  const EndRequest request{{kId, kLastClientEpoch}, kCommit, true, 2};
  EXPECT_TRUE(std::holds_alternative<NeedsProducerId>(decide_end(transaction, request, {}, kNow)));
  EXPECT_FALSE(transaction.pending());
  auto decision = decide_end(transaction, request, kFresh, kNow);
  TransactionMetadata prepared = std::get<EndChange>(decision).next;
  EXPECT_EQ(prepared.producer_id, kId);
  EXPECT_EQ(prepared.producer_epoch, kLastEpoch);
  EXPECT_EQ(prepared.next_producer_id, kFresh);
  transaction.take(prepared);
  const TransactionMetadata complete = transaction.prepare_complete(kNow);
  EXPECT_EQ(complete.producer_id, kFresh);
  EXPECT_EQ(complete.producer_epoch, 0);
  EXPECT_EQ(complete.previous_producer_id, kId);
  EXPECT_EQ(complete.last_producer_epoch, kLastClientEpoch);
  EXPECT_EQ(complete.next_producer_id, wire::kNoProducerId);
  transaction.take(complete);
  // The client whose answer was lost asks again as who it was.
  EXPECT_EQ(std::get<EndAnswer>(decide_end(transaction, request, {}, kNow)),
            (EndAnswer{ErrorCode::kNone, {kFresh, 0}}));
  const EndRequest other{{kId, kLastClientEpoch}, kAbort, true, 2};
  EXPECT_EQ(std::get<EndAnswer>(decide_end(transaction, other, {}, kNow)).error,
            ErrorCode::kInvalidTxnState);
}

TEST(TransactionDecisions, ACommitWithAnEpochThatNoClientHasDoesNotOverflow) {
  Transaction transaction = in(kOngoing, kLastEpoch);
  EXPECT_EQ(std::get<EndAnswer>(
                decide_end(transaction, {{kId, kLastEpoch}, kCommit, true, 2}, kFresh, kNow))
                .error,
            ErrorCode::kUnknownServerError);
  const auto abort = decide_end(transaction, {{kId, kLastEpoch}, kAbort, true, 2}, kFresh, kNow);
  EXPECT_EQ(std::get<EndChange>(abort).next.producer_epoch, kLastEpoch);
}

TEST(TransactionDecisions, AFenceWithoutBumpsUsesItsOwnEpoch) {
  Transaction transaction = in(kOngoing);
  const wire::ProducerEpoch epoch = transaction.prepare_fence();
  const auto decision = decide_end(transaction, {{kId, epoch}, kAbort, false, 1}, {}, kNow);
  const EndChange& change = std::get<EndChange>(decision);
  EXPECT_TRUE(change.is_fence);
  EXPECT_EQ(change.next.producer_epoch, kEpoch + 1);
  EXPECT_EQ(change.next.last_producer_epoch, wire::kNoProducerEpoch);
  // Shown at once: the producer is fenced though the abort may not be written.
  EXPECT_EQ(transaction.committed().producer_epoch, kEpoch + 1);
  transaction.drop_pending();
  transaction.note_failed_fence();
  EXPECT_EQ(transaction.prepare_fence(), kEpoch + 1) << "it is not bumped a second time";
}

TEST(TransactionDecisions, AFenceWithBumpsRaisesTheEpochOnce) {
  Transaction transaction = in(kOngoing);
  const wire::ProducerEpoch epoch = transaction.prepare_fence();
  const auto decision = decide_end(transaction, {{kId, epoch}, kAbort, false, 2}, {}, kNow);
  const EndChange& change = std::get<EndChange>(decision);
  EXPECT_TRUE(change.is_fence);
  EXPECT_EQ(change.next.producer_epoch, kEpoch + 1);
  EXPECT_EQ(change.next.last_producer_epoch, kEpoch);
  EXPECT_EQ(transaction.committed().producer_epoch, kEpoch);
}

TEST(TransactionStates, FollowEachOtherAsInKafka) {
  const TransactionState idle[] = {kEmpty, kCompleteCommit, kCompleteAbort};
  for (const TransactionState state : idle) {
    EXPECT_TRUE(may_follow(kEmpty, state));
    EXPECT_TRUE(may_follow(kOngoing, state));
    EXPECT_TRUE(may_follow(kPrepareAbort, state));
    EXPECT_TRUE(may_follow(kDead, state));
    EXPECT_FALSE(may_follow(kPrepareCommit, state));
    EXPECT_FALSE(may_follow(kPrepareEpochFence, state));
  }
  EXPECT_TRUE(may_follow(kPrepareCommit, kOngoing));
  EXPECT_TRUE(may_follow(kPrepareAbort, kOngoing));
  EXPECT_FALSE(may_follow(kEmpty, kOngoing));
  EXPECT_FALSE(may_follow(kDead, kOngoing));
  EXPECT_TRUE(may_follow(kCompleteCommit, kPrepareCommit));
  EXPECT_FALSE(may_follow(kCompleteCommit, kPrepareAbort));
  EXPECT_TRUE(may_follow(kCompleteAbort, kPrepareAbort));
  EXPECT_FALSE(may_follow(kOngoing, kPrepareCommit));
}

TEST(TransactionStates, HaveKafkasNames) {
  for (int8_t number = 0; number < 8; ++number) {
    const TransactionState state = *state_of(number);
    EXPECT_EQ(state_named(state_name(state)), state);
  }
  EXPECT_EQ(state_name(kPrepareEpochFence), "PrepareEpochFence");
  EXPECT_FALSE(state_of(8));
  EXPECT_FALSE(state_of(-1));
  EXPECT_FALSE(state_named("ongoing")) << "the filter is exact";
}

}  // namespace
}  // namespace cluster::transactions
