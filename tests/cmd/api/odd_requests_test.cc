// Requests that no client sends, answered as Apache Kafka answers them.  Each was found by ./dev oracle.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cmd/cli/client.h"
#include "tests/cmd/server/broker_thread.h"
#include "wire/api/create_delegation_token.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_records.h"
#include "wire/api/delete_topics.h"
#include "wire/api/describe_acls.h"
#include "wire/api/describe_cluster.h"
#include "wire/api/describe_configs.h"
#include "wire/api/describe_quorum.h"
#include "wire/api/describe_topic_partitions.h"
#include "wire/api/fetch.h"
#include "wire/api/join_group.h"
#include "wire/api/list_offsets.h"
#include "wire/api/metadata.h"
#include "wire/api/offset_commit.h"
#include "wire/api/produce.h"
#include "wire/base/big_endian.h"
#include "wire/base/crc32c.h"
#include "wire/records/record_batch_builder.h"

namespace api {
namespace {

using wire::ErrorCode;

class OddRequests : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    broker_ = std::make_unique<server::BrokerThread>();
    ASSERT_EQ(broker_->failure(), "");
    auto client = cli::Client::connect(broker_->bootstrap());
    ASSERT_TRUE(client.ok()) << client.error().detail;
    client_ = std::move(*client);
    wire::CreateTopicsRequest request;
    request.timeout_ms = 10'000;
    auto& topic = request.topics.emplace_back();
    topic.name = "tweets";
    topic.num_partitions = 2;
    topic.replication_factor = 1;
    const auto created = client_->any().call<wire::CreateTopicsResponse>(request);
    ASSERT_TRUE(created.ok()) << created.error().detail;
    ASSERT_EQ(created->topics.at(0).error_code, ErrorCode::kNone);
  }
  static void TearDownTestSuite() {
    client_.reset();
    broker_.reset();
  }

  template <typename Response, typename Request>
  Response call(const Request& request, int16_t version_max = INT16_MAX) {
    auto answer = client_->any().call<Response>(request, version_max);
    EXPECT_TRUE(answer.ok()) << answer.error().detail;
    return answer.ok() ? std::move(*answer) : Response();
  }

  static std::unique_ptr<server::BrokerThread> broker_;
  static std::unique_ptr<cli::Client> client_;
};

std::unique_ptr<server::BrokerThread> OddRequests::broker_;
std::unique_ptr<cli::Client> OddRequests::client_;

