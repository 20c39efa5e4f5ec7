#include "cluster/raft/voters.h"

#include <algorithm>
#include <utility>

#include "cluster/raft/protocol.h"
#include "cluster/raft/replication.h"
#include "wire/base/log.h"

namespace cluster::raft {
namespace {

inline constexpr wire::DurationMs kCaughtUpWithinMs = 3'600'000;
inline constexpr char kKRaftVersionFeature[] = "kraft.version";

template <typename ResponseT>
ResponseT refusal(wire::ErrorCode error, std::string message) {
  ResponseT response;
  response.error_code = error;
  response.error_message = std::move(message);
  return response;
}

struct Obstacle {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  std::string message;
};

// Why the voters cannot be changed just now.
Obstacle obstacle_to_change(const State& state, const Leader& leading) {
  if (leading.add || leading.remove) {
    return {wire::ErrorCode::kRequestTimedOut,
            "Request timed out waiting for leader to handle previous voter change request"};
  }
  if (!leading.high_watermark) {
    return {wire::ErrorCode::kRequestTimedOut,
            "Request timed out waiting for leader to establish HWM and fence previous voter "
            "changes"};
  }
  if (state.voters.kraft_version() < 1) {
    return {wire::ErrorCode::kUnsupportedVersion,
            "Cluster doesn't support changing voters because the kraft.version feature is 0"};
  }
  const auto offset = state.voters.current_offset();
  if (!offset || *offset >= *leading.high_watermark) {
    return {wire::ErrorCode::kRequestTimedOut,
            "Request timed out waiting for voters to commit the latest voter change"};
  }
  return {};
}

wire::Offset append_voters(State& state, const VoterSet& voters) {
  append_as_leader(state, build_voters_batch({state.log.end(), state.epoch, state.now.wall_ms},
                                             std::nullopt, voters));
  return state.log.end() - 1;
}

void answer_add(State& state, PendingAdd& add, wire::ErrorCode error, std::string message) {
  if (add.answered) return;
  add.answered = true;
  wire::AddRaftVoterResponse response;
  response.error_code = error;
  if (!message.empty()) response.error_message = std::move(message);
  state.answer(add.call, std::move(response));
}

void answer_remove(State& state, PendingRemove& remove, wire::ErrorCode error) {
  if (remove.answered) return;
  remove.answered = true;
  wire::RemoveRaftVoterResponse response;
  response.error_code = error;
  state.answer(remove.call, std::move(response));
}

wire::UpdateRaftVoterResponse update_response(const State& state, wire::ErrorCode error) {
  wire::UpdateRaftVoterResponse response;
  response.error_code = error;
  response.current_leader.leader_id = state.leader.value_or(wire::kNoNode);
  response.current_leader.leader_epoch = state.epoch;
  if (state.leader && !state.leader_endpoints.empty()) {
    response.current_leader.host = state.leader_endpoints.front().host;
    response.current_leader.port = state.leader_endpoints.front().port;
  }
  return response;
}

template <typename Listeners>
std::vector<Endpoint> endpoints_from(const Listeners& listeners) {
  std::vector<Endpoint> endpoints;
  for (const auto& listener : listeners) {
    endpoints.push_back({listener.name, listener.host, listener.port});
  }
  return endpoints;
}

// The peers reach a voter on the listener that is the default one here.
bool has_default_listener(const State& state, const std::vector<Endpoint>& endpoints) {
  if (state.config.endpoints.empty()) return !endpoints.empty();
  const std::string& name = state.config.endpoints.front().name;
  return std::any_of(endpoints.begin(), endpoints.end(),
                     [&name](const Endpoint& endpoint) { return endpoint.name == name; });
}

bool is_caught_up(const State& state, const Leader& leading, const ReplicaKey& replica) {
  auto found = leading.observers.find(replica);
  if (found == leading.observers.end()) return false;
  const ReplicaProgress& progress = found->second;
  return progress.last_caught_up && progress.last_fetch &&
         state.monotonic() - *progress.last_fetch < kCaughtUpWithinMs;
}

}  // namespace

void handle_add_voter(State& state, CallId call, const wire::AddRaftVoterRequest& request) {
  using AnswerT = wire::AddRaftVoterResponse;
  if (!has_valid_cluster_id(state, request.cluster_id)) {
    return state.answer(call, refusal<AnswerT>(wire::ErrorCode::kInconsistentClusterId,
                                               "The given id doesn't match the cluster id \"" +
                                                   state.config.cluster_id + "\""));
  }
  auto* leading = state.as<Leader>();
  if (leading == nullptr) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kNotLeaderOrFollower));
  }
  Voter voter{{request.voter_id, request.voter_directory_id}, endpoints_from(request.listeners)};
  if (voter.key.id < 0 || voter.key.directory_id.is_zero()) {
    return state.answer(call, refusal<AnswerT>(wire::ErrorCode::kInvalidRequest,
                                               "Add voter request didn't include a valid voter"));
  }
  if (!has_default_listener(state, voter.endpoints)) {
    return state.answer(
        call,
        refusal<AnswerT>(wire::ErrorCode::kInvalidRequest,
                         "Add voter request didn't include the endpoint for the default listener"));
  }
  if (Obstacle obstacle = obstacle_to_change(state, *leading);
      obstacle.error != wire::ErrorCode::kNone) {
    return state.answer(call, refusal<AnswerT>(obstacle.error, std::move(obstacle.message)));
  }
  if (state.voters.current().find(voter.key.id) != nullptr) {
    return state.answer(call, refusal<AnswerT>(wire::ErrorCode::kDuplicateVoter,
                                               "The voter id " + std::to_string(voter.key.id) +
                                                   " is already part of the set of voters."));
  }
  const Endpoint* address = &voter.endpoints.front();
  for (const Endpoint& endpoint : voter.endpoints) {
    if (!state.config.endpoints.empty() && endpoint.name == state.config.endpoints.front().name) {
      address = &endpoint;
    }
  }
  state.out.endpoints.push_back({voter.key.id, address->host, address->port});
  wire::ApiVersionsRequest probe;
  probe.client_software_name = "odradek";
  probe.client_software_version = "0";
  const auto sent = state.send(voter.key.id, std::move(probe));
  if (!sent) {
    return state.answer(call, refusal<AnswerT>(wire::ErrorCode::kRequestTimedOut,
                                               "New voter is not ready to receive requests"));
  }
  PendingAdd add;
  add.call = call;
  add.voter = std::move(voter);
  add.ack_when_committed = request.ack_when_committed;
  add.probe = sent;
  add.deadline = state.monotonic() + state.config.request_timeout_ms;
  leading->add = std::move(add);
}

