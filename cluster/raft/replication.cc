#include "cluster/raft/replication.h"

#include <algorithm>
#include <utility>

#include "cluster/raft/control_records.h"
#include "cluster/raft/election.h"
#include "cluster/raft/protocol.h"
#include "cluster/raft/voters.h"
#include "wire/base/check.h"
#include "wire/base/log.h"
#include "wire/records/record_batch.h"

namespace cluster::raft {
namespace {

inline constexpr wire::DurationMs kObserverSessionMs = 300'000;

bool concerns_metadata_partition(const wire::FetchRequest& request) {
  if (request.topics.size() != 1 || request.topics[0].partitions.size() != 1) return false;
  const auto& topic = request.topics[0];
  // Before version 13 a topic has a name, from then on an id.
  const bool named = topic.topic_id.is_zero() ? topic.topic == kTopicName
                                              : topic.topic_id == wire::kMetadataTopicId;
  return named && topic.partitions[0].partition == 0;
}

wire::NodeId replica_of(const wire::FetchRequest& request) {
  return request.replica_state.replica_id >= 0 ? request.replica_state.replica_id
                                               : request.replica_id;
}

ReplicaProgress* find_progress(State& state, Leader& leading, const ReplicaKey& replica) {
  const Voter* voter = state.voters.current().find(replica.id);
  if (voter != nullptr && voter->matches(replica)) {
    auto found = leading.voters.find(replica.id);
    return found == leading.voters.end() ? nullptr : &found->second;
  }
  ReplicaProgress& progress = leading.observers[replica];
  progress.key = replica;
  return &progress;
}

// Whose progress counts follows the voter set in force; a voter that becomes an observer, or the
// other way round, keeps what is known of it.
void follow_voter_set(State& state) {
  auto* leading = state.as<Leader>();
  if (leading == nullptr) return;
  std::map<wire::NodeId, ReplicaProgress> old = std::move(leading->voters);
  leading->voters.clear();
  for (const Voter& voter : state.voters.current()) {
    ReplicaProgress& progress = leading->voters[voter.key.id];
    auto known = old.find(voter.key.id);
    if (known != old.end() && voter.matches(known->second.key)) {
      progress = std::move(known->second);
      old.erase(known);
    } else if (auto seen = leading->observers.find(voter.key); seen != leading->observers.end()) {
      progress = std::move(seen->second);
      leading->observers.erase(seen);
    }
    progress.key = voter.key;
  }
  for (auto& [id, progress] : old) {
    if (id != state.config.node_id) leading->observers[progress.key] = std::move(progress);
  }
}

void update_progress(State& state, ReplicaProgress& progress, wire::Offset fetch_offset) {
  const wire::DurationMs now = state.monotonic();
  // Caught up: has all that we have, or all that we had when it last asked.
  if (fetch_offset >= state.log.end()) {
    progress.last_caught_up = now;
  } else if (progress.leader_end_at_last_fetch > 0 &&
             fetch_offset >= progress.leader_end_at_last_fetch) {
    progress.last_caught_up = progress.last_fetch;
  }
  progress.last_fetch = now;
  progress.leader_end_at_last_fetch = state.log.end();
  progress.end_offset = fetch_offset;
}

bool must_answer_now(const wire::FetchResponse& response,
                     const wire::FetchRequest::FetchPartition& asked) {
  const auto& partition = response.responses[0].partitions[0];
  return partition.error_code != wire::ErrorCode::kNone || partition.diverging_epoch.epoch >= 0 ||
         partition.snapshot_id.epoch >= 0 || asked.high_watermark < partition.high_watermark;
}

// The answer to a fetch as things stand, without its records.
wire::FetchResponse plan_fetch(State& state, const ReplicaKey& replica,
                               const wire::FetchRequest::FetchPartition& asked) {
  const wire::ErrorCode error = leader_request_error(state, asked.current_leader_epoch);
  if (error != wire::ErrorCode::kNone) return fetch_error(state, error);
  const LogView::Validity validity =
      state.log.validate(asked.fetch_offset, asked.last_fetched_epoch);
  if (validity.match == LogView::Match::kValid && replica.id >= 0) {
    if (ReplicaProgress* progress = find_progress(state, *state.as<Leader>(), replica)) {
      update_progress(state, *progress, asked.fetch_offset);
    }
    note_following(state, replica);
    update_high_watermark(state);
    // The last voter of a removal may just have made us resign.
    if (state.as<Leader>() == nullptr) {
      return fetch_error(state, wire::ErrorCode::kNotLeaderOrFollower);
    }
  }
  wire::FetchResponse response = fetch_response(state);
  auto& partition = response.responses[0].partitions[0];
  if (validity.match == LogView::Match::kDiverging) {
    partition.diverging_epoch.epoch = validity.diverging.epoch;
    partition.diverging_epoch.end_offset = validity.diverging.offset;
  } else if (validity.match == LogView::Match::kSnapshot) {
    partition.snapshot_id.end_offset = validity.snapshot.end_offset;
    partition.snapshot_id.epoch = validity.snapshot.epoch;
  }
  return response;
}

void serve_fetch(State& state, CallId call, wire::FetchResponse response, wire::Offset offset,
                 int32_t max_bytes) {
  state.out.fetches.push_back({call, std::move(response), offset, max_bytes});
}

// Answers the fetches that wait for what has just come: records, or a higher high watermark.
void complete_waiting(State& state) {
  auto* leading = state.as<Leader>();
  if (leading == nullptr) return;
  std::vector<WaitingFetch> waiting = std::move(leading->waiting);
  leading->waiting.clear();
  for (WaitingFetch& fetch : waiting) {
    serve_fetch(state, fetch.call, fetch_response(state), fetch.request.fetch_offset,
                fetch.max_bytes);
  }
}

void expire_waiting(State& state) {
  auto& leading = *state.as<Leader>();
  std::vector<WaitingFetch> still_waiting;
  for (WaitingFetch& fetch : leading.waiting) {
    if (state.monotonic() >= fetch.deadline) {
      state.answer(fetch.call, fetch_response(state));
    } else {
      state.wake_at(fetch.deadline);
      still_waiting.push_back(std::move(fetch));
    }
  }
  leading.waiting = std::move(still_waiting);
}

// The position that a majority of the voters has on disk, or nothing.
std::optional<wire::Offset> majority_offset(const State& state) {
  const auto& leading = *state.as<Leader>();
  std::vector<wire::Offset> offsets;
  for (const auto& [id, progress] : leading.voters) {
    if (id == state.config.node_id && progress.key.id == id &&
        state.voters.current().is_voter(state.self())) {
      const bool careless = state.config.planted_bug == PlantedBug::kLeaderCountsUnflushed;
      offsets.push_back(careless ? state.log.end() : state.log.flushed());
    } else {
      offsets.push_back(progress.end_offset.value_or(-1));
    }
  }
  if (offsets.empty()) return std::nullopt;
  std::sort(offsets.begin(), offsets.end(), std::greater<>());
  const size_t at =
      state.config.planted_bug == PlantedBug::kCommitOnMinority ? 0 : offsets.size() / 2;
  if (offsets[at] < 0) return std::nullopt;
  return offsets[at];
}

// Takes over the control records of a batch that was just appended.
void apply_control_batch(State& state, const wire::RecordBatchView& batch) {
  if (!batch.is_control()) return;
  auto changes = read_control_changes(batch);
  CHECK(changes.ok());  // this node has just written it
  apply_control_changes(state, std::move(*changes));
}

}  // namespace

void append_epoch_start(State& state, const std::vector<wire::NodeId>& granting_voters) {
  EpochStartRecords records;
  records.leader_id = state.config.node_id;
  for (const Voter& voter : state.voters.current()) records.voters.push_back(voter.key.id);
  records.granting_voters = granting_voters;
  records.kraft_version = state.voters.kraft_version();
  if (records.kraft_version >= 1 && state.is_voter()) {
    // The log has no voters yet (they came with the bootstrap checkpoint), or ours are out of date.
    const Voter& known = *state.voters.current().find(state.config.node_id);
    const Voter ourselves = our_voter(state);
    if (state.voters.current_offset() == -1 || known != ourselves) {
      records.voter_set = state.voters.current().with_updated(ourselves);
    }
  }
  follow_voter_set(state);
  append_as_leader(
      state, build_epoch_start_batch({state.log.end(), state.epoch, state.now.wall_ms}, records));
}

void append_as_leader(State& state, wire::Bytes batch) {
  const auto view = wire::RecordBatchView::trusted(batch);
  CHECK(view.base_offset() == state.log.end());
  CHECK(view.partition_leader_epoch() == state.epoch);
  state.log.append(state.epoch, view.next_offset());
  apply_control_batch(state, view);
  if (view.is_control()) follow_voter_set(state);
  state.out.append.push_back(std::move(batch));
  complete_waiting(state);
}

void handle_fetch(State& state, CallId call, const wire::FetchRequest& request) {
  if (!has_valid_cluster_id(state, request.cluster_id)) {
    return state.answer(
        call, top_level_error<wire::FetchResponse>(wire::ErrorCode::kInconsistentClusterId));
  }
  if (!concerns_metadata_partition(request)) {
    return state.answer(call,
                        top_level_error<wire::FetchResponse>(wire::ErrorCode::kInvalidRequest));
  }
  const auto& asked = request.topics[0].partitions[0];
  const ReplicaKey replica{replica_of(request), asked.replica_directory_id};
  if (request.max_wait_ms < 0 || asked.fetch_offset < 0 || asked.last_fetched_epoch < 0 ||
      asked.last_fetched_epoch > asked.current_leader_epoch || replica.id == state.config.node_id) {
    return state.answer(call, fetch_error(state, wire::ErrorCode::kInvalidRequest));
  }
  wire::FetchResponse response = plan_fetch(state, replica, asked);
  const auto& partition = response.responses[0].partitions[0];
  const bool valid = partition.error_code == wire::ErrorCode::kNone &&
                     partition.diverging_epoch.epoch < 0 && partition.snapshot_id.epoch < 0;
  if (valid && asked.fetch_offset < state.log.end()) {
    return serve_fetch(state, call, std::move(response), asked.fetch_offset, request.max_bytes);
  }
  if (!valid || request.max_wait_ms == 0 || must_answer_now(response, asked)) {
    return state.answer(call, std::move(response));
  }
  state.as<Leader>()->waiting.push_back(
      {call, replica, asked, request.max_bytes, state.monotonic() + request.max_wait_ms});
}

void update_high_watermark(State& state) {
  auto* leading = state.as<Leader>();
  if (leading == nullptr) return;
  const std::optional<wire::Offset> reached = majority_offset(state);
  if (!reached) return;
  // Nothing counts before a record of this epoch does: a majority may hold a record of an older
  // epoch that another leader can still overwrite (Raft, figure 8).
  if (*reached <= leading->epoch_start &&
      state.config.planted_bug != PlantedBug::kCommitEarlierEpoch) {
    return;
  }
  if (leading->high_watermark && *reached <= *leading->high_watermark) return;
  if (!leading->high_watermark && state.high_watermark && *reached < *state.high_watermark) return;
  leading->high_watermark = *reached;
  commit_up_to(state, *reached);
  complete_waiting(state);
  complete_voter_changes(state, *leading);
}

void note_following(State& state, const ReplicaKey& replica) {
  auto* leading = state.as<Leader>();
  if (leading == nullptr || !state.voters.current().is_voter(replica)) return;
  leading->fetched_voters.insert(replica.id);
  size_t majority = leading->voters.size() / 2 + 1;
  if (state.voters.current().is_voter(state.self())) majority -= 1;
  if (leading->fetched_voters.size() < majority) return;
  leading->fetched_voters.clear();
  leading->check_quorum_deadline = state.monotonic() + state.config.fetch_timeout_ms * 3 / 2;
}

bool poll_leader(State& state) {
  auto& leading = *state.as<Leader>();
  // A leader that hears no majority may have been replaced: it must not go on answering (KIP-853).
  const bool alone = leading.voters.size() <= 1;
  const bool lost_quorum = !alone && state.monotonic() >= leading.check_quorum_deadline;
  if (state.shutting_down || leading.resign_requested || lost_quorum) {
    if (lost_quorum) {
      wire::log::info("raft: no majority of voters fetched in time, resigning from epoch {}",
                      state.epoch);
    }
    state.become_resigned();
    return true;
  }
  if (!alone) state.wake_at(leading.check_quorum_deadline);
  expire_waiting(state);
  expire_voter_changes(state, leading);

  const wire::DurationMs interval = state.config.fetch_timeout_ms / 2;
  bool others = false;
  for (const auto& [id, progress] : leading.voters) others |= id != state.config.node_id;
  if (others && state.monotonic() >= leading.begin_epoch_at) {
    leading.begin_epoch_at = state.monotonic() + interval;
    for (const auto& [id, progress] : leading.voters) {
      if (id == state.config.node_id) continue;
      if (progress.last_fetch && state.monotonic() - *progress.last_fetch < interval) continue;
      send_begin_quorum_epoch(state, progress.key);
    }
  }
  if (others) state.wake_at(leading.begin_epoch_at);
  std::erase_if(leading.observers, [&state](const auto& entry) {
    return state.monotonic() - entry.second.last_fetch.value_or(0) >= kObserverSessionMs;
  });
  return false;
}

void send_fetch(State& state, wire::NodeId to) {
  wire::FetchRequest request;
  request.cluster_id = state.config.cluster_id;
  request.replica_state.replica_id = state.config.node_id;
  request.replica_state.replica_epoch = -1;
  request.replica_id = state.config.node_id;
  request.max_wait_ms = state.config.fetch_max_wait_ms;
  request.min_bytes = 0;
  request.max_bytes = state.config.fetch_max_bytes;
  auto& topic = request.topics.emplace_back();
  topic.topic = kTopicName;
  topic.topic_id = wire::kMetadataTopicId;
  auto& partition = topic.partitions.emplace_back();
  partition.partition = 0;
  partition.current_leader_epoch = state.epoch;
  partition.fetch_offset = state.log.end();
  partition.last_fetched_epoch = state.log.last_epoch();
  partition.log_start_offset = state.log.start();
  partition.partition_max_bytes = state.config.fetch_max_bytes;
  partition.replica_directory_id = state.config.directory_id;
  partition.high_watermark = state.high_watermark.value_or(-1);
  state.send(to, std::move(request));
}

void note_successful_fetch(State& state) {
  auto* follower = state.as<Follower>();
  if (follower == nullptr) return;
  follower->fetch_deadline = state.monotonic() + state.config.fetch_timeout_ms;
  follower->has_fetched = true;
}

void commit_up_to(State& state, wire::Offset offset) {
  offset = std::min(offset, state.log.end());
  if (state.high_watermark && offset <= *state.high_watermark) return;
  state.high_watermark = offset;
  state.out.commit_to = offset;
}

}  // namespace cluster::raft
