#include "wire/writer.h"

#include <algorithm>
#include <bit>

#include "wire/base/big_endian.h"
#include "wire/base/check.h"

namespace wire {
namespace {

// Below this a copy is cheaper than one more chunk to send.
constexpr size_t kReferenceBytesMin = 2048;
constexpr size_t kStringBytesMax = INT16_MAX;

}  // namespace

std::vector<Bytes> Writer::take() {
  flush_buffer();
  chunks_size_ = 0;
  return std::exchange(chunks_, {});
}

Bytes Writer::take_contiguous() {
  if (chunks_.empty()) return Bytes::adopt(std::exchange(buffer_, {}));
  std::string joined;
  joined.reserve(size());
  for (const Bytes& chunk : take()) joined.append(chunk.view());
  return Bytes::adopt(std::move(joined));
}

void Writer::patch(size_t position, int32_t value) {
  char big_endian[4];
  for (size_t i = 0; i < 4; ++i)
    big_endian[i] = static_cast<char>(static_cast<uint32_t>(value) >> (24 - 8 * i));
  // The pieces of the buffer that became chunks are still this writer's own.
  for (Bytes& chunk : chunks_) {
    if (position < chunk.size()) {
      CHECK(position + 4 <= chunk.size());
      std::copy(big_endian, big_endian + 4, chunk.exclusive_data() + position);
      return;
    }
    position -= chunk.size();
  }
  CHECK(position + 4 <= buffer_.size());
  buffer_.replace(position, 4, big_endian, 4);
}

void Writer::write_big_endian(uint64_t value, size_t size) {
  // Most answers fit into this: the buffer does not grow step by step.
  constexpr size_t kFirstCapacity = 240;
  if (buffer_.empty()) buffer_.reserve(kFirstCapacity);
  uint8_t bytes[8];
  store_big_endian(bytes, value << (64 - 8 * size));
  buffer_.append(reinterpret_cast<const char*>(bytes), size);
}

void Writer::write(double value) {
  write_big_endian(std::bit_cast<uint64_t>(value), 8);
}

void Writer::write(const Uuid& value) {
  write_big_endian(value.most_significant, 8);
  write_big_endian(value.least_significant, 8);
}

void Writer::write_unsigned_varlong(uint64_t value) {
  while (value >= 0x80) {
    buffer_ += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  buffer_ += static_cast<char>(value);
}

void Writer::write_unsigned_varint(uint32_t value) {
  write_unsigned_varlong(value);
}

void Writer::write_varint(int32_t value) {
  write_unsigned_varlong(static_cast<uint32_t>(value) << 1 ^ static_cast<uint32_t>(value >> 31));
}

void Writer::write_varlong(int64_t value) {
  write_unsigned_varlong(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
}

void Writer::write_length(int64_t length, size_t fixed_size) {
  if (flexible_) {
    write_unsigned_varint(static_cast<uint32_t>(length + 1));
  } else {
    write_big_endian(static_cast<uint64_t>(length), fixed_size);
  }
}

void Writer::write_string(std::string_view value) {
  value = value.substr(0, kStringBytesMax);
  write_length(static_cast<int64_t>(value.size()), 2);
  buffer_.append(value);
}

void Writer::write(const std::optional<std::string>& value, bool may_be_null) {
  if (value) return write_string(*value);
  write_length(may_be_null ? -1 : 0, 2);
}

void Writer::write(const Bytes& value) {
  write_length(static_cast<int64_t>(value.size()), 4);
  write_raw(value);
}

void Writer::write(const std::optional<Bytes>& value, bool may_be_null) {
  if (value) return write(*value);
  write_length(may_be_null ? -1 : 0, 4);
}

void Writer::write_legacy(const std::optional<std::string>& value) {
  const bool flexible = std::exchange(flexible_, false);
  write(value);
  flexible_ = flexible;
}

void Writer::write_raw(const Bytes& value) {
  if (value.size() < kReferenceBytesMin) return write_raw(value.view());
  flush_buffer();
  chunks_size_ += value.size();
  chunks_.push_back(value);
}

void Writer::flush_buffer() {
  if (buffer_.empty()) return;
  chunks_size_ += buffer_.size();
  chunks_.push_back(Bytes::adopt(std::exchange(buffer_, {})));
}

void Writer::write_tags(const TaggedFields& tags) {
  if (!flexible_) return;
  write_unsigned_varint(static_cast<uint32_t>(tags.fields_.size()));
  for (const TaggedFields::Field& field : tags.fields_) {
    write_unsigned_varint(field.tag);
    write_unsigned_varint(static_cast<uint32_t>(field.value.size()));
    for (const Bytes& chunk : field.value.chunks_) write_raw(chunk);
    write_raw(field.value.buffer_);
  }
}

Writer& TaggedFields::add(uint32_t tag) {
  CHECK(fields_.empty() || fields_.back().tag < tag);
  Field& field = fields_.emplace_back(Field{tag, Writer()});
  field.value.set_flexible(true);
  return field.value;
}

}  // namespace wire
