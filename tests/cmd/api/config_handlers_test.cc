// What this broker decides on changes of configs before the controller sees them.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/config/broker_config.h"
#include "cluster/metadata/delta.h"
#include "cmd/api/handlers.h"
#include "tests/cmd/api/unused_slot.h"
#include "wire/api/alter_configs.h"
#include "wire/api/describe_configs.h"
#include "wire/api/incremental_alter_configs.h"
#include "wire/api/list_config_resources.h"
#include "wire/base/log.h"

namespace api {
namespace {

using wire::ErrorCode;

constexpr int8_t kTopic = 2;
constexpr int8_t kBroker = 4;
constexpr int8_t kLogger = 8;
constexpr int8_t kClientMetrics = 16;

class ConfigHandlers : public ::testing::Test {
 protected:
  ConfigHandlers() : config_(load()) {
    cluster::metadata::MetadataDelta delta(
        std::make_shared<const cluster::metadata::MetadataImage>());
    wire::RegisterBrokerRecord broker;
    broker.broker_id = 1;
    broker.fenced = false;
    EXPECT_TRUE(delta.replay({broker, 0}, 0).ok());
    wire::TopicRecord topic;
    topic.name = "tweets";
    topic.topic_id = wire::Uuid{1, 1};
    EXPECT_TRUE(delta.replay({topic, 0}, 0).ok());
    wire::ConfigRecord watch;
    watch.resource_type = kClientMetrics;
    watch.resource_name = "watch";
    watch.name = "interval.ms";
    watch.value = "1000";
    EXPECT_TRUE(delta.replay({watch, 0}, 0).ok());
    services_.image = std::move(delta).build({});
    services_.node_id = 1;
    services_.config = &config_;
  }

