// Produce, WriteTxnMarkers, TxnOffsetCommit and DescribeProducers over partitions in memory: what
// each version is answered when a transaction's coordinator says no, and what the rest does.
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/config/broker_config.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_leadership.h"
#include "cluster/replica/coordinator_partitions.h"
#include "cluster/replica/transaction_verifier.h"
#include "cmd/api/handlers.h"
#include "cmd/api/produce.h"
#include "storage/kv/memory_store.h"
#include "tests/cmd/api/replicas_in_memory.h"
#include "wire/api/describe_producers.h"
#include "wire/api/produce.h"
#include "wire/api/txn_offset_commit.h"
#include "wire/api/write_txn_markers.h"
#include "wire/records/record_batch_builder.h"

namespace api {
namespace {

using wire::ErrorCode;

// The coordinator of every transaction: says the same of each partition it is asked for.
class Verdict final : public cluster::Transport {
 public:
  void send(wire::NodeId, cluster::PeerRequest request,
            wire::Callback<void(wire::Result<cluster::PeerResponse>)> done) override {
    const auto& asked = std::get<wire::AddPartitionsToTxnRequest>(request).transactions.at(0);
    wire::AddPartitionsToTxnResponse response;
    auto& result = response.results_by_transaction.emplace_back();
    for (const auto& topic : asked.topics) {
      auto& answer = result.topic_results.emplace_back();
      answer.name = topic.name;
      for (const int32_t index : topic.partitions) {
        answer.results_by_partition.push_back({index, says});
      }
    }
    done(cluster::PeerResponse(std::move(response)));
  }
  ErrorCode says = ErrorCode::kNone;
};

// As the other handlers are called.
void answer_produce(RequestContext& context, wire::ProduceRequest request,
                    wire::Reply<wire::ProduceResponse> reply) {
  handle_produce(context, request, ProduceReply([reply = std::move(reply)](auto response) mutable {
                   reply(**response);
                 }));
}

class TransactionalRequests : public ReplicasInMemory {
 protected:
  static constexpr wire::Uuid kTweets{1, 1};
  static constexpr wire::Uuid kOffsets{2, 2};

  TransactionalRequests() {
    replicas_->gather_appends();
    offsets_ =
        std::make_unique<cluster::replica::CoordinatorPartitions>("__consumer_offsets", *replicas_);
    cluster::groups::GroupOptions group_options;
    group_options.offsets_topic_num_partitions = 1;
    groups_ = std::make_unique<cluster::groups::GroupCoordinator>(
        group_options, cluster::groups::GroupPorts{.clock = clock_,
                                                   .random = random_,
                                                   .timers = timers_,
                                                   .writer = *offsets_,
                                                   .reader = *offsets_,
                                                   .store = store_});
    leadership_ = std::make_unique<cluster::groups::GroupLeadership>(*groups_);
    replicas_->listen("__consumer_offsets", *leadership_);
    services_.groups = groups_.get();
    services_.transaction_verifier = &verifier_;
    services_.config = &config_;
    publish({{"tweets", kTweets}, {"__consumer_offsets", kOffsets}});
    timers_.advance(0);
  }

