#include "wire/writer.h"

#include <algorithm>

#include "wire/base/check.h"

namespace wire {
namespace {

// Below this a copy is cheaper than one more chunk to send.
constexpr size_t kReferenceBytesMin = 2048;
constexpr size_t kStringBytesMax = INT16_MAX;
// Most answers fit into this: the buffer does not grow step by step.
constexpr size_t kFirstCapacity = 240;
// What a writer that is reused keeps.
constexpr size_t kCapacityKeptMax = 4096;
constexpr size_t kChunksKeptMax = 16;

}  // namespace

std::span<const Bytes> Writer::chunks() {
  end_piece();
  return chunks_;
}

std::vector<Bytes> Writer::take() {
  end_piece();
  chunks_size_ = 0;
  return std::exchange(chunks_, {});
}

Bytes Writer::take_contiguous() {
  end_piece();
  if (chunks_.size() > 1) {
    const size_t total = size();
    auto joined = std::make_shared_for_overwrite<uint8_t[]>(total);
    uint8_t* at = joined.get();
    for (const Bytes& chunk : take()) at = std::copy(chunk.begin(), chunk.end(), at);
    const uint8_t* const data = joined.get();
    return {std::move(joined), data, total};
  }
  auto whole = take();
  return whole.empty() ? Bytes() : std::move(whole.front());
}

void Writer::patch(size_t position, int32_t value) {
  // The pieces of the buffer that became chunks are still this writer's own.
  for (Bytes& chunk : chunks_) {
    if (position < chunk.size()) {
      CHECK(position + sizeof(value) <= chunk.size());
      return store_big_endian(chunk.exclusive_data() + position, value);
    }
    position -= chunk.size();
  }
  CHECK(position + sizeof(value) <= piece_size());
  store_big_endian(memory_.get() + piece_ + position, value);
}

void Writer::reuse() {
  chunks_.clear();
  if (chunks_.capacity() > kChunksKeptMax) chunks_ = {};
  chunks_size_ = 0;
  used_ = piece_ = 0;
  if (memory_ == nullptr || (memory_.use_count() == 1 && capacity_ <= kCapacityKeptMax)) return;
  memory_ = nullptr;
  capacity_ = 0;
}

void Writer::grow(size_t size) {
  const size_t kept = piece_size();
  const size_t capacity = std::max({kFirstCapacity, 2 * capacity_, kept + size});
  auto larger = std::make_shared_for_overwrite<uint8_t[]>(capacity);
  if (kept > 0) std::memcpy(larger.get(), memory_.get() + piece_, kept);
  memory_ = std::move(larger);
  capacity_ = capacity;
  used_ = kept;
  piece_ = 0;
}

void Writer::end_piece() {
  if (piece_size() == 0) return;
  chunks_size_ += piece_size();
  chunks_.emplace_back(memory_, memory_.get() + piece_, piece_size());
  piece_ = used_;
}

void Writer::swap(Writer& other) noexcept {
  memory_.swap(other.memory_);
  std::swap(capacity_, other.capacity_);
  std::swap(used_, other.used_);
  std::swap(piece_, other.piece_);
  chunks_.swap(other.chunks_);
  std::swap(chunks_size_, other.chunks_size_);
  std::swap(flexible_, other.flexible_);
}

void Writer::write(const Uuid& value) {
  write_big_endian(value.most_significant);
  write_big_endian(value.least_significant);
}

void Writer::write_unsigned_varlong(uint64_t value) {
  while (value >= 0x80) {
    *room(1) = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *room(1) = static_cast<uint8_t>(value);
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
  } else if (fixed_size == sizeof(int16_t)) {
    write(static_cast<int16_t>(length));
  } else {
    write(static_cast<int32_t>(length));
  }
}

void Writer::write_string(std::string_view value) {
  value = value.substr(0, kStringBytesMax);
  write_length(static_cast<int64_t>(value.size()), 2);
  write_raw(value);
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
  end_piece();
  chunks_size_ += value.size();
  chunks_.push_back(value);
}

void Writer::write_tags(const TaggedFields& tags) {
  if (!flexible_) return;
  write_unsigned_varint(static_cast<uint32_t>(tags.fields_.size()));
  for (const TaggedFields::Field& field : tags.fields_) {
    write_unsigned_varint(field.tag);
    write_unsigned_varint(static_cast<uint32_t>(field.value.size()));
    for (const Bytes& chunk : field.value.chunks_) write_raw(chunk);
    write_raw(field.value.piece());
  }
}

Writer& TaggedFields::add(uint32_t tag) {
  CHECK(fields_.empty() || fields_.back().tag < tag);
  Field& field = fields_.emplace_back(Field{tag, Writer()});
  field.value.set_flexible(true);
  return field.value;
}

}  // namespace wire
