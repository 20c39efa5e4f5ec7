// What compression.cc asks of each codec; not for use outside wire/records.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "wire/base/bytes.h"
#include "wire/records/compression.h"

namespace wire::codecs {

Bytes gzip_compress(std::span<const uint8_t> plain, int level);
Bytes snappy_compress(std::span<const uint8_t> plain);
// What an lz4 frame's header hash covers: KAFKA-3160 made message sets v0 hash the magic number too.
enum class HeaderHash : uint8_t { kOfDescriptor, kOfMagicAndDescriptor };
Bytes lz4_compress(std::span<const uint8_t> plain, int level, HeaderHash header_hash);
Bytes zstd_compress(std::span<const uint8_t> plain, int level);

std::unique_ptr<Decompressor> gzip_decompressor(std::span<const uint8_t> input);
std::unique_ptr<Decompressor> snappy_decompressor(std::span<const uint8_t> input);
std::unique_ptr<Decompressor> lz4_decompressor(std::span<const uint8_t> input,
                                               bool check_header_hash);
std::unique_ptr<Decompressor> zstd_decompressor(std::span<const uint8_t> input);

// For codecs that yield a block at a time: hands out a block piece by piece.
class BlockDecompressor : public Decompressor {
 public:
  Result<size_t> read(std::span<uint8_t> out) final;

 protected:
  // The next block, empty at the end.  Valid until the next call.
  virtual Result<std::span<const uint8_t>> next_block() = 0;

 private:
  std::span<const uint8_t> block_;
  bool ended_ = false;
};

Error corrupt(const char* codec, const char* what);

}  // namespace wire::codecs
