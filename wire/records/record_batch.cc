#include "wire/records/record_batch.h"

#include <utility>

#include <fmt/core.h>

#include "wire/base/crc32c.h"

namespace wire {
namespace {

// Offset and length, then the smallest record there ever was (v0: crc, magic, attributes, key and
// value length).
constexpr int32_t kSmallestEntryLength = 14;

uint32_t crc_of(std::span<const uint8_t> batch) {
  return crc32c(batch.subspan(kBatchAttributesAt));
}

}  // namespace

Result<std::optional<EntryExtent>> read_entry_extent(std::span<const uint8_t> bytes) {
  if (bytes.size() < kLogOverhead) return std::optional<EntryExtent>();
  const auto length = load_big_endian<int32_t>(bytes.data() + kBatchLengthAt);
  if (length < kSmallestEntryLength) {
    return Error{ErrorCode::kCorruptMessage,
                 fmt::format("Record size {} is less than the minimum record overhead ({})", length,
                             kSmallestEntryLength)};
  }
  if (bytes.size() < kEntryExtentSize) return std::optional<EntryExtent>();
  const auto magic = static_cast<int8_t>(bytes[kBatchMagicAt]);
  if (magic < 0 || magic > 2) {
    return Error{ErrorCode::kCorruptMessage,
                 fmt::format("Invalid magic found in record: {}", magic)};
  }
  return std::optional(EntryExtent{load_big_endian<int64_t>(bytes.data() + kBatchBaseOffsetAt),
                                   kLogOverhead + static_cast<size_t>(length), magic});
}

Result<RecordBatchView> RecordBatchView::parse(const Bytes& run) {
  if (is_batch(run.span())) return RecordBatchView(run.slice(0, batch_size(run.span())));
  Result<std::optional<EntryExtent>> extent = read_entry_extent(run.span());
  if (!extent.ok()) return extent.error();
  if (!extent->has_value() || run.size() < (*extent)->size) {
    return Error{ErrorCode::kCorruptMessage,
                 fmt::format("Record batch is cut off: {} bytes are there", run.size())};
  }
  if ((*extent)->magic != 2) {
    return Error{ErrorCode::kCorruptMessage,
                 fmt::format("Record batch of magic {} where 2 is expected", (*extent)->magic)};
  }
  if ((*extent)->size < kBatchHeaderSize) {
    return Error{
        ErrorCode::kCorruptMessage,
        fmt::format("Record batch is corrupt (the size {} is smaller than the minimum allowed "
                    "overhead {})",
                    (*extent)->size, kBatchHeaderSize)};
  }
  return RecordBatchView(run.slice(0, (*extent)->size));
}

uint32_t RecordBatchView::computed_crc() const {
  return crc_of(bytes_.span());
}

bool BatchIterator::next() {
  if (!status_.ok()) return false;
  const auto ahead = run_.span().subspan(next_position_);
  if (is_batch(ahead)) {
    position_ = next_position_;
    next_position_ += batch_size(ahead);
    batch_ = RecordBatchView::trusted(run_.slice(position_, batch_size(ahead)));
    return true;
  }
  const Bytes rest = run_.slice(next_position_);
  Result<std::optional<EntryExtent>> extent = read_entry_extent(rest.span());
  if (!extent.ok()) {
    status_ = extent.error();
    return false;
  }
  if (!extent->has_value() || rest.size() < (*extent)->size) return false;
  status_ = RecordBatchView::parse(rest).error();
  return false;
}

void patch_batch(uint8_t* batch, Offset base_offset, Epoch leader_epoch) {
  store_big_endian(batch + kBatchBaseOffsetAt, base_offset);
  store_big_endian(batch + kBatchLeaderEpochAt, leader_epoch);
}

void set_max_timestamp(std::span<uint8_t> batch, TimestampType type, TimestampMs max_timestamp) {
  CHECK(batch.size() >= kBatchHeaderSize);
  const auto before = load_big_endian<uint16_t>(batch.data() + kBatchAttributesAt);
  // Like the Java broker, the unused upper byte is cleared when the attributes are rewritten.
  auto after = static_cast<uint16_t>(before & 0x7F & ~kLogAppendTimeBit);
  if (type == TimestampType::kLogAppendTime)
    after = static_cast<uint16_t>(after | kLogAppendTimeBit);
  if ((before & kLogAppendTimeBit) == (after & kLogAppendTimeBit) &&
      load_big_endian<int64_t>(batch.data() + kBatchMaxTimestampAt) == max_timestamp) {
    return;
  }
  store_big_endian(batch.data() + kBatchAttributesAt, after);
  store_big_endian(batch.data() + kBatchMaxTimestampAt, max_timestamp);
  store_big_endian(batch.data() + kBatchCrcAt, crc_of(batch));
}

void set_log_append_time(std::span<uint8_t> batch, TimestampMs now) {
  set_max_timestamp(batch, TimestampType::kLogAppendTime, now);
}

}  // namespace wire
