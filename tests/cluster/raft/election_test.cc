#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/raft/core_fixture.h"

namespace cluster::raft {
namespace {

bool granted(CoreFixture& node, const Candidacy& candidacy) {
  const auto response = node.ask<wire::VoteResponse>(vote_request(candidacy));
  EXPECT_EQ(response->topics[0].partitions[0].error_code, wire::ErrorCode::kNone);
  return response->topics[0].partitions[0].vote_granted;
}

wire::ErrorCode refusal(CoreFixture& node, const Candidacy& candidacy) {
  return node.ask<wire::VoteResponse>(vote_request(candidacy))->topics[0].partitions[0].error_code;
}

TEST(RaftVote, UnattachedGrantsOnceAnEpochToTheUpToDate) {
  CoreFixture node;
  node.with_log({1, 1, 2});
  node.start();
  EXPECT_FALSE(granted(node, {.id = 2, .epoch = 3, .last_epoch = 2, .last_offset = 2}));
  EXPECT_FALSE(granted(node, {.id = 2, .epoch = 3, .last_epoch = 1, .last_offset = 9}));
  EXPECT_TRUE(granted(node, {.id = 2, .epoch = 3, .last_epoch = 2, .last_offset = 3}));
  ASSERT_TRUE(node.out.store_vote.has_value()) << "the vote must be on the disk before the answer";
  EXPECT_EQ(node.out.store_vote->voted, (ReplicaKey{2, directory_of(2)}));
  EXPECT_FALSE(granted(node, {.id = 3, .epoch = 3, .last_epoch = 2, .last_offset = 9}));
  EXPECT_TRUE(granted(node, {.id = 2, .epoch = 3, .last_epoch = 2, .last_offset = 3}))
      << "the same candidate may ask again";
  EXPECT_TRUE(granted(node, {.id = 3, .epoch = 4, .last_epoch = 2, .last_offset = 3}));
}

TEST(RaftVote, PreVoteBindsNobodyAndStoresNothing) {
  CoreFixture node;
  node.with_log({1});
  node.start();
  EXPECT_TRUE(
      granted(node, {.id = 2, .epoch = 1, .last_epoch = 1, .last_offset = 1, .pre_vote = true}));
  EXPECT_TRUE(
      granted(node, {.id = 3, .epoch = 1, .last_epoch = 1, .last_offset = 1, .pre_vote = true}));
  EXPECT_FALSE(node.out.store_vote.has_value());
  EXPECT_EQ(node.core().epoch(), 1);
}

TEST(RaftVote, FollowerThatHearsItsLeaderRefusesPreVotes) {
  CoreFixture node;
  node.with_log({1});
  node.start();
  node.follow(3, 2);
  const Candidacy pre{.id = 2, .epoch = 2, .last_epoch = 1, .last_offset = 1, .pre_vote = true};
  EXPECT_TRUE(granted(node, pre)) << "nothing was fetched from the leader so far";
  node.respond(*node.take_sent<wire::FetchRequest>(3), node.fetch_answer(3));
  EXPECT_FALSE(granted(node, pre));
  EXPECT_FALSE(granted(node, {.id = 2, .epoch = 2, .last_epoch = 1, .last_offset = 1}));
}

TEST(RaftVote, CandidateGrantsPreVotesOnlyLeaderNothing) {
  CoreFixture node;
  node.start();
  node.wait();
  while (!node.is<Prospective>()) node.wait();
  node.vote_in(2, true);
  ASSERT_TRUE(node.is<Candidate>());
  const wire::Epoch epoch = node.core().epoch();
  EXPECT_TRUE(granted(node, {.id = 3, .epoch = epoch, .pre_vote = true}));
  EXPECT_FALSE(granted(node, {.id = 3, .epoch = epoch}));
  node.vote_in(2, true);
  ASSERT_TRUE(node.is<Leader>());
  EXPECT_FALSE(granted(
      node, {.id = 3, .epoch = epoch, .last_epoch = epoch, .last_offset = 9, .pre_vote = true}));
}

TEST(RaftVote, RefusesWhatNoCandidateSends) {
  CoreFixture node;
  node.with_log({3});
  node.start();
  EXPECT_EQ(refusal(node, {.epoch = 2, .last_epoch = 1}), wire::ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(refusal(node, {.epoch = 4, .last_epoch = 4}), wire::ErrorCode::kInvalidRequest);
  EXPECT_EQ(refusal(node, {.epoch = 4, .last_epoch = 5, .pre_vote = true}),
            wire::ErrorCode::kInvalidRequest);
  EXPECT_EQ(refusal(node, {.epoch = 4, .last_offset = -1}), wire::ErrorCode::kInvalidRequest);
  EXPECT_EQ(refusal(node, {.id = -1, .epoch = 4}), wire::ErrorCode::kInvalidRequest);

  wire::VoteRequest foreign = vote_request({.epoch = 9});
  foreign.cluster_id = "another";
  EXPECT_EQ(node.ask<wire::VoteResponse>(foreign)->error_code,
            wire::ErrorCode::kInconsistentClusterId);
  wire::VoteRequest misrouted = vote_request({.epoch = 9});
  misrouted.voter_id = 2;
  EXPECT_EQ(node.ask<wire::VoteResponse>(misrouted)->topics[0].partitions[0].error_code,
            wire::ErrorCode::kInvalidVoterKey);
  wire::VoteRequest elsewhere = vote_request({.epoch = 9});
  elsewhere.topics[0].topic_name = "tweets";
  EXPECT_EQ(node.ask<wire::VoteResponse>(elsewhere)->error_code, wire::ErrorCode::kInvalidRequest);
}

TEST(RaftElection, PreVoteComesBeforeTheEpochIsRaised) {
  CoreFixture node;
  node.with_log({1});
  node.start();
  while (!node.is<Prospective>()) node.wait();
  EXPECT_EQ(node.core().epoch(), 1);
  EXPECT_TRUE(std::get<wire::VoteRequest>(node.take_sent<wire::VoteRequest>(3)->request)
                  .topics[0]
                  .partitions[0]
                  .pre_vote);
  node.vote_in(2, true);
  EXPECT_TRUE(node.is<Candidate>());
  EXPECT_EQ(node.core().epoch(), 2);
}

TEST(RaftElection, LostPreVoteLeavesTheEpochAlone) {
  CoreFixture node;
  node.with_log({1});
  node.start();
  while (!node.is<Prospective>()) node.wait();
  node.vote_in(2, false);
  EXPECT_TRUE(node.is<Prospective>());
  node.vote_in(3, false);
  EXPECT_TRUE(node.is<Unattached>());
  EXPECT_EQ(node.core().epoch(), 1);
}

TEST(RaftElection, PeerWithoutPreVoteIsAskedForItsVoteAtOnce) {
  CoreFixture node;
  node.start();
  while (!node.is<Prospective>()) node.wait();
  const auto asked = node.take_sent<wire::VoteRequest>(2);
  node.step(Answered{asked->id, 2,
                     wire::Error{wire::ErrorCode::kUnsupportedVersion, "Vote v2 is unknown"}});
  EXPECT_TRUE(node.is<Candidate>());
}

TEST(RaftElection, RestartedLeaderResignsAndStandsOnlyInALaterEpoch) {
  CoreFixture node;
  node.with_log({4});
  node.recovered.election = {4, 1, std::nullopt};
  node.start();
  ASSERT_TRUE(node.is<Resigned>());
  EXPECT_TRUE(node.take_sent<wire::EndQuorumEpochRequest>(2).has_value());
  EXPECT_EQ(node.core().leader(), (LeaderAndEpoch{wire::kNoNode, 4}));
  EXPECT_FALSE(granted(node, {.id = 2, .epoch = 4, .last_epoch = 1, .last_offset = 9}));
  while (node.is<Resigned>()) node.wait();
  EXPECT_EQ(node.core().epoch(), 5);
}

TEST(RaftElection, VoteFileOlderThanTheLogCountsForNothing) {
  CoreFixture node;
  node.with_log({4});
  node.recovered.election = {2, 1, std::nullopt};
  node.start();
  EXPECT_TRUE(node.is<Unattached>());
  EXPECT_EQ(node.core().epoch(), 4);
}

TEST(RaftElection, RestartedCandidateKeepsItsVote) {
  CoreFixture node;
  node.with_log({4});
  node.recovered.election = {5, std::nullopt, ReplicaKey{1, directory_of(1)}};
  node.start();
  EXPECT_TRUE(node.is<Candidate>());
  EXPECT_FALSE(granted(node, {.id = 2, .epoch = 5, .last_epoch = 4, .last_offset = 9}));
}

TEST(RaftElection, LeaderResignsWhenNoMajorityFetches) {
  CoreFixture node;
  node.start();
  node.become_leader();
  node.advance(2'900);
  EXPECT_TRUE(node.is<Leader>());
  node.ask<wire::FetchResponse>(fetch_request(2, 1, 0, 0));
  node.advance(2'900);
  EXPECT_TRUE(node.is<Leader>()) << "one of the two others is a majority with the leader";
  node.advance(200);
  EXPECT_TRUE(node.is<Resigned>());
  EXPECT_TRUE(node.take_sent<wire::EndQuorumEpochRequest>(3).has_value());
}

TEST(RaftElection, FirstPreferredCandidateStandsAtOnceTheOthersWait) {
  for (size_t position : {0U, 1U, 2U}) {
    CoreFixture node;
    node.start();
    node.follow(3, 2);
    wire::EndQuorumEpochRequest end;
    auto& topic = end.topics.emplace_back();
    topic.topic_name = kTopicName;
    auto& partition = topic.partitions.emplace_back();
    partition.leader_id = 3;
    partition.leader_epoch = 2;
    for (size_t i = 0; i < 2; ++i) {
      const wire::NodeId id = i == position ? 1 : 2;
      auto& candidate = partition.preferred_candidates.emplace_back();
      candidate.candidate_id = id;
      candidate.candidate_directory_id = directory_of(id);
    }
    node.ask<wire::EndQuorumEpochResponse>(std::move(end));
    EXPECT_EQ(node.is<Prospective>(), position == 0) << position;
    node.advance(500);
    EXPECT_EQ(node.is<Prospective>(), position <= 1) << position;
    node.advance(500);
    EXPECT_TRUE(node.is<Prospective>()) << position;
  }
}

TEST(RaftElection, NodeWithTheHigherEpochWins) {
  CoreFixture node;
  node.start();
  node.become_leader();
  const auto answer = node.ask<wire::BeginQuorumEpochResponse>([] {
    wire::BeginQuorumEpochRequest begin;
    auto& topic = begin.topics.emplace_back();
    topic.topic_name = kTopicName;
    auto& partition = topic.partitions.emplace_back();
    partition.leader_id = 3;
    partition.leader_epoch = 9;
    return begin;
  }());
  EXPECT_EQ(answer->topics[0].partitions[0].error_code, wire::ErrorCode::kNone);
  EXPECT_TRUE(node.is<Follower>());
  EXPECT_EQ(node.core().leader(), (LeaderAndEpoch{3, 9}));
}

}  // namespace
}  // namespace cluster::raft
