#include "cluster/raft/core.h"

#include <tuple>
#include <utility>

#include "cluster/raft/election.h"
#include "cluster/raft/protocol.h"
#include "cluster/raft/replication.h"
#include "cluster/raft/snapshot.h"
#include "cluster/raft/voters.h"
#include "wire/base/check.h"
#include "wire/base/log.h"

namespace cluster::raft {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// The role of a node that comes back (kafka's QuorumState.initialize).
void restore_role(State& state, const Election& election) {
  const wire::Epoch log_epoch = state.log.last_epoch();
  state.stored = election;
  if (election.epoch < log_epoch) {
    // The vote file is older than the log: it was lost, or written by a release that kept none.
    state.epoch = log_epoch;
    state.role = Unattached{};
    return;
  }
  state.epoch = election.epoch;
  state.voted = election.voted;
  const ReplicaKey self = state.self();
  if (election.leader == state.config.node_id) {
    // Records of this epoch may have been lost with the page cache, so this node must not append
    // others at their offsets: it resigns, and only a later epoch may follow.
    state.leader = election.leader;
    Resigned resigned;
    for (const Voter& voter : state.voters.current()) {
      if (voter.key.id != self.id) resigned.unacknowledged.insert(voter.key.id);
    }
    state.role = std::move(resigned);
  } else if (election.voted && election.voted->id == self.id &&
             (election.voted->directory_id.is_zero() ||
              election.voted->directory_id == self.directory_id) &&
             state.may_stand()) {
    Candidate candidate{Ballots(state.voters.current())};
    candidate.ballots.record(self.id, true);
    state.role = std::move(candidate);
  } else if (election.leader && state.voters.current().find(*election.leader) != nullptr) {
    state.leader = election.leader;
    state.leader_endpoints = state.endpoints_of(*election.leader);
    state.role = Follower{};
  } else {
    state.leader = election.leader;
    state.role = Unattached{};
  }
}

// Whether a peer's answer was a refusal, which is not asked for again at once.
bool answers_with_error(const Response& response) {
  return std::visit(
      [](const auto& answer) {
        if (answer.error_code != wire::ErrorCode::kNone) return true;
        if constexpr (requires { answer.topics[0].partitions[0].error_code; }) {
          return answer.topics.size() != 1 || answer.topics[0].partitions.size() != 1 ||
                 answer.topics[0].partitions[0].error_code != wire::ErrorCode::kNone;
        } else if constexpr (requires { answer.responses[0].partitions[0].error_code; }) {
          return answer.responses.size() != 1 || answer.responses[0].partitions.size() != 1 ||
                 answer.responses[0].partitions[0].error_code != wire::ErrorCode::kNone;
        } else {
          return false;
        }
      },
      response);
}

// The timers of the restored role begin with the first step, when the time is known.
void start_timers(State& state) {
  if (auto* unattached = state.as<Unattached>()) {
    unattached->election_deadline = state.random_election_timeout();
  } else if (auto* candidate = state.as<Candidate>()) {
    candidate->election_deadline = state.random_election_timeout();
  } else if (auto* resigned = state.as<Resigned>()) {
    resigned->election_deadline = state.random_election_timeout();
  } else if (auto* follower = state.as<Follower>()) {
    follower->fetch_deadline = state.monotonic() + state.config.fetch_timeout_ms;
    follower->update_voter_at = state.monotonic() + state.config.fetch_timeout_ms;
  }
}

}  // namespace

Core::Core(Config config, Recovered recovered) : state_(std::move(config)) {
  state_.log = std::move(recovered.log);
  state_.voters = VoterHistory(state_.config.static_voters);
  const auto& snapshots = state_.log.snapshots();
  if (recovered.snapshot_control && !snapshots.empty()) {
    // Offset -1 for the bootstrap checkpoint: its voters have never been in the log.
    const wire::Offset offset = snapshots.rbegin()->first.end_offset - 1;
    SnapshotControl& control = *recovered.snapshot_control;
    if (control.kraft_version > 0) state_.voters.add_version(offset, control.kraft_version);
    if (control.voters) state_.voters.add_voters(offset, std::move(*control.voters));
  }
  apply_control_changes(state_, std::move(recovered.log_control));
  if (!snapshots.empty()) state_.high_watermark = snapshots.rbegin()->first.end_offset;
  restore_role(state_, recovered.election);
  for (const Voter& voter : state_.voters.current()) {
    if (voter.endpoints.empty() || voter.key.id == state_.config.node_id) continue;
    state_.out.endpoints.push_back(
        {voter.key.id, voter.endpoints.front().host, voter.endpoints.front().port});
  }
}

Actions Core::step(Instant now, Event event) {
  state_.now = now;
  if (!state_.started) {
    state_.started = true;
    start_timers(state_);
  }
  std::visit(Overloaded{
                 [](Tick) {},
                 [this](Receive& received) { handle(std::move(received)); },
                 [this](Answered& answered) { handle(std::move(answered)); },
                 [this](Propose& proposed) {
                   CHECK(is_leader());
                   append_as_leader(state_, std::move(proposed.batch));
                 },
                 [this](LogFlushed& flushed) {
                   state_.log.set_flushed(flushed.offset);
                   update_high_watermark(state_);
                 },
                 [this](SnapshotStored& stored) {
                   if (stored.downloaded) {
                     finish_download(state_, stored.id, stored.size, stored.control);
                   } else {
                     state_.log.add_snapshot(stored.id, stored.size);
                   }
                 },
                 [this](SnapshotRejected& rejected) { reject_download(state_, rejected.id); },
                 [this](LogPrefixDeleted& deleted) {
                   while (!state_.log.snapshots().empty() &&
                          state_.log.snapshots().begin()->first < deleted.up_to) {
                     state_.log.remove_snapshot(state_.log.snapshots().begin()->first);
                   }
                   state_.log.move_start(deleted.up_to.end_offset);
                   state_.voters.forget_before(deleted.up_to.end_offset);
                 },
                 [this](Resign& resign) {
                   auto* leading = state_.as<Leader>();
                   if (leading != nullptr && resign.epoch == state_.epoch) {
                     leading->resign_requested = true;
                   }
                 },
                 [this](UpgradeKRaftVersion& upgrade) {
                   if (can_upgrade_kraft_version(upgrade.version).ok()) {
                     raft::upgrade_kraft_version(state_, upgrade.version);
                   }
                 },
                 [this](ShutDown) { state_.shutting_down = true; },
             },
             event);
  poll();
  announce_leader();
  return std::exchange(state_.out, {});
}

