// The records inside a batch.
//
//   length varint | attributes i8 | timestamp delta varlong | offset delta varint |
//   key length varint (-1: null) | key | value length varint (-1: null) | value |
//   header count varint | { key length varint | key | value length varint (-1: null) | value }
//
// Each varint is zigzag-encoded.  A batch's checksum says that the bytes are what the producer
// sent, not that they are records: walking them may fail at any byte, and does so with an error,
// within the bytes that are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace wire {

struct RecordHeader {
  std::string_view key;
  std::optional<std::string_view> value;

  bool operator==(const RecordHeader&) const = default;
};

// A record as it lies in a buffer: valid only inside the visit that shows it.
struct RecordView {
  Offset offset = 0;
  TimestampMs timestamp = kNoTimestamp;
  int32_t sequence = kNoSequence;
  int32_t offset_delta = 0;
  size_t size = 0;  // with its length prefix
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<RecordHeader> headers;
};

struct OwnedRecordHeader {
  Bytes key;
  std::optional<Bytes> value;

  bool operator==(const OwnedRecordHeader&) const = default;
};

// A record that may be kept: its parts are slices of the batch (or of the buffer it was
// decompressed into).
struct Record {
  Offset offset = 0;
  TimestampMs timestamp = kNoTimestamp;
  int32_t sequence = kNoSequence;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  std::vector<OwnedRecordHeader> headers;

  bool operator==(const Record&) const = default;
};

// A batch may inflate to this many bytes (odradek.decompression.max.bytes).
inline constexpr size_t kDefaultInflateLimit = size_t{256} << 20;

// Shows each record in order; `visit` returns false to stop.  Fails with INVALID_RECORD on broken
// framing, a count that does not match, or more than `inflate_limit` bytes; CORRUPT_MESSAGE on
// broken compressed data.  Records seen before the broken one have been shown.
Status for_each_record_view(const RecordBatchView& batch, size_t inflate_limit,
                            absl::FunctionRef<bool(const RecordView&)> visit);
Status for_each_record(const RecordBatchView& batch, size_t inflate_limit,
                       absl::FunctionRef<bool(Record)> visit);
// All of them.
Result<std::vector<Record>> read_records(const RecordBatchView& batch,
                                         size_t inflate_limit = kDefaultInflateLimit);

}  // namespace wire
