// The four codecs of Kafka's records, in the framing that Kafka's clients write and read.
//
//   gzip    RFC 1952, members may follow each other
//   snappy  blocks in xerial's frame (a bare block is accepted: librdkafka writes it)
//   lz4     LZ4 frame of independent 64 KiB blocks, neither content size nor content checksum
//   zstd    Zstandard frames
//
// Decompression is a stream: memory is bounded by the codec's window and the chunk asked for, never
// by what the input declares, and the caller counts what comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/records/record_batch.h"

namespace wire {

struct Compression {
  CompressionType type = CompressionType::kNone;
  // The codec's own scale; nothing means Kafka's default (gzip -1, lz4 9, zstd 3; snappy has none).
  std::optional<int> level;

  bool operator==(const Compression&) const = default;
};

// "none", "gzip", "snappy", "lz4", "zstd".
std::string_view compression_name(CompressionType type);
std::optional<CompressionType> compression_by_name(std::string_view name);

// The levels a topic may ask for.
struct LevelRange {
  int min = 0;
  int max = 0;
  int default_level = 0;
};
std::optional<LevelRange> compression_levels(CompressionType type);

// Compresses `plain` as a whole.  Level out of range: clamped.  For message sets v0, `magic` 0 makes
// lz4's header hash the wrong one that their readers check (KAFKA-3160).
Bytes compress(const Compression& compression, std::span<const uint8_t> plain, int8_t magic = 2);

// Pulls plain bytes out of compressed ones.
class Decompressor {
 public:
  virtual ~Decompressor() = default;

  // Fills as much of `out` as there is; fewer bytes than asked, also 0, mean the end.
  // CORRUPT_MESSAGE on bad input.
  virtual Result<size_t> read(std::span<uint8_t> out) = 0;

  // `input` must outlive the result.  kNone is served too (it copies).  `magic` below 2 turns off
  // the check of lz4's header checksum, which old clients computed wrongly (KAFKA-3160).
  static std::unique_ptr<Decompressor> create(CompressionType type, std::span<const uint8_t> input,
                                              int8_t magic = 2);
};

// Everything in one buffer; INVALID_RECORD if it would be more than `limit` bytes.
Result<Bytes> decompress(CompressionType type, std::span<const uint8_t> input, size_t limit,
                         int8_t magic = 2);

}  // namespace wire