void handle_api_versions_response(State& state, wire::NodeId from,
                                  const wire::Result<Response>& response) {
  auto* leading = state.as<Leader>();
  if (leading == nullptr || !leading->add || !leading->add->probe) return;
  PendingAdd& add = *leading->add;
  if (from != add.voter.key.id) return;
  add.probe.reset();
  const auto* answer = response.ok() ? std::get_if<wire::ApiVersionsResponse>(&*response) : nullptr;
  if (answer == nullptr || answer->error_code != wire::ErrorCode::kNone) {
    answer_add(state, add, wire::ErrorCode::kRequestTimedOut,
               "Aborted add voter operation since API_VERSIONS returned an error");
    leading->add.reset();
    return;
  }
  const int16_t finalized = state.voters.kraft_version();
  bool supported = false;
  for (const auto& feature : answer->supported_features) {
    if (feature.name != kKRaftVersionFeature) continue;
    supported = feature.min_version <= finalized && finalized <= feature.max_version;
    add.voter.min_kraft_version = feature.min_version;
    add.voter.max_kraft_version = feature.max_version;
  }
  if (!supported) {
    answer_add(state, add, wire::ErrorCode::kInvalidRequest,
               "Aborted add voter operation since the new voter does not support kraft.version " +
                   std::to_string(finalized));
    leading->add.reset();
    return;
  }
  if (!is_caught_up(state, *leading, add.voter.key)) {
    answer_add(state, add, wire::ErrorCode::kRequestTimedOut,
               "Aborted add voter operation since the new voter is lagging behind");
    leading->add.reset();
    return;
  }
  const auto voters = state.voters.current().with_added(add.voter);
  if (!voters) {
    answer_add(state, add, wire::ErrorCode::kDuplicateVoter, "");
    leading->add.reset();
    return;
  }
  add.record_offset = append_voters(state, *voters);
  add.deadline = state.monotonic() + state.config.request_timeout_ms;
  if (!add.ack_when_committed) answer_add(state, add, wire::ErrorCode::kNone, "");
  update_high_watermark(state);
}

