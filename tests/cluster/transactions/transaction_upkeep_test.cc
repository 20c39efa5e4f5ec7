// What happens by itself to transactions that nobody ends and to ids that nobody uses, and how both
// are listed.

#include "cluster/transactions/transaction_upkeep.h"

#include "cluster/transactions/transaction_coordinator.h"
#include "tests/cluster/transactions/transaction_fixture.h"
#include "wire/records/record_batch_builder.h"

namespace cluster::transactions {
namespace {

using TransactionUpkeepTest = TransactionFixture;
using TransactionListTest = TransactionFixture;

// ---- timeouts and expiry ----

TEST_F(TransactionUpkeepTest, ATransactionThatTakesTooLongIsAborted) {
  const ProducerIdAndEpoch first = ongoing();
  timers_.advance(60'000);
  EXPECT_EQ(state(), "Ongoing");
  timers_.advance(options_.abort_timed_out_interval_ms);
  EXPECT_EQ(state(), "PrepareAbort");
  EXPECT_EQ(brokers_.sent.front().request.markers.at(0).producer_epoch, first.epoch + 1);
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteAbort");
  // Its producer: the epoch is taken, and its commit cannot succeed.
  EXPECT_EQ(end(first, true)->error_code, ErrorCode::kInvalidTxnState);
  EXPECT_EQ(add(first), ErrorCode::kProducerFenced);
}

TEST_F(TransactionUpkeepTest, ATransactionWithoutBumpsThatTakesTooLongIsFenced) {
  cluster_.version = 1;
  const ProducerIdAndEpoch first = ongoing(kClassic);
  timers_.advance(80'000);
  brokers_.answer();
  EXPECT_EQ(state(), "CompleteAbort");
  EXPECT_EQ(end(first, true, kClassic)->error_code, ErrorCode::kProducerFenced);
}

TEST_F(TransactionUpkeepTest, TheTimeoutGoesOnOverARestart) {
  ongoing();
  timers_.advance(30'000);
  restart();
  timers_.advance(45'000);
  EXPECT_EQ(state(), "PrepareAbort");
}

TEST_F(TransactionUpkeepTest, NothingIsLookedForWhileNothingIsOngoing) {
  const size_t idle = timers_.pending();
  const ProducerIdAndEpoch first = producer();
  EXPECT_EQ(timers_.pending(), idle);
  run(first, true);
  timers_.advance(options_.abort_timed_out_interval_ms);
  EXPECT_EQ(timers_.pending(), idle);
}

TEST_F(TransactionUpkeepTest, IdsThatNobodyUsesExpire) {
  producer("idle");
  ongoing(kBumping, "ongoing");
  timers_.advance(options_.transactional_id_expiration_ms / 2);
  brokers_.answer();  // the abort of what took too long
  run(producer("used"), true, kBumping, "used");
  timers_.advance(options_.transactional_id_expiration_ms / 2 +
                  options_.remove_expired_interval_ms);
  EXPECT_EQ(describe("idle").error_code, ErrorCode::kTransactionalIdNotFound);
  EXPECT_FALSE(logged("idle"));
  EXPECT_EQ(state("used"), "CompleteCommit");
  restart();
  EXPECT_EQ(describe("idle").error_code, ErrorCode::kTransactionalIdNotFound);
  EXPECT_EQ(producer("idle").epoch, 0) << "a new producer";
}

TEST_F(TransactionUpkeepTest, AnExpiryThatIsNotWrittenIsTriedAgain) {
  producer();
  partitions_.refuse_appends = wire::Error{ErrorCode::kNotEnoughReplicas, "too few"};
  timers_.advance(options_.transactional_id_expiration_ms + options_.remove_expired_interval_ms);
  EXPECT_EQ(state(), "Empty");
  partitions_.refuse_appends.reset();
  timers_.advance(options_.remove_expired_interval_ms);
  EXPECT_EQ(describe().error_code, ErrorCode::kTransactionalIdNotFound);
}

// ---- ListTransactions, DescribeTransactions ----

std::set<std::string> ids(const wire::ListTransactionsResponse& response) {
  std::set<std::string> listed;
  for (const auto& state : response.transaction_states) listed.insert(state.transactional_id);
  return listed;
}

TEST_F(TransactionListTest, FiltersByStateProducerDurationAndPattern) {
  producer("empty");
  const ProducerIdAndEpoch busy = ongoing(kBumping, "busy-1");
  timers_.advance(5'000);
  ongoing(kBumping, "busy-2");
  const auto list = [this](const auto& change) {
    wire::ListTransactionsRequest request;
    change(request);
    Pending<wire::ListTransactionsResponse> pending;
    coordinator_->list(request, pending.reply());
    return *pending;
  };
  using Request = wire::ListTransactionsRequest;
  using Ids = std::set<std::string>;
  EXPECT_EQ(ids(list([](Request&) {})), (Ids{"empty", "busy-1", "busy-2"}));
  const auto by_state = list([](Request& request) { request.state_filters = {"Empty", "Odd"}; });
  EXPECT_EQ(ids(by_state), Ids{"empty"});
  EXPECT_EQ(by_state.unknown_state_filters, std::vector<std::string>{"Odd"});
  EXPECT_EQ(ids(list([](Request& request) { request.state_filters = {"Odd"}; })), Ids{});
  EXPECT_EQ(ids(list([&](Request& request) { request.producer_id_filters = {busy.id}; })),
            Ids{"busy-1"});
  EXPECT_EQ(ids(list([](Request& request) { request.duration_filter = 4'999; })),
            (Ids{"busy-1", "empty"}))
      << "what never began is older than any duration";
  EXPECT_EQ(ids(list([](Request& request) { request.duration_filter = 5'000; })), Ids{"empty"});
  EXPECT_EQ(ids(list([](Request& request) { request.transactional_id_pattern = "busy-.*"; })),
            (Ids{"busy-1", "busy-2"}));
  EXPECT_EQ(ids(list([](Request& request) { request.transactional_id_pattern = "busy"; })), Ids{})
      << "the whole id matches";
  EXPECT_EQ(list([](Request& request) { request.transactional_id_pattern = "(("; }).error_code,
            ErrorCode::kInvalidRegularExpression);
  restart();
  EXPECT_EQ(ids(list([](Request&) {})), (Ids{"empty", "busy-1", "busy-2"}));
}

TEST_F(TransactionListTest, DescribeTellsWhatIsCommitted) {
  clock_.advance(1'000);
  const ProducerIdAndEpoch first = ongoing();
  EXPECT_EQ(add(first, {1}), ErrorCode::kNone);
  const auto described = describe();
  EXPECT_EQ(described.error_code, ErrorCode::kNone);
  EXPECT_EQ(described.transaction_state, "Ongoing");
  EXPECT_EQ(described.producer_id, first.id);
  EXPECT_EQ(described.producer_epoch, first.epoch);
  EXPECT_EQ(described.transaction_timeout_ms, 60'000);
  EXPECT_EQ(described.transaction_start_time_ms, clock_.wall_ms());
  ASSERT_EQ(described.topics.size(), 1U);
  EXPECT_EQ(described.topics[0].partitions, (std::vector<int32_t>{0, 1}));
}

}  // namespace
}  // namespace cluster::transactions
