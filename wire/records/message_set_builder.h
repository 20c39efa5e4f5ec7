// Writes message sets v0 and v1 for old consumers: a message an entry, or a wrapper around all
// (message_set.h has the layout).
//
// For the same input the bytes are those of Java's MemoryRecordsBuilder (compressed ones may differ
// in the codec's choices).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/base/bytes.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace wire {

struct MessageSetOptions {
  int8_t magic = 1;                                // 0 or 1
  CompressionType codec = CompressionType::kNone;  // not zstd: message sets do not have it
  // Set: LogAppendTime with this time (v1).
  std::optional<TimestampMs> log_append_time;
};

class MessageSetBuilder {
 public:
  explicit MessageSetBuilder(MessageSetOptions options);

  // Offsets must ascend.
  void append(Offset offset, TimestampMs timestamp, std::optional<std::string_view> key,
              std::optional<std::string_view> value);

  bool empty() const { return !base_offset_.has_value(); }
  // Of the set if it were built now without compression.
  size_t plain_size() const { return buffer_.size(); }

  // The finished set.  REQUIRES: !empty().  The builder is spent.
  Bytes build();

 private:
  void put_message(Offset offset, uint8_t attributes, TimestampMs timestamp,
                   std::optional<std::string_view> key, std::optional<std::string_view> value);

  MessageSetOptions options_;
  std::string buffer_;
  std::optional<Offset> base_offset_;
  Offset last_offset_ = kNoOffset;
  TimestampMs max_timestamp_ = kNoTimestamp;
};

}  // namespace wire
