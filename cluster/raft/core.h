// KRaft's quorum protocol (KIP-595, 630, 853, 996) as a pure function of its inputs: the same
// events give the same actions, always.
//
//   Unattached --election timeout--> Prospective --pre-vote majority--> Candidate --majority--+
//     ^ ^  `------------------ learns the leader ------------> Follower                       |
//     | `-------------- any message with a higher epoch ----------'                           v
//     `----------------------- election timeout ------------------- Resigned <--resigns-- Leader
//
// Replication is by pull: a follower's fetch offset tells the leader what the follower has on its
// disk.  No I/O, no clock, no thread; owned by one shard.  The rules are in election.* (votes,
// beginning and end of an epoch), replication.* (fetch, high watermark, check-quorum), snapshot.*
// and voters.*; they share State and nothing else.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cluster/raft/control_records.h"
#include "cluster/raft/state.h"
#include "wire/api/describe_quorum.h"
#include "wire/base/result.h"

namespace cluster::raft {

// What was found on the disk.
struct Recovered {
  Election election;
  LogView log;
  // Of the latest snapshot, then of the log behind it.
  std::optional<SnapshotControl> snapshot_control;
  std::vector<ControlChange> log_control;
};

struct Tick {};
struct Receive {
  CallId call = 0;
  Request request;
};
struct Answered {
  RequestId id = 0;
  wire::NodeId from = wire::kNoNode;
  wire::Result<Response> response;
};
// A batch that starts at log().end() with the current epoch.  REQUIRES: this node leads.
struct Propose {
  wire::Bytes batch;
};
struct LogFlushed {
  wire::Offset offset = 0;
};
// A snapshot is durable: downloaded (then `control` says what it holds), or written by this node.
struct SnapshotStored {
  SnapshotId id;
  int64_t size = 0;
  bool downloaded = false;
  SnapshotControl control;
};
// A download turned out to be broken; it starts again.
struct SnapshotRejected {
  SnapshotId id;
};
// Snapshots older than this one are gone, and the log below it.
struct LogPrefixDeleted {
  SnapshotId up_to;
};
struct Resign {
  wire::Epoch epoch = 0;
};
struct UpgradeKRaftVersion {
  int16_t version = 1;
};
struct ShutDown {};
using Event =
    std::variant<Tick, Receive, Answered, Propose, LogFlushed, SnapshotStored, SnapshotRejected,
                 LogPrefixDeleted, Resign, UpgradeKRaftVersion, ShutDown>;

class Core {
 public:
  Core(Config config, Recovered recovered);

  Actions step(Instant now, Event event);
  // When to step with a Tick if nothing happens before; kNever if there is nothing to wait for.
  wire::DurationMs next_deadline() const { return state_.deadline; }

  bool is_leader() const { return state_.as<Leader>() != nullptr && !state_.shutting_down; }
  wire::Epoch epoch() const { return state_.epoch; }
  // Who leads as far as this node may tell others: itself only once it has committed its epoch.
  LeaderAndEpoch leader() const;
  std::optional<wire::Offset> high_watermark() const { return state_.high_watermark; }
  const LogView& log() const { return state_.log; }
  const VoterSet& voters() const { return state_.voters.current(); }
  const VoterHistory& voter_history() const { return state_.voters; }
  int16_t kraft_version() const { return state_.voters.kraft_version(); }
  // Whether a leader's wish to hand over has been heard by all, or there is none.
  bool has_handed_over() const;
  // May kraft.version be raised to `version` now?
  wire::Status can_upgrade_kraft_version(int16_t version) const;

  wire::DescribeQuorumResponse describe(Instant now,
                                        const wire::DescribeQuorumRequest& request) const;
  const State& state() const { return state_; }

 private:
  void handle(Receive event);
  void handle(Answered event);
  void poll();
  void announce_leader();

  State state_;
};

}  // namespace cluster::raft
