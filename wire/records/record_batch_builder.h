// Writes record batches: for the brokers' own topics, for control records, for recompression, for
// tools and tests.
//
// For the same input the bytes are those of Java's MemoryRecordsBuilder (compressed ones may differ
// in the codec's choices).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/base/bytes.h"
#include "wire/base/types.h"
#include "wire/records/compression.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"

namespace wire {

struct BatchOptions {
  Offset base_offset = 0;
  Compression compression;
  Epoch partition_leader_epoch = kNoEpoch;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch = kNoProducerEpoch;
  int32_t base_sequence = kNoSequence;
  bool transactional = false;
  bool control = false;
  // Set: LogAppendTime with this time.
  std::optional<TimestampMs> log_append_time;
  // Set: the batch keeps tombstones or markers until then (KIP-534).
  std::optional<TimestampMs> delete_horizon;
};

class RecordBatchBuilder {
 public:
  explicit RecordBatchBuilder(BatchOptions options = {});

  // Appends at the next offset.
  void append(TimestampMs timestamp, std::optional<std::string_view> key,
              std::optional<std::string_view> value, std::span<const RecordHeader> headers = {});
  // Appends at `offset`, which is beyond the last one and within an int32 of the base offset.
  void append_at(Offset offset, TimestampMs timestamp, std::optional<std::string_view> key,
                 std::optional<std::string_view> value, std::span<const RecordHeader> headers = {});

  // Compaction keeps the batch's last offset though its last record went (KIP-98).
  void override_last_offset(Offset last_offset) { last_offset_ = last_offset; }

  bool empty() const { return record_count_ == 0; }
  int32_t record_count() const { return record_count_; }
  Offset next_offset() const;
  TimestampMs max_timestamp() const { return max_timestamp_; }
  // Size of the batch if it were built now without compression.
  size_t plain_size() const { return buffer_.size(); }

  // The finished batch.  REQUIRES: !empty() or an overridden last offset.  The builder is spent.
  Bytes build();

 private:
  BatchOptions options_;
  std::string buffer_;  // header, then plain records
  int32_t record_count_ = 0;
  std::optional<Offset> last_offset_;
  std::optional<TimestampMs> base_timestamp_;
  TimestampMs max_timestamp_ = kNoTimestamp;
};

// What an append of this record adds to plain_size().
size_t record_size(int32_t offset_delta, TimestampMs timestamp_delta,
                   std::optional<std::string_view> key, std::optional<std::string_view> value,
                   std::span<const RecordHeader> headers);

}  // namespace wire
