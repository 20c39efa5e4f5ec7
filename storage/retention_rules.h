// What a compaction keeps of one batch: Kafka's rules (Cleaner.cleanInto, MemoryRecords.filterTo).
//
//   a record stays   if no later record has its key, or it lies behind what was indexed
//   a tombstone      stays so, until its batch's delete horizon is over (KIP-534)
//   aborted data     goes; a marker goes at its horizon, once all data of its transaction is gone
//   an empty batch   stays if it is its producer's last, to keep sequence and epoch (KIP-98), or the
//                    last one of the round, to keep the end offset
//
// The horizon is set, in the place of the base timestamp, by the first compaction that finds a
// tombstone or a superfluous marker.  A batch whose checksum is right but whose records cannot be
// walked over is opaque: it stays as it is, and so does what its keys might have replaced.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "storage/compaction_transactions.h"
#include "storage/offset_map.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/records/message_set.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"

namespace storage {

// Where a producer's state comes from, if it must be read back from the log.
struct LastRecord {
  wire::Offset data_offset = wire::kNoOffset;  // of its last batch; none: only a marker is known
  wire::ProducerEpoch epoch = wire::kNoProducerEpoch;
};
using LastRecords = absl::flat_hash_map<wire::ProducerId, LastRecord>;

struct RetentionLimits {
  wire::TimestampMs now_ms = 0;
  wire::DurationMs delete_retention_ms = 0;
  // Records from here on were not indexed, and stay.
  wire::Offset indexed_end_offset = 0;
  // One past the last offset of the round.
  wire::Offset upper_bound_offset = 0;
  size_t inflate_limit = wire::kDefaultInflateLimit;
};

struct KeptBatch {
  wire::Bytes bytes = {};  // empty: nothing stays
  wire::Offset last_offset = wire::kNoOffset;
  wire::TimestampMs max_timestamp = wire::kNoTimestamp;
  int64_t records_read = 0;
  int64_t records_kept = 0;
};

class RetentionRules {
 public:
  // REQUIRES: the references outlive this.
  RetentionRules(const OffsetMap& map, CompactionTransactions& transactions,
                 const LastRecords& last_records, RetentionLimits limits)
      : map_(map), transactions_(transactions), last_records_(last_records), limits_(limits) {}

  // The next batch of the log.  REQUIRES: its checksum is right.
  KeptBatch apply(const wire::RecordBatchView& batch);
  // The next entry of an old format, which becomes a batch of format 2.  INVALID_RECORD or
  // CORRUPT_MESSAGE if it cannot be read.
  wire::Result<KeptBatch> apply(const wire::MessageSetEntry& entry, bool retain_tombstones);

 private:
  bool is_last_of_producer(const wire::RecordBatchView& batch) const;
  bool stays(wire::Offset offset, std::optional<std::string_view> key, bool is_tombstone,
             bool retain_tombstones) const;
  KeptBatch keep_records(const wire::RecordBatchView& batch, bool keep_empty);
  KeptBatch rebuild(const wire::RecordBatchView& batch, std::optional<wire::TimestampMs> horizon);

  const OffsetMap& map_;
  CompactionTransactions& transactions_;
  const LastRecords& last_records_;
  const RetentionLimits limits_;
  std::vector<bool> kept_;  // of the batch at hand; a member for its memory
};

// True if the batch can be walked over and built anew: offsets rise within its range.  `visit` sees
// its records; what it did before a broken one counts for nothing.
bool walk_records(const wire::RecordBatchView& batch, size_t inflate_limit,
                  absl::FunctionRef<void(const wire::RecordView&)> visit);

}  // namespace storage
