// A whole broker, spoken to by the command line's own client.
#include "cmd/server/node.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cmd/cli/client.h"
#include "tests/cmd/server/broker_thread.h"
#include "wire/api/api_versions.h"
#include "wire/api/fetch.h"
#include "wire/api/init_producer_id.h"
#include "wire/api/metadata.h"
#include "wire/api/produce.h"
#include "wire/records/record.h"
#include "wire/records/record_batch_builder.h"

namespace server {
namespace {

using wire::ErrorCode;

wire::ErrorCode produce(cli::BrokerConnection& broker, const std::string& topic,
                        std::string_view value) {
  wire::RecordBatchBuilder batch;
  batch.append(1'700'000'000'000, "key", value);
  wire::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 10'000;
  auto& data = request.topic_data.emplace_back();
  data.name = topic;
  data.partition_data.emplace_back().records = batch.build();
  const auto response = broker.call<wire::ProduceResponse>(request, 9);
  if (!response.ok()) return response.error().code;
  return response->responses.at(0).partition_responses.at(0).error_code;
}

std::vector<std::string> consume(cli::BrokerConnection& broker, const std::string& topic) {
  wire::FetchRequest request;
  request.max_wait_ms = 10;
  auto& asked = request.topics.emplace_back();
  asked.topic = topic;
  asked.partitions.emplace_back().partition_max_bytes = 1 << 20;
  const auto response = broker.call<wire::FetchResponse>(request, 12);
  std::vector<std::string> values;
  if (!response.ok()) return values;
  wire::BatchIterator batches(
      response->responses.at(0).partitions.at(0).records.value_or(wire::Bytes()));
  while (batches.next()) {
    EXPECT_TRUE(
        wire::for_each_record_view(batches.batch(), 1 << 20, [&](const wire::RecordView& record) {
          values.emplace_back(record.value.value_or(""));
          return true;
        }).ok());
  }
  return values;
}

TEST(Node, CreatesATopicInTheMetadataAnswerAndServesIt) {
  BrokerThread broker;
  ASSERT_EQ(broker.failure(), "");
  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok()) << client.error().detail;
  wire::MetadataRequest request;
  request.topics->emplace_back().name = "tweets";
  const auto metadata = (*client)->any().call<wire::MetadataResponse>(request);
  ASSERT_TRUE(metadata.ok()) << metadata.error().detail;
  ASSERT_EQ(metadata->topics.size(), 1u);
  EXPECT_EQ(metadata->topics[0].error_code, ErrorCode::kNone);
  ASSERT_EQ(metadata->topics[0].partitions.size(), 1u);
  EXPECT_EQ(metadata->topics[0].partitions[0].leader_id, 1);
  EXPECT_EQ(metadata->brokers.at(0).port, broker.port());

  EXPECT_EQ(produce((*client)->any(), "tweets", "hello"), ErrorCode::kNone);
  EXPECT_THAT(consume((*client)->any(), "tweets"), testing::ElementsAre("hello"));
}

TEST(Node, OpensNoListenerThatPromisesWhatIsNotThere) {
  for (const char* const name : {"SSL", "SASL_PLAINTEXT", "SASL_SSL"}) {
    const std::string protocol = name;
    const cluster::config::Properties secured = {
        {"listener.security.protocol.map", "PLAINTEXT:" + protocol + ",CONTROLLER:PLAINTEXT"}};
    BrokerThread broker(secured);
    EXPECT_THAT(broker.failure(), testing::HasSubstr("listener PLAINTEXT is to speak " + protocol));
  }
}

TEST(Node, RefusesTopicNamesThatKafkaRefuses) {
  BrokerThread broker;
  ASSERT_EQ(broker.failure(), "");
  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok());
  wire::MetadataRequest request;
  request.topics->emplace_back().name = "a/b";
  const auto metadata = (*client)->any().call<wire::MetadataResponse>(request);
  ASSERT_TRUE(metadata.ok());
  EXPECT_EQ(metadata->topics.at(0).error_code, ErrorCode::kInvalidTopicException);
}

TEST(Node, DoesNotCreateTopicsIfToldSo) {
  BrokerThread broker(cluster::config::Properties{{"auto.create.topics.enable", "false"}});
  ASSERT_EQ(broker.failure(), "");
  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok());
  wire::MetadataRequest request;
  request.topics->emplace_back().name = "tweets";
  const auto metadata = (*client)->any().call<wire::MetadataResponse>(request);
  ASSERT_TRUE(metadata.ok());
  EXPECT_EQ(metadata->topics.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
}

TEST(Node, HasTheTopicsOfItsConfigurationBeforeItServes) {
  BrokerThread broker({{"odradek.create.topics", "tweets:3:1, compacted:2:1:compact, no such name"},
                       {"auto.create.topics.enable", "false"}});
  ASSERT_EQ(broker.failure(), "");
  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok()) << client.error().detail;
  wire::MetadataRequest request;
  request.topics.reset();
  const auto metadata = (*client)->any().call<wire::MetadataResponse>(request);
  ASSERT_TRUE(metadata.ok()) << metadata.error().detail;
  ASSERT_EQ(metadata->topics.size(), 2u);
  for (const auto& topic : metadata->topics) {
    EXPECT_EQ(topic.partitions.size(), topic.name == "tweets" ? 3u : 2u);
    for (const auto& partition : topic.partitions) EXPECT_EQ(partition.leader_id, 1);
  }
}

TEST(Node, GivesEachProducerItsOwnId) {
  BrokerThread broker;
  ASSERT_EQ(broker.failure(), "");
  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok());
  wire::InitProducerIdRequest request;
  request.transactional_id = std::nullopt;
  std::set<wire::ProducerId> ids;
  for (int i = 0; i < 1'100; ++i) {  // more than a block has
    const auto response = (*client)->any().call<wire::InitProducerIdResponse>(request, 5);
    ASSERT_TRUE(response.ok());
    ASSERT_EQ(response->error_code, ErrorCode::kNone);
    EXPECT_TRUE(ids.insert(response->producer_id).second);
  }
}

class NodeOnDisk : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/odradek_node_XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    directory_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  cluster::config::Properties properties() const {
    return {{"log.dirs", directory_ + "/logs"},
            {"odradek.state.dir", directory_ + "/state"},
            {"odradek.durability", "fsync"}};
  }
  std::string directory_;
};

TEST_F(NodeOnDisk, KeepsAcknowledgedRecordsOverARestart) {
  {
    BrokerThread broker(properties());
    ASSERT_EQ(broker.failure(), "");
    auto client = cli::Client::connect(broker.bootstrap());
    ASSERT_TRUE(client.ok());
    ASSERT_TRUE((*client)->partitions("tweets", cli::Client::Create::kYes).ok());
    ASSERT_EQ(produce((*client)->any(), "tweets", "one"), ErrorCode::kNone);
  }
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/logs/.kafka_cleanshutdown"));
  BrokerThread broker(properties());
  ASSERT_EQ(broker.failure(), "");
  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE((*client)->partitions("tweets", cli::Client::Create::kNo).ok());
  ASSERT_EQ(produce((*client)->any(), "tweets", "two"), ErrorCode::kNone);
  EXPECT_THAT(consume((*client)->any(), "tweets"), testing::ElementsAre("one", "two"));
}

TEST_F(NodeOnDisk, RefusesADirectoryOfAnotherNode) {
  { BrokerThread broker(properties()); }
  auto other = properties();
  other["node.id"] = "2";
  BrokerThread broker(other);
  EXPECT_THAT(broker.failure(), testing::HasSubstr("node.id"));
}

}  // namespace
}  // namespace server
