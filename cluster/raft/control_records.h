// The control records of the metadata log and its snapshots: who leads, who votes, where a snapshot
// begins and ends.
#pragma once

#include <optional>
#include <vector>

#include "cluster/raft/voter_set.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace cluster::raft {

// A record that changes the voters or their kraft.version.
struct ControlChange {
  wire::Offset offset = 0;
  std::optional<VoterSet> voters;
  std::optional<int16_t> kraft_version;
};

// What the control records of a snapshot say.
struct SnapshotControl {
  wire::TimestampMs last_append_time_ms = 0;
  std::optional<VoterSet> voters;
  int16_t kraft_version = 0;
};

struct EpochStartRecords {
  wire::NodeId leader_id = wire::kNoNode;
  std::vector<wire::NodeId> voters;
  std::vector<wire::NodeId> granting_voters;
  // Set: KRaftVersion and Voters follow in the same batch (KIP-853).
  std::optional<VoterSet> voter_set;
  int16_t kraft_version = 0;
};

// A batch's place in the log and the time it is written.
struct BatchPlace {
  wire::Offset base_offset = 0;
  wire::Epoch epoch = 0;
  wire::TimestampMs now_ms = 0;
};

wire::Bytes build_epoch_start_batch(const BatchPlace& place, const EpochStartRecords& records);
// A KRaftVersion record if `kraft_version` is set, then a Voters record if `voters` is.
wire::Bytes build_voters_batch(const BatchPlace& place, std::optional<int16_t> kraft_version,
                               const std::optional<VoterSet>& voters);
wire::Bytes build_snapshot_header_batch(const BatchPlace& place, const SnapshotControl& control);
wire::Bytes build_snapshot_footer_batch(const BatchPlace& place);

// The changes in a control batch.  An error if a record of a known type cannot be read.
wire::Result<std::vector<ControlChange>> read_control_changes(const wire::RecordBatchView& batch);
// Adds what a control batch of a snapshot says; tells whether it held the footer.
wire::Result<bool> read_snapshot_control(const wire::RecordBatchView& batch,
                                         SnapshotControl& control);

}  // namespace cluster::raft
