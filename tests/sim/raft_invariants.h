// The properties that make Raft safe, checked as things happen.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/raft/core.h"
#include "sim/sim_disk.h"

namespace sim {

// Rare events that a set of seeds must have reached, or it proves little.
enum class Mark : size_t {
  kElection,
  kVoteSplit,
  kTruncation,
  kSnapshotInstalled,
  kPrefixDeleted,
  kVoterAdded,
  kVoterRemoved,
  kLeaderRemovedItself,
  kCheckQuorumResignation,
  kHandOver,
  kPowerCut,
  kDataLostInPowerCut,
  kCount,
};
std::string_view mark_name(Mark mark);

struct Reached {
  std::array<uint64_t, static_cast<size_t>(Mark::kCount)> counts{};

  uint64_t& operator[](Mark mark) { return counts[static_cast<size_t>(mark)]; }
  uint64_t operator[](Mark mark) const { return counts[static_cast<size_t>(mark)]; }
  void add(const Reached& other) {
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  }
};

class Invariants {
 public:
  // The first property that was broken; empty so far if none was.
  const std::string& failure() const { return failure_; }

  // Election safety: an epoch has one leader; leader completeness: it has all that is committed.
  void on_leader(wire::NodeId node, wire::Epoch epoch, const SimLog& log);
  // No two votes in an epoch, whatever the voter has forgotten.
  void on_vote(wire::NodeId voter, wire::Epoch epoch, const raft::ReplicaKey& candidate);
  // Log matching: a record that two logs have at the same offset and epoch has the same history.
  void on_append(wire::NodeId node, const StoredBatch& batch);
  // State machine safety: what is committed at an offset is the same everywhere, for ever.
  void on_commit(wire::NodeId node, wire::Offset from, wire::Offset to, const SimLog& log);
  void on_snapshot(wire::NodeId node, wire::Offset end, uint64_t chain);
  // A record counts as committed only when a majority has it on the disk.
  void on_leader_commit(wire::NodeId node, wire::Offset to, const SimLog& log,
                        const raft::VoterSet& voters,
                        const std::map<wire::NodeId, const SimDisk*>& disks);
  // One change at a time: two voter sets in a row differ by one voter.
  void on_voters(wire::Offset offset, const raft::VoterSet& before, const raft::VoterSet& after);
  // A replica never takes back what it has committed.
  void on_truncate(wire::NodeId node, wire::Offset to, wire::Offset high_watermark);

  wire::Offset committed_end() const { return committed_end_; }
  void fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
  }

 private:
  std::string failure_;
  std::map<wire::Epoch, wire::NodeId> leaders_;
  std::map<std::pair<wire::NodeId, wire::Epoch>, raft::ReplicaKey> votes_;
  std::map<std::pair<wire::Offset, wire::Epoch>, uint64_t> history_;  // by end offset
  std::map<wire::Offset, uint64_t> committed_;                        // end offset -> chain
  wire::Offset committed_end_ = 0;
};

}  // namespace sim
