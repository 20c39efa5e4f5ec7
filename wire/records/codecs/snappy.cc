// Snappy in the frame of the xerial library, which is what Kafka's "snappy" means.
//
//   82 53 4E 41 50 50 59 00 ("\x82SNAPPY\0") | version i32 = 1 | compatible version i32 = 1 | {
//   size i32 | raw block }
//
// A header may occur again between blocks (two streams one behind the other).  Input without the
// header is one raw block.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <snappy.h>

#include "wire/base/big_endian.h"
#include "wire/records/codecs/codec.h"

namespace wire::codecs {
namespace {

constexpr std::array<uint8_t, 8> kMagic = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr size_t kHeaderSize = 16;
constexpr int32_t kVersion = 1;
constexpr size_t kBlockSize = 32 * 1024;
// A copy element of three bytes yields at most 64: no block inflates more than that.
constexpr size_t kMaxInflation = 64;

bool starts_with_magic(std::span<const uint8_t> input) {
  return input.size() >= kHeaderSize &&
         std::memcmp(input.data(), kMagic.data(), kMagic.size()) == 0;
}

const char* chars(std::span<const uint8_t> bytes) {
  return reinterpret_cast<const char*>(bytes.data());
}

class SnappyDecompressor final : public BlockDecompressor {
 public:
  explicit SnappyDecompressor(std::span<const uint8_t> input)
      : rest_(input), framed_(starts_with_magic(input)) {}

 private:
  Result<std::span<const uint8_t>> next_block() override {
    while (!rest_.empty()) {
      if (!framed_) return inflate(std::exchange(rest_, {}));
      if (starts_with_magic(rest_)) {
        if (load_big_endian<int32_t>(rest_.data() + kMagic.size()) < kVersion) {
          return corrupt("snappy", "unknown version of the frame");
        }
        rest_ = rest_.subspan(kHeaderSize);
        continue;
      }
      if (rest_.size() < sizeof(int32_t)) return corrupt("snappy", "a block's size is cut off");
      const auto size = load_big_endian<uint32_t>(rest_.data());
      rest_ = rest_.subspan(sizeof(int32_t));
      if (size > rest_.size()) return corrupt("snappy", "a block is cut off");
      const auto block = rest_.first(size);
      rest_ = rest_.subspan(size);
      Result<std::span<const uint8_t>> plain = inflate(block);
      if (!plain.ok() || !plain->empty()) return plain;
    }
    return std::span<const uint8_t>();
  }

  Result<std::span<const uint8_t>> inflate(std::span<const uint8_t> block) {
    size_t size = 0;
    if (!snappy::GetUncompressedLength(chars(block), block.size(), &size)) {
      return corrupt("snappy", "a block has no length");
    }
    if (size > block.size() * kMaxInflation) {
      return corrupt("snappy", "a block declares more than it can hold");
    }
    plain_.resize(size);
    if (!snappy::RawUncompress(chars(block), block.size(),
                               reinterpret_cast<char*>(plain_.data()))) {
      return corrupt("snappy", "a block is broken");
    }
    return std::span<const uint8_t>(plain_);
  }

  std::span<const uint8_t> rest_;
  bool framed_;
  std::vector<uint8_t> plain_;
};

}  // namespace

Bytes snappy_compress(std::span<const uint8_t> plain) {
  const size_t blocks = (plain.size() + kBlockSize - 1) / kBlockSize;
  std::string packed(
      kHeaderSize + blocks * (sizeof(int32_t) + snappy::MaxCompressedLength(kBlockSize)), '\0');
  auto* out = reinterpret_cast<uint8_t*>(packed.data());
  std::memcpy(out, kMagic.data(), kMagic.size());
  store_big_endian(out + kMagic.size(), kVersion);
  store_big_endian(out + kMagic.size() + sizeof(int32_t), kVersion);
  size_t used = kHeaderSize;
  for (size_t at = 0; at < plain.size(); at += kBlockSize) {
    const auto block = plain.subspan(at, std::min(kBlockSize, plain.size() - at));
    size_t size = 0;
    snappy::RawCompress(chars(block), block.size(), packed.data() + used + sizeof(int32_t), &size);
    store_big_endian(out + used, static_cast<int32_t>(size));
    used += sizeof(int32_t) + size;
  }
  packed.resize(used);
  packed.shrink_to_fit();
  return Bytes::adopt(std::move(packed));
}

std::unique_ptr<Decompressor> snappy_decompressor(std::span<const uint8_t> input) {
  return std::make_unique<SnappyDecompressor>(input);
}

}  // namespace wire::codecs
