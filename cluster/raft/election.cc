#include "cluster/raft/election.h"

#include <algorithm>
#include <utility>

#include "cluster/raft/protocol.h"
#include "cluster/raft/replication.h"
#include "wire/base/log.h"

namespace cluster::raft {
namespace {

// The grant table of KIP-996; see kafka's EpochState.canGrantVote and its implementations.
bool can_grant(const State& state, const ReplicaKey& candidate, bool up_to_date, bool pre_vote) {
  if (state.as<Leader>() != nullptr) return false;
  if (const auto* follower = state.as<Follower>()) {
    // Whoever still hears its leader keeps it.
    return pre_vote && up_to_date && !follower->has_fetched;
  }
  if (pre_vote) return up_to_date;
  if (state.config.planted_bug == PlantedBug::kVoteGrantedTwice) return up_to_date;
  if (state.as<Candidate>() != nullptr || state.as<Resigned>() != nullptr) return false;
  if (state.voted) {
    return state.voted->id == candidate.id && (state.voted->directory_id.is_zero() ||
                                               state.voted->directory_id == candidate.directory_id);
  }
  return !state.leader && up_to_date;
}

wire::VoteRequest vote_request(const State& state, const ReplicaKey& voter, bool pre_vote) {
  wire::VoteRequest request;
  request.cluster_id = state.config.cluster_id;
  request.voter_id = voter.id;
  auto& topic = request.topics.emplace_back();
  topic.topic_name = kTopicName;
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = 0;
  partition.replica_epoch = state.epoch;
  partition.replica_id = state.config.node_id;
  partition.replica_directory_id = state.config.directory_id;
  partition.voter_directory_id = voter.directory_id;
  partition.last_offset_epoch = state.log.last_epoch();
  partition.last_offset = state.log.end();
  partition.pre_vote = pre_vote;
  return request;
}

void ask_for_votes(State& state, const Ballots& ballots, bool pre_vote) {
  if (ballots.lost()) return;
  for (wire::NodeId id : ballots.unheard()) {
    const Voter* voter = state.voters.current().find(id);
    if (voter == nullptr) continue;
    if (!state.can_send(id)) continue;
    state.send(id, vote_request(state, voter->key, pre_vote));
  }
}

void end_lost_pre_vote(State& state) {
  if (state.leader && state.is_reachable(*state.leader, state.leader_endpoints)) {
    state.become_follower(state.epoch, *state.leader, state.leader_endpoints);
  } else {
    state.become_unattached(state.epoch, state.leader);
  }
}

// Goes on as soon as the ballots say so; a sole voter passes both votes here at once.
void advance(State& state) {
  if (const auto* prospective = state.as<Prospective>()) {
    if (prospective->ballots.won()) state.become_candidate();
  }
  if (const auto* candidate = state.as<Candidate>()) {
    if (candidate->ballots.won()) state.become_leader();
  }
}

wire::DurationMs succession_backoff(const State& state, size_t position, size_t candidates) {
  const wire::DurationMs most = state.config.election_backoff_max_ms;
  if (position == 0) return 0;
  if (position >= candidates) return most;
  const size_t halvings = std::min<size_t>(candidates - 1, 30);
  const wire::DurationMs base = most >> halvings;
  return std::min(most, base << std::min<size_t>(position - 1, 30));
}

}  // namespace

void handle_vote(State& state, CallId call, const wire::VoteRequest& request) {
  using AnswerT = wire::VoteResponse;
  if (!has_valid_cluster_id(state, request.cluster_id)) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kInconsistentClusterId));
  }
  if (!names_only_metadata_partition(request.topics)) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kInvalidRequest));
  }
  const auto& asked = request.topics[0].partitions[0];
  const bool bad_epoch = asked.pre_vote ? asked.last_offset_epoch > asked.replica_epoch
                                        : asked.last_offset_epoch >= asked.replica_epoch;
  wire::ErrorCode error = wire::ErrorCode::kInvalidRequest;
  if (asked.last_offset >= 0 && asked.last_offset_epoch >= 0 && !bad_epoch) {
    error = voter_request_error(state, asked.replica_id, asked.replica_epoch);
  }
  if (error != wire::ErrorCode::kNone) {
    return state.answer(call, quorum_response<AnswerT>(state, error));
  }
  if (asked.replica_epoch > state.epoch) {
    state.become_unattached(asked.replica_epoch, std::nullopt);
  }
  if (!is_meant_for_us(state, request.voter_id, asked.voter_directory_id)) {
    return state.answer(call, quorum_response<AnswerT>(state, wire::ErrorCode::kInvalidVoterKey));
  }
  // A vote goes to any replica that asks, even one outside our voter set: that may lag (KIP-853).
  const ReplicaKey candidate{asked.replica_id, asked.replica_directory_id};
  const LogPosition theirs{asked.last_offset_epoch, asked.last_offset};
  const bool granted = candidate.id != state.config.node_id &&
                       can_grant(state, candidate, theirs >= state.log.position(), asked.pre_vote);
  if (granted && !asked.pre_vote && state.voted != candidate &&
      (state.as<Unattached>() != nullptr || state.as<Prospective>() != nullptr)) {
    if (!state.voted || state.config.planted_bug == PlantedBug::kVoteGrantedTwice) {
      state.grant_vote(candidate);
    }
  }
  AnswerT response = quorum_response<AnswerT>(state, wire::ErrorCode::kNone);
  response.topics[0].partitions[0].vote_granted = granted;
  state.answer(call, std::move(response));
}

