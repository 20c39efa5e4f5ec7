#include "wire/reader.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace wire {
namespace {

// The protocol's limit for strings of any version (their length was an int16 once).
constexpr int32_t kStringBytesMax = INT16_MAX;
// Far more than any message defines; a peer that sends more is not speaking the protocol.
constexpr uint32_t kTagsMax = 64;

}  // namespace

void Reader::fail(std::string_view why) {
  if (error_.empty()) error_ = why;
  position_ = end_;
}

void Reader::read(double& value) {
  value = std::bit_cast<double>(read_big_endian<uint64_t>());
}
void Reader::read(ErrorCode& value) {
  value = static_cast<ErrorCode>(read_big_endian<int16_t>());
}

void Reader::read(Uuid& value) {
  value.most_significant = read_big_endian<uint64_t>();
  value.least_significant = read_big_endian<uint64_t>();
}

uint32_t Reader::read_unsigned_varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const uint64_t byte = read_big_endian<uint8_t>();
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) != 0) continue;
    if (value > UINT32_MAX) break;
    return static_cast<uint32_t>(value);
  }
  fail("a varint is longer than 32 bits");
  return 0;
}

int32_t Reader::read_varint() {
  const uint32_t raw = read_unsigned_varint();
  return static_cast<int32_t>(raw >> 1 ^ (0 - (raw & 1)));
}

int64_t Reader::read_varlong() {
  uint64_t raw = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const uint64_t byte = read_big_endian<uint8_t>();
    if (shift == 63 && byte > 1) break;
    raw |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return static_cast<int64_t>(raw >> 1 ^ (0 - (raw & 1)));
  }
  fail("a varint is longer than 64 bits");
  return 0;
}

Bytes Reader::read_bytes(size_t size) {
  if (remaining() < size) {
    fail("the message ends inside a field");
    return {};
  }
  Bytes slice = bytes_.slice(position_, size);
  position_ += size;
  return slice;
}

int32_t Reader::read_length(size_t fixed_size) {
  int64_t length = 0;
  if (flexible_) {
    length = static_cast<int64_t>(read_unsigned_varint()) - 1;
  } else if (fixed_size == 2) {
    length = read_big_endian<int16_t>();
  } else {
    length = read_big_endian<int32_t>();
  }
  if (!ok()) return 0;
  if (length < -1) {
    fail("a length is negative");
    return 0;
  }
  if (length > 0 && static_cast<uint64_t>(length) > remaining()) {
    fail("a length exceeds what the message contains");
    return 0;
  }
  return static_cast<int32_t>(length);
}

int32_t Reader::read_nullable_array_length(size_t element_bytes_min, bool may_be_null) {
  const int32_t length = read_length(4);
  if (length == -1 && !may_be_null) {
    fail("an array that cannot be null is null");
    return 0;
  }
  // Elements are at least a byte long even where the protocol's own minimum is zero.
  const size_t bytes_min = std::max<size_t>(element_bytes_min, 1);
  if (length > 0 && static_cast<size_t>(length) > remaining() / bytes_min) {
    fail("an array is longer than what the message contains");
    return 0;
  }
  return length;
}

int32_t Reader::read_array_length(size_t element_bytes_min) {
  return read_nullable_array_length(element_bytes_min, false);
}

int32_t Reader::read_string_length(bool may_be_null) {
  const int32_t length = read_length(2);
  if (length == -1 && !may_be_null) {
    fail("a string that cannot be null is null");
    return 0;
  }
  if (length > kStringBytesMax) {
    fail("a string is longer than 32767 bytes");
    return 0;
  }
  return length;
}

int32_t Reader::read_bytes_length(bool may_be_null) {
  const int32_t length = read_length(4);
  if (length == -1 && !may_be_null) {
    fail("bytes that cannot be null are null");
    return 0;
  }
  return length;
}

bool Reader::read_struct_presence(bool may_be_null) {
  const bool present = read_big_endian<int8_t>() >= 0;
  if (!present && !may_be_null) fail("a struct that cannot be null is null");
  return present && ok();
}

void Reader::read(std::string& value) {
  // The length is of bytes that are there.
  const auto length = static_cast<size_t>(read_string_length(false));
  value.assign(bytes_.view(), position_, length);
  position_ += length;
}

void Reader::read(std::optional<std::string>& value, bool may_be_null) {
  const int32_t length = read_string_length(may_be_null);
  value.reset();
  if (length < 0) return;
  value.emplace(bytes_.view().substr(position_, static_cast<size_t>(length)));
  position_ += static_cast<size_t>(length);
}

void Reader::read(Bytes& value) {
  value = read_bytes(static_cast<size_t>(read_bytes_length(false)));
}

void Reader::read(std::optional<Bytes>& value, bool may_be_null) {
  const int32_t length = read_bytes_length(may_be_null);
  value.reset();
  if (length >= 0) value = read_bytes(static_cast<size_t>(length));
}

void Reader::read_legacy(std::optional<std::string>& value) {
  const bool flexible = std::exchange(flexible_, false);
  read(value);
  flexible_ = flexible;
}

void Reader::skip_tags() {
  if (!flexible_) return;
  TagReader tags(*this);
  while (tags.next()) tags.skip();
}

TagReader::TagReader(Reader& in) : in_(in), outer_end_(in.end_) {
  if (!in_.flexible_) return;
  left_ = in_.read_unsigned_varint();
  if (left_ > kTagsMax) in_.fail("a struct has more than 64 tagged fields");
}

bool TagReader::next() {
  if (inside_) {
    if (in_.remaining() != 0) in_.fail("a tagged field is longer than its value");
    in_.end_ = outer_end_;
    inside_ = false;
    // A failure inside the field left the reader at the field's end: at the message's end nothing
    // more can be read.
    if (!in_.ok()) in_.position_ = in_.end_;
  }
  if (left_ == 0 || !in_.ok()) return false;
  --left_;
  tag_ = in_.read_unsigned_varint();
  const uint32_t size = in_.read_unsigned_varint();
  if (size > in_.remaining()) in_.fail("a tagged field exceeds what the message contains");
  if (!in_.ok()) return false;
  in_.end_ = in_.position_ + size;
  inside_ = true;
  return true;
}

void TagReader::skip() {
  in_.position_ = in_.end_;
}

}  // namespace wire
