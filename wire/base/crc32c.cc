#include "wire/base/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace wire {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected

using Table = std::array<std::array<uint32_t, 256>, 8>;

// table[k][b]: what byte b contributes when k more bytes follow it.
constexpr Table make_table() {
  Table table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = table[k - 1][byte];
      table[k][byte] = (before >> 8) ^ table[0][before & 0xFF];
    }
  }
  return table;
}

constexpr Table kTable = make_table();

// Both work on the inverted ("raw") checksum.
uint32_t update_by_table(uint32_t crc, const uint8_t* data, size_t size) {
  for (; size >= 8; data += 8, size -= 8) {
    uint64_t word;
    std::memcpy(&word, data, sizeof(word));
    word ^= crc;
    crc = 0;
    for (size_t k = 0; k < 8; ++k) crc ^= kTable[7 - k][(word >> (8 * k)) & 0xFF];
  }
  for (; size > 0; ++data, --size) crc = (crc >> 8) ^ kTable[0][(crc ^ *data) & 0xFF];
  return crc;
}

#if defined(__x86_64__)

// Moves a raw checksum over `size` zero bytes: a linear map, kept as one table for each byte of the
// checksum.
using ShiftTable = std::array<std::array<uint32_t, 256>, 4>;

ShiftTable make_shift_table(size_t size) {
  // The map's image of each single bit determines it.
  std::array<uint32_t, 32> image{};
  const std::array<uint8_t, 256> zeros{};
  for (size_t bit = 0; bit < 32; ++bit) {
    uint32_t crc = uint32_t{1} << bit;
    for (size_t done = 0; done < size; done += zeros.size()) {
      crc = update_by_table(crc, zeros.data(), zeros.size());
    }
    image[bit] = crc;
  }
  ShiftTable table{};
  for (size_t k = 0; k < 4; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      for (size_t bit = 0; bit < 8; ++bit) {
        if ((byte >> bit & 1) != 0) table[k][byte] ^= image[8 * k + bit];
      }
    }
  }
  return table;
}

uint32_t shift(const ShiftTable& table, uint32_t crc) {
  return table[0][crc & 0xFF] ^ table[1][crc >> 8 & 0xFF] ^ table[2][crc >> 16 & 0xFF] ^
         table[3][crc >> 24];
}

uint64_t load(const uint8_t* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

// The instruction takes three cycles but starts each cycle: three streams at once use it fully.
template <size_t kBlock>
__attribute__((target("sse4.2"))) uint32_t update_three_streams(const ShiftTable& table,
                                                                uint32_t crc, const uint8_t*& data,
                                                                size_t& size) {
  uint64_t first = crc;
  while (size >= 3 * kBlock) {
    uint64_t second = 0;
    uint64_t third = 0;
    for (const uint8_t* end = data + kBlock; data != end; data += 8) {
      first = _mm_crc32_u64(first, load(data));
      second = _mm_crc32_u64(second, load(data + kBlock));
      third = _mm_crc32_u64(third, load(data + 2 * kBlock));
    }
    first = shift(table, static_cast<uint32_t>(first)) ^ second;
    first = shift(table, static_cast<uint32_t>(first)) ^ third;
    data += 2 * kBlock;
    size -= 3 * kBlock;
  }
  return static_cast<uint32_t>(first);
}

constexpr size_t kLongBlock = 4096;
constexpr size_t kShortBlock = 256;

__attribute__((target("sse4.2"))) uint32_t update_by_instruction(uint32_t crc, const uint8_t* data,
                                                                 size_t size) {
  static const ShiftTable long_shift = make_shift_table(kLongBlock);
  static const ShiftTable short_shift = make_shift_table(kShortBlock);
  if (size >= 3 * kLongBlock) crc = update_three_streams<kLongBlock>(long_shift, crc, data, size);
  if (size >= 3 * kShortBlock) {
    crc = update_three_streams<kShortBlock>(short_shift, crc, data, size);
  }
  uint64_t wide = crc;
  for (; size >= 8; data += 8, size -= 8) wide = _mm_crc32_u64(wide, load(data));
  crc = static_cast<uint32_t>(wide);
  for (; size > 0; ++data, --size) crc = _mm_crc32_u8(crc, *data);
  return crc;
}

#endif

using Update = uint32_t (*)(uint32_t, const uint8_t*, size_t);

// The instruction is used only where it agrees with the table on a length that takes all its paths.
Update choose_update() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) {
    std::array<uint8_t, 3 * kLongBlock + 3 * kShortBlock + 13> probe;
    for (size_t i = 0; i < probe.size(); ++i) probe[i] = static_cast<uint8_t>(i * 31 + i / 251);
    const uint32_t expected = update_by_table(0xFFFFFFFF, probe.data(), probe.size());
    if (update_by_instruction(0xFFFFFFFF, probe.data(), probe.size()) == expected) {
      return update_by_instruction;
    }
  }
#endif
  return update_by_table;
}

}  // namespace

uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t crc) {
  static const Update update = choose_update();
  return ~update(~crc, bytes.data(), bytes.size());
}

uint32_t crc32c_by_table(std::span<const uint8_t> bytes, uint32_t crc) {
  return ~update_by_table(~crc, bytes.data(), bytes.size());
}

}  // namespace wire