  static cluster::config::BrokerConfig config() {
    std::vector<std::string> warnings;
    auto config = cluster::config::BrokerConfig::load(
        {{"process.roles", "broker,controller"},
         {"node.id", "1"},
         {"controller.quorum.bootstrap.servers", "localhost:9093"},
         {"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
         {"advertised.listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"},
         {"controller.listener.names", "CONTROLLER"},
         {"log.dirs", "/data"}},
        warnings);
    EXPECT_TRUE(config.ok());
    return *std::move(config);
  }

  template <typename Response, typename Request>
  Response call(void (*handle)(RequestContext&, Request, wire::Reply<Response>), Request request,
                int16_t version) {
    RequestContext context{services_, connection_, slot_, Request::kApiKey, version, 1, "client"};
    const auto answer = std::make_shared<std::optional<Response>>();
    handle(context, std::move(request),
           wire::Reply<Response>([answer](std::optional<Response> given) { *answer = given; }));
    timers_.advance(200);  // what is asked again for a while
    EXPECT_TRUE(answer->has_value());
    return answer->value_or(Response());
  }

  wire::Bytes batch(wire::ProducerId producer = 7, int32_t sequence = 0) {
    wire::BatchOptions options;
    options.producer_id = producer;
    options.producer_epoch = 0;
    options.base_sequence = sequence;
    options.transactional = true;
    wire::RecordBatchBuilder builder(options);
    builder.append(clock_.wall_ms(), "key", "value");
    return builder.build();
  }
  wire::ProduceResponse::PartitionProduceResponse produce(int16_t version) {
    wire::ProduceRequest request;
    request.transactional_id = "txn";
    request.acks = -1;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "tweets";
    topic.topic_id = kTweets;
    topic.partition_data.emplace_back().records = batch();
    return call(answer_produce, std::move(request), version)
        .responses.at(0)
        .partition_responses.at(0);
  }
  ErrorCode refusal(ErrorCode says, int16_t version) {
    verdict_.says = says;
    return produce(version).error_code;
  }
  ErrorCode mark(const std::string& topic, wire::ProducerId producer = 7) {
    wire::WriteTxnMarkersRequest request;
    auto& marker = request.markers.emplace_back();
    marker.producer_id = producer;
    marker.transaction_result = true;
    marker.topics.push_back({topic, {0}});
    const auto response = call(handle_write_txn_markers, std::move(request), 2);
    EXPECT_EQ(response.markers.at(0).producer_id, producer);
    return response.markers.at(0).topics.at(0).partitions.at(0).error_code;
  }
  wire::TxnOffsetCommitResponse commit(int16_t version, const std::string& group = "group") {
    wire::TxnOffsetCommitRequest request;
    request.transactional_id = "txn";
    request.group_id = group;
    request.producer_id = 7;
    for (const char* name : {"tweets", "unknown"}) {
      auto& topic = request.topics.emplace_back();
      topic.name = name;
      topic.partitions.emplace_back().committed_offset = 5;
    }
    return call(handle_txn_offset_commit, std::move(request), version);
  }

  storage::MemoryStore store_;
  Verdict verdict_;
  cluster::replica::TransactionVerifier verifier_{
      {},
      {.clock = clock_,
       .timers = timers_,
       .transport = verdict_,
       .coordinator_of = [](const std::string&) { return wire::NodeId{1}; }}};
  cluster::config::BrokerConfig config_ = config();
  std::unique_ptr<cluster::replica::CoordinatorPartitions> offsets_;
  std::unique_ptr<cluster::groups::GroupCoordinator> groups_;
  std::unique_ptr<cluster::groups::GroupLeadership> leadership_;
};

TEST_F(TransactionalRequests, RefusalsAreKafkasForEachVersionOfProduce) {
  EXPECT_EQ(refusal(ErrorCode::kInvalidTxnState, 11), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(produce(11).error_message, "Partition was not added to the transaction");
  EXPECT_EQ(refusal(ErrorCode::kTransactionAbortable, 10), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(refusal(ErrorCode::kTransactionAbortable, 11), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(refusal(ErrorCode::kProducerFenced, 12), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(refusal(ErrorCode::kConcurrentTransactions, 11), ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(refusal(ErrorCode::kConcurrentTransactions, 12), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(refusal(ErrorCode::kNotCoordinator, 12), ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(produce(12).error_message,
            "Unable to verify the partition has been added to the transaction. Underlying error: "
            "NOT_COORDINATOR");
  EXPECT_EQ(refusal(ErrorCode::kNone, 12), ErrorCode::kNone);
}

TEST_F(TransactionalRequests, OneRequestIsOfOneTransaction) {
  wire::ProduceRequest request;
  request.acks = -1;
  for (const char* name : {"tweets", "__consumer_offsets"}) {
    auto& topic = request.topic_data.emplace_back();
    topic.name = name;
    topic.partition_data.emplace_back();
  }
  const auto errors = [&] {
    wire::ProduceRequest copy = request;
    for (size_t i = 0; i < 2; ++i) {
      copy.topic_data[i].partition_data[0].records = batch(7 + static_cast<int64_t>(i));
    }
    std::vector<ErrorCode> codes;
    for (const auto& topic : call(answer_produce, std::move(copy), 9).responses) {
      codes.push_back(topic.partition_responses.at(0).error_code);
    }
    return codes;
  };
  EXPECT_EQ(errors(), std::vector(2, ErrorCode::kTransactionalIdAuthorizationFailed));
  request.transactional_id = "txn";
  EXPECT_EQ(errors(), std::vector(2, ErrorCode::kInvalidProducerIdMapping));
}

// Apache asks the coordinator before it looks at acks.
TEST_F(TransactionalRequests, InvalidAcksAreFoundAfterTheTransactionIsVerified) {
  wire::ProduceRequest request;
  request.acks = 7;
  request.transactional_id = "txn";
  request.topic_data.emplace_back().name = "tweets";
  request.topic_data.back().partition_data.emplace_back().records = batch(7);
  const auto response = call(answer_produce, std::move(request), 12);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::kInvalidRequiredAcks);
}

TEST_F(TransactionalRequests, OfAPartitionThatIsNotThereNoProducerCounts) {
  wire::ProduceRequest request;
  request.acks = -1;
  request.transactional_id = "txn";
  for (const wire::ProducerId producer : {7, 8}) {
    auto& topic = request.topic_data.emplace_back();
    topic.name = producer == 7 ? "tweets" : "unknown";
    topic.partition_data.emplace_back().records = batch(producer);
  }
  const auto response = call(answer_produce, std::move(request), 12);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(response.responses.at(1).partition_responses.at(0).error_code,
            ErrorCode::kUnknownTopicOrPartition);
}

TEST_F(TransactionalRequests, UnsoundRecordsAreAnsweredBeforeWhatTheTransactionSays) {
  wire::ProduceRequest request;
  request.acks = -1;
  request.transactional_id = "txn";
  request.topic_data.emplace_back().name = "tweets";
  request.topic_data.back().partition_data.emplace_back();
  request.topic_data.back().partition_data.emplace_back().records = batch();
  verdict_.says = ErrorCode::kInvalidTxnState;
  const auto response = call(answer_produce, std::move(request), 12);
  ASSERT_EQ(response.responses.at(0).partition_responses.size(), 1u);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::kInvalidRecord);
}

TEST_F(TransactionalRequests, ProducersAreDescribedWhileTheirTransactionIsOpen) {
  ASSERT_EQ(produce(12).error_code, ErrorCode::kNone);
  wire::DescribeProducersRequest request;
  request.topics.push_back({"tweets", {0, 3}});
  request.topics.push_back({"no/topic", {0}});
  auto described = call(handle_describe_producers, request, 0);
  const auto& open = described.topics.at(0).partitions.at(0).active_producers.at(0);
  EXPECT_EQ(open.producer_id, 7);
  EXPECT_EQ(open.current_txn_start_offset, 0);
  EXPECT_EQ(open.coordinator_epoch, -1);
  EXPECT_EQ(described.topics.at(0).partitions.at(1).error_code,
            ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(described.topics.at(1).partitions.at(0).error_code, ErrorCode::kInvalidTopicException);
  ASSERT_EQ(mark("tweets"), ErrorCode::kNone);
  described = call(handle_describe_producers, std::move(request), 0);
  EXPECT_EQ(described.topics.at(0).partitions.at(0).active_producers.at(0).current_txn_start_offset,
            -1);
}

TEST_F(TransactionalRequests, MarkersAreAnsweredPartitionByPartition) {
  EXPECT_EQ(mark("unknown"), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(mark("tweets", -1), ErrorCode::kUnknownServerError);
  EXPECT_EQ(mark("__consumer_offsets"), ErrorCode::kNone);
  groups_->on_resignation(0);
  // What the transaction coordinator understands.
  EXPECT_EQ(mark("__consumer_offsets"), ErrorCode::kNotLeaderOrFollower);
  EXPECT_TRUE(call(handle_write_txn_markers, wire::WriteTxnMarkersRequest(), 1).markers.empty());
  wire::WriteTxnMarkersRequest nowhere;
  nowhere.markers.emplace_back().producer_id = 7;
  EXPECT_TRUE(call(handle_write_txn_markers, nowhere, 1).markers.empty());
  nowhere.markers.back().producer_epoch = -5;
  nowhere.markers.back().topics.push_back({"tweets", {0}});
  EXPECT_EQ(call(handle_write_txn_markers, nowhere, 1)
                .markers.at(0)
                .topics.at(0)
                .partitions.at(0)
                .error_code,
            ErrorCode::kInvalidProducerEpoch);
}

// The first is answered when it is written, the second, of an older epoch, at once.
TEST_F(TransactionalRequests, OfSeveralMarkersOfAProducerTheLastOfTheRequestIsTold) {
  wire::WriteTxnMarkersRequest request;
  for (const wire::ProducerEpoch epoch : {int16_t{5}, int16_t{3}}) {
    auto& marker = request.markers.emplace_back();
    marker.producer_id = 7;
    marker.producer_epoch = epoch;
    marker.topics.push_back({"tweets", {0}});
  }
  const auto response = call(handle_write_txn_markers, std::move(request), 1);
  ASSERT_EQ(response.markers.size(), 1U);
  EXPECT_EQ(response.markers.at(0).topics.at(0).partitions.at(0).error_code,
            ErrorCode::kInvalidProducerEpoch);
}

TEST_F(TransactionalRequests, OffsetsOfUnknownTopicsAreRefusedAndTheRestIsPending) {
  const auto response = commit(5);
  ASSERT_EQ(response.topics.size(), 2U);
  for (const auto& topic : response.topics) {
    EXPECT_EQ(topic.partitions.at(0).error_code,
              topic.name == "tweets" ? ErrorCode::kNone : ErrorCode::kUnknownTopicOrPartition);
  }
  EXPECT_EQ(mark("__consumer_offsets"), ErrorCode::kNone);
}

TEST_F(TransactionalRequests, RefusalsAreKafkasForEachVersionOfTxnOffsetCommit) {
  const auto refusal = [&](ErrorCode says, int16_t version) {
    verdict_.says = says;
    return commit(version).topics.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(refusal(ErrorCode::kTransactionAbortable, 3), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(refusal(ErrorCode::kTransactionAbortable, 4), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(refusal(ErrorCode::kCoordinatorLoadInProgress, 2),
            ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(refusal(ErrorCode::kCoordinatorLoadInProgress, 1), ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(refusal(ErrorCode::kNetworkException, 5), ErrorCode::kCoordinatorLoadInProgress);
  verdict_.says = ErrorCode::kNone;
  EXPECT_EQ(commit(5, "").topics.at(0).partitions.at(0).error_code, ErrorCode::kInvalidGroupId);
}

}  // namespace
}  // namespace api
