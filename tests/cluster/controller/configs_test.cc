#include <gtest/gtest.h>

#include "tests/cluster/controller/harness.h"

namespace cluster::controller {
namespace {

using wire::ErrorCode;

constexpr int8_t kTopic = 2;
constexpr int8_t kBroker = 4;
constexpr int8_t kSet = 0;
constexpr int8_t kDelete = 1;
constexpr int8_t kAppend = 2;
constexpr int8_t kSubtract = 3;

class Configs : public testing::Test {
 protected:
  Configs() {
    cluster_.start(1);
    cluster_.create("tweets");
  }
  wire::IncrementalAlterConfigsResponse::AlterConfigsResourceResponse alter(
      int8_t type, std::string resource, std::string name, int8_t operation,
      std::optional<std::string> value) {
    wire::IncrementalAlterConfigsRequest request;
    auto& change = request.resources.emplace_back();
    change.resource_type = type;
    change.resource_name = std::move(resource);
    auto& config = change.configs.emplace_back();
    config.name = std::move(name);
    config.config_operation = operation;
    config.value = std::move(value);
    return cluster_.call(&Controller::incremental_alter_configs, request).responses.at(0);
  }
  std::string of_topic(const std::string& name) {
    const auto& configs = cluster_.image().configs().topic("tweets");
    const auto found = configs.find(name);
    return found == configs.end() ? "(none)" : found->second;
  }

