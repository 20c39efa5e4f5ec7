#include "wire/records/record_batch_builder.h"

#include <utility>

#include "wire/base/check.h"
#include "wire/base/crc32c.h"
#include "wire/base/varint.h"

namespace wire {
namespace {

constexpr size_t kNullLengthSize = 1;

size_t sized(std::optional<std::string_view> field) {
  if (!field.has_value()) return kNullLengthSize;
  return varint_size(static_cast<int32_t>(field->size())) + field->size();
}

size_t body_size(int32_t offset_delta, TimestampMs timestamp_delta,
                 std::optional<std::string_view> key, std::optional<std::string_view> value,
                 std::span<const RecordHeader> headers) {
  size_t size = 1 + varlong_size(timestamp_delta) + varint_size(offset_delta) + sized(key) +
                sized(value) + varint_size(static_cast<int32_t>(headers.size()));
  for (const RecordHeader& header : headers) size += sized(header.key) + sized(header.value);
  return size;
}

void put_bytes(std::string& out, std::string_view bytes) {
  out.append(bytes);
}

void put_length(std::string& out, int32_t length) {
  uint8_t raw[kMaxVarintSize];
  const uint8_t* end = put_varint(raw, length);
  out.append(reinterpret_cast<const char*>(raw), static_cast<size_t>(end - raw));
}

void put_field(std::string& out, std::optional<std::string_view> field) {
  if (!field.has_value()) return put_length(out, -1);
  put_length(out, static_cast<int32_t>(field->size()));
  put_bytes(out, *field);
}

uint16_t attributes_of(const BatchOptions& options) {
  unsigned attributes = static_cast<unsigned>(options.compression.type);
  if (options.log_append_time.has_value()) attributes |= kLogAppendTimeBit;
  if (options.transactional) attributes |= kTransactionalBit;
  if (options.control) attributes |= kControlBit;
  if (options.delete_horizon.has_value()) attributes |= kDeleteHorizonBit;
  return static_cast<uint16_t>(attributes);
}

}  // namespace

size_t record_size(int32_t offset_delta, TimestampMs timestamp_delta,
                   std::optional<std::string_view> key, std::optional<std::string_view> value,
                   std::span<const RecordHeader> headers) {
  const size_t body = body_size(offset_delta, timestamp_delta, key, value, headers);
  return varint_size(static_cast<int32_t>(body)) + body;
}

RecordBatchBuilder::RecordBatchBuilder(BatchOptions options)
    : options_(std::move(options)),
      buffer_(kBatchHeaderSize, '\0'),
      base_timestamp_(options_.delete_horizon) {}

Offset RecordBatchBuilder::next_offset() const {
  return last_offset_.has_value() ? *last_offset_ + 1 : options_.base_offset;
}

void RecordBatchBuilder::append(TimestampMs timestamp, std::optional<std::string_view> key,
                                std::optional<std::string_view> value,
                                std::span<const RecordHeader> headers) {
  append_at(next_offset(), timestamp, key, value, headers);
}

void RecordBatchBuilder::append_at(Offset offset, TimestampMs timestamp,
                                   std::optional<std::string_view> key,
                                   std::optional<std::string_view> value,
                                   std::span<const RecordHeader> headers) {
  CHECK(offset >= next_offset());
  CHECK(offset - options_.base_offset <= INT32_MAX);
  if (!base_timestamp_.has_value()) base_timestamp_ = timestamp;
  const auto offset_delta = static_cast<int32_t>(offset - options_.base_offset);
  const TimestampMs timestamp_delta = timestamp - *base_timestamp_;

  const size_t body = body_size(offset_delta, timestamp_delta, key, value, headers);
  buffer_.reserve(buffer_.size() + kMaxVarintSize + body);
  put_length(buffer_, static_cast<int32_t>(body));
  uint8_t raw[1 + kMaxVarlongSize + kMaxVarintSize] = {0};  // attributes: none are in use
  const uint8_t* end = put_varint(put_varlong(raw + 1, timestamp_delta), offset_delta);
  buffer_.append(reinterpret_cast<const char*>(raw), static_cast<size_t>(end - raw));
  put_field(buffer_, key);
  put_field(buffer_, value);
  put_length(buffer_, static_cast<int32_t>(headers.size()));
  for (const RecordHeader& header : headers) {
    put_field(buffer_, header.key);
    put_field(buffer_, header.value);
  }

  ++record_count_;
  last_offset_ = offset;
  if (timestamp > max_timestamp_) max_timestamp_ = timestamp;
}

Bytes RecordBatchBuilder::build() {
  CHECK(last_offset_.has_value());
  if (options_.compression.type != CompressionType::kNone) {
    const std::string_view plain = std::string_view(buffer_).substr(kBatchHeaderSize);
    const Bytes packed =
        compress(options_.compression,
                 std::span(reinterpret_cast<const uint8_t*>(plain.data()), plain.size()));
    buffer_.resize(kBatchHeaderSize);
    buffer_.append(packed.view());
  }
  CHECK(buffer_.size() <= INT32_MAX);
  auto* out = reinterpret_cast<uint8_t*>(buffer_.data());
  store_big_endian(out + kBatchBaseOffsetAt, options_.base_offset);
  store_big_endian(out + kBatchLengthAt, static_cast<int32_t>(buffer_.size() - kLogOverhead));
  store_big_endian(out + kBatchLeaderEpochAt, options_.partition_leader_epoch);
  store_big_endian(out + kBatchMagicAt, int8_t{2});
  store_big_endian(out + kBatchAttributesAt, attributes_of(options_));
  store_big_endian(out + kBatchLastOffsetDeltaAt,
                   static_cast<int32_t>(*last_offset_ - options_.base_offset));
  store_big_endian(out + kBatchBaseTimestampAt, base_timestamp_.value_or(kNoTimestamp));
  store_big_endian(out + kBatchMaxTimestampAt, options_.log_append_time.value_or(max_timestamp_));
  store_big_endian(out + kBatchProducerIdAt, options_.producer_id);
  store_big_endian(out + kBatchProducerEpochAt, options_.producer_epoch);
  store_big_endian(out + kBatchBaseSequenceAt, options_.base_sequence);
  store_big_endian(out + kBatchRecordCountAt, record_count_);
  store_big_endian(
      out + kBatchCrcAt,
      crc32c(std::span<const uint8_t>(out, buffer_.size()).subspan(kBatchAttributesAt)));
  return Bytes::adopt(std::move(buffer_));
}

}  // namespace wire
