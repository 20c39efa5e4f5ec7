// What a coordinator sees of the partition it lives in: a log it appends to while it leads it, and
// reads when it loads.
//
// Implemented over replica::Partition for `__consumer_offsets` (and later `__transaction_state`);
// tests implement it in memory.  Everything happens on the shard that owns the partition.
#pragma once

#include <cstddef>
#include <optional>

#include "storage/append_rules.h"
#include "wire/base/bytes.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace cluster::coordinator {

// Where one appended batch landed.
struct Appended {
  wire::Offset first_offset = 0;
  wire::Offset last_offset = 0;

  bool operator==(const Appended&) const = default;
};

class PartitionWriter {
 public:
  virtual ~PartitionWriter() = default;

  // Appends one record batch as leader of `leader_epoch`, with the rules of acks=all:
  // NOT_LEADER_OR_FOLLOWER if this node does not lead in that epoch, NOT_ENOUGH_REPLICAS if the ISR
  // is below min.insync.replicas, KAFKA_STORAGE_ERROR if the log cannot be written,
  // MESSAGE_TOO_LARGE.  An error means that nothing was appended. The batch comes with base offset
  // 0; offset and leader epoch are patched in place.  `rules` for batches of transactions and
  // their markers (INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED).
  //
  // That the batch is committed is told by GroupCoordinator::on_high_watermark (and its kin), once
  // the high watermark has passed it.  That call may come before append() returns.
  virtual wire::Result<Appended> append(wire::PartitionIndex partition, wire::Epoch leader_epoch,
                                        wire::Bytes batch, const storage::AppendRules& rules) = 0;
};

// The bounds of a partition's log at this moment.
struct LogBounds {
  wire::Uuid topic_id;
  wire::Offset log_start_offset = 0;
  wire::Offset high_watermark = 0;
  wire::Offset log_end_offset = 0;
};

// The port through which a coordinator loads a partition that it has begun to lead.
class PartitionReader {
 public:
  virtual ~PartitionReader() = default;

  // Nothing if this node does not lead the partition.
  virtual std::optional<LogBounds> bounds(wire::PartitionIndex partition) const = 0;

  // Exclusive end offset of the largest epoch not above `epoch` that this log knows (KIP-101), or
  // kNoOffset.  With it a coordinator proves that what it has applied earlier is still a prefix of
  // this log.
  virtual wire::Offset end_offset_for_epoch(wire::PartitionIndex partition,
                                            wire::Epoch epoch) const = 0;

  // Reads whole batches below the high watermark: from the one that holds `offset` (or the next
  // one, where compaction has left a hole), about `max_bytes`, at least one.  Empty if there is
  // none.  `done` may be called before read() returns.
  virtual void read(wire::PartitionIndex partition, wire::Offset offset, size_t max_bytes,
                    wire::Callback<void(wire::Result<wire::Bytes>)> done) = 0;
};

}  // namespace cluster::coordinator
