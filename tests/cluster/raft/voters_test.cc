#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/raft/core_fixture.h"

namespace cluster::raft {
namespace {

class RaftVoters : public ::testing::Test {
 protected:
  // Node 1 leads the voters 1 and 2 at kraft.version 1, and node 3 has caught up as an observer.
  void SetUp() override {
    node.with_dynamic_voters({voter(1, true), voter(2, true)});
    node.start();
    node.become_leader();
    epoch = node.core().epoch();
    fetch(2);
    fetch(3);
  }
  void fetch(wire::NodeId id) {
    node.ask<wire::FetchResponse>(fetch_request(id, epoch, node.core().log().end(), epoch));
  }
  wire::AddRaftVoterRequest add_request(wire::NodeId id) {
    wire::AddRaftVoterRequest request;
    request.cluster_id = "cluster";
    request.voter_id = id;
    request.voter_directory_id = directory_of(id);
    auto& listener = request.listeners.emplace_back();
    listener.name = "CONTROLLER";
    listener.host = "host";
    listener.port = 9093;
    return request;
  }
  wire::RemoveRaftVoterRequest remove_request(wire::NodeId id) {
    wire::RemoveRaftVoterRequest request;
    request.cluster_id = "cluster";
    request.voter_id = id;
    request.voter_directory_id = directory_of(id);
    return request;
  }
  void answer_probe(wire::NodeId id, int16_t max_version) {
    wire::ApiVersionsResponse response;
    auto& feature = response.supported_features.emplace_back();
    feature.name = "kraft.version";
    feature.max_version = max_version;
    node.respond(*node.take_sent<wire::ApiVersionsRequest>(id), std::move(response));
  }
  wire::ErrorCode added(CallId call) {
    const auto answer = node.answered<wire::AddRaftVoterResponse>(call);
    return answer ? answer->error_code : wire::ErrorCode::kUnknownServerError;
  }