void Core::poll() {
  state_.expire_requests();
  // A role change is polled anew; none takes more than unattached -> ... -> leader.
  for (int round = 0; round < 8; ++round) {
    state_.deadline = kNever;
    const bool again =
        std::visit(Overloaded{
                       [this](const Unattached&) { return poll_unattached(state_); },
                       [this](const Prospective&) { return poll_prospective(state_); },
                       [this](const Candidate&) { return poll_candidate(state_); },
                       [this](const Leader&) { return poll_leader(state_); },
                       [this](const Follower&) { return poll_follower(state_); },
                       [this](const Resigned&) { return poll_resigned(state_); },
                   },
                   state_.role);
    if (!again) return;
  }
  wire::log::error("raft: the role does not settle");
}

void Core::handle(Receive event) {
  const CallId call = event.call;
  std::visit(
      Overloaded{
          [&](const wire::VoteRequest& r) { handle_vote(state_, call, r); },
          [&](const wire::BeginQuorumEpochRequest& r) {
            handle_begin_quorum_epoch(state_, call, r);
          },
          [&](const wire::EndQuorumEpochRequest& r) { handle_end_quorum_epoch(state_, call, r); },
          [&](const wire::FetchRequest& r) { handle_fetch(state_, call, r); },
          [&](const wire::FetchSnapshotRequest& r) { handle_fetch_snapshot(state_, call, r); },
          [&](const wire::AddRaftVoterRequest& r) { handle_add_voter(state_, call, r); },
          [&](const wire::RemoveRaftVoterRequest& r) { handle_remove_voter(state_, call, r); },
          [&](const wire::UpdateRaftVoterRequest& r) { handle_update_voter(state_, call, r); },
          [&](const wire::ApiVersionsRequest&) {
            state_.answer(
                call, top_level_error<wire::ApiVersionsResponse>(wire::ErrorCode::kInvalidRequest));
          },
      },
      event.request);
}

void Core::handle(Answered event) {
  auto found = state_.connections.find(event.from);
  if (found == state_.connections.end() || found->second.in_flight != event.id) return;
  Connection& connection = found->second;
  connection.in_flight.reset();
  const size_t kind = connection.kind;
  // The probe of a new voter reports its failure, too.
  if (kind == Request(wire::ApiVersionsRequest{}).index()) {
    return handle_api_versions_response(state_, event.from, event.response);
  }
  if (!event.response.ok()) {
    connection.backoff_until = state_.monotonic() + state_.config.retry_backoff_ms;
    if (event.response.error().code == wire::ErrorCode::kUnsupportedVersion &&
        kind == Request(wire::VoteRequest{}).index()) {
      handle_vote_unsupported(state_);
    }
    return;
  }
  // An answer that did not get us further (an error, a leader that is none) must not be repeated
  // without end.
  const auto before = std::tuple(state_.epoch, state_.role.index(), state_.log.end());
  std::visit(
      Overloaded{
          [&](const wire::VoteResponse& r) { handle_vote_response(state_, event.from, r); },
          [&](const wire::BeginQuorumEpochResponse& r) {
            handle_begin_quorum_epoch_response(state_, event.from, r);
          },
          [&](const wire::EndQuorumEpochResponse& r) {
            handle_end_quorum_epoch_response(state_, event.from, r);
          },
          [&](const wire::FetchResponse& r) { handle_fetch_response(state_, r); },
          [&](const wire::FetchSnapshotResponse& r) { handle_fetch_snapshot_response(state_, r); },
          [&](const wire::UpdateRaftVoterResponse& r) { handle_update_voter_response(state_, r); },
          [](const auto&) {},
      },
      *event.response);
  if (before != std::tuple(state_.epoch, state_.role.index(), state_.log.end())) return;
  if (answers_with_error(*event.response)) {
    state_.connections[event.from].backoff_until =
        state_.monotonic() + state_.config.retry_backoff_ms;
  }
}

LeaderAndEpoch Core::leader() const {
  LeaderAndEpoch leader{state_.leader.value_or(wire::kNoNode), state_.epoch};
  if (leader.leader_id == state_.config.node_id) {
    const auto* leading = state_.as<Leader>();
    if (leading == nullptr || !leading->high_watermark) leader.leader_id = wire::kNoNode;
  }
  return leader;
}

void Core::announce_leader() {
  const LeaderAndEpoch current = leader();
  if (state_.announced == current) return;
  state_.announced = current;
  state_.out.leader = current;
}

bool Core::has_handed_over() const {
  if (state_.as<Leader>() != nullptr) return false;
  const auto* resigned = state_.as<Resigned>();
  return resigned == nullptr || resigned->unacknowledged.empty();
}

wire::Status Core::can_upgrade_kraft_version(int16_t version) const {
  return raft::can_upgrade_kraft_version(state_, version);
}

}  // namespace cluster::raft