void handle_remove_voter(State& state, CallId call, const wire::RemoveRaftVoterRequest& request) {
  using AnswerT = wire::RemoveRaftVoterResponse;
  if (!has_valid_cluster_id(state, request.cluster_id)) {
    return state.answer(call, refusal<AnswerT>(wire::ErrorCode::kInconsistentClusterId,
                                               "The given id doesn't match the cluster id \"" +
                                                   state.config.cluster_id + "\""));
  }
  auto* leading = state.as<Leader>();
  if (leading == nullptr) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kNotLeaderOrFollower));
  }
  const ReplicaKey key{request.voter_id, request.voter_directory_id};
  if (key.id < 0 || key.directory_id.is_zero()) {
    return state.answer(call,
                        refusal<AnswerT>(wire::ErrorCode::kInvalidRequest,
                                         "Remove voter request didn't include a valid voter"));
  }
  if (Obstacle obstacle = obstacle_to_change(state, *leading);
      obstacle.error != wire::ErrorCode::kNone) {
    return state.answer(call, refusal<AnswerT>(obstacle.error, std::move(obstacle.message)));
  }
  const auto voters = state.voters.current().without(key);
  if (!voters) {
    return state.answer(call, refusal<AnswerT>(wire::ErrorCode::kVoterNotFound,
                                               "Cannot remove voter " + std::to_string(key.id) +
                                                   ": it is not in the set of voters"));
  }
  if (voters->empty()) {
    return state.answer(
        call, refusal<AnswerT>(wire::ErrorCode::kInvalidRequest, "Cannot remove the last voter"));
  }
  PendingRemove remove;
  remove.call = call;
  remove.record_offset = append_voters(state, *voters);
  remove.deadline = state.monotonic() + state.config.request_timeout_ms;
  leading->remove = remove;
  update_high_watermark(state);
}

void handle_update_voter(State& state, CallId call, const wire::UpdateRaftVoterRequest& request) {
  auto refuse = [&](wire::ErrorCode error) { state.answer(call, update_response(state, error)); };
  if (!has_valid_cluster_id(state, request.cluster_id)) {
    return refuse(wire::ErrorCode::kInconsistentClusterId);
  }
  if (const auto error = leader_request_error(state, request.current_leader_epoch);
      error != wire::ErrorCode::kNone) {
    return refuse(error);
  }
  const auto& range = request.k_raft_version_feature;
  Voter voter{{request.voter_id, request.voter_directory_id},
              endpoints_from(request.listeners),
              range.min_supported_version,
              range.max_supported_version};
  if (voter.key.id < 0 || voter.key.directory_id.is_zero() ||
      !has_default_listener(state, voter.endpoints) || range.min_supported_version < 0 ||
      range.max_supported_version < range.min_supported_version) {
    return refuse(wire::ErrorCode::kInvalidRequest);
  }
  auto& leading = *state.as<Leader>();
  const int16_t finalized = state.voters.kraft_version();
  const Obstacle obstacle = obstacle_to_change(state, leading);
  // At kraft.version 0 there is nothing to write, but an upgrade to 1 will need the directories.
  const bool is_static = obstacle.error == wire::ErrorCode::kUnsupportedVersion;
  if (obstacle.error != wire::ErrorCode::kNone && !is_static) {
    return refuse(wire::ErrorCode::kRequestTimedOut);
  }
  if (range.min_supported_version > finalized || range.max_supported_version < finalized) {
    return refuse(wire::ErrorCode::kInvalidRequest);
  }
  const auto updated = is_static ? leading.volatile_voters.with_updated_by_id(std::move(voter))
                                 : state.voters.current().with_updated(std::move(voter));
  if (!updated) return refuse(wire::ErrorCode::kVoterNotFound);
  if (is_static) {
    leading.volatile_voters = *updated;
  } else if (*updated != state.voters.current()) {
    append_voters(state, *updated);
  }
  note_following(state, {request.voter_id, request.voter_directory_id});
  refuse(wire::ErrorCode::kNone);
}

