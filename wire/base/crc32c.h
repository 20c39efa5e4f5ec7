// CRC-32C (Castagnoli), the checksum of record batches.
//
// Uses the processor's own instruction where there is one (three interleaved streams), a table
// otherwise.  Debian ships no static archive of a library that does this, and the program is to be
// one file.
#pragma once

#include <cstdint>
#include <span>

namespace wire {

// The checksum of `bytes`, or of what `crc` was the checksum of followed by `bytes`.
uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t crc = 0);

// The portable way, for processors without the instruction and for tests.
uint32_t crc32c_by_table(std::span<const uint8_t> bytes, uint32_t crc = 0);

}  // namespace wire
