#include "cluster/replica/transaction_verifier.h"

#include <deque>

#include "tests/cluster/replica/partition_fixture.h"

namespace cluster::replica {
namespace {

using wire::ErrorCode;

// Keeps what is sent until the test answers it.
class HeldVerification final : public Transport {
 public:
  void send(wire::NodeId node, PeerRequest request,
            wire::Callback<void(wire::Result<PeerResponse>)> done) override {
    nodes.push_back(node);
    requests.push_back(std::get<wire::AddPartitionsToTxnRequest>(std::move(request)));
    waiting.push_back(std::move(done));
  }
  // Answers the oldest request with one code for the partition.
  void answer(ErrorCode error) {
    wire::AddPartitionsToTxnResponse response;
    auto& result = response.results_by_transaction.emplace_back();
    result.transactional_id = "txn";
    auto& topic = result.topic_results.emplace_back();
    topic.name = "tweets";
    topic.results_by_partition.push_back({0, error});
    answer_with(PeerResponse(std::move(response)));
  }
  void answer_with(wire::Result<PeerResponse> answer) {
    auto done = std::move(waiting.front());
    waiting.pop_front();
    done(std::move(answer));
  }

  std::vector<wire::NodeId> nodes;
  std::vector<wire::AddPartitionsToTxnRequest> requests;
  std::deque<wire::Callback<void(wire::Result<PeerResponse>)>> waiting;
};

class TransactionVerifierTest : public PartitionTest {
 protected:
  void ask(TransactionSupport support = TransactionSupport::kAbortableError,
           wire::ProducerEpoch epoch = 0) {
    answer_.reset();
    verifier_.verify({.transactional_id = "txn", .id = 7, .epoch = epoch, .support = support},
                     {{partition_, 0}},
                     [this](std::vector<Verified> verified) { answer_ = verified.at(0); });
  }
  ErrorCode verdict(ErrorCode coordinator_says,
                    TransactionSupport support = TransactionSupport::kAbortableError) {
    ask(support);
    transport_.answer(coordinator_says);
    EXPECT_TRUE(answer_.has_value());
    return answer_ ? answer_->error : ErrorCode::kUnknownServerError;
  }

  HeldVerification transport_;
  wire::NodeId coordinator_ = 4;
  TransactionVerifier verifier_{
      {},
      {.clock = clock_,
       .timers = timers_,
       .transport = transport_,
       .coordinator_of = [this](const std::string&) { return coordinator_; }}};
  std::optional<Verified> answer_;
};

TEST_F(TransactionVerifierTest, TheCoordinatorIsAskedAndItsWordGivesTheGuard) {
  lead_alone();
  ask();
  EXPECT_FALSE(answer_.has_value());
  ASSERT_EQ(transport_.requests.size(), 1U);
  EXPECT_EQ(transport_.nodes[0], 4);
  const auto& transaction = transport_.requests[0].transactions.at(0);
  EXPECT_EQ(transaction.transactional_id, "txn");
  EXPECT_EQ(transaction.producer_id, 7);
  EXPECT_TRUE(transaction.verify_only);
  EXPECT_EQ(transaction.topics.at(0).partitions, std::vector<int32_t>{0});
  transport_.answer(ErrorCode::kNone);
  EXPECT_EQ(answer_->error, ErrorCode::kNone);
  EXPECT_NE(answer_->guard, storage::kNoGuard);
}

TEST_F(TransactionVerifierTest, VersionTwoAddsThePartition) {
  lead_alone();
  ask(TransactionSupport::kAddsPartitions);
  EXPECT_FALSE(transport_.requests.at(0).transactions.at(0).verify_only);
}

TEST_F(TransactionVerifierTest, ErrorsAreToldInTheProducersTerms) {
  lead_alone();
  EXPECT_EQ(verdict(ErrorCode::kProducerFenced), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(verdict(ErrorCode::kTransactionAbortable), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(verdict(ErrorCode::kTransactionAbortable, TransactionSupport::kOldErrors),
            ErrorCode::kInvalidTxnState);
  EXPECT_EQ(verdict(ErrorCode::kConcurrentTransactions), ErrorCode::kConcurrentTransactions);
  ask();
  wire::AddPartitionsToTxnResponse refused;
  refused.error_code = ErrorCode::kClusterAuthorizationFailed;
  transport_.answer_with(PeerResponse(refused));
  EXPECT_EQ(answer_->error, ErrorCode::kInvalidTxnState);
  ask();
  transport_.answer_with(wire::Error{ErrorCode::kNetworkException, "gone"});
  EXPECT_EQ(answer_->error, ErrorCode::kNetworkException);
  coordinator_ = wire::kNoNode;
  ask();
  EXPECT_EQ(answer_->error, ErrorCode::kCoordinatorNotAvailable);
}

TEST_F(TransactionVerifierTest, AnEndThatIsUnderWayIsWaitedForALittle) {
  lead_alone();
  ask(TransactionSupport::kAddsPartitions);
  transport_.answer(ErrorCode::kConcurrentTransactions);
  EXPECT_FALSE(answer_.has_value());
  timers_.advance(20);
  ASSERT_EQ(transport_.requests.size(), 2U);
  transport_.answer(ErrorCode::kNone);
  EXPECT_EQ(answer_->error, ErrorCode::kNone);

  ask(TransactionSupport::kAddsPartitions);
  for (int i = 0; i < 5; ++i) {
    transport_.answer(ErrorCode::kConcurrentTransactions);
    EXPECT_FALSE(answer_.has_value());
    timers_.advance(20);
  }
  transport_.answer(ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(answer_->error, ErrorCode::kConcurrentTransactions);
}

TEST_F(TransactionVerifierTest, WhatIsKnownHereIsNotAsked) {
  ask();
  EXPECT_EQ(answer_->error, ErrorCode::kNotLeaderOrFollower);
  lead_alone();
  PartitionOptions options;
  options.log.verify_transactions = false;
  partition_->set_options(options);
  ask();
  EXPECT_EQ(answer_->error, ErrorCode::kNone);
  EXPECT_EQ(answer_->guard, storage::kNoGuard);
  EXPECT_TRUE(transport_.requests.empty());
  // The partition must be added all the same.
  ask(TransactionSupport::kAddsPartitions);
  EXPECT_EQ(transport_.requests.size(), 1U);
}

}  // namespace
}  // namespace cluster::replica
