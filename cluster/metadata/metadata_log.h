// What the controller and the image loader see of the metadata quorum: a log of record batches and
// who leads it.
//
// Implemented by raft::Driver.  Everything happens on shard 0.
#pragma once

#include <span>
#include <vector>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace cluster::metadata {

// A snapshot covers the log up to, exclusively, `end_offset`; `epoch` is that of its last record
// (KIP-630).
struct SnapshotId {
  wire::Offset end_offset = 0;
  wire::Epoch epoch = 0;

  auto operator<=>(const SnapshotId&) const = default;
};

struct LeaderAndEpoch {
  wire::NodeId leader_id = wire::kNoNode;
  wire::Epoch epoch = 0;

  bool operator==(const LeaderAndEpoch&) const = default;
};

// One batch of data records, as committed.  Each record is a framed metadata record: uvarint frame
// version 1, uvarint api key, uvarint version, body.
struct CommittedBatch {
  wire::Offset base_offset = 0;
  wire::Epoch epoch = 0;
  wire::TimestampMs append_time_ms = 0;
  std::vector<wire::Bytes> records;

  wire::Offset last_offset() const {
    return base_offset + static_cast<wire::Offset>(records.size()) - 1;
  }
};

class MetadataLogListener {
 public:
  virtual ~MetadataLogListener() = default;

  // Batches arrive in order, each once, control batches left out.
  virtual void on_commit(const CommittedBatch& batch) = 0;
  // Forget everything and start from this state; commits go on at id.end_offset.
  virtual void on_snapshot(SnapshotId id, wire::TimestampMs last_append_time_ms,
                           const std::vector<wire::Bytes>& records) = 0;
  // A new epoch or a leader became known.  Called for this node's own leadership only after every
  // record of earlier epochs has been handed to on_commit, so a new controller starts from the
  // complete state.
  virtual void on_leader_change(LeaderAndEpoch leader) = 0;
};

class MetadataLog {
 public:
  virtual ~MetadataLog() = default;

  // Appends the records as one atomic batch, if this node still leads `epoch` (else
  // NOT_CONTROLLER).  Returns the offset of the last one; on_commit tells when a majority has it.
  virtual wire::Result<wire::Offset> append(wire::Epoch epoch,
                                            std::span<const wire::Bytes> records) = 0;

  // kraft.version is finalised in the log itself, by a control record (KIP-853), and not by a
  // metadata record.
  virtual int16_t kraft_version() const = 0;
  // NOT_CONTROLLER, or INVALID_UPDATE_VERSION with what stands in the way.
  virtual wire::Status can_upgrade_kraft_version(int16_t version) const = 0;
  // Appends the record, if this node still leads `epoch`; 0 to 1 makes the voters dynamic.
  virtual wire::Status upgrade_kraft_version(wire::Epoch epoch, int16_t version) = 0;

  virtual LeaderAndEpoch leader() const = 0;
  virtual wire::Offset end_offset() const = 0;
  // Exclusive end of what is committed.
  virtual wire::Offset high_watermark() const = 0;

  // REQUIRES: listener outlives this.  It is told first of the latest snapshot, if any, then of
  // every committed batch.
  virtual void subscribe(MetadataLogListener& listener) = 0;

  // Writes the snapshot of the committed state at `id`; older snapshots and the log below may then
  // be dropped.
  virtual wire::Status write_snapshot(SnapshotId id, wire::TimestampMs last_append_time_ms,
                                      std::span<const wire::Bytes> records) = 0;
};

}  // namespace cluster::metadata
