// What a leader demands of a produced batch, and what it does to it before the append: the checks
// of Kafka 4.3's ProduceRequest, UnifiedLog and LogValidator, in their order, with their error
// codes and messages.
//
// Kafka walks over every record of every batch.  We do so only where a rule needs it (design.md,
// "Bytes"):
//
// Always:
//   exactly one batch; magic 2; zstd only from Produce v7; base offset 0; size limit; checksum;
//   known codec; offset range against count; no control batch; sequence and epoch with a producer
//   id; a producer id with the transactional bit; count within the bytes (uncompressed).
// From the header alone, where it answers:
//   timestamps too far in the future, asked of the max timestamp.
// Record by record:
//   the topic is compacted (each record needs a key), it limits how old a record may be, the header
//   leaves a timestamp in doubt, the client set the LogAppendTime bit, the batch is recompressed,
//   or `inspect` says so.
//
// What this leaves out: a batch whose checksum is right but whose records are broken (wrong
// framing, offset deltas out of order, a max timestamp that no record has) is stored where Kafka
// would refuse or correct it.  Only its own readers are hurt: compaction and time index treat such
// a batch as opaque, and never crash on it.
//
// For clients' batches only: what coordinators and Raft append is built here, what followers append
// was checked by a leader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/records/compression.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"

namespace wire {

enum class Inspect : uint8_t {
  kWhenNeeded,   // the cheap path where no rule needs more
  kEveryRecord,  // as Kafka does
};

struct ValidationOptions {
  std::string_view topic;
  PartitionIndex partition = 0;
  int16_t produce_version = 13;
  Inspect inspect = Inspect::kWhenNeeded;

  int32_t max_message_bytes = 1048588;
  bool compacted = false;
  TimestampType timestamp_type = TimestampType::kCreateTime;
  DurationMs timestamp_before_max_ms = INT64_MAX;
  DurationMs timestamp_after_max_ms = 3600000;
  // Nothing: keep the producer's codec (compression.type=producer).
  std::optional<Compression> target_compression;
  size_t inflate_limit = kDefaultInflateLimit;
  TimestampMs now = 0;
};

// One refused record, for the answer's record_errors.
struct RecordError {
  int32_t batch_index = 0;
  std::string message;

  bool operator==(const RecordError&) const = default;
};

// Like Apache, an answer carries the message only beside record errors; otherwise it is for the
// log.
struct RefusedBatch {
  ErrorCode code = ErrorCode::kNone;
  std::string message;
  std::vector<RecordError> record_errors;
};

// What may be appended, once patch_batch() has given it its place.
struct ValidatedBatch {
  Bytes batch;  // the frame's own bytes, unless rebuilt
  bool rebuilt = false;
  TimestampMs max_timestamp = kNoTimestamp;
  // Set if the topic uses LogAppendTime.
  TimestampMs log_append_time = kNoTimestamp;
};

// Either the batch or why not.  `records` is the field of a produce request, which this may change
// in place: with LogAppendTime, the header (exclusive_data()).
struct ProducePlan {
  std::optional<ValidatedBatch> accepted;
  RefusedBatch refused;  // if not accepted

  bool ok() const { return accepted.has_value(); }
};
ProducePlan validate_produced_batch(Bytes records, const ValidationOptions& options);

}  // namespace wire
