#include "sim/raft_cluster.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "wire/base/check.h"
#include "wire/records/record_batch.h"
#include "wire/records/record_batch_builder.h"

namespace sim {
namespace {

inline constexpr wire::DurationMs kFaultPhaseMs = 4'000;
inline constexpr wire::DurationMs kHealPhaseMs = 20'000;
inline constexpr wire::NodeId kAdmin = -100;
inline constexpr size_t kTraceLines = 200;
inline constexpr char kListener[] = "CONTROLLER";

const char* role_name(const raft::Core& core) {
  constexpr const char* kNames[] = {"unattached", "prospective", "candidate",
                                    "leader",     "follower",    "resigned"};
  return kNames[core.state().role.index()];
}

raft::Voter voter_of(wire::NodeId id, wire::Uuid directory) {
  return {{id, directory}, {{kListener, "sim", static_cast<uint16_t>(1000 + id)}}};
}

const char* message_name(const raft::Request& request) {
  constexpr const char* kNames[] = {"Vote",        "Begin",       "End",
                                    "Fetch",       "Snapshot",    "AddVoter",
                                    "RemoveVoter", "UpdateVoter", "ApiVersions"};
  return kNames[request.index()];
}

}  // namespace

RaftSimResult simulate_raft(const RaftSimOptions& options) {
  return RaftCluster(options).run();
}

RaftCluster::RaftCluster(const RaftSimOptions& options) : options_(options), random_(options.seed) {
  constexpr uint64_t kVoterCounts[] = {1, 3, 3, 3, 5};
  const uint64_t voters = kVoterCounts[random_.below(5)];
  const uint64_t observers = random_.below(3);
  dynamic_ = chance(50);
  fetch_bytes_ = chance(50) ? 4096 : 150;
  // A swarm: what one seed does to excess, another leaves out.
  auto maybe = [this](uint64_t most) { return chance(50) ? random_.below(most + 1) : 0; };
  odds_.drop_percent = maybe(30);
  odds_.duplicate_percent = maybe(20);
  odds_.delay_ms = 2 + maybe(60);
  odds_.sync_ms = 1 + maybe(40);
  odds_.crash_percent = maybe(6);
  odds_.power_percent = maybe(100);
  odds_.partition_percent = maybe(8);
  odds_.resign_percent = maybe(5);
  odds_.voters_percent = dynamic_ ? maybe(30) : 0;
  odds_.snapshot_percent = maybe(20);

  std::vector<raft::Voter> initial;
  for (uint64_t i = 0; i < voters + observers; ++i) {
    Node& node = nodes_.emplace_back();
    node.id = static_cast<wire::NodeId>(i + 1);
    node.directory = {1000 + i, 1};
    if (i < voters) initial.push_back(voter_of(node.id, dynamic_ ? node.directory : wire::Uuid{}));
  }
  if (!dynamic_) {
    static_voters_ = raft::VoterSet(std::move(initial));
    return;
  }
  StoredSnapshot bootstrap;
  bootstrap.control.kraft_version = 1;
  bootstrap.control.voters = raft::VoterSet(std::move(initial));
  bootstrap.bytes = wire::Bytes::copy(std::string_view("bootstrap"));
  for (uint64_t i = 0; i < voters; ++i) {
    nodes_[i].disk.snapshots[raft::kBootstrapSnapshot] = bootstrap;
  }
}

raft::Config RaftCluster::config_of(const Node& node) const {
  raft::Config config;
  config.node_id = node.id;
  config.directory_id = node.directory;
  config.cluster_id = "sim";
  config.static_voters = static_voters_;
  config.can_be_voter = dynamic_ || static_voters_.find(node.id) != nullptr;
  config.endpoints = voter_of(node.id, node.directory).endpoints;
  if (dynamic_) {
    for (const Node& other : nodes_) {
      if (other.id != node.id) config.bootstrap_nodes.push_back(other.id);
    }
  }
  config.election_timeout_ms = 100;
  config.fetch_timeout_ms = 200;
  config.election_backoff_max_ms = 100;
  config.request_timeout_ms = 200;
  config.retry_backoff_ms = 5;
  config.fetch_max_wait_ms = 50;
  config.fetch_max_bytes = fetch_bytes_;
  config.snapshot_chunk_bytes = 128;
  config.seed = options_.seed * 31 + static_cast<uint64_t>(node.id) + node.incarnation * 1000;
  config.planted_bug = options_.bug;
  return config;
}

void RaftCluster::trace(const std::string& line) {
  if (!options_.trace) return;
  trace_.push_back(fmt::format("{:6} {}", scheduler_.now(), line));
  if (trace_.size() > kTraceLines) trace_.pop_front();
}

RaftSimResult RaftCluster::run() {
  trace(fmt::format("{} nodes, {} static voters, drop {}% duplicate {}% delay {} sync {}",
                    nodes_.size(), static_voters_.size(), odds_.drop_percent,
                    odds_.duplicate_percent, odds_.delay_ms, odds_.sync_ms));
  for (Node& node : nodes_) start(node);
  workload();
  nemesis();
  const wire::DurationMs faults_end = scheduler_.now() + kFaultPhaseMs;
  while (invariants_.failure().empty() && scheduler_.run_one(faults_end)) ++events_;
  if (invariants_.failure().empty()) {
    heal();
    const wire::DurationMs end = scheduler_.now() + kHealPhaseMs;
    const wire::DurationMs settle = scheduler_.now() + 500;
    bool converged = false;
    while (invariants_.failure().empty() && !converged && scheduler_.run_one(end)) {
      ++events_;
      converged = scheduler_.now() > settle && has_converged();
    }
    if (!converged) invariants_.fail("no agreement after all faults were healed");
  }
  RaftSimResult result;
  result.failure = invariants_.failure();
  result.trace.assign(trace_.begin(), trace_.end());
  result.reached = reached_;
  result.events = events_;
  return result;
}

// --- One replica: what the driver does, on a simulated disk --------------------------------------

void RaftCluster::later(Node& node, wire::DurationMs delay, wire::Callback<void(Node&)> action) {
  scheduler_.after(delay, [this, id = node.id, incarnation = node.incarnation,
                           action = std::move(action)]() mutable {
    Node& target = nodes_[static_cast<size_t>(id - 1)];
    if (target.core == nullptr || target.incarnation != incarnation) return;
    action(target);
  });
}

void RaftCluster::start(Node& node) {
  ++node.incarnation;
  raft::Recovered recovered;
  recovered.election = node.disk.election;
  wire::Offset control_from = node.disk.log().start();
  std::map<raft::SnapshotId, int64_t> sizes;
  for (const auto& [id, snapshot] : node.disk.snapshots) {
    sizes[id] = static_cast<int64_t>(snapshot.bytes.size());
  }
  if (!node.disk.snapshots.empty()) {
    const auto& [id, snapshot] = *node.disk.snapshots.rbegin();
    const auto epochs = node.disk.log().epochs();
    const wire::Epoch log_epoch = epochs.empty() ? 0 : epochs.back().epoch;
    if (id.epoch > log_epoch || (id.epoch == log_epoch && id.end_offset > node.disk.log().end())) {
      node.disk.restart_at(id.end_offset, snapshot.chain);
    }
    recovered.snapshot_control = snapshot.control;
    control_from = std::max(node.disk.log().start(), id.end_offset);
  }
  const SimLog& log = node.disk.log();
  for (const StoredBatch& batch : log.batches()) {
    const auto view = wire::RecordBatchView::trusted(batch.bytes);
    if (batch.next <= control_from || !view.is_control()) continue;
    auto changes = raft::read_control_changes(view);
    CHECK(changes.ok());
    for (auto& change : *changes) recovered.log_control.push_back(std::move(change));
  }
  const wire::Offset flushed = node.disk.unsynced() == 0 ? log.end() : log.start();
  recovered.log = raft::LogView(log.start(), log.end(), flushed, log.epochs(), std::move(sizes));
  node.core = std::make_unique<raft::Core>(config_of(node), std::move(recovered));
  node.applied = node.core->high_watermark().value_or(0);
  node.timer_at = raft::kNever;
  trace(fmt::format("node {} starts: {} epoch {} log {}..{}", node.id, role_name(*node.core),
                    node.core->epoch(), log.start(), log.end()));
  step(node, raft::Tick{});
  begin_sync(node);
}

void RaftCluster::stop(Node& node, bool power_cut) {
  trace(fmt::format("node {} {}", node.id, power_cut ? "loses power" : "is killed"));
  node.core.reset();
  node.queued.clear();
  node.storing_vote = false;
  node.syncing = 0;
  node.parts.clear();
  if (!power_cut) return;
  ++reached_[Mark::kPowerCut];
  const wire::Offset before = node.disk.log().end();
  node.disk.lose_power(random_);
  if (node.disk.log().end() < before) ++reached_[Mark::kDataLostInPowerCut];
}

void RaftCluster::check_step(Node& node, const raft::VoterSet& voters_before, bool led_before,
                             const raft::Actions& actions) {
  const raft::Core& core = *node.core;
  const auto* leading = core.state().as<raft::Leader>();
  if (leading != nullptr && node.led_epoch != core.epoch()) {
    node.led_epoch = core.epoch();
    ++reached_[Mark::kElection];
    invariants_.on_leader(node.id, core.epoch(), node.disk.log());
  }
  if (core.state().as<raft::Candidate>() != nullptr) {
    if (core.state().as<raft::Candidate>()->ballots.lost()) ++reached_[Mark::kVoteSplit];
  }
  if (led_before && leading != nullptr && !actions.append.empty()) {
    invariants_.on_voters(core.log().end(), voters_before, core.voters());
  }
  if (leading != nullptr && actions.commit_to) {
    std::map<wire::NodeId, const SimDisk*> disks;
    for (const Node& other : nodes_) disks[other.id] = &other.disk;
    invariants_.on_leader_commit(node.id, *actions.commit_to, node.disk.log(), core.voters(),
                                 disks);
  }
  if (actions.truncate_to) {
    ++reached_[Mark::kTruncation];
    invariants_.on_truncate(node.id, *actions.truncate_to, node.applied);
  }
}

void RaftCluster::step(Node& node, raft::Event event) {
  const raft::VoterSet voters_before = node.core->voters();
  const auto* leading = node.core->state().as<raft::Leader>();
  const bool led_before = leading != nullptr;
  const bool resigning = std::holds_alternative<raft::Resign>(event);
  const wire::Epoch epoch_before = node.core->epoch();
  const size_t role_before = node.core->state().role.index();
  raft::Actions actions =
      node.core->step({scheduler_.now(), 1'700'000'000'000 + scheduler_.now()}, std::move(event));
  if (role_before != node.core->state().role.index() || epoch_before != node.core->epoch()) {
    trace(fmt::format("node {} is {} in epoch {}, log end {} flushed {}", node.id,
                      role_name(*node.core), node.core->epoch(), node.core->log().end(),
                      node.core->log().flushed()));
  }
  if (led_before && node.core->state().as<raft::Resigned>() != nullptr) {
    if (!node.core->voters().is_voter(node.core->state().self())) {
      ++reached_[Mark::kLeaderRemovedItself];
    } else {
      ++reached_[resigning ? Mark::kHandOver : Mark::kCheckQuorumResignation];
    }
  }
  check_step(node, voters_before, led_before, actions);
  node.queued.push_back(std::move(actions));
  perform_queued(node);
  arm_timer(node);
}

void RaftCluster::perform_queued(Node& node) {
  while (!node.queued.empty() && !node.storing_vote) {
    if (node.queued.front().store_vote) {
      const raft::Election election = *std::exchange(node.queued.front().store_vote, std::nullopt);
      if (options_.bug != raft::PlantedBug::kVoteNotPersisted) {
        node.storing_vote = true;
        later(node, static_cast<wire::DurationMs>(random_.below(odds_.sync_ms)) + 1,
              [this, election](Node& self) {
                self.disk.election = election;
                self.storing_vote = false;
                perform_queued(self);
              });
        return;
      }
    }
    raft::Actions actions = std::move(node.queued.front());
    node.queued.pop_front();
    perform(node, std::move(actions));
  }
}

void RaftCluster::perform(Node& node, raft::Actions actions) {
  if (actions.truncate_to) {
    trace(fmt::format("node {} truncates to {}", node.id, *actions.truncate_to));
    ++node.log_generation;
    node.disk.truncate_to(*actions.truncate_to);
  }
  if (actions.store_chunk) store_chunk(node, *actions.store_chunk);
  if (actions.restart_log_at) {
    ++node.log_generation;
    ++reached_[Mark::kSnapshotInstalled];
    const raft::SnapshotId id = *actions.restart_log_at;
    trace(fmt::format("node {} restarts its log at {}-{}", node.id, id.end_offset, id.epoch));
    auto& snapshots = node.disk.snapshots;
    snapshots.erase(snapshots.begin(), snapshots.find(id));
    invariants_.on_snapshot(node.id, id.end_offset, snapshots.at(id).chain);
    node.disk.restart_at(id.end_offset, snapshots.at(id).chain);
    node.applied = std::max(node.applied, id.end_offset);
  }
  for (const wire::Bytes& batches : actions.append) {
    wire::BatchIterator each(batches);
    while (each.next()) invariants_.on_append(node.id, node.disk.append(each.batch().bytes()));
  }
  if (!actions.append.empty() || actions.truncate_to || actions.restart_log_at) begin_sync(node);
  for (raft::Outgoing& outgoing : actions.send) send(node, std::move(outgoing));
  for (raft::Answer& given : actions.answers) answer(node, given.call, std::move(given.response));
  for (raft::ServedFetch& served : actions.fetches) {
    served.response.responses[0].partitions[0].records =
        node.disk.log().read(served.offset, served.max_bytes);
    answer(node, served.call, std::move(served.response));
  }
  for (raft::ServedSnapshot& served : actions.snapshots) {
    const wire::Bytes& bytes = node.disk.snapshots.at(served.id).bytes;
    const auto position = static_cast<size_t>(served.position);
    served.response.topics[0].partitions[0].unaligned_records = bytes.slice(
        position, std::min(bytes.size() - position, static_cast<size_t>(served.max_bytes)));
    answer(node, served.call, std::move(served.response));
  }
  if (actions.commit_to) {
    invariants_.on_commit(node.id, node.applied, *actions.commit_to, node.disk.log());
    node.applied = *actions.commit_to;
    trace(fmt::format("node {} commits to {}", node.id, node.applied));
  }
}

void RaftCluster::begin_sync(Node& node) {
  if (node.syncing > 0 || node.disk.unsynced() == 0) return;
  node.syncing = node.disk.unsynced();
  later(node, static_cast<wire::DurationMs>(random_.below(odds_.sync_ms)) + 1,
        [this, end = node.disk.log().end(), generation = node.log_generation](Node& self) {
          self.disk.sync(std::exchange(self.syncing, 0));
          const bool current = generation == self.log_generation;
          begin_sync(self);
          if (current) step(self, raft::LogFlushed{end});
        });
}

void RaftCluster::arm_timer(Node& node) {
  const wire::DurationMs deadline = node.core->next_deadline();
  if (deadline == raft::kNever || node.timer_at <= deadline) return;
  node.timer_at = deadline;
  later(node, std::max<wire::DurationMs>(0, deadline - scheduler_.now()),
        [this, deadline](Node& self) {
          if (self.timer_at != deadline) return;
          self.timer_at = raft::kNever;
          step(self, raft::Tick{});
        });
}

void RaftCluster::store_chunk(Node& node, const raft::SnapshotChunk& chunk) {
  std::string& part = node.parts[chunk.id];
  part.resize(static_cast<size_t>(chunk.position));
  part.append(chunk.bytes.view());
  if (!chunk.last) return;
  later(node, static_cast<wire::DurationMs>(random_.below(odds_.sync_ms)) + 1,
        [this, id = chunk.id](Node& self) {
          const StoredSnapshot& original = snapshots_.at(id);
          if (self.parts[id] != original.bytes.view()) {
            return invariants_.fail(
                fmt::format("snapshot {} was not copied byte by byte", id.end_offset));
          }
          self.disk.snapshots[id] = original;
          step(self, raft::SnapshotStored{id, static_cast<int64_t>(original.bytes.size()), true,
                                          original.control});
        });
}

// --- Network -------------------------------------------------------------------------------------

void RaftCluster::send(Node& from, raft::Outgoing outgoing) {
  Call call{from.id, from.incarnation, outgoing.id, outgoing.to, std::nullopt};
  if (const auto* vote = std::get_if<wire::VoteRequest>(&outgoing.request)) {
    const auto& asked = vote->topics[0].partitions[0];
    if (!asked.pre_vote) {
      call.candidate = raft::ReplicaKey{asked.replica_id, asked.replica_directory_id};
      // Who asks for votes has voted for itself; by now that is on its disk.
      invariants_.on_vote(from.id, asked.replica_epoch, *call.candidate);
    }
  }
  if (options_.trace) {
    trace(fmt::format("node {} -> {} {}", from.id, outgoing.to, message_name(outgoing.request)));
  }
  const bool doubled = chance(odds_.duplicate_percent);
  for (int copy = 0; copy < (doubled ? 2 : 1); ++copy) {
    if (chance(odds_.drop_percent) || is_cut(from.id, outgoing.to)) continue;
    scheduler_.after(delay(), [this, call, request = outgoing.request]() mutable {
      deliver(call, std::move(request));
    });
  }
}

void RaftCluster::deliver(const Call& call, raft::Request request) {
  Node& target = nodes_[static_cast<size_t>(call.to - 1)];
  if (target.core == nullptr) {
    Node& from = nodes_[static_cast<size_t>(call.from - 1)];
    if (from.core == nullptr || from.incarnation != call.incarnation || chance(50)) return;
    later(from, delay(), [this, call](Node& self) {
      step(self, raft::Answered{call.id, call.to,
                                wire::Error{wire::ErrorCode::kNetworkException, "refused"}});
    });
    return;
  }
  const raft::CallId id = next_call_++;
  calls_[id] = call;
  if (std::holds_alternative<wire::ApiVersionsRequest>(request)) {
    wire::ApiVersionsResponse response;
    auto& feature = response.supported_features.emplace_back();
    feature.name = "kraft.version";
    feature.max_version = 1;
    return answer(target, id, std::move(response));
  }
  step(target, raft::Receive{id, std::move(request)});
}

void RaftCluster::answer(Node& node, raft::CallId id, raft::Response response) {
  auto found = calls_.find(id);
  if (found == calls_.end()) return invariants_.fail("a request was answered twice");
  const Call call = found->second;
  calls_.erase(found);
  if (call.from == kAdmin) {
    std::visit(
        [this](const auto& given) {
          trace(fmt::format("admin is answered {}", wire::error_name(given.error_code)));
        },
        response);
    const auto* added = std::get_if<wire::AddRaftVoterResponse>(&response);
    const auto* removed = std::get_if<wire::RemoveRaftVoterResponse>(&response);
    if (added != nullptr && added->error_code == wire::ErrorCode::kNone) {
      ++reached_[Mark::kVoterAdded];
    }
    if (removed != nullptr && removed->error_code == wire::ErrorCode::kNone) {
      ++reached_[Mark::kVoterRemoved];
    }
    return;
  }
  if (const auto* vote = std::get_if<wire::VoteResponse>(&response);
      vote != nullptr && call.candidate && vote->error_code == wire::ErrorCode::kNone &&
      vote->topics[0].partitions[0].vote_granted) {
    invariants_.on_vote(node.id, vote->topics[0].partitions[0].leader_epoch, *call.candidate);
  }
  const bool doubled = chance(odds_.duplicate_percent);
  for (int copy = 0; copy < (doubled ? 2 : 1); ++copy) {
    if (chance(odds_.drop_percent) || is_cut(node.id, call.from)) continue;
    Node& from = nodes_[static_cast<size_t>(call.from - 1)];
    if (from.core == nullptr || from.incarnation != call.incarnation) return;
    later(from, delay(), [this, call, response](Node& self) {
      step(self, raft::Answered{call.id, call.to, response});
    });
  }
}

}  // namespace sim
