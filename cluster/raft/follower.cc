// The follower's half of replication.h: fetch, check, append or truncate.
#include <algorithm>
#include <utility>

#include "cluster/raft/control_records.h"
#include "cluster/raft/protocol.h"
#include "cluster/raft/replication.h"
#include "cluster/raft/snapshot.h"
#include "cluster/raft/voters.h"
#include "wire/base/log.h"
#include "wire/records/record_batch.h"

namespace cluster::raft {
namespace {

void truncate_log(State& state, LogPosition diverging) {
  const wire::Offset to = state.log.truncation_offset(diverging);
  if (state.high_watermark && to < *state.high_watermark) {
    // Committed records are never given up: the leader, or we, have lost data that was promised.
    wire::log::error(
        "raft: the leader of epoch {} asks to truncate to {}, below the high watermark {}",
        state.epoch, to, *state.high_watermark);
    return;
  }
  if (state.config.planted_bug == PlantedBug::kTruncationSkipped) return;
  wire::log::info("raft: truncating the metadata log from {} to {}", state.log.end(), to);
  state.log.truncate_to(to);
  state.voters.truncate_to(to);
  state.out.truncate_to = to;
}

// Appends the whole, valid batches that continue our log; what follows a bad one is fetched again.
void append_fetched(State& state, const wire::Bytes& records) {
  wire::BatchIterator batches(records);
  size_t good_bytes = 0;
  while (batches.next()) {
    const wire::RecordBatchView& batch = batches.batch();
    const bool continues = batch.base_offset() == state.log.end() &&
                           batch.next_offset() > batch.base_offset() &&
                           batch.partition_leader_epoch() >= state.log.last_epoch() &&
                           batch.partition_leader_epoch() <= state.epoch;
    if (!continues && state.config.planted_bug != PlantedBug::kTruncationSkipped) break;
    if (batch.next_offset() <= state.log.end() || !batch.crc_is_valid()) break;
    std::vector<ControlChange> changes;
    if (batch.is_control()) {
      auto read = read_control_changes(batch);
      if (!read.ok()) break;
      changes = std::move(*read);
    }
    state.log.append(std::max(batch.partition_leader_epoch(), state.log.last_epoch()),
                     batch.next_offset());
    apply_control_changes(state, std::move(changes));
    good_bytes = batches.position() + batch.size_bytes();
  }
  if (good_bytes == 0) return;
  state.out.append.push_back(records.slice(0, good_bytes));
}

void begin_download(State& state, SnapshotId id) {
  auto& follower = *state.as<Follower>();
  if (state.log.snapshots().contains(id)) return;
  // It covers nothing that we lack: a late answer.
  if (id.end_offset <= state.log.start()) return;
  wire::log::info("raft: fetching snapshot {}-{} from the leader", id.end_offset, id.epoch);
  follower.download = Follower::Download{id};
}

bool handle_common_fetch_errors(State& state, const wire::FetchResponse& response) {
  if (response.error_code != wire::ErrorCode::kNone) {
    wire::log::warn("raft: fetch refused: {}", wire::error_name(response.error_code));
    return true;
  }
  if (response.responses.size() != 1 || response.responses[0].partitions.size() != 1) return true;
  const auto& topic = response.responses[0];
  if (topic.topic_id != wire::kMetadataTopicId && topic.topic != kTopicName) return true;
  const auto& partition = topic.partitions[0];
  const wire::NodeId leader = partition.current_leader.leader_id;
  return handle_common_response(state, partition.error_code,
                                {leader, partition.current_leader.leader_epoch,
                                 leader_endpoints_in(state, response, leader)});
}

}  // namespace

void handle_fetch_response(State& state, const wire::FetchResponse& response) {
  if (handle_common_fetch_errors(state, response)) return;
  const auto& partition = response.responses[0].partitions[0];
  auto* follower = state.as<Follower>();
  if (follower == nullptr || partition.error_code != wire::ErrorCode::kNone) return;
  if (partition.diverging_epoch.epoch >= 0) {
    truncate_log(state, {partition.diverging_epoch.epoch, partition.diverging_epoch.end_offset});
  } else if (partition.snapshot_id.epoch >= 0 && partition.snapshot_id.end_offset >= 0) {
    begin_download(state, {partition.snapshot_id.end_offset, partition.snapshot_id.epoch});
  } else {
    if (partition.records && !partition.records->empty()) {
      append_fetched(state, *partition.records);
    }
    if (partition.high_watermark >= 0) commit_up_to(state, partition.high_watermark);
  }
  note_successful_fetch(state);
}

bool poll_follower(State& state) {
  auto& follower = *state.as<Follower>();
  if (state.shutting_down) return false;
  const bool voter = state.may_stand();
  if (voter && state.monotonic() >= follower.fetch_deadline) {
    state.become_prospective();
    return true;
  }
  if (voter) state.wake_at(follower.fetch_deadline);
  if (state.monotonic() >= follower.update_voter_at) {
    follower.update_voter_at = state.monotonic() + state.config.fetch_timeout_ms;
    if (announce_ourselves(state)) return false;
  }
  state.wake_at(follower.update_voter_at);
  // The fetch offset says what is on our disk, so it waits for the disk.
  if (state.log.flushed() < state.log.end()) return false;
  if (follower.download && follower.download->storing) return false;
  if (state.any_in_flight()) return false;
  if (state.can_send(*state.leader)) {
    if (follower.download) {
      send_fetch_snapshot(state, *state.leader);
    } else {
      send_fetch(state, *state.leader);
    }
    return false;
  }
  // The leader does not answer: somebody else may know a newer one.
  if (const auto node = state.ready_bootstrap_node(); node && *node != *state.leader) {
    send_fetch(state, *node);
  }
  return false;
}

}  // namespace cluster::raft
