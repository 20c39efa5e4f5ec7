// What the handlers of transactions add to the coordinator: partitions looked up, answers shaped
// for each version.

#include <memory>
#include <string>
#include <vector>

#include "cluster/metadata/delta.h"
#include "cmd/api/handlers.h"
#include "cmd/api/request_context.h"
#include "tests/cluster/transactions/transaction_fixture.h"
#include "tests/cmd/api/unused_slot.h"

namespace api {
namespace {

using cluster::metadata::MetadataDelta;
using cluster::metadata::MetadataImage;
using cluster::transactions::ProducerIdAndEpoch;
using wire::ErrorCode;

class TransactionHandlersTest : public cluster::transactions::TransactionFixture {
 protected:
  TransactionHandlersTest() {
    MetadataDelta delta(std::make_shared<MetadataImage>());
    wire::TopicRecord topic;
    topic.name = "topic";
    topic.topic_id = wire::Uuid{1, 1};
    EXPECT_TRUE(delta.replay({topic, 0}, 0).ok());
    wire::PartitionRecord partition;
    partition.partition_id = 0;
    partition.topic_id = topic.topic_id;
    partition.replicas = partition.isr = {1};
    partition.leader = 1;
    partition.leader_epoch = 0;
    partition.partition_epoch = 0;
    EXPECT_TRUE(delta.replay({partition, 0}, 0).ok());
    services_.image = std::move(delta).build({});
    services_.transactions = coordinator_.get();
  }

  template <typename Response, typename Request>
  Response call(void (*handle)(RequestContext&, Request, wire::Reply<Response>), Request request,
                int16_t version) {
    RequestContext context{services_, connection_, slot_, Request::kApiKey, version, 1, "client"};
    cluster::transactions::Pending<Response> pending;
    handle(context, std::move(request), pending.reply());
    EXPECT_TRUE(pending.answered());
    return pending.answered() ? *pending : Response();
  }

  static wire::AddPartitionsToTxnRequest classic_add(const ProducerIdAndEpoch& producer,
                                                     std::vector<int32_t> partitions) {
    wire::AddPartitionsToTxnRequest request;
    request.v3_and_below_transactional_id = "tx";
    request.v3_and_below_producer_id = producer.id;
    request.v3_and_below_producer_epoch = producer.epoch;
    request.v3_and_below_topics.push_back({"topic", std::move(partitions)});
    return request;
  }

  Services services_;
  ConnectionInfo connection_;
  UnusedSlot slot_;
};

TEST_F(TransactionHandlersTest, OldClientsHearOfFencingAsOfAnInvalidEpoch) {
  const ProducerIdAndEpoch first = producer();
  const ProducerIdAndEpoch old{first.id, static_cast<wire::ProducerEpoch>(first.epoch + 1)};
  for (int16_t version = 0; version <= 3; ++version) {
    const ErrorCode expected =
        version < 2 ? ErrorCode::kInvalidProducerEpoch : ErrorCode::kProducerFenced;
    const auto added = call(handle_add_partitions_to_txn, classic_add(old, {0}), version);
    ASSERT_EQ(added.results_by_topic_v3_and_below.size(), 1U);
    EXPECT_EQ(added.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code,
              expected);
    EXPECT_TRUE(added.results_by_transaction.empty());
    wire::EndTxnRequest end;
    end.transactional_id = "tx";
    end.producer_id = old.id;
    end.producer_epoch = old.epoch;
    EXPECT_EQ(call(handle_end_txn, end, version).error_code, expected);
  }
  wire::InitProducerIdRequest init;
  init.transactional_id = "tx";
  init.transaction_timeout_ms = 1'000;
  init.producer_id = first.id;
  init.producer_epoch = 9;
  EXPECT_EQ(call(handle_init_producer_id, init, 3).error_code, ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(call(handle_init_producer_id, init, 4).error_code, ErrorCode::kProducerFenced);
}

TEST_F(TransactionHandlersTest, OneUnknownPartitionRefusesTheWholeTransaction) {
  const ProducerIdAndEpoch first = producer();
  const auto added = call(handle_add_partitions_to_txn, classic_add(first, {0, 7}), 3);
  const auto& results = added.results_by_topic_v3_and_below.at(0).results_by_partition;
  EXPECT_EQ(results.at(0).partition_error_code, ErrorCode::kOperationNotAttempted);
  EXPECT_EQ(results.at(1).partition_error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(state(), "Empty");
}

TEST_F(TransactionHandlersTest, ABatchIsAnsweredWhenTheLastTransactionIs) {
  const ProducerIdAndEpoch one = producer("one");
  const ProducerIdAndEpoch two = producer("two");
  wire::AddPartitionsToTxnRequest request;
  for (const auto& [id, producer] : {std::pair("one", one), std::pair("two", two)}) {
    auto& transaction = request.transactions.emplace_back();
    transaction.transactional_id = id;
    transaction.producer_id = producer.id;
    transaction.producer_epoch = producer.epoch;
    transaction.topics.push_back({"topic", {0}});
  }
  request.transactions.push_back({"none", 1, 0, true, {{"topic", {0}}}});
  const auto added = call(handle_add_partitions_to_txn, request, 5);
  ASSERT_EQ(added.results_by_transaction.size(), 3U);
  EXPECT_EQ(state("one"), "Ongoing");
  EXPECT_EQ(state("two"), "Ongoing");
  EXPECT_EQ(
      added.results_by_transaction[2].topic_results[0].results_by_partition[0].partition_error_code,
      ErrorCode::kInvalidProducerIdMapping);
  EXPECT_TRUE(call(handle_add_partitions_to_txn, wire::AddPartitionsToTxnRequest(), 5)
                  .results_by_transaction.empty());
}

}  // namespace
}  // namespace api
