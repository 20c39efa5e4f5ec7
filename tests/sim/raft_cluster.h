// A metadata quorum in a box: real cores, simulated network and disks, and the properties of Raft
// checked after every event.
//
// Everything follows from the seed.  The first phase is faults: messages lost, delayed, doubled and
// reordered, links cut one way, replicas killed, power lost, leaders resigning, voters coming and
// going.  Then all heals and the quorum must agree again.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/raft/core.h"
#include "sim/raft_invariants.h"
#include "sim/scheduler.h"
#include "sim/sim_disk.h"

namespace sim {

struct RaftSimOptions {
  uint64_t seed = 1;
  raft::PlantedBug bug = raft::PlantedBug::kNone;
  bool trace = false;
};

struct RaftSimResult {
  std::string failure;  // empty: all properties held
  std::vector<std::string> trace;
  Reached reached;
  uint64_t events = 0;
};

RaftSimResult simulate_raft(const RaftSimOptions& options);

class RaftCluster {
 public:
  explicit RaftCluster(const RaftSimOptions& options);
  RaftSimResult run();

 private:
  struct Node {
    wire::NodeId id = 0;
    wire::Uuid directory;
    SimDisk disk;
    std::unique_ptr<raft::Core> core;  // null: stopped
    uint64_t incarnation = 0;
    std::deque<raft::Actions> queued;
    bool storing_vote = false;
    size_t syncing = 0;  // changes under way to the disk
    uint64_t log_generation = 0;
    wire::DurationMs timer_at = raft::kNever;
    wire::Offset applied = 0;
    wire::Epoch led_epoch = -1;
    std::map<raft::SnapshotId, std::string> parts;
  };
  struct Call {
    wire::NodeId from = 0;
    uint64_t incarnation = 0;
    raft::RequestId id = 0;
    wire::NodeId to = 0;
    std::optional<raft::ReplicaKey> candidate;  // of a Vote, not of a pre-vote
  };
  // The odds of this seed: each kind of fault is on or off, and strong or weak.
  struct Odds {
    uint64_t drop_percent = 0;
    uint64_t duplicate_percent = 0;
    uint64_t delay_ms = 5;
    uint64_t sync_ms = 5;
    uint64_t crash_percent = 0;
    uint64_t power_percent = 0;
    uint64_t partition_percent = 0;
    uint64_t resign_percent = 0;
    uint64_t voters_percent = 0;
    uint64_t snapshot_percent = 0;
  };

  bool chance(uint64_t percent) { return random_.below(100) < percent; }
  void trace(const std::string& line);
  raft::Config config_of(const Node& node) const;

  void start(Node& node);
  void stop(Node& node, bool power_cut);
  void step(Node& node, raft::Event event);
  void perform_queued(Node& node);
  void perform(Node& node, raft::Actions actions);
  void begin_sync(Node& node);
  void arm_timer(Node& node);
  void store_chunk(Node& node, const raft::SnapshotChunk& chunk);
  // Runs `action` later unless the node was stopped meanwhile.
  void later(Node& node, wire::DurationMs delay, wire::Callback<void(Node&)> action);

  void send(Node& from, raft::Outgoing outgoing);
  void deliver(const Call& call, raft::Request request);
  void answer(Node& node, raft::CallId call, raft::Response response);
  bool is_cut(wire::NodeId from, wire::NodeId to) const { return cut_.contains({from, to}); }
  wire::DurationMs delay() {
    return 1 + static_cast<wire::DurationMs>(random_.below(odds_.delay_ms));
  }

  void workload();
  void nemesis();
  void propose();
  void change_voters();
  void take_snapshot(Node& node);
  void heal();
  bool has_converged();
  Node* leader();
  void check_step(Node& node, const raft::VoterSet& voters_before, bool led_before,
                  const raft::Actions& actions);

  RaftSimOptions options_;
  wire::SeededRandom random_;
  Scheduler scheduler_;
  std::vector<Node> nodes_;
  raft::VoterSet static_voters_;
  bool dynamic_ = false;
  int32_t fetch_bytes_ = 4096;
  Odds odds_;
  bool healed_ = false;
  std::set<std::pair<wire::NodeId, wire::NodeId>> cut_;
  std::map<raft::SnapshotId, StoredSnapshot> snapshots_;  // as first written
  std::map<raft::CallId, Call> calls_;
  raft::CallId next_call_ = 1;
  uint64_t next_payload_ = 1;
  Invariants invariants_;
  Reached reached_;
  std::deque<std::string> trace_;
  uint64_t events_ = 0;
};

}  // namespace sim
