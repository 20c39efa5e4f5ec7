#include <set>

#include <gtest/gtest.h>

#include "tests/cluster/controller/harness.h"

namespace cluster::controller {
namespace {

using wire::ErrorCode;

wire::CreateTopicsResponse create(Cluster& cluster, wire::CreateTopicsRequest::CreatableTopic topic,
                                  bool validate_only = false) {
  wire::CreateTopicsRequest request;
  request.topics.push_back(std::move(topic));
  request.validate_only = validate_only;
  return cluster.call(&Controller::create_topics, request);
}

wire::CreateTopicsRequest::CreatableTopic topic(std::string name, int32_t partitions = 1,
                                                int16_t replicas = 1) {
  wire::CreateTopicsRequest::CreatableTopic request;
  request.name = std::move(name);
  request.num_partitions = partitions;
  request.replication_factor = replicas;
  return request;
}

TEST(CreateTopics, GivesEachPartitionALeaderAndAllItsReplicasInSync) {
  Cluster cluster;
  cluster.start(3);
  const auto response = cluster.create("tweets", 6, 3);
  ASSERT_EQ(response.topics.size(), 1u);
  const auto& result = response.topics[0];
  EXPECT_EQ(result.error_code, ErrorCode::kNone);
  EXPECT_EQ(result.num_partitions, 6);
  EXPECT_EQ(result.replication_factor, 3);
  EXPECT_EQ(result.topic_id, cluster.image().topic("tweets")->id);
  ASSERT_TRUE(result.configs.has_value());
  EXPECT_EQ(result.configs->size(), 3u);
  std::set<wire::NodeId> leaders;
  for (int i = 0; i < 6; ++i) {
    const auto& partition = cluster.partition("tweets", i);
    EXPECT_EQ(partition.replicas.size(), 3u);
    EXPECT_EQ(partition.isr, partition.replicas);
    EXPECT_EQ(partition.leader, partition.replicas.front());
    EXPECT_EQ(partition.leader_epoch, 0);
    EXPECT_EQ(partition.partition_epoch, 0);
    EXPECT_EQ(partition.directories[0], Cluster::directory(partition.replicas[0]));
    leaders.insert(partition.leader);
  }
  EXPECT_EQ(leaders.size(), 3u);
}

TEST(CreateTopics, UsesTheDefaultsForMinusOne) {
  auto options = Cluster::default_options();
  options.default_partitions = 4;
  options.default_replication_factor = 2;
  Cluster cluster(options);
  cluster.start(2);
  const auto response = create(cluster, topic("tweets", -1, -1));
  EXPECT_EQ(response.topics[0].num_partitions, 4);
  EXPECT_EQ(response.topics[0].replication_factor, 2);
}

struct Refusal {
  const char* name;
  int32_t partitions;
  int16_t replicas;
  ErrorCode code;
  const char* message;
};

class RefusedTopics : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedTopics, GetKafkasErrorAndMessage) {
  Cluster cluster;
  cluster.start(1);
  cluster.create("taken.name");
  const Refusal& refusal = GetParam();
  const auto response = create(cluster, topic(refusal.name, refusal.partitions, refusal.replicas));
  EXPECT_EQ(response.topics[0].error_code, refusal.code);
  EXPECT_EQ(response.topics[0].error_message, refusal.message);
  EXPECT_EQ(cluster.image().topics().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedTopics,
    testing::Values(
        Refusal{"", 1, 1, ErrorCode::kInvalidTopicException,
                "Topic name is invalid: the empty string is not allowed"},
        Refusal{"..", 1, 1, ErrorCode::kInvalidTopicException,
                "Topic name is invalid: '..' is not allowed"},
        Refusal{"a b", 1, 1, ErrorCode::kInvalidTopicException,
                "Topic name is invalid: 'a b' contains one or more characters other than ASCII "
                "alphanumerics, '.', '_' "
                "and '-'"},
        Refusal{"taken.name", 1, 1, ErrorCode::kTopicAlreadyExists,
                "Topic 'taken.name' already exists."},
        Refusal{"taken_name", 1, 1, ErrorCode::kInvalidTopicException,
                "Topic 'taken_name' collides with existing topic: taken.name"},
        Refusal{"t", 0, 1, ErrorCode::kInvalidPartitions,
                "Number of partitions was set to an invalid non-positive value."},
        Refusal{"t", 1, 0, ErrorCode::kInvalidReplicationFactor,
                "Replication factor must be larger than 0, or -1 to use the default value."},
        Refusal{"t", 1, 2, ErrorCode::kInvalidReplicationFactor,
                "Unable to replicate the partition 2 time(s): The target replication factor of 2 "
                "cannot be reached "
                "because only 1 broker(s) are registered or some brokers have all their log "
                "directories cordoned."},
        Refusal{"t", 10001, 1, ErrorCode::kPolicyViolation,
                "Excessively large number of partitions per request."},
        Refusal{"__cluster_metadata", 1, 1, ErrorCode::kInvalidRequest,
                "Creation of internal topic __cluster_metadata is prohibited."}));

TEST(CreateTopics, ValidateOnlyAnswersAndCreatesNothing) {
  Cluster cluster;
  cluster.start(1);
  const size_t batches = cluster.log.batch_count();
  const auto response = create(cluster, topic("tweets"), /*validate_only=*/true);
  EXPECT_EQ(response.topics[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(cluster.log.batch_count(), batches);
}

TEST(CreateTopics, WritesConfigsBetweenTopicAndPartitions) {
  Cluster cluster;
  cluster.start(1);
  auto request = topic("tweets", 2);
  auto& config = request.configs.emplace_back();
  config.name = "cleanup.policy";
  config.value = "compact";
  const size_t batches = cluster.log.batch_count();
  create(cluster, request);
  EXPECT_EQ(cluster.log.batch_count(), batches + 1);
  const auto records = cluster.log.records(batches);
  ASSERT_EQ(records.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<wire::TopicRecord>(records[0].message));
  EXPECT_TRUE(std::holds_alternative<wire::ConfigRecord>(records[1].message));
  EXPECT_TRUE(std::holds_alternative<wire::PartitionRecord>(records[2].message));
  EXPECT_EQ(records[2].version, 2);
  EXPECT_EQ(cluster.image().configs().topic("tweets").at("cleanup.policy"), "compact");
}

TEST(CreateTopics, RefusesABadConfigAndANullOne) {
  Cluster cluster;
  cluster.start(1);
  auto request = topic("tweets");
  auto& config = request.configs.emplace_back();
  config.name = "cleanup.policy";
  config.value.reset();
  auto response = create(cluster, request);
  EXPECT_EQ(response.topics[0].error_code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(response.topics[0].error_message,
            "Null value not supported for topic configs: cleanup.policy");
  request.configs[0].name = "";
  EXPECT_EQ(create(cluster, request).topics.at(0).error_code, ErrorCode::kInvalidConfig);
  request.configs[0].name = "bad.config";
  request.configs[0].value = "1";
  response = create(cluster, request);
  EXPECT_EQ(response.topics[0].error_message, "Unknown topic config name: bad.config");
}

TEST(CreateTopics, TakesAManualAssignment) {
  Cluster cluster;
  cluster.start(3);
  auto request = topic("tweets", -1, -1);
  for (int32_t index : {1, 0}) {
    auto& assignment = request.assignments.emplace_back();
    assignment.partition_index = index;
    assignment.broker_ids = index == 0 ? std::vector<int32_t>{3, 1} : std::vector<int32_t>{2, 3};
  }
  EXPECT_EQ(create(cluster, request).topics[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(cluster.partition("tweets", 0).leader, 3);
  EXPECT_EQ(cluster.partition("tweets", 1).replicas, (std::vector<wire::NodeId>{2, 3}));
}

TEST(CreateTopics, RefusesAManualAssignmentThatCannotBe) {
  Cluster cluster;
  cluster.start(2);
  const auto refused = [&](std::vector<std::pair<int32_t, std::vector<int32_t>>> assignments) {
    auto request = topic("tweets", -1, -1);
    for (auto& [index, brokers] : assignments) {
      auto& assignment = request.assignments.emplace_back();
      assignment.partition_index = index;
      assignment.broker_ids = brokers;
    }
    return create(cluster, request).topics[0].error_message.value_or("");
  };
  EXPECT_EQ(refused({{0, {1}}, {0, {2}}}),
            "Found multiple manual partition assignments for partition 0");
  EXPECT_EQ(refused({{0, {9}}}),
            "The manual partition assignment includes broker 9, but no such broker is registered.");
  EXPECT_EQ(refused({{0, {1, 1}}}),
            "The manual partition assignment includes the broker 1 more than once.");
  EXPECT_EQ(refused({{0, {}}}), "The manual partition assignment includes an empty replica list.");
  EXPECT_EQ(refused({{0, {1}}, {2, {1}}}),
            "partitions should be a consecutive 0-based integer sequence");
  EXPECT_EQ(refused({{0, {1, 2}}, {1, {1}}}),
            "The manual partition assignment includes a partition with 1 replica(s), but this is "
            "not consistent with "
            "previous partitions, which have 2 replica(s).");
}

TEST(CreateTopics, RefusesANameGivenTwice) {
  Cluster cluster;
  cluster.start(1);
  wire::CreateTopicsRequest request;
  request.topics = {topic("a"), topic("b"), topic("a")};
  const auto response = cluster.call(&Controller::create_topics, request);
  ASSERT_EQ(response.topics.size(), 2u);
  EXPECT_EQ(response.topics[0].name, "b");
  EXPECT_EQ(response.topics[1].error_message, "Duplicate topic name.");
  EXPECT_EQ(cluster.image().topic("a"), nullptr);
}

TEST(DeleteTopics, ByNameAndById) {
  Cluster cluster;
  cluster.start(1);
  cluster.create("a");
  cluster.create("b_c");
  wire::DeleteTopicsRequest request;
  request.timeout_ms = 1'000;
  request.topics.emplace_back().name = "a";
  request.topics.emplace_back().topic_id = cluster.image().topic("b_c")->id;
  const auto response = cluster.call(&Controller::delete_topics, request);
  ASSERT_EQ(response.responses.size(), 2u);
  for (const auto& result : response.responses) EXPECT_EQ(result.error_code, ErrorCode::kNone);
  EXPECT_EQ(cluster.image().topics().size(), 0u);
  // The name is free again, and collides with nothing.
  EXPECT_EQ(cluster.create("b.c").topics[0].error_code, ErrorCode::kNone);
}

TEST(DeleteTopics, TakesItsConfigsAway) {
  Cluster cluster;
  cluster.start(1);
  auto request = topic("tweets");
  auto& config = request.configs.emplace_back();
  config.name = "cleanup.policy";
  config.value = "compact";
  create(cluster, request);
  wire::DeleteTopicsRequest deletion;
  deletion.timeout_ms = 1'000;
  deletion.topic_names = {"tweets"};
  cluster.call(&Controller::delete_topics, deletion, int16_t{5});
  EXPECT_TRUE(cluster.image().configs().topic("tweets").empty());
}

TEST(DeleteTopics, RefusesWhatIsUnknownOrAmbiguous) {
  Cluster cluster;
  cluster.start(1);
  cluster.create("a");
  const wire::Uuid id = cluster.image().topic("a")->id;
  wire::DeleteTopicsRequest request;
  request.timeout_ms = 1'000;
  request.topics.emplace_back();                        // neither
  request.topics.emplace_back().name = "none";          // unknown
  request.topics.emplace_back().topic_id = {1, 99999};  // unknown
  auto& both = request.topics.emplace_back();
  both.name = "a";
  both.topic_id = id;
  const auto response = cluster.call(&Controller::delete_topics, request);
  std::multiset<ErrorCode> codes;
  for (const auto& result : response.responses) codes.insert(result.error_code);
  EXPECT_EQ(codes, (std::multiset<ErrorCode>{ErrorCode::kInvalidRequest, ErrorCode::kInvalidRequest,
                                             ErrorCode::kUnknownTopicOrPartition,
                                             ErrorCode::kUnknownTopicId}));
  EXPECT_NE(cluster.image().topic("a"), nullptr);
}

// Kafka's controller drops what it comes to too late; its exception has no words.
TEST(DeleteTopics, WithoutAnyTimeNothingIsDone) {
  Cluster cluster;
  cluster.start(1);
  cluster.create("a");
  wire::DeleteTopicsRequest request;
  request.topics.emplace_back().name = "a";
  for (const int32_t timeout_ms : {0, -1}) {
    request.timeout_ms = timeout_ms;
    const auto result = cluster.call(&Controller::delete_topics, request).responses.at(0);
    EXPECT_EQ(result.error_code, ErrorCode::kRequestTimedOut);
    EXPECT_EQ(result.error_message, std::nullopt);
  }
  EXPECT_NE(cluster.image().topic("a"), nullptr);
  // What is refused at sight needs no time.
  request.topics[0].topic_id = cluster.image().topic("a")->id;
  EXPECT_EQ(cluster.call(&Controller::delete_topics, request).responses.at(0).error_code,
            ErrorCode::kInvalidRequest);
  wire::CreateTopicsRequest creation;
  creation.topics.push_back(topic("b"));
  creation.timeout_ms = 0;
  const auto created = cluster.call(&Controller::create_topics, creation).topics.at(0);
  EXPECT_EQ(created.error_code, ErrorCode::kRequestTimedOut);
  EXPECT_EQ(created.error_message, std::nullopt);
  creation.topics[0].name = "__cluster_metadata";
  EXPECT_EQ(cluster.call(&Controller::create_topics, creation).topics.at(0).error_code,
            ErrorCode::kInvalidRequest);
}

TEST(CreatePartitions, AddsToWhatIsThere) {
  Cluster cluster;
  cluster.start(1);
  cluster.create("tweets", 2);
  wire::CreatePartitionsRequest request;
  request.timeout_ms = 1'000;
  auto& more = request.topics.emplace_back();
  more.name = "tweets";
  more.count = 5;
  more.assignments.reset();
  EXPECT_EQ(cluster.call(&Controller::create_partitions, request).results[0].error_code,
            ErrorCode::kNone);
  EXPECT_EQ(cluster.image().topic("tweets")->partitions.size(), 5u);
  const auto again = cluster.call(&Controller::create_partitions, request);
  EXPECT_EQ(again.results[0].error_code, ErrorCode::kInvalidPartitions);
  EXPECT_EQ(again.results[0].error_message, "Topic already has 5 partition(s).");
  request.topics[0].count = 3;
  EXPECT_EQ(cluster.call(&Controller::create_partitions, request).results[0].error_message,
            "The topic tweets currently has 5 partition(s); 3 would not be an increase.");
  request.topics[0].name = "none";
  EXPECT_EQ(cluster.call(&Controller::create_partitions, request).results[0].error_code,
            ErrorCode::kUnknownTopicOrPartition);
}

}  // namespace
}  // namespace cluster::controller
