#include <gtest/gtest.h>

#include "tests/cluster/controller/harness.h"

namespace cluster::controller {
namespace {

using wire::ErrorCode;
using wire::NodeId;
using Nodes = std::vector<NodeId>;

// One topic of one partition on brokers 1, 2 and 3, led by the first.
class ThreeReplicas : public testing::Test {
 protected:
  ThreeReplicas() {
    cluster_.start(3);
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = "tweets";
    topic.num_partitions = -1;
    topic.replication_factor = -1;
    topic.assignments.emplace_back().broker_ids = {1, 2, 3};
    auto& config = topic.configs.emplace_back();
    config.name = "min.insync.replicas";
    config.value = "2";
    EXPECT_EQ(cluster_.call(&Controller::create_topics, request).topics[0].error_code,
              ErrorCode::kNone);
  }

  const metadata::PartitionImage& partition() const { return cluster_.partition("tweets"); }

  wire::AlterPartitionRequest change_isr(Nodes isr) const {
    wire::AlterPartitionRequest request;
    request.broker_id = partition().leader;
    request.broker_epoch = cluster_.image().broker(request.broker_id)->epoch;
    auto& topic = request.topics.emplace_back();
    topic.topic_id = cluster_.image().topic("tweets")->id;
    auto& change = topic.partitions.emplace_back();
    change.leader_epoch = partition().leader_epoch;
    change.partition_epoch = partition().partition_epoch;
    for (NodeId id : isr) {
      auto& member = change.new_isr_with_epochs.emplace_back();
      member.broker_id = id;
      const auto* broker = cluster_.image().broker(id);
      member.broker_epoch = broker == nullptr ? -1 : broker->epoch;
    }
    return request;
  }
  wire::AlterPartitionResponse::PartitionData alter(wire::AlterPartitionRequest request) {
    const auto response = cluster_.call(&Controller::alter_partition, std::move(request));
    CHECK(response.error_code == ErrorCode::kNone);
    return response.topics[0].partitions[0];
  }
  void fence(NodeId id) { cluster_.heartbeat(id, false, /*want_fence=*/true); }
  void unfence(NodeId id) { cluster_.heartbeat(id); }

  Cluster cluster_;
};

TEST_F(ThreeReplicas, TheLeaderShrinksAndExpandsTheIsrWithoutANewLeaderEpoch) {
  auto answer = alter(change_isr({1, 2}));
  EXPECT_EQ(answer.error_code, ErrorCode::kNone);
  EXPECT_EQ(answer.isr, (Nodes{1, 2}));
  EXPECT_EQ(answer.partition_epoch, 1);
  EXPECT_EQ(answer.leader_epoch, 0);
  answer = alter(change_isr({1, 2, 3}));
  EXPECT_EQ(answer.isr, (Nodes{1, 2, 3}));
  EXPECT_EQ(partition().isr, (Nodes{1, 2, 3}));
  EXPECT_EQ(partition().leader_epoch, 0);
}

TEST_F(ThreeReplicas, AlterPartitionRefusesWhatIsStaleOrWrong) {
  const auto refused = [&](auto change) {
    auto request = change_isr({1, 2});
    change(request.topics[0].partitions[0], request);
    return alter(std::move(request)).error_code;
  };
  alter(change_isr({1, 3}));
  EXPECT_EQ(refused([](auto& p, auto&) { p.partition_epoch = 0; }),
            ErrorCode::kInvalidUpdateVersion);
  EXPECT_EQ(refused([](auto& p, auto&) { p.partition_epoch = 9; }), ErrorCode::kNotController);
  EXPECT_EQ(refused([](auto& p, auto&) { p.leader_epoch = 9; }), ErrorCode::kNotController);
  EXPECT_EQ(refused([](auto& p, auto&) { p.leader_epoch = -1; }), ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(refused([](auto& p, auto&) { p.new_isr_with_epochs[0].broker_id = 3; }),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](auto& p, auto&) { p.new_isr_with_epochs[1].broker_id = 9; }),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](auto& p, auto&) { p.new_isr_with_epochs[1].broker_epoch = 1; }),
            ErrorCode::kIneligibleReplica);
  EXPECT_EQ(refused([](auto& p, auto&) { p.leader_recovery_state = 1; }),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](auto& p, auto&) { p.partition_index = 5; }),
            ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(refused([](auto&, auto& r) {
              r.topics[0].topic_id = {1, 12345};
            }),
            ErrorCode::kUnknownTopicId);
  EXPECT_EQ(refused([&](auto&, auto& r) {
              r.broker_id = 2;
              r.broker_epoch = cluster_.image().broker(2)->epoch;
            }),
            ErrorCode::kInvalidRequest);
  auto stale = change_isr({1, 2});
  stale.broker_epoch = 0;
  EXPECT_EQ(cluster_.call(&Controller::alter_partition, stale).error_code,
            ErrorCode::kStaleBrokerEpoch);
}

TEST_F(ThreeReplicas, AFencedReplicaMayNotJoinTheIsr) {
  fence(3);
  EXPECT_EQ(partition().isr, (Nodes{1, 2}));
  EXPECT_EQ(alter(change_isr({1, 2, 3})).error_code, ErrorCode::kIneligibleReplica);
}