void handle_begin_quorum_epoch(State& state, CallId call,
                               const wire::BeginQuorumEpochRequest& request) {
  using AnswerT = wire::BeginQuorumEpochResponse;
  if (!has_valid_cluster_id(state, request.cluster_id)) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kInconsistentClusterId));
  }
  if (!names_only_metadata_partition(request.topics)) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kInvalidRequest));
  }
  const auto& begun = request.topics[0].partitions[0];
  wire::ErrorCode error = voter_request_error(state, begun.leader_id, begun.leader_epoch);
  if (error == wire::ErrorCode::kNone) {
    LeaderHint hint{begun.leader_id, begun.leader_epoch, {}};
    for (const auto& endpoint : request.leader_endpoints) {
      hint.endpoints.push_back({endpoint.name, endpoint.host, endpoint.port});
    }
    if (hint.endpoints.empty()) hint.endpoints = state.endpoints_of(begun.leader_id);
    // The leader of our own pre-vote's epoch is alive after all.
    if (state.as<Prospective>() != nullptr && state.epoch == begun.leader_epoch &&
        state.leader == begun.leader_id && state.is_reachable(begun.leader_id, hint.endpoints)) {
      state.become_follower(begun.leader_epoch, begun.leader_id, hint.endpoints);
    } else {
      follow_hint(state, hint);
    }
    if (!is_meant_for_us(state, request.voter_id, begun.voter_directory_id)) {
      error = wire::ErrorCode::kInvalidVoterKey;
    }
  }
  state.answer(call, quorum_response<AnswerT>(state, error));
}

void handle_end_quorum_epoch(State& state, CallId call,
                             const wire::EndQuorumEpochRequest& request) {
  using AnswerT = wire::EndQuorumEpochResponse;
  if (!has_valid_cluster_id(state, request.cluster_id)) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kInconsistentClusterId));
  }
  if (!names_only_metadata_partition(request.topics)) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kInvalidRequest));
  }
  const auto& ended = request.topics[0].partitions[0];
  const wire::ErrorCode error = voter_request_error(state, ended.leader_id, ended.leader_epoch);
  if (error == wire::ErrorCode::kNone) {
    LeaderHint hint{ended.leader_id, ended.leader_epoch, {}};
    for (const auto& endpoint : request.leader_endpoints) {
      hint.endpoints.push_back({endpoint.name, endpoint.host, endpoint.port});
    }
    follow_hint(state, hint);
    if (auto* follower = state.as<Follower>();
        follower != nullptr && state.leader == ended.leader_id) {
      // The first of the list stands at once, the others wait so that it may win (KIP-595).
      size_t position = 0;
      size_t candidates = ended.preferred_candidates.size();
      if (candidates > 0) {
        while (position < candidates &&
               !is_meant_for_us(state, ended.preferred_candidates[position].candidate_id,
                                ended.preferred_candidates[position].candidate_directory_id)) {
          ++position;
        }
      } else {
        candidates = ended.preferred_successors.size();
        while (position < candidates &&
               ended.preferred_successors[position] != state.config.node_id) {
          ++position;
        }
      }
      follower->fetch_deadline =
          state.monotonic() + succession_backoff(state, position, candidates);
    }
  }
  state.answer(call, quorum_response<AnswerT>(state, error));
}

void handle_vote_response(State& state, wire::NodeId from, const wire::VoteResponse& response) {
  if (response.error_code == wire::ErrorCode::kUnsupportedVersion) {
    return handle_vote_unsupported(state);
  }
  if (response.error_code != wire::ErrorCode::kNone) {
    return wire::log::warn("raft: node {} refused to vote: {}", from,
                           wire::error_name(response.error_code));
  }
  if (!names_only_metadata_partition(response.topics)) return;
  const auto& ballot = response.topics[0].partitions[0];
  const LeaderHint hint{ballot.leader_id, ballot.leader_epoch,
                        leader_endpoints_in(state, response, ballot.leader_id)};
  if (handle_common_response(state, ballot.error_code, hint)) return;
  if (ballot.error_code != wire::ErrorCode::kNone) return;
  if (auto* prospective = state.as<Prospective>()) {
    prospective->ballots.record(from, ballot.vote_granted);
    if (prospective->ballots.lost()) end_lost_pre_vote(state);
  } else if (auto* candidate = state.as<Candidate>()) {
    // A lost election is waited out: the next round begins with a pre-vote.
    candidate->ballots.record(from, ballot.vote_granted);
  }
  advance(state);
}

void handle_vote_unsupported(State& state) {
  if (state.as<Prospective>() == nullptr) return;
  state.become_candidate();
  advance(state);
}

