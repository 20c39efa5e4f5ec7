// What all quorum requests have in common: which partition they are for, who may ask, how an answer
// names the leader, and what an answer's error means (KIP-595).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/raft/state.h"
#include "wire/error_code.h"

namespace cluster::raft {

// --- Requests

bool has_valid_cluster_id(const State& state, const std::optional<std::string>& cluster_id);

// Exactly one topic with one partition: partition 0 of __cluster_metadata.
template <typename Topics>
bool names_only_metadata_partition(const Topics& topics) {
  return topics.size() == 1 && topics[0].topic_name == kTopicName &&
         topics[0].partitions.size() == 1 && topics[0].partitions[0].partition_index == 0;
}

// Vote, BeginQuorumEpoch, EndQuorumEpoch.
wire::ErrorCode voter_request_error(const State& state, wire::NodeId replica, wire::Epoch epoch);
// Fetch, FetchSnapshot, UpdateRaftVoter.
wire::ErrorCode leader_request_error(const State& state, wire::Epoch epoch);
// Whether a request that says for which voter it is meant, is meant for us.
bool is_meant_for_us(const State& state, wire::NodeId voter_id, const wire::Uuid& directory_id);

// --- Answers that we give

template <typename Response>
void add_leader_endpoint(const State& state, Response& response) {
  if (!state.leader || state.leader_endpoints.empty()) return;
  auto& node = response.node_endpoints.emplace_back();
  node.node_id = *state.leader;
  node.host = state.leader_endpoints.front().host;
  node.port = state.leader_endpoints.front().port;
}

// VoteResponse, BeginQuorumEpochResponse, EndQuorumEpochResponse.
template <typename Response>
Response quorum_response(const State& state, wire::ErrorCode error) {
  Response response;
  auto& topic = response.topics.emplace_back();
  topic.topic_name = kTopicName;
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = 0;
  partition.error_code = error;
  partition.leader_id = state.leader.value_or(wire::kNoNode);
  partition.leader_epoch = state.epoch;
  add_leader_endpoint(state, response);
  return response;
}

template <typename Response>
Response top_level_error(wire::ErrorCode error) {
  Response response;
  response.error_code = error;
  return response;
}

// A FetchResponse for the metadata partition without records.
wire::FetchResponse fetch_response(const State& state);
wire::FetchResponse fetch_error(const State& state, wire::ErrorCode error);

// --- Answers that we get

// Where the leader named in an answer listens: as the answer says, else as the voter set does.
template <typename Response>
std::vector<Endpoint> leader_endpoints_in(const State& state, const Response& response,
                                          wire::NodeId leader) {
  for (const auto& node : response.node_endpoints) {
    if (node.node_id != leader) continue;
    Endpoint endpoint;
    if (!state.config.endpoints.empty()) endpoint.name = state.config.endpoints.front().name;
    endpoint.host = node.host;
    endpoint.port = static_cast<uint16_t>(node.port);
    return {endpoint};
  }
  return state.endpoints_of(leader);
}

struct LeaderHint {
  wire::NodeId leader_id = wire::kNoNode;  // -1: none
  wire::Epoch epoch = 0;
  std::vector<Endpoint> endpoints;
};

// Follows a hint from a request or an answer: to a later epoch, or to a leader not known so far.  A
// hint that contradicts what we know of this epoch is dropped: it cannot come from a sound peer.
void follow_hint(State& state, const LeaderHint& hint);
// True if epoch or error already say all that the answer means to us.
bool handle_common_response(State& state, wire::ErrorCode error, const LeaderHint& hint);

}  // namespace cluster::raft
