// What happens to the quorum: records proposed, faults, changes of the voters, and the healing.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "sim/raft_cluster.h"
#include "wire/records/record_batch_builder.h"

namespace sim {
namespace {

inline constexpr wire::NodeId kAdmin = -100;

}  // namespace

RaftCluster::Node* RaftCluster::leader() {
  Node* found = nullptr;
  for (Node& node : nodes_) {
    if (node.core == nullptr || !node.core->is_leader()) continue;
    if (found == nullptr || node.core->epoch() > found->core->epoch()) found = &node;
  }
  return found;
}

void RaftCluster::workload() {
  propose();
  scheduler_.after(5 + static_cast<wire::DurationMs>(random_.below(30)), [this] { workload(); });
}

void RaftCluster::propose() {
  // Those, too, that only believe that they lead.
  for (Node& node : nodes_) {
    if (node.core == nullptr || !node.core->is_leader() || chance(30)) continue;
    wire::BatchOptions options;
    options.base_offset = node.core->log().end();
    options.partition_leader_epoch = node.core->epoch();
    wire::RecordBatchBuilder builder(options);
    for (uint64_t count = 1 + random_.below(3); count > 0; --count) {
      builder.append(scheduler_.now(), std::nullopt, fmt::format("{}", next_payload_++));
    }
    step(node, raft::Propose{builder.build()});
  }
}

void RaftCluster::nemesis() {
  if (healed_) return;
  scheduler_.after(20, [this] { nemesis(); });
  if (chance(odds_.crash_percent)) {
    // Now and then all at once, as when a rack loses its power.
    const bool all = chance(10);
    const bool power_cut = chance(odds_.power_percent);
    const uint64_t victim = random_.below(nodes_.size());
    for (Node& node : nodes_) {
      if (!all && static_cast<uint64_t>(node.id - 1) != victim) continue;
      if (node.core == nullptr) continue;
      stop(node, power_cut);
      scheduler_.after(1 + static_cast<wire::DurationMs>(random_.below(500)), [this, id = node.id] {
        Node& back = nodes_[static_cast<size_t>(id - 1)];
        if (back.core == nullptr) start(back);
      });
    }
  }
  if (chance(odds_.partition_percent)) {
    cut_.clear();
    const uint64_t isolated = random_.below(nodes_.size());
    const uint64_t kind = random_.below(4);
    for (const Node& a : nodes_) {
      for (const Node& b : nodes_) {
        const bool one = static_cast<uint64_t>(a.id - 1) == isolated;
        const bool other = static_cast<uint64_t>(b.id - 1) == isolated;
        if (kind == 0 && one != other) cut_.insert({a.id, b.id});  // one alone
        if (kind == 1 && one) cut_.insert({a.id, b.id});           // one is not heard
        if (kind == 2 && chance(30)) cut_.insert({a.id, b.id});    // links at random
      }
    }
    trace(fmt::format("{} links cut", cut_.size()));
  }
  if (chance(odds_.resign_percent)) {
    if (Node* node = leader()) step(*node, raft::Resign{node->core->epoch()});
  }
  if (chance(odds_.voters_percent)) change_voters();
  if (chance(odds_.snapshot_percent)) take_snapshot(nodes_[random_.below(nodes_.size())]);
}

void RaftCluster::change_voters() {
  Node* node = leader();
  if (node == nullptr) return;
  const Node& subject = nodes_[random_.below(nodes_.size())];
  const raft::CallId call = next_call_++;
  calls_[call] = {kAdmin, 0, 0, node->id, std::nullopt};
  if (node->core->voters().find(subject.id) == nullptr) {
    trace(fmt::format("add voter {} at {}", subject.id, node->id));
    wire::AddRaftVoterRequest request;
    request.cluster_id = "sim";
    request.voter_id = subject.id;
    request.voter_directory_id = subject.directory;
    auto& listener = request.listeners.emplace_back();
    listener.name = "CONTROLLER";
    listener.host = "sim";
    listener.port = static_cast<uint16_t>(1000 + subject.id);
    return step(*node, raft::Receive{call, std::move(request)});
  }
  trace(fmt::format("remove voter {} at {}", subject.id, node->id));
  wire::RemoveRaftVoterRequest request;
  request.cluster_id = "sim";
  request.voter_id = subject.id;
  request.voter_directory_id = subject.directory;
  step(*node, raft::Receive{call, std::move(request)});
}

void RaftCluster::take_snapshot(Node& node) {
  if (node.core == nullptr || node.storing_vote || !node.queued.empty()) return;
  const auto& taken = node.core->log().snapshots();
  const wire::Offset above = taken.empty() ? 0 : taken.rbegin()->first.end_offset;
  const StoredBatch* chosen = nullptr;
  for (const StoredBatch& batch : node.disk.log().batches()) {
    if (batch.next > above && batch.next <= node.applied && (chosen == nullptr || chance(70))) {
      chosen = &batch;
    }
  }
  if (chosen == nullptr) return;
  const raft::SnapshotId id{chosen->next, chosen->epoch};
  StoredSnapshot snapshot;
  snapshot.chain = chosen->chain;
  snapshot.control.kraft_version = node.core->voter_history().version_before(id.end_offset);
  snapshot.control.voters = node.core->voter_history().voters_before(id.end_offset);
  snapshot.bytes = wire::Bytes::adopt(fmt::format("{:0{}}", id.end_offset, 300));
  snapshots_.emplace(id, snapshot);
  const bool delete_prefix = chance(70);
  later(node, 3, [this, id, snapshot, delete_prefix](Node& self) {
    // A newer one may have been fetched meanwhile.
    const auto& known = self.core->log().snapshots();
    if (!known.empty() && known.rbegin()->first >= id) return;
    if (id.end_offset < self.core->log().start()) return;
    self.disk.snapshots[id] = snapshot;
    trace(fmt::format("node {} takes snapshot {}-{}", self.id, id.end_offset, id.epoch));
    step(self, raft::SnapshotStored{id, static_cast<int64_t>(snapshot.bytes.size()), false, {}});
    if (!delete_prefix || self.core == nullptr || !self.queued.empty()) return;
    ++reached_[Mark::kPrefixDeleted];
    auto& snapshots = self.disk.snapshots;
    snapshots.erase(snapshots.begin(), snapshots.find(id));
    self.disk.move_start(id.end_offset);
    begin_sync(self);
    step(self, raft::LogPrefixDeleted{id});
  });
}

void RaftCluster::heal() {
  trace("--- healing");
  healed_ = true;
  cut_.clear();
  odds_ = Odds{};
  for (Node& node : nodes_) {
    if (node.core == nullptr) start(node);
  }
}

bool RaftCluster::has_converged() {
  const Node* ahead = leader();
  if (ahead == nullptr || !ahead->core->state().as<raft::Leader>()->high_watermark) return false;
  for (const Node& node : nodes_) {
    if (node.core == nullptr || node.core->epoch() != ahead->core->epoch()) return false;
    if (node.core->leader().leader_id != ahead->id) return false;
    // Records keep coming, so all need only be near the end.
    if (node.applied + 30 < ahead->core->log().end()) return false;
  }
  return true;
}

}  // namespace sim
