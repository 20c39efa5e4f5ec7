// LZ4 in its frame format, as far as Kafka's clients know it (all integers little-endian).
//
//   magic 04 22 4D 18 | flags u8 | block descriptor u8 | [content size u64] | header hash u8 |
//   { size u32, top bit: stored plain | block | [block hash u32] } | 0 u32 | [content hash u32]
//
// flags: bits 6-7 version = 1, 5 independent blocks, 4 block hashes, 3 content size, 2 content
// hash, 0-1 reserved.
// block descriptor: bits 4-6 the largest block (4: 64 KiB ... 7: 4 MiB), the others reserved.
//
// Written here rather than with LZ4F because the readers must skip the header hash
// of old message sets (KAFKA-3160), and because Kafka's own reader refuses linked blocks: what it
// refuses must not be stored.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <lz4.h>
#include <lz4hc.h>
#include <xxhash.h>

#include "wire/base/check.h"
#include "wire/records/codecs/codec.h"

namespace wire::codecs {
namespace {

constexpr uint32_t kMagic = 0x184D2204;
constexpr uint8_t kVersionBits = 0x40;
constexpr uint8_t kIndependentBit = 0x20;
constexpr uint8_t kBlockHashBit = 0x10;
constexpr uint8_t kContentSizeBit = 0x08;
constexpr uint8_t kReservedFlagBits = 0x03;
constexpr uint8_t kReservedDescriptorBits = 0x8F;
constexpr uint8_t k64KiBDescriptor = 4 << 4;
constexpr size_t kBlockSize = 64 * 1024;
constexpr uint32_t kPlainBlockBit = 0x80000000;
// A run of 255s adds 255 bytes of output each.
constexpr size_t kMaxInflation = 255;
// Kafka's default level means LZ4's fast compressor; the others are those of the high compressor.
constexpr int kFastLevel = 9;

uint32_t load_little_endian(const uint8_t* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

void store_little_endian(char* to, uint32_t value) {
  std::memcpy(to, &value, sizeof(value));
}

uint8_t header_hash(std::span<const uint8_t> descriptor) {
  return static_cast<uint8_t>(XXH32(descriptor.data(), descriptor.size(), 0) >> 8);
}

class Lz4Decompressor final : public BlockDecompressor {
 public:
  Lz4Decompressor(std::span<const uint8_t> input, bool check_header_hash)
      : rest_(input), check_header_hash_(check_header_hash) {}

 private:
  Result<std::span<const uint8_t>> next_block() override {
    if (max_block_size_ == 0) {
      const Status header = read_header();
      if (!header.ok()) return header.error();
    }
    if (rest_.size() < sizeof(uint32_t)) return corrupt("lz4", "the stream ends too early");
    const uint32_t size_word = load_little_endian(rest_.data());
    rest_ = rest_.subspan(sizeof(uint32_t));
    const size_t size = size_word & ~kPlainBlockBit;
    if (size == 0) return std::span<const uint8_t>();
    if (size > max_block_size_) return corrupt("lz4", "a block is larger than the frame allows");
    if (size > rest_.size()) return corrupt("lz4", "a block is cut off");
    const auto block = rest_.first(size);
    rest_ = rest_.subspan(size);
    if ((flags_ & kBlockHashBit) != 0) {
      if (rest_.size() < sizeof(uint32_t)) return corrupt("lz4", "a block's hash is cut off");
      if (load_little_endian(rest_.data()) != XXH32(block.data(), block.size(), 0)) {
        return corrupt("lz4", "a block's hash is wrong");
      }
      rest_ = rest_.subspan(sizeof(uint32_t));
    }
    if ((size_word & kPlainBlockBit) != 0) return block;
    return inflate(block);
  }

  Status read_header() {
    constexpr size_t kPrefix = sizeof(uint32_t) + 2;
    if (rest_.size() < kPrefix + 1) return corrupt("lz4", "the header is cut off");
    if (load_little_endian(rest_.data()) != kMagic) return corrupt("lz4", "not an lz4 frame");
    flags_ = rest_[sizeof(uint32_t)];
    const uint8_t descriptor = rest_[sizeof(uint32_t) + 1];
    const int block_code = descriptor >> 4 & 7;
    if ((flags_ & 0xC0) != kVersionBits || (flags_ & kReservedFlagBits) != 0 ||
        (flags_ & kIndependentBit) == 0) {
      return corrupt("lz4", "a frame with linked blocks, a dictionary or of another version");
    }
    if ((descriptor & kReservedDescriptorBits) != 0 || block_code < 4) {
      return corrupt("lz4", "unknown block size");
    }
    const size_t size = kPrefix + ((flags_ & kContentSizeBit) != 0 ? sizeof(uint64_t) : 0);
    if (rest_.size() < size + 1) return corrupt("lz4", "the header is cut off");
    const auto hashed = rest_.subspan(sizeof(uint32_t), size - sizeof(uint32_t));
    if (check_header_hash_ && rest_[size] != header_hash(hashed)) {
      return corrupt("lz4", "the header's hash is wrong");
    }
    rest_ = rest_.subspan(size + 1);
    max_block_size_ = size_t{1} << (8 + 2 * block_code);
    return {};
  }

  Result<std::span<const uint8_t>> inflate(std::span<const uint8_t> block) {
    plain_.resize(std::min(max_block_size_, block.size() * kMaxInflation + kMaxInflation));
    const int size = LZ4_decompress_safe(
        reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(plain_.data()),
        static_cast<int>(block.size()), static_cast<int>(plain_.size()));
    // An empty block would read as the end.
    if (size <= 0) return corrupt("lz4", "a block is broken");
    return std::span<const uint8_t>(plain_).first(static_cast<size_t>(size));
  }

  std::span<const uint8_t> rest_;
  bool check_header_hash_;
  uint8_t flags_ = 0;
  size_t max_block_size_ = 0;
  std::vector<uint8_t> plain_;
};

}  // namespace

Bytes lz4_compress(std::span<const uint8_t> plain, int level, HeaderHash hash_covers) {
  const size_t blocks = (plain.size() + kBlockSize - 1) / kBlockSize;
  const auto bound = static_cast<size_t>(LZ4_compressBound(kBlockSize));
  constexpr size_t kHeaderSize = 7;
  std::string packed(kHeaderSize + blocks * (sizeof(uint32_t) + bound) + sizeof(uint32_t), '\0');
  store_little_endian(packed.data(), kMagic);
  packed[4] = static_cast<char>(kVersionBits | kIndependentBit);
  packed[5] = static_cast<char>(k64KiBDescriptor);
  const std::span header(reinterpret_cast<const uint8_t*>(packed.data()), kHeaderSize - 1);
  packed[6] = static_cast<char>(header_hash(
      hash_covers == HeaderHash::kOfDescriptor ? header.subspan(sizeof(kMagic)) : header));
  size_t used = kHeaderSize;
  for (size_t at = 0; at < plain.size(); at += kBlockSize) {
    const auto block = plain.subspan(at, std::min(kBlockSize, plain.size() - at));
    const auto* from = reinterpret_cast<const char*>(block.data());
    char* to = packed.data() + used + sizeof(uint32_t);
    const int from_size = static_cast<int>(block.size());
    const int made = level == kFastLevel
                         ? LZ4_compress_default(from, to, from_size, static_cast<int>(bound))
                         : LZ4_compress_HC(from, to, from_size, static_cast<int>(bound), level);
    CHECK(made > 0);
    auto size_word = static_cast<uint32_t>(made);
    if (size_word >= block.size()) {  // it did not help: store it plain
      std::memcpy(to, from, block.size());
      size_word = static_cast<uint32_t>(block.size()) | kPlainBlockBit;
    }
    store_little_endian(packed.data() + used, size_word);
    used += sizeof(uint32_t) + (size_word & ~kPlainBlockBit);
  }
  store_little_endian(packed.data() + used, 0);
  packed.resize(used + sizeof(uint32_t));
  packed.shrink_to_fit();
  return Bytes::adopt(std::move(packed));
}

std::unique_ptr<Decompressor> lz4_decompressor(std::span<const uint8_t> input,
                                               bool check_header_hash) {
  return std::make_unique<Lz4Decompressor>(input, check_header_hash);
}

}  // namespace wire::codecs
