#include <gtest/gtest.h>

#include "tests/cluster/controller/harness.h"

namespace cluster::controller {
namespace {

using metadata::LeaderRecoveryState;
using wire::ErrorCode;
using wire::NodeId;

std::vector<NodeId> nodes(std::initializer_list<NodeId> ids) {
  return ids;
}

TEST(BrokerRegistration, TheEpochIsTheOffsetOfItsRecord) {
  Cluster cluster;
  cluster.log.elect(FakeMetadataLog::kSelf);
  const wire::Offset end = cluster.log.end_offset();
  const int64_t epoch = cluster.register_broker(1);
  EXPECT_EQ(epoch, end);
  const auto* broker = cluster.image().broker(1);
  ASSERT_NE(broker, nullptr);
  EXPECT_TRUE(broker->fenced);
  EXPECT_EQ(broker->epoch, epoch);
  EXPECT_EQ(broker->registration_offset, epoch);
  EXPECT_EQ(broker->endpoint("PLAINTEXT")->port, 9093);
}

TEST(BrokerRegistration, RefusesAnotherClusterMissingFeaturesAndReservedDirectories) {
  Cluster cluster;
  cluster.log.elect(FakeMetadataLog::kSelf);
  const auto refused = [&](auto change) {
    auto request = cluster.registration(1, 1);
    change(request);
    return cluster.call(&Controller::register_broker, request).error_code;
  };
  EXPECT_EQ(refused([](auto& request) { request.cluster_id = "other"; }),
            ErrorCode::kInconsistentClusterId);
  EXPECT_EQ(refused([](auto& request) { request.log_dirs = {wire::kLostDirectory}; }),
            ErrorCode::kInvalidRegistration);
  EXPECT_EQ(refused([](auto& request) { request.log_dirs.clear(); }),
            ErrorCode::kInvalidRegistration);
  EXPECT_EQ(refused([](auto& request) { request.features.clear(); }),
            ErrorCode::kInvalidRegistration);
  EXPECT_EQ(refused([](auto& request) {
              for (auto& feature : request.features) {
                if (feature.name == "metadata.version") feature.max_supported_version = 25;
              }
            }),
            ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(refused([](auto& request) { request.is_migrating_zk_broker = true; }),
            ErrorCode::kBrokerIdNotRegistered);
}

TEST(BrokerRegistration, RefusesASecondProcessUntilTheSessionOfTheFirstEnds) {
  Cluster cluster;
  cluster.start(2);
  cluster.register_broker(2, /*incarnation=*/9);
  EXPECT_EQ(cluster.last_error, ErrorCode::kDuplicateBrokerRegistration);
  cluster.timers.advance(9'100);
  cluster.register_broker(2, /*incarnation=*/9);
  EXPECT_EQ(cluster.last_error, ErrorCode::kNone);
}

TEST(BrokerRegistration, TheBrokerOfThisProcessNeedNotWaitForItsOldSession) {
  auto options = Cluster::default_options();
  options.local_incarnation_id = wire::Uuid{9, 1001};
  Cluster cluster(options);
  cluster.start(1);  // an earlier incarnation
  cluster.register_broker(1, /*incarnation=*/9);
  EXPECT_EQ(cluster.last_error, ErrorCode::kNone);
}

TEST(BrokerRegistration, TheSameIncarnationKeepsItsEpochAndState) {
  Cluster cluster;
  cluster.start(1);
  const int64_t epoch = cluster.image().broker(1)->epoch;
  EXPECT_EQ(cluster.register_broker(1), epoch);
  EXPECT_FALSE(cluster.image().broker(1)->fenced);
}

TEST(BrokerHeartbeat, UnfencesOnceItHasReadItsOwnRegistration) {
  Cluster cluster;
  cluster.log.elect(FakeMetadataLog::kSelf);
  const int64_t epoch = cluster.register_broker(1);
  wire::BrokerHeartbeatRequest request;
  request.broker_id = 1;
  request.broker_epoch = epoch;
  request.current_metadata_offset = epoch - 1;
  auto response = cluster.call(&Controller::heartbeat, request);
  EXPECT_FALSE(response.is_caught_up);
  EXPECT_TRUE(response.is_fenced);
  request.current_metadata_offset = epoch;
  response = cluster.call(&Controller::heartbeat, request);
  EXPECT_TRUE(response.is_caught_up);
  EXPECT_FALSE(response.is_fenced);
  EXPECT_FALSE(cluster.image().broker(1)->fenced);
}

TEST(BrokerHeartbeat, AnOldIncarnationIsStale) {
  Cluster cluster;
  cluster.start(1);
  wire::BrokerHeartbeatRequest request;
  request.broker_id = 1;
  request.broker_epoch = 1;
  EXPECT_EQ(cluster.call(&Controller::heartbeat, request).error_code, ErrorCode::kStaleBrokerEpoch);
}

TEST(BrokerSession, ASilentBrokerIsFencedAndItsLeadersMove) {
  Cluster cluster;
  cluster.start(2);
  wire::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "tweets";
  topic.num_partitions = -1;
  topic.replication_factor = -1;
  topic.assignments.emplace_back().broker_ids = {2, 1};
  cluster.call(&Controller::create_topics, request);
  ASSERT_EQ(cluster.partition("tweets").leader, 2);
  for (int i = 0; i < 5; ++i) {
    cluster.timers.advance(2'000);
    cluster.heartbeat(1);
  }
  EXPECT_TRUE(cluster.image().broker(2)->fenced);
  EXPECT_FALSE(cluster.image().broker(1)->fenced);
  EXPECT_EQ(cluster.partition("tweets").leader, 1);
  EXPECT_EQ(cluster.partition("tweets").isr, nodes({1}));
  EXPECT_EQ(cluster.partition("tweets").leader_epoch, 1);
}

TEST(BrokerSession, OneTimerWhileAllIsWell) {
  Cluster cluster;
  cluster.start(1);
  EXPECT_LE(cluster.timers.pending(), 2u);  // sessions, elections
}

TEST(BrokerSession, AfterACleanStopAnOnlyReplicaLeadsAgain) {
  Cluster cluster;
  cluster.start(1);
  cluster.create("tweets");
  const int64_t epoch = cluster.image().broker(1)->epoch;
  EXPECT_FALSE(cluster.heartbeat(1, /*want_shut_down=*/true).should_shut_down);
  EXPECT_EQ(cluster.partition("tweets").leader, wire::kNoNode);
  EXPECT_TRUE(cluster.heartbeat(1, /*want_shut_down=*/true).should_shut_down);
  EXPECT_TRUE(cluster.image().broker(1)->fenced);

  cluster.register_broker(1, /*incarnation=*/2, /*previous_epoch=*/epoch);
  cluster.heartbeat(1);
  EXPECT_EQ(cluster.partition("tweets").leader, 1);
  EXPECT_EQ(cluster.partition("tweets").isr, nodes({1}));
  EXPECT_TRUE(cluster.partition("tweets").elr.empty());
  EXPECT_EQ(cluster.partition("tweets").leader_recovery_state, LeaderRecoveryState::kRecovered);
}

TEST(BrokerSession, AfterACrashAnOnlyReplicaLeadsAgainAndMustSayThatItRecovered) {
  Cluster cluster;
  cluster.start(1);
  cluster.create("tweets");
  cluster.timers.advance(10'000);
  cluster.register_broker(1, /*incarnation=*/2);
  EXPECT_EQ(cluster.last_error, ErrorCode::kNone);
  cluster.heartbeat(1);
  EXPECT_EQ(cluster.partition("tweets").leader, 1);
  EXPECT_EQ(cluster.partition("tweets").isr, nodes({1}));
  EXPECT_EQ(cluster.partition("tweets").leader_recovery_state, LeaderRecoveryState::kRecovering);

  wire::AlterPartitionRequest request;
  request.broker_id = 1;
  request.broker_epoch = cluster.image().broker(1)->epoch;
  auto& topic = request.topics.emplace_back();
  topic.topic_id = cluster.image().topic("tweets")->id;
  auto& partition = topic.partitions.emplace_back();
  partition.leader_epoch = cluster.partition("tweets").leader_epoch;
  partition.partition_epoch = cluster.partition("tweets").partition_epoch;
  partition.new_isr_with_epochs.emplace_back().broker_id = 1;
  const auto response = cluster.call(&Controller::alter_partition, request);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(cluster.partition("tweets").leader_recovery_state, LeaderRecoveryState::kRecovered);
}

TEST(BrokerSession, ControlledShutdownWaitsUntilOthersHaveSeenTheNewLeaders) {
  Cluster cluster;
  cluster.start(2);
  cluster.create("tweets", 4, 2);
  EXPECT_FALSE(cluster.heartbeat(2, true).should_shut_down);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(cluster.partition("tweets", i).leader, 1);
  EXPECT_TRUE(cluster.image().broker(2)->in_controlled_shutdown);
  // Broker 1 has not told yet that it read them.
  EXPECT_FALSE(cluster.heartbeat(2, true).should_shut_down);
  cluster.heartbeat(1);
  EXPECT_TRUE(cluster.heartbeat(2, true).should_shut_down);
}

TEST(BrokerSession, ABrokerThatLeavesIsFoundByNoNewPartition) {
  Cluster cluster;
  cluster.start(2);
  cluster.create("tweets", 4, 2);
  cluster.heartbeat(2, true);
  EXPECT_EQ(cluster.create("more", 8, 1).topics[0].error_code, ErrorCode::kNone);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(cluster.partition("more", i).leader, 1);
}

TEST(UnregisterBroker, TakesItOutOfEveryInSyncSet) {
  Cluster cluster;
  cluster.start(2);
  cluster.create("tweets", 2, 2);
  wire::UnregisterBrokerRequest request;
  request.broker_id = 2;
  EXPECT_EQ(cluster.call(&Controller::unregister_broker, request).error_code, ErrorCode::kNone);
  EXPECT_EQ(cluster.image().broker(2), nullptr);
  EXPECT_EQ(cluster.partition("tweets", 0).isr, nodes({1}));
  EXPECT_EQ(cluster.call(&Controller::unregister_broker, request).error_message,
            "Broker ID 2 is not currently registered");
}

TEST(BrokerHeartbeat, AFailedDirectoryMovesItsLeaders) {
  Cluster cluster;
  cluster.start(2);
  cluster.create("tweets", 4, 2);
  wire::BrokerHeartbeatRequest request;
  request.broker_id = 2;
  request.broker_epoch = cluster.image().broker(2)->epoch;
  request.current_metadata_offset = cluster.image().provenance().last_offset;
  request.offline_log_dirs = {Cluster::directory(2)};
  cluster.call(&Controller::heartbeat, request);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(cluster.partition("tweets", i).leader, 1);
}

TEST(AllocateProducerIds, HandsOutBlocksOfAThousandThatSurviveTheController) {
  Cluster cluster;
  cluster.start(1);
  wire::AllocateProducerIdsRequest request;
  request.broker_id = 1;
  request.broker_epoch = cluster.image().broker(1)->epoch;
  EXPECT_EQ(cluster.call(&Controller::allocate_producer_ids, request).producer_id_start, 0);
  const auto second = cluster.call(&Controller::allocate_producer_ids, request);
  EXPECT_EQ(second.producer_id_start, 1000);
  EXPECT_EQ(second.producer_id_len, 1000);
  cluster.log.elect(2);
  cluster.log.elect(FakeMetadataLog::kSelf);
  EXPECT_EQ(cluster.call(&Controller::allocate_producer_ids, request).producer_id_start, 2000);
  request.broker_epoch = 0;
  EXPECT_EQ(cluster.call(&Controller::allocate_producer_ids, request).error_code,
            ErrorCode::kStaleBrokerEpoch);
}

}  // namespace
}  // namespace cluster::controller
