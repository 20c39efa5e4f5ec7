#include "cluster/raft/snapshot.h"

#include <utility>

#include "cluster/raft/protocol.h"
#include "cluster/raft/replication.h"
#include "cluster/raft/voters.h"
#include "wire/base/log.h"

namespace cluster::raft {
namespace {

wire::FetchSnapshotResponse snapshot_response(const State& state, wire::ErrorCode error) {
  wire::FetchSnapshotResponse response;
  auto& topic = response.topics.emplace_back();
  topic.name = kTopicName;
  auto& partition = topic.partitions.emplace_back();
  partition.index = 0;
  partition.error_code = error;
  partition.current_leader.leader_id = state.leader.value_or(wire::kNoNode);
  partition.current_leader.leader_epoch = state.epoch;
  add_leader_endpoint(state, response);
  return response;
}

}  // namespace

void handle_fetch_snapshot(State& state, CallId call, const wire::FetchSnapshotRequest& request) {
  using AnswerT = wire::FetchSnapshotResponse;
  if (!has_valid_cluster_id(state, request.cluster_id)) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kInconsistentClusterId));
  }
  if (request.topics.size() != 1 || request.topics[0].partitions.size() != 1) {
    return state.answer(call, top_level_error<AnswerT>(wire::ErrorCode::kInvalidRequest));
  }
  const auto& asked = request.topics[0].partitions[0];
  auto refuse = [&](wire::ErrorCode error) { state.answer(call, snapshot_response(state, error)); };
  if (request.topics[0].name != kTopicName || asked.partition != 0) {
    AnswerT response = snapshot_response(state, wire::ErrorCode::kUnknownTopicOrPartition);
    response.topics[0].name = request.topics[0].name;
    response.topics[0].partitions[0].index = asked.partition;
    return state.answer(call, std::move(response));
  }
  if (const auto error = leader_request_error(state, asked.current_leader_epoch);
      error != wire::ErrorCode::kNone) {
    return refuse(error);
  }
  const SnapshotId id{asked.snapshot_id.end_offset, asked.snapshot_id.epoch};
  auto found = state.log.snapshots().find(id);
  if (found == state.log.snapshots().end() || id == kBootstrapSnapshot) {
    return refuse(wire::ErrorCode::kSnapshotNotFound);
  }
  if (asked.position < 0 || asked.position >= found->second) {
    return refuse(wire::ErrorCode::kPositionOutOfRange);
  }
  note_following(state, {request.replica_id, asked.replica_directory_id});
  AnswerT response = snapshot_response(state, wire::ErrorCode::kNone);
  auto& partition = response.topics[0].partitions[0];
  partition.snapshot_id.end_offset = id.end_offset;
  partition.snapshot_id.epoch = id.epoch;
  partition.size = found->second;
  partition.position = asked.position;
  state.out.snapshots.push_back({call, std::move(response), id, asked.position, request.max_bytes});
}

void send_fetch_snapshot(State& state, wire::NodeId to) {
  const Follower::Download& download = *state.as<Follower>()->download;
  wire::FetchSnapshotRequest request;
  request.cluster_id = state.config.cluster_id;
  request.replica_id = state.config.node_id;
  request.max_bytes = state.config.snapshot_chunk_bytes;
  auto& topic = request.topics.emplace_back();
  topic.name = kTopicName;
  auto& partition = topic.partitions.emplace_back();
  partition.partition = 0;
  partition.current_leader_epoch = state.epoch;
  partition.snapshot_id.end_offset = download.id.end_offset;
  partition.snapshot_id.epoch = download.id.epoch;
  partition.position = download.position;
  partition.replica_directory_id = state.config.directory_id;
  state.send(to, std::move(request));
}

void handle_fetch_snapshot_response(State& state, const wire::FetchSnapshotResponse& response) {
  if (response.error_code != wire::ErrorCode::kNone) {
    return wire::log::warn("raft: snapshot refused: {}", wire::error_name(response.error_code));
  }
  if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1) return;
  const auto& partition = response.topics[0].partitions[0];
  const wire::NodeId leader = partition.current_leader.leader_id;
  if (handle_common_response(state, partition.error_code,
                             {leader, partition.current_leader.leader_epoch,
                              leader_endpoints_in(state, response, leader)})) {
    return;
  }
  auto* follower = state.as<Follower>();
  if (follower == nullptr || !follower->download || follower->download->storing) return;
  Follower::Download& download = *follower->download;
  if (partition.error_code != wire::ErrorCode::kNone) {
    // Deleted in the meantime; the next fetch names the one that replaced it.
    follower->download.reset();
    return note_successful_fetch(state);
  }
  const SnapshotId id{partition.snapshot_id.end_offset, partition.snapshot_id.epoch};
  const auto size = static_cast<int64_t>(partition.unaligned_records.size());
  if (id != download.id || partition.position != download.position ||
      download.position + size > partition.size || size == 0) {
    wire::log::error("raft: snapshot {}-{}: got {} bytes at {} of {}-{}, expected position {}",
                     download.id.end_offset, download.id.epoch, size, partition.position,
                     id.end_offset, id.epoch, download.position);
    follower->download.reset();
    return;
  }
  download.storing = download.position + size == partition.size;
  state.out.store_chunk =
      SnapshotChunk{id, download.position, partition.unaligned_records, download.storing};
  download.position += size;
  note_successful_fetch(state);
}

void finish_download(State& state, SnapshotId id, int64_t size, const SnapshotControl& control) {
  auto* follower = state.as<Follower>();
  if (follower != nullptr && follower->download && follower->download->id == id) {
    follower->download.reset();
  }
  state.log.add_snapshot(id, size);
  // Meanwhile another leader may have sent us records beyond it: then it is just a snapshot.
  const LogPosition position = state.log.position();
  const bool ahead =
      id.epoch > position.epoch || (id.epoch == position.epoch && id.end_offset > position.offset);
  if (!ahead || state.as<Leader>() != nullptr) return;
  if (state.high_watermark && id.end_offset < *state.high_watermark) return;
  state.log.restart_at(id);
  state.voters.clear();
  state.voters.add_version(id.end_offset - 1, control.kraft_version);
  std::vector<ControlChange> changes;
  if (control.voters) changes.push_back({id.end_offset - 1, control.voters, std::nullopt});
  apply_control_changes(state, std::move(changes));
  state.out.restart_log_at = id;
  commit_up_to(state, id.end_offset);
}

void reject_download(State& state, SnapshotId id) {
  auto* follower = state.as<Follower>();
  if (follower != nullptr && follower->download && follower->download->id == id) {
    follower->download.reset();
  }
}

}  // namespace cluster::raft
