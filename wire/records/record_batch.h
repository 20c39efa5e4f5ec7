// Record batches, format v2: the unit in which records are produced, stored, replicated and fetched
// (KIP-98).
//
//   offset  size  field
//        0     8  base offset
//        8     4  batch length: the bytes that follow this field
//       12     4  partition leader epoch
//       16     1  magic: 2
//       17     4  crc: CRC-32C of everything from the attributes to the end of the batch
//       21     2  attributes: bits 0-2 codec, 3 log append time, 4 transactional, 5 control,
//                 6 base timestamp is the delete horizon (KIP-534)
//       23     4  last offset delta
//       27     8  base timestamp
//       35     8  max timestamp
//       43     8  producer id, -1 for none
//       51     2  producer epoch, -1 for none
//       53     4  base sequence, -1 for none
//       57     4  record count
//       61     .  records, compressed as a whole if the attributes say so
//
// Base offset and leader epoch lie before the checksum, so a broker sets them in place.  A view
// trusts only what parse() has checked: the magic byte and that length and buffer agree.  Every
// other field is whatever a client sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/base/big_endian.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace wire {

enum class CompressionType : uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };
enum class TimestampType : uint8_t { kCreateTime = 0, kLogAppendTime = 1 };

inline constexpr size_t kBatchBaseOffsetAt = 0;
inline constexpr size_t kBatchLengthAt = 8;
inline constexpr size_t kBatchLeaderEpochAt = 12;
inline constexpr size_t kBatchMagicAt = 16;
inline constexpr size_t kBatchCrcAt = 17;
inline constexpr size_t kBatchAttributesAt = 21;
inline constexpr size_t kBatchLastOffsetDeltaAt = 23;
inline constexpr size_t kBatchBaseTimestampAt = 27;
inline constexpr size_t kBatchMaxTimestampAt = 35;
inline constexpr size_t kBatchProducerIdAt = 43;
inline constexpr size_t kBatchProducerEpochAt = 51;
inline constexpr size_t kBatchBaseSequenceAt = 53;
inline constexpr size_t kBatchRecordCountAt = 57;
inline constexpr size_t kBatchHeaderSize = 61;
// Base offset and length: what stands before every entry of a log, whatever its magic.
inline constexpr size_t kLogOverhead = 12;
static_assert(kBatchLengthAt + sizeof(int32_t) == kLogOverhead);
static_assert(kBatchCrcAt + sizeof(uint32_t) == kBatchAttributesAt);
static_assert(kBatchRecordCountAt + sizeof(int32_t) == kBatchHeaderSize);

inline constexpr uint16_t kCodecMask = 0x07;
inline constexpr uint16_t kLogAppendTimeBit = 0x08;
inline constexpr uint16_t kTransactionalBit = 0x10;
inline constexpr uint16_t kControlBit = 0x20;
inline constexpr uint16_t kDeleteHorizonBit = 0x40;

// A producer's sequence numbers wrap from the largest int32 to 0.
constexpr int32_t advance_sequence(int32_t sequence, int32_t by) {
  return static_cast<int32_t>((static_cast<uint32_t>(sequence) + static_cast<uint32_t>(by)) &
                              0x7FFFFFFFU);
}

// Whether a whole batch of magic 2 stands at the start of `run`: what RecordBatchView::parse()
// accepts.
inline bool is_batch(std::span<const uint8_t> run) {
  if (run.size() < kBatchHeaderSize || run[kBatchMagicAt] != 2) return false;
  const auto length = load_big_endian<int32_t>(run.data() + kBatchLengthAt);
  return length >= static_cast<int32_t>(kBatchHeaderSize - kLogOverhead) &&
         static_cast<size_t>(length) <= run.size() - kLogOverhead;
}
// REQUIRES of these: is_batch().
inline size_t batch_size(std::span<const uint8_t> run) {
  return kLogOverhead + load_big_endian<uint32_t>(run.data() + kBatchLengthAt);
}
inline bool is_transactional_batch(std::span<const uint8_t> run) {
  return (load_big_endian<uint16_t>(run.data() + kBatchAttributesAt) & kTransactionalBit) != 0;
}

// One batch.  Copies are cheap (a slice); shares the buffer it was made from.
class RecordBatchView {
 public:
  // The batch at the start of `run`.  CORRUPT_MESSAGE if it is cut off, shorter than a header, or
  // not of magic 2. Does not look at the checksum.
  static Result<RecordBatchView> parse(const Bytes& run);
  // REQUIRES: `batch` is exactly one batch that parse() accepts (made by us, or seen before).
  static RecordBatchView trusted(Bytes batch) { return RecordBatchView(std::move(batch)); }

  const Bytes& bytes() const { return bytes_; }
  size_t size_bytes() const { return bytes_.size(); }

