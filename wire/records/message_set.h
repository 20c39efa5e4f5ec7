// Message sets, formats v0 and v1: what brokers wrote and clients spoke before Kafka 0.11.  Old
// segments may hold them, and old clients send and expect them (message_set_validation.h,
// down_conversion.h); they are never written to a log.
//
//   offset  size  field
//        0     8  offset; of a wrapper (compressed entry): that of its last inner message
//        8     4  size: the bytes that follow this field
//       12     4  crc: CRC-32 (of zlib) of everything behind it
//       16     1  magic: 0 or 1
//       17     1  attributes: bits 0-2 codec, 3 log append time (v1)
//       18     8  timestamp, v1 only; of a wrapper: the largest inner one
//        .     4  key length (-1: null), then the key
//        .     4  value length (-1: null), then the value; of a wrapper: a compressed message set
//
// Inner offsets are absolute in v0; in v1 they count from 0 and the wrapper's own offset fixes the
// last (KIP-31).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace wire {

// One entry: a message, or a wrapper around several.
class MessageSetEntry {
 public:
  // The entry at the start of `run`.  CORRUPT_MESSAGE if it is cut off, too short, or not of magic
  // 0 or 1.
  static Result<MessageSetEntry> parse(const Bytes& run);

  const Bytes& bytes() const { return bytes_; }
  size_t size_bytes() const { return bytes_.size(); }
  Offset last_offset() const { return load_big_endian<int64_t>(bytes_.data()); }
  int8_t magic() const { return static_cast<int8_t>(bytes_[kBatchMagicAt]); }
  uint32_t crc() const { return load_big_endian<uint32_t>(bytes_.data() + kLogOverhead); }
  uint8_t codec() const { return bytes_[kBatchMagicAt + 1] & kCodecMask; }
  TimestampType timestamp_type() const;
  // The largest timestamp; -1 in v0.
  TimestampMs max_timestamp() const;
  bool crc_is_valid() const;

 private:
  explicit MessageSetEntry(Bytes entry) : bytes_(std::move(entry)) {}

  Bytes bytes_;
};

// Walks over the entries of a run, as BatchIterator does over batches.
class MessageSetIterator {
 public:
  explicit MessageSetIterator(Bytes run) : run_(std::move(run)) {}

  bool next();
  const MessageSetEntry& entry() const { return *entry_; }
  const Status& status() const { return status_; }

 private:
  Bytes run_;
  size_t position_ = 0;
  std::optional<MessageSetEntry> entry_;
  Status status_;
};

// A message as it lies in a buffer: valid only inside the visit that shows it.
struct MessageView {
  Offset offset = 0;  // as consumers count, also inside a wrapper
  TimestampMs timestamp = kNoTimestamp;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  // Where it lies: the entry itself, or one inside the wrapper, whose checksum nobody has looked
  // at.
  const MessageSetEntry* entry = nullptr;
};

// Shows each message of an entry in order; `visit` returns false to stop.  A wrapper is
// decompressed as a whole, to at most `inflate_limit` bytes.  Fails as Kafka's readers do:
// INVALID_RECORD for a wrapper that does not inflate, is empty, has a wrapper inside, a codec that
// message sets do not have, or an offset that does not fit; CORRUPT_MESSAGE for what is too short
// to be a message.
Status for_each_message(const MessageSetEntry& entry, size_t inflate_limit,
                        absl::FunctionRef<bool(const MessageView&)> visit);

}  // namespace wire
