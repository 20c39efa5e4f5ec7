#include "wire/records/compression.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "wire/records/codecs/codec.h"

namespace wire {
namespace codecs {

Error corrupt(const char* codec, const char* what) {
  return {ErrorCode::kCorruptMessage, fmt::format("Broken {} data: {}", codec, what)};
}

Result<size_t> BlockDecompressor::read(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    if (block_.empty()) {
      if (ended_) break;
      Result<std::span<const uint8_t>> next = next_block();
      if (!next.ok()) return next.error();
      block_ = *next;
      ended_ = block_.empty();
      continue;
    }
    const size_t part = std::min(block_.size(), out.size() - done);
    std::memcpy(out.data() + done, block_.data(), part);
    block_ = block_.subspan(part);
    done += part;
  }
  return done;
}

namespace {

// No codec: a copy.
class PlainDecompressor final : public Decompressor {
 public:
  explicit PlainDecompressor(std::span<const uint8_t> input) : rest_(input) {}

  Result<size_t> read(std::span<uint8_t> out) override {
    const size_t size = std::min(out.size(), rest_.size());
    if (size > 0) std::memcpy(out.data(), rest_.data(), size);
    rest_ = rest_.subspan(size);
    return size;
  }

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace
}  // namespace codecs

namespace {

constexpr std::array<std::string_view, 5> kNames = {"none", "gzip", "snappy", "lz4", "zstd"};

int level_of(const Compression& compression) {
  const std::optional<LevelRange> range = compression_levels(compression.type);
  if (!range.has_value()) return 0;
  const int level = compression.level.value_or(range->default_level);
  // gzip's default (-1) lies outside its range.
  return level == range->default_level ? level : std::clamp(level, range->min, range->max);
}

}  // namespace

std::string_view compression_name(CompressionType type) {
  return kNames[static_cast<size_t>(type)];
}

std::optional<CompressionType> compression_by_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<CompressionType>(found - kNames.begin());
}

std::optional<LevelRange> compression_levels(CompressionType type) {
  switch (type) {
    case CompressionType::kGzip:
      return LevelRange{1, 9, -1};
    case CompressionType::kLz4:
      return LevelRange{1, 17, 9};
    case CompressionType::kZstd:
      return LevelRange{-131072, 22, 3};
    case CompressionType::kNone:
    case CompressionType::kSnappy:
      break;
  }
  return std::nullopt;
}

Bytes compress(const Compression& compression, std::span<const uint8_t> plain, int8_t magic) {
  switch (compression.type) {
    case CompressionType::kGzip:
      return codecs::gzip_compress(plain, level_of(compression));
    case CompressionType::kSnappy:
      return codecs::snappy_compress(plain);
    case CompressionType::kLz4:
      return codecs::lz4_compress(plain, level_of(compression),
                                  magic == 0 ? codecs::HeaderHash::kOfMagicAndDescriptor
                                             : codecs::HeaderHash::kOfDescriptor);
    case CompressionType::kZstd:
      return codecs::zstd_compress(plain, level_of(compression));
    case CompressionType::kNone:
      break;
  }
  return Bytes::copy(plain);
}

std::unique_ptr<Decompressor> Decompressor::create(CompressionType type,
                                                   std::span<const uint8_t> input, int8_t magic) {
  switch (type) {
    case CompressionType::kGzip:
      return codecs::gzip_decompressor(input);
    case CompressionType::kSnappy:
      return codecs::snappy_decompressor(input);
    case CompressionType::kLz4:
      return codecs::lz4_decompressor(input, magic >= 2);
    case CompressionType::kZstd:
      return codecs::zstd_decompressor(input);
    case CompressionType::kNone:
      break;
  }
  return std::make_unique<codecs::PlainDecompressor>(input);
}

Result<Bytes> decompress(CompressionType type, std::span<const uint8_t> input, size_t limit,
                         int8_t magic) {
  constexpr size_t kFirstChunk = 16 * 1024;
  const std::unique_ptr<Decompressor> source = Decompressor::create(type, input, magic);
  std::string plain;
  size_t used = 0;
  while (true) {
    // Grows with what has really come out, and by one byte beyond the limit to see that there is
    // more.
    plain.resize(std::min(limit + 1, std::max(kFirstChunk, plain.size() * 2)));
    const Result<size_t> got = source->read(
        std::span(reinterpret_cast<uint8_t*>(plain.data()) + used, plain.size() - used));
    if (!got.ok()) return got.error();
    used += *got;
    if (used > limit) {
      return Error{ErrorCode::kInvalidRecord,
                   fmt::format("Compressed data inflates to more than {} bytes", limit)};
    }
    if (used < plain.size()) break;
  }
  plain.resize(used);
  return Bytes::adopt(std::move(plain));
}

}  // namespace wire
