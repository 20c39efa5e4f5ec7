// What the quorum protocol needs to know of the metadata log: where it begins and ends, how much of
// it is on disk, at which offset each epoch begins, and which snapshots exist.
//
// A value; the bytes stay in storage::Log.  Owned by the core's state.
#pragma once

#include <map>
#include <vector>

#include "cluster/metadata/metadata_log.h"
#include "wire/base/types.h"

namespace cluster::raft {

using metadata::SnapshotId;

// End of a log, exclusive, and the epoch of its last record: later epochs win, then longer logs.
struct LogPosition {
  wire::Epoch epoch = 0;
  wire::Offset offset = 0;

  auto operator<=>(const LogPosition&) const = default;
};

struct EpochStart {
  wire::Epoch epoch = 0;
  wire::Offset offset = 0;

  bool operator==(const EpochStart&) const = default;
};

// The first snapshot of a dynamic quorum; it holds the first voters and is never sent to a peer.
inline constexpr SnapshotId kBootstrapSnapshot{0, 0};

class LogView {
 public:
  LogView() = default;
  LogView(wire::Offset start, wire::Offset end, wire::Offset flushed,
          std::vector<EpochStart> epochs, std::map<SnapshotId, int64_t> snapshots);

  wire::Offset start() const { return start_; }
  wire::Offset end() const { return end_; }
  wire::Offset flushed() const { return flushed_; }
  // Epoch of the last record; of the latest snapshot if the log is empty behind it.
  wire::Epoch last_epoch() const;
  LogPosition position() const { return {last_epoch(), end_}; }
  wire::Epoch epoch_at(wire::Offset offset) const;

  // Where `epoch` ends here: the position behind its last record, or behind the last record of the
  // epoch before if this log knows none of it (KIP-101).
  LogPosition end_of_epoch(wire::Epoch epoch) const;

  enum class Match { kValid, kDiverging, kSnapshot };
  struct Validity {
    Match match = Match::kValid;
    LogPosition diverging;  // kDiverging: where the follower should look
    SnapshotId snapshot;    // kSnapshot: what it should fetch
  };
  // Whether a follower whose log ends at `offset` with `last_epoch` has a prefix of this one.
  Validity validate(wire::Offset offset, wire::Epoch last_epoch) const;
  // Where to truncate, given where the leader says that our logs part.
  wire::Offset truncation_offset(LogPosition diverging) const;

  void append(wire::Epoch epoch, wire::Offset next_offset);
  void set_flushed(wire::Offset offset);
  void truncate_to(wire::Offset offset);
  void restart_at(SnapshotId snapshot);
  void move_start(wire::Offset offset);

  void add_snapshot(SnapshotId id, int64_t size) { snapshots_[id] = size; }
  void remove_snapshot(SnapshotId id) { snapshots_.erase(id); }
  const std::map<SnapshotId, int64_t>& snapshots() const { return snapshots_; }

 private:
  wire::Offset start_ = 0;
  wire::Offset end_ = 0;
  wire::Offset flushed_ = 0;
  std::vector<EpochStart> epochs_;
  std::map<SnapshotId, int64_t> snapshots_;  // with their sizes
};

}  // namespace cluster::raft