void handle_update_voter_response(State& state, const wire::UpdateRaftVoterResponse& response) {
  const auto& current = response.current_leader;
  LeaderHint hint{current.leader_id, current.leader_epoch, {}};
  if (current.leader_id >= 0 && !current.host.empty()) {
    std::string name =
        state.config.endpoints.empty() ? std::string() : state.config.endpoints.front().name;
    hint.endpoints.push_back({std::move(name), current.host, static_cast<uint16_t>(current.port)});
  }
  if (handle_common_response(state, response.error_code, hint)) return;
  auto* follower = state.as<Follower>();
  if (follower == nullptr) return;
  if (response.error_code == wire::ErrorCode::kNone ||
      response.error_code == wire::ErrorCode::kUnsupportedVersion) {
    follower->has_updated_leader = true;
    note_successful_fetch(state);
  }
}

void complete_voter_changes(State& state, Leader& leading) {
  if (!leading.high_watermark) return;
  const wire::Offset high_watermark = *leading.high_watermark;
  if (leading.add && leading.add->record_offset && *leading.add->record_offset < high_watermark) {
    answer_add(state, *leading.add, wire::ErrorCode::kNone, "");
    leading.add.reset();
  }
  if (leading.remove && leading.remove->record_offset < high_watermark) {
    answer_remove(state, *leading.remove, wire::ErrorCode::kNone);
    leading.remove.reset();
  }
  // The set that leaves us out is committed by the others: now it is theirs to elect (KIP-853).
  const auto offset = state.voters.current_offset();
  if (offset && *offset < high_watermark && !state.voters.current().is_voter(state.self())) {
    leading.resign_requested = true;
  }
}

void expire_voter_changes(State& state, Leader& leading) {
  if (leading.add) {
    if (state.monotonic() >= leading.add->deadline) {
      answer_add(state, *leading.add, wire::ErrorCode::kRequestTimedOut, "");
      leading.add.reset();
    } else {
      state.wake_at(leading.add->deadline);
    }
  }
  if (leading.remove) {
    if (state.monotonic() >= leading.remove->deadline) {
      answer_remove(state, *leading.remove, wire::ErrorCode::kRequestTimedOut);
      leading.remove.reset();
    } else {
      state.wake_at(leading.remove->deadline);
    }
  }
}

void abandon_voter_changes(State& state, Leader& leading) {
  if (leading.add) {
    answer_add(state, *leading.add, wire::ErrorCode::kNotLeaderOrFollower, "");
    leading.add.reset();
  }
  if (leading.remove) {
    answer_remove(state, *leading.remove, wire::ErrorCode::kNotLeaderOrFollower);
    leading.remove.reset();
  }
}

void apply_control_changes(State& state, std::vector<ControlChange> changes) {
  for (ControlChange& change : changes) {
    if (change.kraft_version) state.voters.add_version(change.offset, *change.kraft_version);
    if (!change.voters) continue;
    for (const Voter& voter : *change.voters) {
      if (voter.endpoints.empty() || voter.key.id == state.config.node_id) continue;
      state.out.endpoints.push_back(
          {voter.key.id, voter.endpoints.front().host, voter.endpoints.front().port});
    }
    state.voters.add_voters(change.offset, std::move(*change.voters));
  }
}

