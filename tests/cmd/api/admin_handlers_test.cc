// Questions that are answered from the metadata image alone, and what is refused without security.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/config/broker_config.h"
#include "cluster/metadata/delta.h"
#include "cmd/api/handlers.h"
#include "tests/cmd/api/unused_slot.h"
#include "wire/api/create_acls.h"
#include "wire/api/create_delegation_token.h"
#include "wire/api/describe_acls.h"
#include "wire/api/describe_topic_partitions.h"
#include "wire/api/describe_user_scram_credentials.h"

namespace api {
namespace {

using wire::ErrorCode;

// Topics a (2 partitions) and b (1), and SCRAM credentials of one user.
class AdminHandlers : public ::testing::Test {
 protected:
  AdminHandlers() : config_(load()) {
    cluster::metadata::MetadataDelta delta(
        std::make_shared<const cluster::metadata::MetadataImage>());
    add_topic(delta, "a", 1, 2);
    add_topic(delta, "b", 2, 1);
    wire::UserScramCredentialRecord credential;
    credential.name = "alice";
    credential.mechanism = 1;
    credential.iterations = 4096;
    EXPECT_TRUE(delta.replay({credential, 0}, 0).ok());
    services_.image = std::move(delta).build({});
    services_.config = &config_;
  }

  static void add_topic(cluster::metadata::MetadataDelta& delta, const std::string& name,
                        uint64_t id, int32_t partitions) {
    wire::TopicRecord topic;
    topic.name = name;
    topic.topic_id = wire::Uuid{id, id};
    EXPECT_TRUE(delta.replay({topic, 0}, 0).ok());
    for (int32_t index = 0; index < partitions; ++index) {
      wire::PartitionRecord partition;
      partition.topic_id = topic.topic_id;
      partition.partition_id = index;
      partition.replicas = {1};
      partition.isr = {1};
      partition.leader = 1;
      EXPECT_TRUE(delta.replay({partition, 0}, 0).ok());
    }
  }
  static cluster::config::BrokerConfig load() {
    std::vector<std::string> warnings;
    auto config =
        cluster::config::BrokerConfig::load({{"process.roles", "broker,controller"},
                                             {"node.id", "1"},
                                             {"controller.quorum.voters", "1@localhost:9093"},
                                             {"controller.listener.names", "CONTROLLER"},
                                             {"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
                                             {"max.request.partition.size.limit", "3"}},
                                            warnings);
    EXPECT_TRUE(config.ok());
    return *std::move(config);
  }

  template <typename Response, typename Request>
  Response call(void (*handle)(RequestContext&, Request, wire::Reply<Response>), Request request) {
    RequestContext context{services_, connection_, slot_, Request::kApiKey, Request::kMaxVersion,
                           1,         "client"};
    const auto answer = std::make_shared<std::optional<Response>>();
    handle(context, std::move(request),
           wire::Reply<Response>([answer](std::optional<Response> given) { *answer = given; }));
    EXPECT_TRUE(answer->has_value());
    return answer->value_or(Response());
  }

  wire::DescribeTopicPartitionsResponse describe(
      const std::vector<std::string>& topics, int32_t limit,
      std::optional<std::pair<std::string, int32_t>> from = std::nullopt) {
    wire::DescribeTopicPartitionsRequest request;
    for (const std::string& name : topics) request.topics.emplace_back().name = name;
    request.response_partition_limit = limit;
    if (from) {
      request.cursor = wire::DescribeTopicPartitionsRequest::Cursor{};
      request.cursor->topic_name = from->first;
      request.cursor->partition_index = from->second;
    }
    return call(handle_describe_topic_partitions, std::move(request));
  }

  cluster::config::BrokerConfig config_;
  Services services_;
  ConnectionInfo connection_;
  UnusedSlot slot_;
};

TEST_F(AdminHandlers, TopicsAreDescribedInPages) {
  const auto first = describe({}, 1);
  ASSERT_EQ(first.topics.size(), 1U);
  EXPECT_EQ(first.topics[0].partitions.size(), 1U);
  ASSERT_TRUE(first.next_cursor.has_value());
  EXPECT_EQ(first.next_cursor->topic_name, "a");
  EXPECT_EQ(first.next_cursor->partition_index, 1);

  const auto second = describe({}, 1, {{"a", 1}});
  ASSERT_EQ(second.topics.size(), 1U);
  EXPECT_EQ(second.topics[0].partitions.at(0).partition_index, 1);
  EXPECT_EQ(second.next_cursor->topic_name, "b");
  EXPECT_EQ(second.next_cursor->partition_index, 0);

  EXPECT_FALSE(describe({}, 1, {{"b", 0}}).next_cursor.has_value());
  // Never more than the broker's limit, never less than one.
  EXPECT_FALSE(describe({}, 2000).next_cursor.has_value());
  EXPECT_EQ(describe({}, -5).topics.at(0).partitions.size(), 1U);
}

TEST_F(AdminHandlers, UnknownTopicsTakeNoRoomInAPage) {
  const auto response = describe({"b", "aaa"}, 1);
  ASSERT_EQ(response.topics.size(), 2U);
  EXPECT_EQ(response.topics[0].error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_NE(response.topics[0].topic_authorized_operations, INT32_MIN);
  EXPECT_EQ(response.topics[1].partitions.size(), 1U);
  EXPECT_FALSE(response.next_cursor.has_value());
}

TEST_F(AdminHandlers, ACursorMustNameWhatIsAskedFor) {
  for (const auto& cursor :
       std::vector<std::pair<std::string, int32_t>>{{"c", 0}, {"", 0}, {"a", -1}}) {
    const auto refused = describe({"a", "b"}, 10, cursor);
    ASSERT_EQ(refused.topics.size(), 2U);
    EXPECT_EQ(refused.topics[0].error_code, ErrorCode::kInvalidRequest);
    EXPECT_TRUE(refused.topics[0].partitions.empty());
  }
  EXPECT_EQ(describe({"a", ""}, 10).topics.at(0).error_code, ErrorCode::kUnknownServerError);
}

TEST_F(AdminHandlers, ScramCredentialsAreToldWithoutTheirSecrets) {
  wire::DescribeUserScramCredentialsRequest request;
  request.users.reset();
  auto response = call(handle_describe_user_scram_credentials, request);
  ASSERT_EQ(response.results.size(), 1U);
  EXPECT_EQ(response.results[0].user, "alice");
  EXPECT_EQ(response.results[0].credential_infos.at(0).iterations, 4096);

  request.users.emplace();
  for (const char* name : {"alice", "bob", "eve", "eve"}) {
    request.users->emplace_back().name = name;
  }
  response = call(handle_describe_user_scram_credentials, request);
  ASSERT_EQ(response.results.size(), 3U);
  EXPECT_EQ(response.results[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(response.results[1].error_code, ErrorCode::kResourceNotFound);
  EXPECT_EQ(response.results[2].error_code, ErrorCode::kDuplicateResource);
}

TEST_F(AdminHandlers, WithoutSecurityItsRequestsAreRefused) {
  EXPECT_EQ(call(handle_describe_acls, wire::DescribeAclsRequest()).error_code,
            ErrorCode::kSecurityDisabled);
  wire::CreateAclsRequest acls;
  acls.creations.resize(2);
  const auto created = call(handle_create_acls, acls);
  ASSERT_EQ(created.results.size(), 2U);
  EXPECT_EQ(created.results[1].error_message, "No Authorizer is configured.");

  wire::CreateDelegationTokenRequest token;
  token.owner_principal_type = "User";
  token.owner_principal_name = "bob";
  const auto refused = call(handle_create_delegation_token, token);
  EXPECT_EQ(refused.error_code, ErrorCode::kDelegationTokenRequestNotAllowed);
  EXPECT_EQ(refused.principal_name, "bob");
  EXPECT_EQ(refused.token_requester_principal_name, "ANONYMOUS");
}

}  // namespace
}  // namespace api
