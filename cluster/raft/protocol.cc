#include "cluster/raft/protocol.h"

#include "wire/base/log.h"

namespace cluster::raft {

bool has_valid_cluster_id(const State& state, const std::optional<std::string>& cluster_id) {
  return !cluster_id || *cluster_id == state.config.cluster_id;
}

wire::ErrorCode voter_request_error(const State& state, wire::NodeId replica, wire::Epoch epoch) {
  if (epoch < state.epoch) return wire::ErrorCode::kFencedLeaderEpoch;
  if (replica < 0) return wire::ErrorCode::kInvalidRequest;
  return wire::ErrorCode::kNone;
}

wire::ErrorCode leader_request_error(const State& state, wire::Epoch epoch) {
  if (epoch < state.epoch) return wire::ErrorCode::kFencedLeaderEpoch;
  if (epoch > state.epoch) return wire::ErrorCode::kUnknownLeaderEpoch;
  if (state.as<Leader>() == nullptr) return wire::ErrorCode::kNotLeaderOrFollower;
  return wire::ErrorCode::kNone;
}

bool is_meant_for_us(const State& state, wire::NodeId voter_id, const wire::Uuid& directory_id) {
  if (voter_id < 0) return true;  // version 0 of the request does not say
  if (voter_id != state.config.node_id) return false;
  return directory_id.is_zero() || directory_id == state.config.directory_id;
}

wire::FetchResponse fetch_response(const State& state) {
  wire::FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic = kTopicName;
  topic.topic_id = wire::kMetadataTopicId;
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = 0;
  const auto* leading = state.as<Leader>();
  partition.high_watermark = leading == nullptr ? -1 : leading->high_watermark.value_or(-1);
  partition.log_start_offset = state.log.start();
  partition.current_leader.leader_id = state.leader.value_or(wire::kNoNode);
  partition.current_leader.leader_epoch = state.epoch;
  partition.records = wire::Bytes();
  add_leader_endpoint(state, response);
  return response;
}

wire::FetchResponse fetch_error(const State& state, wire::ErrorCode error) {
  wire::FetchResponse response = fetch_response(state);
  response.responses[0].partitions[0].error_code = error;
  response.responses[0].partitions[0].high_watermark = -1;
  return response;
}

void follow_hint(State& state, const LeaderHint& hint) {
  const bool names_leader = hint.leader_id >= 0;
  if (names_leader && hint.leader_id == state.config.node_id) {
    if (state.as<Leader>() == nullptr && hint.epoch >= state.epoch) {
      // Somebody remembers an epoch that this disk has forgotten.
      wire::log::error("raft: a peer says that this node leads epoch {}, it is at epoch {}",
                       hint.epoch, state.epoch);
    }
    return;
  }
  if (hint.epoch < state.epoch) return;
  const bool reachable = names_leader && state.is_reachable(hint.leader_id, hint.endpoints);
  if (hint.epoch > state.epoch) {
    if (reachable) {
      state.become_follower(hint.epoch, hint.leader_id, hint.endpoints);
    } else {
      state.become_unattached(hint.epoch, std::nullopt);
    }
    return;
  }
  if (!names_leader) return;
  if (state.leader && *state.leader != hint.leader_id) {
    wire::log::error("raft: two leaders named for epoch {}: {} and {}", hint.epoch, *state.leader,
                     hint.leader_id);
    return;
  }
  if (state.as<Follower>() != nullptr) {
    if (hint.endpoints.size() > state.leader_endpoints.size()) {
      state.leader_endpoints = hint.endpoints;
      state.out.endpoints.push_back(
          {hint.leader_id, hint.endpoints.front().host, hint.endpoints.front().port});
    }
    return;
  }
  // A Prospective that knows this leader has just lost touch with it; it goes back by itself.
  if (!reachable || state.as<Leader>() != nullptr || state.as<Resigned>() != nullptr) return;
  if (state.as<Prospective>() != nullptr && state.leader) return;
  state.become_follower(hint.epoch, hint.leader_id, hint.endpoints);
}

bool handle_common_response(State& state, wire::ErrorCode error, const LeaderHint& hint) {
  if (hint.epoch < state.epoch || error == wire::ErrorCode::kUnknownLeaderEpoch) return true;
  if (hint.epoch > state.epoch || error == wire::ErrorCode::kFencedLeaderEpoch ||
      error == wire::ErrorCode::kNotLeaderOrFollower) {
    follow_hint(state, hint);
    return true;
  }
  if (hint.leader_id >= 0 && !state.leader) {
    // An observer may learn the leader and get its first records in one answer.
    follow_hint(state, hint);
    return error != wire::ErrorCode::kNone;
  }
  if (error == wire::ErrorCode::kInvalidVoterKey) return true;
  if (error == wire::ErrorCode::kInvalidRequest) {
    wire::log::error("raft: a peer calls our request invalid");
    return true;
  }
  return error == wire::ErrorCode::kBrokerNotAvailable;
}

}  // namespace cluster::raft