Voter our_voter(const State& state) {
  Voter voter{state.self(), state.config.endpoints};
  const Voter* known = state.voters.current().find(state.config.node_id);
  if (voter.endpoints.empty() && known != nullptr) voter.endpoints = known->endpoints;
  return voter;
}

bool announce_ourselves(State& state) {
  auto& follower = *state.as<Follower>();
  const bool dynamic = state.voters.kraft_version() >= 1;
  const Voter* known = state.voters.current().find(state.config.node_id);
  const Voter ourselves = our_voter(state);
  if (state.is_voter()) {
    if (ourselves.endpoints.empty()) return false;
    if (dynamic ? *known == ourselves : follower.has_updated_leader) return false;
    wire::UpdateRaftVoterRequest request;
    request.cluster_id = state.config.cluster_id;
    request.current_leader_epoch = state.epoch;
    request.voter_id = state.config.node_id;
    request.voter_directory_id = state.config.directory_id;
    for (const Endpoint& endpoint : ourselves.endpoints) {
      auto& listener = request.listeners.emplace_back();
      listener.name = endpoint.name;
      listener.host = endpoint.host;
      listener.port = endpoint.port;
    }
    request.k_raft_version_feature.min_supported_version = ourselves.min_kraft_version;
    request.k_raft_version_feature.max_supported_version = ourselves.max_kraft_version;
    return state.send(*state.leader, std::move(request)).has_value();
  }
  if (!dynamic || !state.config.auto_join || !state.config.can_be_voter) return false;
  if (known != nullptr) {
    // Our id with a directory that is gone: that voter will never come back (KIP-1186).
    wire::RemoveRaftVoterRequest request;
    request.cluster_id = state.config.cluster_id;
    request.voter_id = known->key.id;
    request.voter_directory_id = known->key.directory_id;
    return state.send(*state.leader, std::move(request)).has_value();
  }
  wire::AddRaftVoterRequest request;
  request.cluster_id = state.config.cluster_id;
  request.timeout_ms = static_cast<int32_t>(state.config.request_timeout_ms);
  request.voter_id = state.config.node_id;
  request.voter_directory_id = state.config.directory_id;
  for (const Endpoint& endpoint : ourselves.endpoints) {
    auto& listener = request.listeners.emplace_back();
    listener.name = endpoint.name;
    listener.host = endpoint.host;
    listener.port = endpoint.port;
  }
  request.ack_when_committed = false;
  return state.send(*state.leader, std::move(request)).has_value();
}

wire::Status can_upgrade_kraft_version(const State& state, int16_t version) {
  const auto* leading = state.as<Leader>();
  if (leading == nullptr || !leading->high_watermark) {
    return wire::Error{wire::ErrorCode::kNotController, "this node does not lead the quorum"};
  }
  const int16_t finalized = state.voters.kraft_version();
  if (version == finalized) return {};
  if (version < finalized || version > 1) {
    return wire::Error{wire::ErrorCode::kInvalidUpdateVersion,
                       "kraft.version cannot go from " + std::to_string(finalized) + " to " +
                           std::to_string(version)};
  }
  for (const Voter& voter : leading->volatile_voters) {
    if (voter.key.directory_id.is_zero() || voter.max_kraft_version < version) {
      return wire::Error{wire::ErrorCode::kInvalidUpdateVersion,
                         "voter " + std::to_string(voter.key.id) +
                             " has not told its directory and kraft.version range"};
    }
  }
  return {};
}

void upgrade_kraft_version(State& state, int16_t version) {
  if (state.voters.kraft_version() == version) return;
  const VoterSet voters = state.as<Leader>()->volatile_voters;
  append_as_leader(state, build_voters_batch({state.log.end(), state.epoch, state.now.wall_ms},
                                             version, voters));
}

}  // namespace cluster::raft