TEST_F(OddRequests, DeleteRecordsAnswersAPartitionOnceAndNoEmptyTopic) {
  wire::DeleteRecordsRequest request;
  request.topics.push_back({"nothing", {}});
  request.topics.push_back({"tweets", {{0, 1'000}, {0, 0}}});
  request.topics.push_back({"tweets", {{1, 0}}});
  const auto response = call<wire::DeleteRecordsResponse>(request);
  ASSERT_EQ(response.topics.size(), 1u);
  EXPECT_EQ(response.topics[0].name, "tweets");
  ASSERT_EQ(response.topics[0].partitions.size(), 2u);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::kNone);
}

TEST_F(OddRequests, ListOffsetsRefusesAPartitionThatIsNamedTwiceOnce) {
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  request.topics.push_back({"nothing", {}});
  auto& topic = request.topics.emplace_back();
  topic.name = "tweets";
  for (const wire::PartitionIndex index : {0, 1, 0}) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = index;
    partition.timestamp = -1;
  }
  const auto response = call<wire::ListOffsetsResponse>(request);
  ASSERT_EQ(response.topics.size(), 1u);
  ASSERT_EQ(response.topics[0].partitions.size(), 2u);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(response.topics[0].partitions[1].error_code, ErrorCode::kNone);
}

TEST_F(OddRequests, ProduceDoesNotAnswerATopicWithoutPartitions) {
  wire::ProduceRequest request;
  request.acks = 1;
  request.topic_data.emplace_back().name = "tweets";
  EXPECT_TRUE(call<wire::ProduceResponse>(request, 12).responses.empty());
}

// Apache meets it when it looks for transactions in all of them.
TEST_F(OddRequests, RecordsThatDoNotBeginWithABatchFailTheWholeProduce) {
  wire::ProduceRequest request;
  request.acks = 1;
  for (const char* topic : {"tweets", "nothing"}) {
    auto& data = request.topic_data.emplace_back();
    data.name = topic;
    data.partition_data.emplace_back();
  }
  request.topic_data[1].partition_data[0].records = wire::Bytes::copy(std::string(61, '\0'));
  for (const auto& topic : call<wire::ProduceResponse>(request, 12).responses) {
    EXPECT_EQ(topic.partition_responses.at(0).error_code, ErrorCode::kCorruptMessage);
    EXPECT_TRUE(topic.partition_responses.at(0).error_message.has_value());
  }
}

TEST_F(OddRequests, ProduceLooksForABatchBeforeItLooksAtAcks) {
  wire::ProduceRequest request;
  request.acks = 7;
  request.topic_data.emplace_back().name = "tweets";
  request.topic_data.back().partition_data.emplace_back();
  EXPECT_EQ(
      call<wire::ProduceResponse>(request, 12).responses.at(0).partition_responses.at(0).error_code,
      ErrorCode::kInvalidRecord);
}

wire::Bytes one_batch(std::string_view value, int16_t codec = 0) {
  wire::RecordBatchBuilder builder;
  builder.append(1'700'000'000'000, std::nullopt, value);
  const wire::Bytes plain = builder.build();
  std::string bytes(plain.view());
  bytes[wire::kBatchAttributesAt + 1] = static_cast<char>(codec);
  const std::span<uint8_t> whole(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size());
  wire::store_big_endian(whole.data() + wire::kBatchCrcAt,
                         wire::crc32c(whole.subspan(wire::kBatchAttributesAt)));
  return wire::Bytes::adopt(std::move(bytes));
}

wire::ProduceRequest produce_request(std::vector<wire::Bytes> of_partition_0) {
  wire::ProduceRequest request;
  request.acks = 1;
  request.topic_data.emplace_back().name = "tweets";
  for (wire::Bytes& records : of_partition_0) {
    request.topic_data.back().partition_data.emplace_back().records = std::move(records);
  }
  return request;
}

TEST_F(OddRequests, OfRecordsForOnePartitionTheLastAreAppended) {
  const auto end = [&] {
    wire::ListOffsetsRequest request;
    request.replica_id = -1;
    request.topics.emplace_back().name = "tweets";
    request.topics.back().partitions.emplace_back().timestamp = -1;
    return call<wire::ListOffsetsResponse>(request).topics.at(0).partitions.at(0).offset;
  };
  const wire::Offset before = end();
  const auto both =
      call<wire::ProduceResponse>(produce_request({one_batch("a"), one_batch("b")}), 12);
  ASSERT_EQ(both.responses.at(0).partition_responses.size(), 1u);
  EXPECT_EQ(both.responses.at(0).partition_responses.at(0).base_offset, before);
  EXPECT_EQ(end(), before + 1);
  // Unsound ones are answered, and the sound ones appended nevertheless.
  const auto unsound = call<wire::ProduceResponse>(produce_request({one_batch("c"), {}}), 12);
  ASSERT_EQ(unsound.responses.at(0).partition_responses.size(), 1u);
  EXPECT_EQ(unsound.responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::kInvalidRecord);
  EXPECT_EQ(end(), before + 2);
}

TEST_F(OddRequests, AnUnknownCodecFailsTheWholeOldProduce) {
  wire::ProduceRequest request = produce_request({one_batch("a", 5)});
  request.topic_data.emplace_back().name = "nothing";
  request.topic_data.back().partition_data.emplace_back().records = one_batch("b");
  const auto old = call<wire::ProduceResponse>(request, 6);
  EXPECT_EQ(old.responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::kUnknownServerError);
  EXPECT_EQ(old.responses.at(1).partition_responses.at(0).error_code,
            ErrorCode::kUnknownServerError);
  const auto newer = call<wire::ProduceResponse>(request, 12);
  EXPECT_EQ(newer.responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::kUnknownServerError);
  EXPECT_EQ(newer.responses.at(1).partition_responses.at(0).error_code,
            ErrorCode::kUnknownTopicOrPartition);
}

TEST_F(OddRequests, FetchAnswersAPartitionOnceAndFailsAtANegativeLimit) {
  call<wire::ProduceResponse>(produce_request({one_batch("a")}), 12);
  wire::FetchRequest request;
  request.topics.emplace_back().topic = "tweets";
  for (const wire::Offset offset : {1'000, 0}) {
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.fetch_offset = offset;
    partition.partition_max_bytes = -1;
  }
  const auto response = call<wire::FetchResponse>(request, 12);
  ASSERT_EQ(response.responses.at(0).partitions.size(), 1u);
  EXPECT_EQ(response.responses.at(0).partitions.at(0).error_code, ErrorCode::kUnknownServerError);
  EXPECT_EQ(response.responses.at(0).partitions.at(0).high_watermark, -1);
}

TEST_F(OddRequests, ANegativeLimitOfTheWholeFetchIsTheFirstPartitionsAlone) {
  call<wire::ProduceResponse>(produce_request({one_batch("a")}), 12);
  wire::FetchRequest request;
  request.max_bytes = -1;
  request.topics.emplace_back().topic = "tweets";
  for (const wire::PartitionIndex index : {1, 0}) {
    request.topics.back().partitions.emplace_back().partition = index;
    request.topics.back().partitions.back().partition_max_bytes = 1'000'000;
  }
  const auto response = call<wire::FetchResponse>(request, 12);
  ASSERT_EQ(response.responses.at(0).partitions.size(), 2u);
  EXPECT_EQ(response.responses.at(0).partitions.at(1).error_code, ErrorCode::kNone);
  EXPECT_FALSE(response.responses.at(0).partitions.at(1).records->empty());
}

TEST_F(OddRequests, AFetchSessionGoesOnUnderTheNameOfADeletedTopic) {
  wire::CreateTopicsRequest creation;
  creation.timeout_ms = 10'000;
  auto& topic = creation.topics.emplace_back();
  topic.name = "passing";
  topic.num_partitions = topic.replication_factor = 1;
  const auto id = call<wire::CreateTopicsResponse>(creation).topics.at(0).topic_id;
  wire::FetchRequest fetch;
  fetch.topics.emplace_back().topic_id = id;
  fetch.topics.back().partitions.emplace_back();
  fetch.session_epoch = 0;
  fetch.session_id = call<wire::FetchResponse>(fetch).session_id;
  ASSERT_NE(fetch.session_id, 0);
  wire::DeleteTopicsRequest deletion;
  deletion.timeout_ms = 10'000;
  deletion.topics.emplace_back().name = "passing";
  ASSERT_EQ(call<wire::DeleteTopicsResponse>(deletion).responses.at(0).error_code,
            ErrorCode::kNone);
  fetch.session_epoch = 1;
  fetch.topics.clear();
  const auto next = call<wire::FetchResponse>(fetch);
  EXPECT_EQ(next.responses.at(0).partitions.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
}

TEST_F(OddRequests, MetadataOfATopicWithoutNameAndIdFailsAsAWhole) {
  wire::MetadataRequest request;
  request.topics.emplace();
  request.topics->emplace_back().name = "tweets";
  request.topics->emplace_back().name = std::nullopt;
  const auto response = call<wire::MetadataResponse>(request);
  EXPECT_TRUE(response.brokers.empty());
  EXPECT_EQ(response.error_code, ErrorCode::kUnknownServerError);
  for (const auto& topic : response.topics) {
    EXPECT_EQ(topic.error_code, ErrorCode::kUnknownServerError);
  }
}

TEST_F(OddRequests, OffsetCommitAnswersAnUnknownTopicWithoutPartitions) {
  wire::OffsetCommitRequest request;
  request.group_id = "readers";
  request.topics.emplace_back().name = "nothing";
  request.topics.emplace_back().name = "tweets";
  const auto response = call<wire::OffsetCommitResponse>(request, 9);
  ASSERT_EQ(response.topics.size(), 1u);
  EXPECT_EQ(response.topics[0].name, "nothing");
}

TEST_F(OddRequests, DescribeClusterOfAnUnknownKindNamesNoCluster) {
  wire::DescribeClusterRequest request;
  request.endpoint_type = 3;
  const auto response = call<wire::DescribeClusterResponse>(request);
  EXPECT_EQ(response.error_code, ErrorCode::kUnsupportedEndpointType);
  EXPECT_EQ(response.cluster_id, "");
  EXPECT_EQ(response.endpoint_type, 1);
}

TEST_F(OddRequests, FetchOfAnEpochBeyondTheLogTellsNothingOfTheLog) {
  wire::FetchRequest request;
  request.topics.emplace_back().topic = "tweets";
  auto& partition = request.topics.back().partitions.emplace_back();
  partition.last_fetched_epoch = 5;
  const auto response = call<wire::FetchResponse>(request, 12);
  const auto& answer = response.responses.at(0).partitions.at(0);
  EXPECT_EQ(answer.error_code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(answer.high_watermark, -1);
}

TEST_F(OddRequests, FetchTakesAnyNegativeEpochForNone) {
  wire::FetchRequest request;
  request.topics.emplace_back().topic = "tweets";
  auto& partition = request.topics.back().partitions.emplace_back();
  partition.current_leader_epoch = -2;
  partition.last_fetched_epoch = -7;
  const auto consumed = call<wire::FetchResponse>(request, 12);
  EXPECT_EQ(consumed.responses.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  request.replica_id = 5;  // no follower of this partition, and it names no epoch to be behind
  const auto followed = call<wire::FetchResponse>(request, 12);
  EXPECT_EQ(followed.responses.at(0).partitions.at(0).error_code, ErrorCode::kNotLeaderOrFollower);
}

TEST_F(OddRequests, DescribeConfigsOfAnUnknownKindFailsAll) {
  wire::DescribeConfigsRequest request;
  for (const int8_t type : std::vector<int8_t>{2, 0}) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = "tweets";
  }
  for (const auto& result : call<wire::DescribeConfigsResponse>(request).results) {
    EXPECT_EQ(result.error_code, ErrorCode::kInvalidRequest);
  }
}

TEST_F(OddRequests, JoinGroupHasNoProtocolWhereItFails) {
  ASSERT_TRUE(client_->group_coordinator("readers").ok());  // which creates its topic
  wire::JoinGroupRequest request;
  request.group_id = "readers";
  request.session_timeout_ms = 10'000;
  request.protocol_type = "consumer";
  request.protocols.push_back({"range", {}});
  const auto response = call<wire::JoinGroupResponse>(request);
  EXPECT_EQ(response.error_code, ErrorCode::kMemberIdRequired);
  EXPECT_EQ(response.protocol_name, std::nullopt);
  EXPECT_EQ(call<wire::JoinGroupResponse>(request, 6).protocol_name, "");
}

TEST_F(OddRequests, DescribeQuorumKnowsOnePartition) {
  wire::DescribeQuorumRequest request;
  EXPECT_TRUE(call<wire::DescribeQuorumResponse>(request).nodes.empty());
  request.topics.push_back({"__cluster_metadata", {{0}, {1}}});
  const auto refused = call<wire::DescribeQuorumResponse>(request);
  EXPECT_TRUE(refused.nodes.empty());
  for (const auto& partition : refused.topics.at(0).partitions) {
    EXPECT_EQ(partition.error_code, ErrorCode::kUnknownTopicOrPartition);
    EXPECT_TRUE(partition.error_message.has_value());
  }
  request.topics[0].partitions.pop_back();
  const auto described = call<wire::DescribeQuorumResponse>(request);
  EXPECT_EQ(described.nodes.size(), 1u);
  EXPECT_EQ(described.topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
}

TEST_F(OddRequests, ACursorBeyondAllPartitionsWrapsAround) {
  wire::DescribeTopicPartitionsRequest request;
  request.topics.emplace_back().name = "tweets";
  request.response_partition_limit = 3;
  request.cursor = wire::DescribeTopicPartitionsRequest::Cursor{.topic_name = "tweets",
                                                                .partition_index = INT32_MAX};
  const auto wrapped = call<wire::DescribeTopicPartitionsResponse>(request);
  EXPECT_TRUE(wrapped.topics.at(0).partitions.empty());
  EXPECT_EQ(wrapped.next_cursor->partition_index, INT32_MIN + 2);
  request.cursor->partition_index = INT32_MAX - 3;
  EXPECT_FALSE(call<wire::DescribeTopicPartitionsResponse>(request).next_cursor.has_value());
}

TEST_F(OddRequests, ATopicWithoutANameFailsADescriptionThatHasNoCursor) {
  wire::DescribeTopicPartitionsRequest request;
  for (const char* name : {"", "tweets"}) request.topics.emplace_back().name = name;
  EXPECT_EQ(call<wire::DescribeTopicPartitionsResponse>(request).topics.at(1).error_code,
            ErrorCode::kUnknownServerError);
  request.cursor = wire::DescribeTopicPartitionsRequest::Cursor{};
  const auto response = call<wire::DescribeTopicPartitionsResponse>(request);
  EXPECT_EQ(response.topics.at(0).error_code, ErrorCode::kInvalidTopicException);
  EXPECT_EQ(response.topics.at(1).error_code, ErrorCode::kNone);
}

TEST_F(OddRequests, ATopicThatTheControllerDoesNotCreateIsUnknown) {
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = true;
  for (const char* name : {"a.b", "a_b"}) {
    request.topics.emplace().emplace_back().name = name;
    const auto answer = call<wire::MetadataResponse>(request).topics.at(0);
    EXPECT_EQ(answer.error_code,
              std::string(name) == "a.b" ? ErrorCode::kNone : ErrorCode::kUnknownTopicOrPartition);
  }
}

TEST_F(OddRequests, UnknownElementsOfAccessRulesAreNotRead) {
  const auto is_answered = [](const wire::DescribeAclsRequest& request) {
    auto client = cli::Client::connect(broker_->bootstrap());
    return client.ok() && (*client)->any().call<wire::DescribeAclsResponse>(request).ok();
  };
  wire::DescribeAclsRequest request;
  request.resource_type_filter = request.operation = request.permission_type = 1;
  EXPECT_TRUE(is_answered(request));
  request.pattern_type_filter = 0;
  EXPECT_FALSE(is_answered(request));
  request.pattern_type_filter = 3;
  request.operation = 0;
  EXPECT_FALSE(is_answered(request));
}

TEST_F(OddRequests, ATokenForAnOwnerWithoutATypeFails) {
  wire::CreateDelegationTokenRequest request;
  request.owner_principal_type.reset();
  request.owner_principal_name = "ann";
  const auto failed = call<wire::CreateDelegationTokenResponse>(request);
  EXPECT_EQ(failed.error_code, ErrorCode::kUnknownServerError);
  EXPECT_EQ(failed.principal_type + ":" + failed.principal_name, "User:ANONYMOUS");
  request.owner_principal_type = "User";
  EXPECT_EQ(call<wire::CreateDelegationTokenResponse>(request).error_code,
            ErrorCode::kDelegationTokenRequestNotAllowed);
}

TEST_F(OddRequests, AnIsolationLevelThatThereIsNotFailsTheWholeRequest) {
  wire::ListOffsetsRequest list;
  list.replica_id = -1;
  list.isolation_level = 127;
  list.topics.emplace_back().name = "nothing";
  list.topics.back().partitions.emplace_back();
  EXPECT_EQ(call<wire::ListOffsetsResponse>(list).topics.at(0).partitions.at(0).error_code,
            ErrorCode::kUnknownServerError);

  wire::FetchRequest fetch;
  fetch.isolation_level = -1;
  fetch.topics.emplace_back().topic = "tweets";
  fetch.topics.back().partitions.emplace_back();
  const auto old = call<wire::FetchResponse>(fetch, 12);
  EXPECT_EQ(old.error_code, ErrorCode::kUnknownServerError);
  EXPECT_EQ(old.responses.at(0).partitions.at(0).error_code, ErrorCode::kUnknownServerError);
  wire::MetadataRequest about;
  about.topics.emplace();
  about.topics->emplace_back().name = "tweets";
  fetch.topics.back().topic_id = call<wire::MetadataResponse>(about).topics.at(0).topic_id;
  const auto latest = call<wire::FetchResponse>(fetch);
  EXPECT_EQ(latest.error_code, ErrorCode::kUnknownServerError);
  EXPECT_TRUE(latest.responses.empty());
}

}  // namespace
}  // namespace api