  Cluster cluster_;
};

TEST_F(Configs, SetAndDelete) {
  EXPECT_EQ(alter(kTopic, "tweets", "retention.ms", kSet, "5").error_code, ErrorCode::kNone);
  EXPECT_EQ(of_topic("retention.ms"), "5");
  EXPECT_EQ(alter(kTopic, "tweets", "retention.ms", kDelete, std::nullopt).error_code,
            ErrorCode::kNone);
  EXPECT_EQ(of_topic("retention.ms"), "(none)");
}

TEST_F(Configs, AppendAndSubtractWorkOnListsOnly) {
  alter(kTopic, "tweets", "cleanup.policy", kAppend, "compact");
  EXPECT_EQ(of_topic("cleanup.policy"), "delete,compact");
  alter(kTopic, "tweets", "cleanup.policy", kAppend, "compact");
  EXPECT_EQ(of_topic("cleanup.policy"), "delete,compact");
  alter(kTopic, "tweets", "cleanup.policy", kSubtract, "delete");
  EXPECT_EQ(of_topic("cleanup.policy"), "compact");
  const auto refused = alter(kTopic, "tweets", "retention.ms", kAppend, "1");
  EXPECT_EQ(refused.error_code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(refused.error_message,
            "Can't APPEND to key retention.ms because its type is not LIST.");
}

TEST_F(Configs, WritesNothingForATopicWhoseValueStaysTheSame) {
  alter(kTopic, "tweets", "retention.ms", kSet, "5");
  const size_t batches = cluster_.log.batch_count();
  alter(kTopic, "tweets", "retention.ms", kSet, "5");
  EXPECT_EQ(cluster_.log.batch_count(), batches);
  // A broker's is written again, so that it reads its files again.
  alter(kBroker, "1", "log.cleaner.threads", kSet, "2");
  const size_t with_broker = cluster_.log.batch_count();
  alter(kBroker, "1", "log.cleaner.threads", kSet, "2");
  EXPECT_EQ(cluster_.log.batch_count(), with_broker + 1);
}

TEST_F(Configs, RefusesWhatDoesNotExist) {
  EXPECT_EQ(alter(kTopic, "none", "retention.ms", kSet, "5").error_code,
            ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(alter(kTopic, "none", "retention.ms", kSet, "5").error_message,
            "The topic 'none' does not exist.");
  EXPECT_EQ(alter(kBroker, "7", "x", kSet, "5").error_code, ErrorCode::kBrokerIdNotRegistered);
  EXPECT_EQ(alter(99, "tweets", "x", kSet, "5").error_message, "Unknown resource type 99.");
  EXPECT_EQ(alter(kTopic, "tweets", "bad.name", kSet, "5").error_code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(alter(kTopic, "tweets", "x", kSet, std::string(40'000, 'a')).error_message,
            "The configuration value cannot be added because it exceeds the maximum value size of "
            "32767 bytes.");
}

TEST_F(Configs, WithElrTheMinimumOfInSyncReplicasIsOneForAllBrokers) {
  EXPECT_EQ(alter(kBroker, "1", "min.insync.replicas", kSet, "2").error_message,
            "Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
  EXPECT_EQ(alter(kBroker, "", "min.insync.replicas", kDelete, std::nullopt).error_message,
            "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
  EXPECT_EQ(alter(kBroker, "", "min.insync.replicas", kSet, "2").error_code, ErrorCode::kNone);
}

TEST_F(Configs, AResourceGivenTwiceIsRefused) {
  wire::IncrementalAlterConfigsRequest request;
  for (int i = 0; i < 2; ++i) {
    auto& change = request.resources.emplace_back();
    change.resource_type = kTopic;
    change.resource_name = "tweets";
    auto& config = change.configs.emplace_back();
    config.name = "retention.ms";
    config.value = "5";
  }
  const auto response = cluster_.call(&Controller::incremental_alter_configs, request);
  ASSERT_EQ(response.responses.size(), 1u);
  EXPECT_EQ(response.responses[0].error_message, "Duplicate resource.");
  EXPECT_EQ(of_topic("retention.ms"), "(none)");
}

TEST_F(Configs, TheOldAlterConfigsReplacesTheWholeSet) {
  alter(kTopic, "tweets", "retention.ms", kSet, "5");
  wire::AlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = kTopic;
  resource.resource_name = "tweets";
  auto& config = resource.configs.emplace_back();
  config.name = "segment.ms";
  config.value = "6";
  request.validate_only = true;
  EXPECT_EQ(cluster_.call(&Controller::alter_configs, request).responses[0].error_code,
            ErrorCode::kNone);
  EXPECT_EQ(of_topic("retention.ms"), "5");
  request.validate_only = false;
  cluster_.call(&Controller::alter_configs, request);
  EXPECT_EQ(of_topic("retention.ms"), "(none)");
  EXPECT_EQ(of_topic("segment.ms"), "6");
}

wire::UpdateFeaturesResponse update(Cluster& cluster, const std::string& feature, int16_t level,
                                    int8_t type = 1) {
  wire::UpdateFeaturesRequest request;
  auto& change = request.feature_updates.emplace_back();
  change.feature = feature;
  change.max_version_level = level;
  change.upgrade_type = type;
  return cluster.call(&Controller::update_features, request);
}

TEST(UpdateFeatures, FinalisesWhatEveryNodeSupports) {
  auto options = Cluster::default_options();
  wire::FeatureLevelRecord version;
  version.name = "metadata.version";
  version.feature_level = 25;
  options.bootstrap_records = {{version, 0}};
  Cluster cluster(options);
  cluster.start(1);
  EXPECT_EQ(update(cluster, "metadata.version", 30).error_code, ErrorCode::kNone);
  EXPECT_EQ(cluster.image().features().metadata_version().level, 30);
  EXPECT_EQ(update(cluster, "eligible.leader.replicas.version", 1).error_code, ErrorCode::kNone);
  EXPECT_TRUE(cluster.image().features().elr_enabled());
  EXPECT_EQ(cluster.image().configs().cluster_default().at("min.insync.replicas"), "1");
}

TEST(UpdateFeatures, RefusesWhatIsNotServedOrWouldLoseMetadata) {
  Cluster cluster;
  cluster.start(1);
  const std::string all =
      "The update failed for all features since the following feature had an error: ";
  const auto refused = update(cluster, "group.version", 1);
  EXPECT_EQ(refused.error_code, ErrorCode::kInvalidUpdateVersion);
  EXPECT_EQ(refused.error_message, all +
                                       "Invalid update version 1 for feature group.version. Local "
                                       "controller 1 does not support this "
                                       "feature.");
  EXPECT_EQ(update(cluster, "metadata.version", 25).error_message,
            all +
                "Invalid update version 25 for feature metadata.version. Can't downgrade the "
                "version of this feature "
                "without setting the upgrade type to either safe or unsafe downgrade.");
  EXPECT_EQ(update(cluster, "metadata.version", 25, 2).error_message,
            all +
                "Unsupported metadata.version downgrade from 30 to 25. Refusing to perform the "
                "requested downgrade "
                "because it might delete metadata information.");
  EXPECT_EQ(update(cluster, "metadata.version", 31).error_code, ErrorCode::kInvalidUpdateVersion);
  EXPECT_EQ(cluster.image().features().metadata_version().level, 30);
}

}  // namespace
}  // namespace cluster::controller