  Offset base_offset() const { return get<int64_t>(kBatchBaseOffsetAt); }
  int32_t batch_length() const { return get<int32_t>(kBatchLengthAt); }
  Epoch partition_leader_epoch() const { return get<int32_t>(kBatchLeaderEpochAt); }
  int8_t magic() const { return get<int8_t>(kBatchMagicAt); }
  uint32_t crc() const { return get<uint32_t>(kBatchCrcAt); }
  uint16_t attributes() const { return get<uint16_t>(kBatchAttributesAt); }
  int32_t last_offset_delta() const { return get<int32_t>(kBatchLastOffsetDeltaAt); }
  TimestampMs base_timestamp() const { return get<int64_t>(kBatchBaseTimestampAt); }
  TimestampMs max_timestamp() const { return get<int64_t>(kBatchMaxTimestampAt); }
  ProducerId producer_id() const { return get<int64_t>(kBatchProducerIdAt); }
  ProducerEpoch producer_epoch() const { return get<int16_t>(kBatchProducerEpochAt); }
  int32_t base_sequence() const { return get<int32_t>(kBatchBaseSequenceAt); }
  int32_t record_count() const { return get<int32_t>(kBatchRecordCountAt); }

  // The codec's number; 5 to 7 name no codec.
  uint8_t codec() const { return static_cast<uint8_t>(attributes() & kCodecMask); }
  bool has_known_codec() const { return codec() <= static_cast<uint8_t>(CompressionType::kZstd); }
  // REQUIRES for a meaningful answer: has_known_codec().
  CompressionType compression() const { return static_cast<CompressionType>(codec()); }
  bool is_compressed() const { return codec() != 0; }
  TimestampType timestamp_type() const {
    return (attributes() & kLogAppendTimeBit) == 0 ? TimestampType::kCreateTime
                                                   : TimestampType::kLogAppendTime;
  }
  bool is_transactional() const { return (attributes() & kTransactionalBit) != 0; }
  bool is_control() const { return (attributes() & kControlBit) != 0; }
  bool has_delete_horizon() const { return (attributes() & kDeleteHorizonBit) != 0; }
  std::optional<TimestampMs> delete_horizon() const {
    return has_delete_horizon() ? std::optional(base_timestamp()) : std::nullopt;
  }
  bool has_producer_id() const { return producer_id() > kNoProducerId; }

  // Wraps on a hostile delta rather than overflowing.
  Offset last_offset() const {
    return static_cast<Offset>(static_cast<uint64_t>(base_offset()) +
                               static_cast<uint64_t>(int64_t{last_offset_delta()}));
  }
  Offset next_offset() const {
    return static_cast<Offset>(static_cast<uint64_t>(last_offset()) + 1);
  }
  int32_t last_sequence() const {
    return base_sequence() == kNoSequence ? kNoSequence
                                          : advance_sequence(base_sequence(), last_offset_delta());
  }

  // The records as they are stored, compressed or not.
  Bytes records() const { return bytes_.slice(kBatchHeaderSize); }

  uint32_t computed_crc() const;
  bool crc_is_valid() const { return crc() == computed_crc(); }

 private:
  explicit RecordBatchView(Bytes batch) : bytes_(std::move(batch)) {}

  template <typename T>
  T get(size_t at) const {
    return load_big_endian<T>(bytes_.data() + at);
  }

  Bytes bytes_;
};

// Walks over batches that lie one behind the other, as in a segment or a fetched set.
//
//   BatchIterator batches(run);
//   while (batches.next()) use(batches.batch());
//   if (!batches.status().ok()) ...
class BatchIterator {
 public:
  explicit BatchIterator(Bytes run) : run_(std::move(run)) {}

  // Moves to the next batch.  False at the end of the run, where only a part of a batch is left (a
  // fetch may cut it; see remaining()), and where what follows is no batch (status() says why).
  bool next();

  // REQUIRES: next() was true.
  const RecordBatchView& batch() const { return *batch_; }
  // Where batch() begins in the run.
  size_t position() const { return position_; }
  // Bytes behind the last whole batch.
  size_t remaining() const { return run_.size() - next_position_; }
  const Status& status() const { return status_; }

 private:
  Bytes run_;
  size_t position_ = 0;
  size_t next_position_ = 0;
  std::optional<RecordBatchView> batch_;
  Status status_;
};

// What the first 17 bytes of a log entry say about its extent, for readers that fetch it piecemeal.
struct EntryExtent {
  Offset offset = 0;  // base offset (v2), last offset (v0 and v1)
  size_t size = 0;    // whole entry
  int8_t magic = 0;
};
inline constexpr size_t kEntryExtentSize = kBatchMagicAt + 1;

// Nothing if fewer than kEntryExtentSize bytes are given; an error, with Kafka's words, if no entry
// begins so.
Result<std::optional<EntryExtent>> read_entry_extent(std::span<const uint8_t> bytes);

// Sets where a batch stands in its log.  The checksum does not cover these fields.
void patch_batch(uint8_t* batch, Offset base_offset, Epoch leader_epoch);

// Makes every record of the batch carry `now`: attribute bit, max timestamp and checksum. REQUIRES:
// a whole, valid batch.
void set_log_append_time(std::span<uint8_t> batch, TimestampMs now);
// Sets max timestamp and CreateTime; the checksum is recomputed only if that changed anything.
void set_max_timestamp(std::span<uint8_t> batch, TimestampType type, TimestampMs max_timestamp);

}  // namespace wire