  static cluster::config::BrokerConfig load() {
    std::vector<std::string> warnings;
    auto config =
        cluster::config::BrokerConfig::load({{"process.roles", "broker,controller"},
                                             {"node.id", "1"},
                                             {"controller.quorum.voters", "1@localhost:9093"},
                                             {"controller.listener.names", "CONTROLLER"},
                                             {"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"}},
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
    EXPECT_TRUE(answer->has_value());
    return answer->value_or(Response());
  }

  // The answer to one change of one resource.
  wire::IncrementalAlterConfigsResponse::AlterConfigsResourceResponse alter(
      int8_t type, std::string name,
      std::vector<wire::IncrementalAlterConfigsRequest::AlterableConfig> changes) {
    wire::IncrementalAlterConfigsRequest request;
    request.resources.push_back({type, std::move(name), std::move(changes)});
    const auto response = call(handle_incremental_alter_configs, std::move(request), 1);
    EXPECT_EQ(response.responses.size(), 1U);
    return response.responses.at(0);
  }

  cluster::config::BrokerConfig config_;
  Services services_;
  ConnectionInfo connection_;
  UnusedSlot slot_;
};

TEST_F(ConfigHandlers, GoodChangesAreTheControllersToDecide) {
  // There is none in this test.
  EXPECT_EQ(alter(kTopic, "tweets", {{"retention.ms", 0, "5"}}).error_code,
            ErrorCode::kNotController);
  EXPECT_EQ(alter(kBroker, "1", {{"log.retention.ms", 0, "5"}}).error_code,
            ErrorCode::kNotController);
  EXPECT_EQ(alter(kBroker, "", {{"log.cleanup.policy", 2, "compact"}}).error_code,
            ErrorCode::kNotController);
}

TEST_F(ConfigHandlers, RefusesWhatConcernsThisBroker) {
  const auto message = [this](std::string name, std::string key, int8_t operation,
                              std::optional<std::string> value) {
    const auto answer = alter(kBroker, std::move(name), {{std::move(key), operation, value}});
    EXPECT_EQ(answer.error_code, ErrorCode::kInvalidRequest);
    return answer.error_message.value_or("");
  };
  EXPECT_EQ(message("2", "log.retention.ms", 0, "5"),
            "Unexpected broker id, expected 1, but received 2");
  EXPECT_EQ(message("one", "log.retention.ms", 0, "5"),
            "Node id must be an integer, but it is: one");
  EXPECT_EQ(message("1", "num.partitions", 0, "5"),
            "Cannot update these configs dynamically: [num.partitions]");
  EXPECT_EQ(message("1", "log.retention.ms", 0, std::nullopt),
            "Null value not supported for : log.retention.ms");
  EXPECT_EQ(message("1", "log.retention.ms", 7, "5"), "Unknown operations type 7");
}

TEST_F(ConfigHandlers, RefusesDoubledNamesAndResources) {
  EXPECT_EQ(
      alter(kTopic, "tweets", {{"retention.ms", 0, "5"}, {"retention.ms", 0, "6"}}).error_message,
      "Error due to duplicate config keys");
  wire::IncrementalAlterConfigsRequest request;
  request.resources = {{kTopic, "tweets", {}}, {kTopic, "tweets", {}}};
  const auto response = call(handle_incremental_alter_configs, std::move(request), 1);
  ASSERT_EQ(response.responses.size(), 2U);
  EXPECT_EQ(response.responses[0].error_message, "Each resource must appear at most once.");
  EXPECT_EQ(alter(77, "x", {}).error_message, "Unknown resource type 77");
}

TEST_F(ConfigHandlers, OldWayIsCheckedToo) {
  wire::AlterConfigsRequest request;
  request.resources = {{kBroker, "1", {{"num.partitions", "5"}}}, {kTopic, "tweets", {}}};
  const auto response = call(handle_alter_configs, std::move(request), 2);
  ASSERT_EQ(response.responses.size(), 2U);
  EXPECT_EQ(response.responses[0].error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(response.responses[1].error_code, ErrorCode::kNotController);
  wire::AlterConfigsRequest without_value;
  without_value.resources = {{kTopic, "tweets", {{"retention.bytes", "1"}, {"", std::nullopt}}}};
  EXPECT_EQ(call(handle_alter_configs, std::move(without_value), 2).responses.at(0).error_code,
            ErrorCode::kInvalidRequest);
}

TEST_F(ConfigHandlers, LoggersLevelIsSetHere) {
  const wire::log::Level before = wire::log::level();
  EXPECT_EQ(alter(kLogger, "1", {{"root", 0, "ERROR"}}).error_code, ErrorCode::kNone);
  EXPECT_EQ(wire::log::level(), wire::log::Level::kError);
  EXPECT_EQ(alter(kLogger, "1", {{"root", 0, "LOUD"}}).error_code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(alter(kLogger, "1", {{"root", 0, "info"}}).error_code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(alter(kLogger, "1", {{"nobody", 0, "INFO"}}).error_code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(alter(kLogger, "1", {{"root", 1, std::nullopt}}).error_message,
            "Removing the log level of the root logger is not allowed");
  EXPECT_EQ(alter(kLogger, "1", {{"root", 2, "INFO"}}).error_message,
            "APPEND operation is not allowed for the BROKER_LOGGER resource");
  EXPECT_EQ(alter(kLogger, "2", {{"root", 0, "INFO"}}).error_message,
            "Unexpected node id. Expected 1, but received 2");
  wire::DescribeConfigsRequest request;
  request.resources.push_back({kLogger, "1", std::nullopt});
  const auto response = call(handle_describe_configs, std::move(request), 4);
  ASSERT_EQ(response.results.at(0).configs.size(), 1U);
  EXPECT_EQ(response.results[0].configs[0].value, "ERROR");
  wire::log::set_level(before);
}

TEST_F(ConfigHandlers, ListsWhatHasConfigs) {
  wire::ListConfigResourcesRequest all;
  const auto listed = call(handle_list_config_resources, all, 1);
  ASSERT_EQ(listed.config_resources.size(), 4U);
  EXPECT_EQ(listed.config_resources[0].resource_name, "watch");
  EXPECT_EQ(listed.config_resources[3].resource_name, "tweets");
  // v0 knew client metrics only.
  const auto old = call(handle_list_config_resources, all, 0);
  ASSERT_EQ(old.config_resources.size(), 1U);
  EXPECT_EQ(old.config_resources[0].resource_type, kClientMetrics);
  wire::ListConfigResourcesRequest unknown;
  unknown.resource_types = {99};
  EXPECT_EQ(call(handle_list_config_resources, unknown, 1).error_code,
            ErrorCode::kUnsupportedVersion);
}

}  // namespace
}  // namespace api
