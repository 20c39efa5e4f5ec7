#include <gtest/gtest.h>

#include "tests/cluster/controller/harness.h"

namespace cluster::controller {
namespace {

using wire::ErrorCode;
using NodeIds = std::vector<wire::NodeId>;
using Target = std::optional<NodeIds>;

// Topic "tweets" with one partition on brokers 1 and 2 of three.
class Reassignments : public testing::Test {
 protected:
  Reassignments() {
    cluster_.start(3);
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = "tweets";
    topic.num_partitions = -1;
    topic.replication_factor = -1;
    topic.assignments.emplace_back().broker_ids = {1, 2};
    EXPECT_EQ(cluster_.call(&Controller::create_topics, request).topics[0].error_code,
              ErrorCode::kNone);
  }

  const metadata::PartitionImage& partition() const { return cluster_.partition("tweets"); }

  wire::AlterPartitionReassignmentsResponse::ReassignablePartitionResponse move(
      Target replicas, const std::string& topic = "tweets", int32_t index = 0,
      bool may_change_factor = true) {
    wire::AlterPartitionReassignmentsRequest request;
    request.allow_replication_factor_change = may_change_factor;
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    auto& target = asked.partitions.emplace_back();
    target.partition_index = index;
    target.replicas = std::move(replicas);
    auto response = cluster_.call(&Controller::alter_partition_reassignments, request);
    EXPECT_EQ(response.error_code, ErrorCode::kNone);
    EXPECT_EQ(response.allow_replication_factor_change, may_change_factor);
    return response.responses.at(0).partitions.at(0);
  }
  wire::ListPartitionReassignmentsResponse list(
      std::optional<std::vector<std::string>> topics = std::nullopt) {
    wire::ListPartitionReassignmentsRequest request;
    if (topics) {
      request.topics.emplace();
      for (const std::string& name : *topics) {
        auto& asked = request.topics->emplace_back();
        asked.name = name;
        asked.partition_indexes = {0, 9};
      }
    } else {
      request.topics.reset();
    }
    return cluster_.call(&Controller::list_partition_reassignments, request);
  }
  // The leader reports its in-sync replicas.
  void report_isr(const NodeIds& isr) {
    wire::AlterPartitionRequest request;
    request.broker_id = partition().leader;
    request.broker_epoch = cluster_.image().broker(request.broker_id)->epoch;
    auto& topic = request.topics.emplace_back();
    topic.topic_id = cluster_.image().topic("tweets")->id;
    auto& change = topic.partitions.emplace_back();
    change.leader_epoch = partition().leader_epoch;
    change.partition_epoch = partition().partition_epoch;
    for (wire::NodeId id : isr) {
      auto& member = change.new_isr_with_epochs.emplace_back();
      member.broker_id = id;
      member.broker_epoch = cluster_.image().broker(id)->epoch;
    }
    const auto response = cluster_.call(&Controller::alter_partition, request);
    EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  }

  Cluster cluster_;
};

TEST_F(Reassignments, AMoveLastsUntilTheNewReplicaIsInSync) {
  EXPECT_EQ(move(NodeIds{1, 3}).error_code, ErrorCode::kNone);
  EXPECT_EQ(partition().replicas, (NodeIds{1, 3, 2}));
  EXPECT_EQ(partition().adding_replicas, NodeIds{3});
  EXPECT_EQ(partition().removing_replicas, NodeIds{2});

  const auto listed = list();
  ASSERT_EQ(listed.topics.size(), 1u);
  EXPECT_EQ(listed.topics[0].name, "tweets");
  ASSERT_EQ(listed.topics[0].partitions.size(), 1u);
  EXPECT_EQ(listed.topics[0].partitions[0].replicas, (NodeIds{1, 3, 2}));
  EXPECT_EQ(listed.topics[0].partitions[0].adding_replicas, NodeIds{3});
  EXPECT_EQ(listed.topics[0].partitions[0].removing_replicas, NodeIds{2});
  EXPECT_EQ(list({{"tweets", "none"}}).topics, listed.topics);
  EXPECT_TRUE(list({{"none"}}).topics.empty());

  report_isr({1, 2, 3});
  EXPECT_EQ(partition().replicas, (NodeIds{1, 3}));
  EXPECT_EQ(partition().isr, (NodeIds{1, 3}));
  EXPECT_FALSE(partition().is_reassigning());
  EXPECT_TRUE(list().topics.empty());
}

TEST_F(Reassignments, AnotherOrderOfTheReplicasIsDoneAtOnce) {
  EXPECT_EQ(move(NodeIds{2, 1}).error_code, ErrorCode::kNone);
  EXPECT_EQ(partition().replicas, (NodeIds{2, 1}));
  EXPECT_FALSE(partition().is_reassigning());
  const size_t before = cluster_.log.batch_count();
  EXPECT_EQ(move(NodeIds{2, 1}).error_code, ErrorCode::kNone);
  EXPECT_EQ(cluster_.log.batch_count(), before);
}

TEST_F(Reassignments, ACancelledMoveLeavesWhatWasBefore) {
  const auto nothing = move(std::nullopt);
  EXPECT_EQ(nothing.error_code, ErrorCode::kNoReassignmentInProgress);
  EXPECT_EQ(nothing.error_message, std::nullopt);
  move(NodeIds{1, 3});
  EXPECT_EQ(move(std::nullopt).error_code, ErrorCode::kNone);
  EXPECT_EQ(partition().replicas, (NodeIds{1, 2}));
  EXPECT_FALSE(partition().is_reassigning());
}

TEST_F(Reassignments, RefusesWhatThereIsNot) {
  EXPECT_EQ(move(NodeIds{1}, "none").error_message, "Unable to find a topic named none.");
  EXPECT_EQ(move(NodeIds{1}, "none").error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(move(NodeIds{1}, "tweets", 9).error_message, "Unable to find partition tweets:9.");
  EXPECT_EQ(move(NodeIds{}).error_message,
            "The manual partition assignment includes an empty replica list.");
  EXPECT_EQ(move(NodeIds{1, 1}).error_message,
            "The manual partition assignment includes the broker 1 more than once.");
  EXPECT_EQ(move(NodeIds{1, 7}).error_message,
            "The manual partition assignment includes broker 7, but no such broker is registered.");
  EXPECT_EQ(move(NodeIds{1, 7}).error_code, ErrorCode::kInvalidReplicaAssignment);
}

TEST_F(Reassignments, KeepsTheReplicationFactorIfAsked) {
  const auto refused = move(NodeIds{1, 2, 3}, "tweets", 0, /*may_change_factor=*/false);
  EXPECT_EQ(refused.error_code, ErrorCode::kInvalidReplicationFactor);
  EXPECT_EQ(refused.error_message, "The replication factor is changed from 2 to 3");
  EXPECT_EQ(move(NodeIds{1, 3}, "tweets", 0, /*may_change_factor=*/false).error_code,
            ErrorCode::kNone);
  // Counted as if the move were done: 1 and 3.
  EXPECT_EQ(move(NodeIds{1, 2, 3}, "tweets", 0, /*may_change_factor=*/false).error_code,
            ErrorCode::kInvalidReplicationFactor);
}

TEST_F(Reassignments, NothingAskedIsAnsweredWithAnEmptyMessage) {
  const auto response = cluster_.call(&Controller::alter_partition_reassignments,
                                      wire::AlterPartitionReassignmentsRequest());
  EXPECT_EQ(response.error_message, "");
  EXPECT_TRUE(response.responses.empty());
}

}  // namespace
}  // namespace cluster::controller
