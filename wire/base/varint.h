// Variable-length integers: seven bits a byte, the lowest first, the top bit says "more follows".
//
// Kafka uses them unsigned (flexible versions) and zigzag-encoded (inside records), 32 or 64 bits
// wide.  Like the Java client, a reader takes at most 5 or 10 bytes, drops what does not fit in the
// last one, and accepts overlong forms.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace wire {

inline constexpr size_t kMaxVarintSize = 5;    // of a 32-bit value
inline constexpr size_t kMaxVarlongSize = 10;  // of a 64-bit value

constexpr uint32_t zigzag(int32_t value) {
  return (static_cast<uint32_t>(value) << 1) ^ static_cast<uint32_t>(value >> 31);
}
constexpr uint64_t zigzag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int32_t unzigzag(uint32_t value) {
  return static_cast<int32_t>((value >> 1) ^ (0U - (value & 1)));
}
constexpr int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (uint64_t{0} - (value & 1)));
}

// Bytes that a value takes.
constexpr size_t unsigned_varint_size(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}
constexpr size_t varint_size(int32_t value) {
  return unsigned_varint_size(zigzag(value));
}
constexpr size_t varlong_size(int64_t value) {
  return unsigned_varint_size(zigzag(value));
}

// Writes `value` at `out`, which has room for it; returns the end of what was written.
constexpr uint8_t* put_unsigned_varint(uint8_t* out, uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<uint8_t>(value);
  return out;
}
constexpr uint8_t* put_varint(uint8_t* out, int32_t value) {
  return put_unsigned_varint(out, zigzag(value));
}
constexpr uint8_t* put_varlong(uint8_t* out, int64_t value) {
  return put_unsigned_varint(out, zigzag(value));
}

// Reads a value from [in, end); returns the byte behind it, or nullptr if it is cut off or longer
// than allowed.
constexpr const uint8_t* get_unsigned_varint(const uint8_t* in, const uint8_t* end,
                                             uint32_t& value) {
  uint32_t result = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (in == end) return nullptr;
    const uint8_t byte = *in++;
    result |= static_cast<uint32_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      value = result;
      return in;
    }
  }
  return nullptr;
}
constexpr const uint8_t* get_unsigned_varlong(const uint8_t* in, const uint8_t* end,
                                              uint64_t& value) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (in == end) return nullptr;
    const uint8_t byte = *in++;
    result |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      value = result;
      return in;
    }
  }
  return nullptr;
}
constexpr const uint8_t* get_varint(const uint8_t* in, const uint8_t* end, int32_t& value) {
  uint32_t raw = 0;
  in = get_unsigned_varint(in, end, raw);
  if (in != nullptr) value = unzigzag(raw);
  return in;
}
constexpr const uint8_t* get_varlong(const uint8_t* in, const uint8_t* end, int64_t& value) {
  uint64_t raw = 0;
  in = get_unsigned_varlong(in, end, raw);
  if (in != nullptr) value = unzigzag(raw);
  return in;
}

}  // namespace wire