  CoreFixture node;
  wire::Epoch epoch = 0;
};

TEST_F(RaftVoters, FirstLeaderWritesTheVotersOfTheBootstrapCheckpointIntoTheLog) {
  EXPECT_EQ(node.core().log().end(), 3) << "LeaderChange, KRaftVersion, Voters";
  EXPECT_EQ(node.core().voter_history().current_offset(), 2);
}

TEST_F(RaftVoters, NewVoterCountsAtOnceAndIsAnsweredWhenCommitted) {
  EXPECT_FALSE(node.ask<wire::AddRaftVoterResponse>(add_request(3)).has_value());
  const CallId call = node.last_call();
  answer_probe(3, 1);
  EXPECT_EQ(node.core().voters().size(), 3U);
  EXPECT_FALSE(node.answered<wire::AddRaftVoterResponse>(call).has_value());
  fetch(3);
  EXPECT_EQ(added(call), wire::ErrorCode::kNone);
}

TEST_F(RaftVoters, OneChangeAtATime) {
  node.ask<wire::AddRaftVoterResponse>(add_request(3));
  const auto second = node.ask<wire::RemoveRaftVoterResponse>(remove_request(2));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->error_code, wire::ErrorCode::kRequestTimedOut);
}

TEST_F(RaftVoters, RefusesWhoIsVoterAlreadyBehindOrTooOld) {
  EXPECT_EQ(node.ask<wire::AddRaftVoterResponse>(add_request(2))->error_code,
            wire::ErrorCode::kDuplicateVoter);
  node.ask<wire::AddRaftVoterResponse>(add_request(4));
  CallId call = node.last_call();
  answer_probe(4, 1);
  EXPECT_EQ(added(call), wire::ErrorCode::kRequestTimedOut) << "never fetched";
  node.ask<wire::AddRaftVoterResponse>(add_request(3));
  call = node.last_call();
  answer_probe(3, 0);
  EXPECT_EQ(added(call), wire::ErrorCode::kInvalidRequest);
  wire::AddRaftVoterRequest silent = add_request(3);
  silent.listeners[0].name = "OTHER";
  EXPECT_EQ(node.ask<wire::AddRaftVoterResponse>(silent)->error_code,
            wire::ErrorCode::kInvalidRequest);
}

TEST_F(RaftVoters, StaticQuorumCannotBeChanged) {
  CoreFixture fixed;
  fixed.start();
  fixed.become_leader();
  fixed.ask<wire::FetchResponse>(fetch_request(2, 1, 1, 1));
  EXPECT_EQ(fixed.ask<wire::AddRaftVoterResponse>(add_request(9))->error_code,
            wire::ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(fixed.ask<wire::RemoveRaftVoterResponse>(remove_request(2))->error_code,
            wire::ErrorCode::kUnsupportedVersion);
}

TEST_F(RaftVoters, RemovalNamesIdAndDirectory) {
  wire::RemoveRaftVoterRequest reformatted = remove_request(2);
  reformatted.voter_directory_id = {9, 9};
  EXPECT_EQ(node.ask<wire::RemoveRaftVoterResponse>(reformatted)->error_code,
            wire::ErrorCode::kVoterNotFound);
}

TEST_F(RaftVoters, LeaderThatRemovesItselfStaysUntilTheOthersHaveCommittedIt) {
  EXPECT_FALSE(node.ask<wire::RemoveRaftVoterResponse>(remove_request(1)).has_value());
  const CallId call = node.last_call();
  EXPECT_TRUE(node.is<Leader>()) << "its own disk no longer counts";
  fetch(2);
  EXPECT_TRUE(node.answered<wire::RemoveRaftVoterResponse>(call).has_value());
  EXPECT_TRUE(node.is<Resigned>());
}

TEST_F(RaftVoters, UncommittedChangeIsUndoneWithItsRecord) {
  VoterHistory history(VoterSet(std::vector<Voter>{voter(1)}));
  history.add_voters(5, VoterSet(std::vector<Voter>{voter(1), voter(2)}));
  history.add_version(5, 1);
  EXPECT_EQ(history.current().size(), 2U);
  EXPECT_EQ(history.kraft_version(), 1);
  history.truncate_to(5);
  EXPECT_EQ(history.current().size(), 1U);
  EXPECT_EQ(history.kraft_version(), 0);
}

TEST_F(RaftVoters, HistoryAnswersForASnapshotInThePast) {
  VoterHistory history;
  history.add_voters(5, VoterSet(std::vector<Voter>{voter(1)}));
  history.add_voters(9, VoterSet(std::vector<Voter>{voter(1), voter(2)}));
  EXPECT_FALSE(history.voters_before(5).has_value());
  EXPECT_EQ(history.voters_before(6)->size(), 1U);
  EXPECT_EQ(history.voters_before(10)->size(), 2U);
  history.forget_before(9);
  EXPECT_EQ(history.voters_before(9)->size(), 1U);
}

TEST_F(RaftVoters, StaticQuorumIsUpgradedOnceAllVotersHaveToldTheirDirectories) {
  CoreFixture fixed;
  fixed.config.static_voters = VoterSet(std::vector<Voter>{voter(1), voter(2)});
  fixed.start();
  fixed.become_leader();
  fixed.ask<wire::FetchResponse>(fetch_request(2, 1, 1, 1));
  EXPECT_FALSE(fixed.core().can_upgrade_kraft_version(1).ok());
  wire::UpdateRaftVoterRequest update;
  update.cluster_id = "cluster";
  update.current_leader_epoch = 1;
  update.voter_id = 2;
  update.voter_directory_id = directory_of(2);
  auto& listener = update.listeners.emplace_back();
  listener.name = "CONTROLLER";
  listener.host = "host2";
  listener.port = 9093;
  update.k_raft_version_feature.max_supported_version = 1;
  EXPECT_EQ(fixed.ask<wire::UpdateRaftVoterResponse>(update)->error_code, wire::ErrorCode::kNone);
  EXPECT_TRUE(fixed.core().can_upgrade_kraft_version(1).ok());
  fixed.step(UpgradeKRaftVersion{1});
  EXPECT_EQ(fixed.core().kraft_version(), 1);
  EXPECT_TRUE(fixed.core().voters().is_voter({2, directory_of(2)}));
  EXPECT_FALSE(fixed.core().voters().is_voter({2, {7, 7}}));
}

}  // namespace
}  // namespace cluster::raft