void handle_begin_quorum_epoch_response(State& state, wire::NodeId from,
                                        const wire::BeginQuorumEpochResponse& response) {
  if (response.error_code != wire::ErrorCode::kNone) {
    return wire::log::warn("raft: node {} refused our epoch: {}", from,
                           wire::error_name(response.error_code));
  }
  if (!names_only_metadata_partition(response.topics)) return;
  const auto& partition = response.topics[0].partitions[0];
  handle_common_response(state, partition.error_code,
                         {partition.leader_id, partition.leader_epoch,
                          leader_endpoints_in(state, response, partition.leader_id)});
}

void handle_end_quorum_epoch_response(State& state, wire::NodeId from,
                                      const wire::EndQuorumEpochResponse& response) {
  if (response.error_code != wire::ErrorCode::kNone) return;
  if (!names_only_metadata_partition(response.topics)) return;
  const auto& partition = response.topics[0].partitions[0];
  if (handle_common_response(state, partition.error_code,
                             {partition.leader_id, partition.leader_epoch,
                              leader_endpoints_in(state, response, partition.leader_id)})) {
    return;
  }
  if (auto* resigned = state.as<Resigned>()) resigned->unacknowledged.erase(from);
}

bool poll_unattached(State& state) {
  const auto& unattached = *state.as<Unattached>();
  if (state.may_stand() && !state.shutting_down) {
    // Nobody else could tell us anything.
    if (state.is_only_voter() || state.monotonic() >= unattached.election_deadline) {
      state.become_prospective();
      advance(state);
      return true;
    }
    state.wake_at(unattached.election_deadline);
  }
  if (state.shutting_down) return false;
  // Voters look for the leader too: it may have no reason to send them BeginQuorumEpoch.
  if (const auto node = state.ready_bootstrap_node()) send_fetch(state, *node);
  return false;
}

bool poll_prospective(State& state) {
  const auto& prospective = *state.as<Prospective>();
  if (!state.may_stand()) {
    end_lost_pre_vote(state);  // removed by a Voters record meanwhile
    return true;
  }
  if (prospective.ballots.won()) {
    advance(state);
    return true;
  }
  if (state.monotonic() >= prospective.election_deadline) {
    end_lost_pre_vote(state);
    return true;
  }
  state.wake_at(prospective.election_deadline);
  ask_for_votes(state, prospective.ballots, true);
  return false;
}

bool poll_candidate(State& state) {
  const auto& candidate = *state.as<Candidate>();
  if (candidate.ballots.won()) {
    advance(state);
    return true;
  }
  if (state.monotonic() >= candidate.election_deadline) {
    if (state.may_stand()) {
      state.become_prospective();
    } else {
      state.become_unattached(state.epoch + 1, std::nullopt);
    }
    return true;
  }
  state.wake_at(candidate.election_deadline);
  ask_for_votes(state, candidate.ballots, false);
  return false;
}

bool poll_resigned(State& state) {
  const auto& resigned = *state.as<Resigned>();
  if (!state.shutting_down) {
    if (state.is_only_voter()) {
      state.become_prospective();
      advance(state);
      return true;
    }
    if (state.monotonic() >= resigned.election_deadline) {
      // A new epoch, so that no answer of this node names it as the leader it no longer is.
      state.become_unattached(state.epoch + 1, std::nullopt);
      return true;
    }
    state.wake_at(resigned.election_deadline);
  }
  for (wire::NodeId id : resigned.unacknowledged) {
    if (!state.can_send(id)) continue;
    wire::EndQuorumEpochRequest request;
    request.cluster_id = state.config.cluster_id;
    auto& topic = request.topics.emplace_back();
    topic.topic_name = kTopicName;
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = 0;
    partition.leader_id = state.config.node_id;
    partition.leader_epoch = state.epoch;
    for (const ReplicaKey& key : resigned.preferred_candidates) {
      partition.preferred_successors.push_back(key.id);
      auto& candidate = partition.preferred_candidates.emplace_back();
      candidate.candidate_id = key.id;
      candidate.candidate_directory_id = key.directory_id;
    }
    for (const Endpoint& endpoint : state.config.endpoints) {
      auto& slot = request.leader_endpoints.emplace_back();
      slot.name = endpoint.name;
      slot.host = endpoint.host;
      slot.port = endpoint.port;
    }
    state.send(id, std::move(request));
  }
  return false;
}

void send_begin_quorum_epoch(State& state, const ReplicaKey& voter) {
  wire::BeginQuorumEpochRequest request;
  request.cluster_id = state.config.cluster_id;
  request.voter_id = voter.id;
  auto& topic = request.topics.emplace_back();
  topic.topic_name = kTopicName;
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = 0;
  partition.voter_directory_id = voter.directory_id;
  partition.leader_id = state.config.node_id;
  partition.leader_epoch = state.epoch;
  for (const Endpoint& endpoint : state.config.endpoints) {
    auto& slot = request.leader_endpoints.emplace_back();
    slot.name = endpoint.name;
    slot.host = endpoint.host;
    slot.port = endpoint.port;
  }
  state.send(voter.id, std::move(request));
}

}  // namespace cluster::raft