TEST_F(ThreeReplicas, BelowTheMinimumTheMembersThatLeaveStayEligible) {
  fence(3);
  EXPECT_TRUE(partition().elr.empty());
  fence(2);
  EXPECT_EQ(partition().isr, (Nodes{1}));
  EXPECT_EQ(partition().elr, (Nodes{2}));
  fence(1);
  EXPECT_EQ(partition().leader, wire::kNoNode);
  EXPECT_TRUE(partition().isr.empty());
  EXPECT_EQ(partition().elr, (Nodes{1, 2}));
  EXPECT_EQ(partition().last_known_elr, (Nodes{1}));
  // 3 left while the others went on: it may not lead.
  unfence(3);
  EXPECT_EQ(partition().leader, wire::kNoNode);
  unfence(2);
  EXPECT_EQ(partition().leader, 2);
  EXPECT_EQ(partition().isr, (Nodes{2}));
  EXPECT_EQ(partition().elr, (Nodes{1}));
  EXPECT_TRUE(partition().last_known_elr.empty());
  // Back at the minimum nobody else need be eligible.
  unfence(1);
  EXPECT_EQ(alter(change_isr({2, 1})).error_code, ErrorCode::kNone);
  EXPECT_TRUE(partition().elr.empty());
}

TEST_F(ThreeReplicas, ACrashedReplicaLosesItsEligibility) {
  fence(3);
  fence(2);
  ASSERT_EQ(partition().elr, (Nodes{2}));
  cluster_.timers.advance(5'000);
  cluster_.heartbeat(1);
  cluster_.timers.advance(5'000);
  cluster_.heartbeat(1);
  cluster_.register_broker(2, /*incarnation=*/9);
  ASSERT_EQ(cluster_.last_error, ErrorCode::kNone);
  EXPECT_TRUE(partition().elr.empty());
}

TEST_F(ThreeReplicas, PreferredElectionGivesLeadershipBack) {
  fence(1);
  EXPECT_EQ(partition().leader, 2);
  unfence(1);
  alter(change_isr({2, 3, 1}));
  wire::ElectLeadersRequest request;
  request.topic_partitions.emplace();
  auto& topic = request.topic_partitions->emplace_back();
  topic.topic = "tweets";
  topic.partitions = {0, 7};
  auto response = cluster_.call(&Controller::elect_leaders, request);
  EXPECT_EQ(response.replica_election_results[0].partition_result[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(response.replica_election_results[0].partition_result[1].error_code,
            ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(partition().leader, 1);
  response = cluster_.call(&Controller::elect_leaders, request);
  EXPECT_EQ(response.replica_election_results[0].partition_result[0].error_code,
            ErrorCode::kElectionNotNeeded);
}

TEST_F(ThreeReplicas, LeadershipGoesBackByItselfInTime) {
  fence(1);
  unfence(1);
  alter(change_isr({2, 3, 1}));
  for (int i = 0; i < 151; ++i) {
    cluster_.timers.advance(2'000);
    for (NodeId id : {1, 2, 3}) cluster_.heartbeat(id);
  }
  EXPECT_EQ(partition().leader, 1);
}

TEST_F(ThreeReplicas, AnUncleanElectionIsMadeOnlyWhereItIsAllowed) {
  fence(3);
  fence(2);
  fence(1);
  unfence(3);
  wire::ElectLeadersRequest request;
  request.election_type = 1;
  request.topic_partitions.emplace();
  auto& topic = request.topic_partitions->emplace_back();
  topic.topic = "tweets";
  topic.partitions = {0};
  // An operator asks for it: the answer is yes, at the price of records.
  const auto response = cluster_.call(&Controller::elect_leaders, request);
  EXPECT_EQ(response.replica_election_results[0].partition_result[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(partition().leader, 3);
  EXPECT_EQ(partition().isr, (Nodes{3}));
  EXPECT_TRUE(partition().elr.empty());
  EXPECT_EQ(partition().leader_recovery_state, metadata::LeaderRecoveryState::kRecovering);
}

TEST_F(ThreeReplicas, ANewMinimumClearsTheEligible) {
  fence(3);
  fence(2);
  ASSERT_FALSE(partition().elr.empty());
  wire::IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = 2;
  resource.resource_name = "tweets";
  auto& config = resource.configs.emplace_back();
  config.name = "min.insync.replicas";
  config.value = "1";
  EXPECT_EQ(cluster_.call(&Controller::incremental_alter_configs, request).responses[0].error_code,
            ErrorCode::kNone);
  EXPECT_TRUE(partition().elr.empty());
}

TEST(Placement, SpreadsReplicasOverRacks) {
  Cluster cluster;
  cluster.log.elect(FakeMetadataLog::kSelf);
  for (NodeId id = 1; id <= 6; ++id) {
    auto request = cluster.registration(id, 1);
    request.rack = id % 2 == 0 ? "even" : "odd";
    cluster.call(&Controller::register_broker, request);
    cluster.heartbeat(id);
  }
  cluster.create("tweets", 30, 2);
  std::map<NodeId, int> led;
  for (int i = 0; i < 30; ++i) {
    const auto& replicas = cluster.partition("tweets", i).replicas;
    EXPECT_NE(replicas[0] % 2, replicas[1] % 2) << "both in one rack";
    ++led[replicas[0]];
  }
  EXPECT_EQ(led.size(), 6u);
  for (const auto& [id, count] : led) EXPECT_LE(count, 10);
}

}  // namespace
}  // namespace cluster::controller
