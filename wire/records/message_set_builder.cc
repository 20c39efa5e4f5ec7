#include "wire/records/message_set_builder.h"

#include <algorithm>
#include <span>
#include <utility>

#include <zlib.h>

#include "wire/base/big_endian.h"
#include "wire/base/check.h"
#include "wire/records/compression.h"

namespace wire {
namespace {

template <typename T>
void put(std::string& out, T value) {
  uint8_t raw[sizeof(T)];
  store_big_endian(raw, value);
  out.append(reinterpret_cast<const char*>(raw), sizeof(T));
}

void put_field(std::string& out, std::optional<std::string_view> field) {
  put(out, field.has_value() ? static_cast<int32_t>(field->size()) : int32_t{-1});
  if (field.has_value()) out.append(*field);
}

}  // namespace

MessageSetBuilder::MessageSetBuilder(MessageSetOptions options) : options_(std::move(options)) {
  CHECK(options_.magic == 0 || options_.magic == 1);
  CHECK(options_.codec != CompressionType::kZstd);
}

void MessageSetBuilder::append(Offset offset, TimestampMs timestamp,
                               std::optional<std::string_view> key,
                               std::optional<std::string_view> value) {
  CHECK(empty() || offset > last_offset_);
  if (!base_offset_.has_value()) base_offset_ = offset;
  last_offset_ = offset;
  if (options_.log_append_time.has_value()) timestamp = *options_.log_append_time;
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  // KIP-31: inside a wrapper v1, offsets count from 0.
  const bool relative = options_.magic == 1 && options_.codec != CompressionType::kNone;
  put_message(relative ? offset - *base_offset_ : offset, 0, timestamp, key, value);
}

void MessageSetBuilder::put_message(Offset offset, uint8_t attributes, TimestampMs timestamp,
                                    std::optional<std::string_view> key,
                                    std::optional<std::string_view> value) {
  if (options_.magic == 1 && options_.log_append_time.has_value()) {
    attributes |= static_cast<uint8_t>(kLogAppendTimeBit);
  }
  const size_t begin = buffer_.size();
  put(buffer_, offset);
  put(buffer_, int32_t{0});   // size
  put(buffer_, uint32_t{0});  // crc
  put(buffer_, options_.magic);
  put(buffer_, attributes);
  if (options_.magic == 1) put(buffer_, timestamp);
  put_field(buffer_, key);
  put_field(buffer_, value);
  auto* entry = reinterpret_cast<uint8_t*>(buffer_.data()) + begin;
  const std::span<const uint8_t> covered(entry + kBatchMagicAt,
                                         buffer_.size() - begin - kBatchMagicAt);
  store_big_endian(entry + kBatchLengthAt,
                   static_cast<int32_t>(buffer_.size() - begin - kLogOverhead));
  store_big_endian(entry + kLogOverhead,
                   static_cast<uint32_t>(crc32_z(0, covered.data(), covered.size())));
}

Bytes MessageSetBuilder::build() {
  CHECK(!empty());
  if (options_.codec != CompressionType::kNone) {
    const Bytes packed =
        compress({options_.codec, std::nullopt},
                 std::span(reinterpret_cast<const uint8_t*>(buffer_.data()), buffer_.size()),
                 options_.magic);
    buffer_.clear();
    put_message(last_offset_, static_cast<uint8_t>(options_.codec), max_timestamp_, std::nullopt,
                packed.view());
  }
  return Bytes::adopt(std::move(buffer_));
}

}  // namespace wire
