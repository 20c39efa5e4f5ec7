// A replica's disk in the simulation: what was synced stays, of the rest any prefix may survive.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "cluster/raft/core.h"
#include "wire/base/random.h"

namespace sim {

namespace raft = cluster::raft;

// A batch and the hash of everything up to its end: two logs that agree on it agree on all before.
struct StoredBatch {
  wire::Offset base = 0;
  wire::Offset next = 0;
  wire::Epoch epoch = 0;
  uint64_t chain = 0;
  wire::Bytes bytes;
};

struct StoredSnapshot {
  uint64_t chain = 0;
  raft::SnapshotControl control;
  wire::Bytes bytes;
};

class SimLog {
 public:
  wire::Offset start() const { return start_; }
  wire::Offset end() const { return batches_.empty() ? start_ : batches_.back().next; }
  const std::deque<StoredBatch>& batches() const { return batches_; }

  const StoredBatch& append(wire::Bytes batch);
  void truncate_to(wire::Offset offset);
  void restart_at(wire::Offset offset, uint64_t chain);
  void move_start(wire::Offset offset);
  // Hash of everything below `offset`, or nothing if no batch ends there.
  std::optional<uint64_t> chain_at(wire::Offset offset) const;
  wire::Bytes read(wire::Offset offset, int32_t max_bytes) const;
  std::vector<raft::EpochStart> epochs() const;

 private:
  wire::Offset start_ = 0;
  uint64_t start_chain_ = 0;
  std::deque<StoredBatch> batches_;
};

class SimDisk {
 public:
  // What the replica sees.
  const SimLog& log() const { return log_; }
  // What a power cut is sure to leave.
  const SimLog& durable() const { return durable_; }

  const StoredBatch& append(wire::Bytes batch);
  void truncate_to(wire::Offset offset);
  void restart_at(wire::Offset offset, uint64_t chain);
  void move_start(wire::Offset offset);

  size_t unsynced() const { return unsynced_.size(); }
  // The first `count` changes have reached the disk.
  void sync(size_t count);
  void lose_power(wire::Random& random);

  raft::Election election;
  std::map<raft::SnapshotId, StoredSnapshot> snapshots;

 private:
  struct Change {
    enum class Kind { kAppend, kTruncate, kRestart, kMoveStart } kind;
    wire::Bytes batch;
    wire::Offset offset = 0;
    uint64_t chain = 0;
  };
  static void apply(const Change& change, SimLog& log);
  void change(Change change);

  SimLog log_;
  SimLog durable_;
  std::deque<Change> unsynced_;
};

}  // namespace sim
