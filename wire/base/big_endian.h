// Fixed-width integers as the protocol and the files have them: big-endian, at any address.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace wire {

static_assert(std::endian::native == std::endian::little, "big_endian.h swaps always");

namespace detail {
constexpr uint8_t swap_bytes(uint8_t value) {
  return value;
}
constexpr uint16_t swap_bytes(uint16_t value) {
  return __builtin_bswap16(value);
}
constexpr uint32_t swap_bytes(uint32_t value) {
  return __builtin_bswap32(value);
}
constexpr uint64_t swap_bytes(uint64_t value) {
  return __builtin_bswap64(value);
}
}  // namespace detail

template <typename T>
T load_big_endian(const uint8_t* from) {
  std::make_unsigned_t<T> raw;
  std::memcpy(&raw, from, sizeof(raw));
  return static_cast<T>(detail::swap_bytes(raw));
}

template <typename T>
void store_big_endian(uint8_t* to, T value) {
  const auto raw = detail::swap_bytes(static_cast<std::make_unsigned_t<T>>(value));
  std::memcpy(to, &raw, sizeof(raw));
}

}  // namespace wire
