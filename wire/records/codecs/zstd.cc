// The functions that take an allocator; they are in the archive that we link.
#define ZSTD_STATIC_LINKING_ONLY
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>

#include <sys/mman.h>
#include <zstd.h>

#include "wire/base/check.h"
#include "wire/records/codecs/codec.h"

namespace wire::codecs {
namespace {

// 128 MiB, what zstd's own tools and Java's binding accept; the highest levels of the stream
// compressor ask for it.
constexpr int kMaxWindowLog = 27;

// A frame of a few bytes may declare such a window.  It is only address space until data arrives:
// pages from the kernel, which become memory when they are written.  The size is kept in front.
constexpr size_t kWindowFrom = size_t{1} << 20;
constexpr size_t kPrefix = alignof(std::max_align_t);

void* allocate(void*, size_t size) {
  const size_t total = size + kPrefix;
  void* memory = nullptr;
  if (total < kWindowFrom) {
    memory = std::malloc(total);
  } else {
    memory = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) memory = nullptr;
  }
  if (memory == nullptr) return nullptr;
  *static_cast<size_t*>(memory) = total;
  return static_cast<std::byte*>(memory) + kPrefix;
}

void release(void*, void* address) {
  if (address == nullptr) return;
  void* memory = static_cast<std::byte*>(address) - kPrefix;
  const size_t total = *static_cast<size_t*>(memory);
  if (total < kWindowFrom) {
    std::free(memory);
  } else {
    munmap(memory, total);
  }
}

constexpr ZSTD_customMem kMemory = {allocate, release, nullptr};

// Is it a frame of zstd 0.8 or later, or a skippable one?  The formats before (RFC 8878 section 7.1
// calls them legacy) are older than Kafka's zstd (KIP-110), and Debian's library reads them with
// decoders that know neither the limit of the window nor the allocator above.  What is too short to
// tell is left to the library, which needs as many bytes.
bool may_be_frame(std::span<const uint8_t> input) {
  constexpr size_t kMagicSize = 4;
  if (input.size() < kMagicSize) return true;
  const uint32_t magic = uint32_t{input[0]} | uint32_t{input[1]} << 8U | uint32_t{input[2]} << 16U |
                         uint32_t{input[3]} << 24U;
  return magic == ZSTD_MAGICNUMBER ||
         (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(std::span<const uint8_t> input)
      : context_(ZSTD_createDCtx_advanced(kMemory)), input_{input.data(), input.size(), 0} {
    CHECK(context_ != nullptr);
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kMaxWindowLog);
  }
  ~ZstdDecompressor() override { ZSTD_freeDCtx(context_); }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;

  Result<size_t> read(std::span<uint8_t> out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos < output.size) {
      if (at_frame_end_) {
        const auto rest = rest_of_input();
        if (rest.empty()) break;
        if (!may_be_frame(rest)) return corrupt("zstd", "no frame of zstd 0.8 or later");
      }
      const size_t input_before = input_.pos;
      const size_t output_before = output.pos;
      const size_t outcome = ZSTD_decompressStream(context_, &output, &input_);
      if (ZSTD_isError(outcome) != 0) return corrupt("zstd", ZSTD_getErrorName(outcome));
      at_frame_end_ = outcome == 0;
      if (input_.pos == input_before && output.pos == output_before && !at_frame_end_) {
        return corrupt("zstd", "the stream ends too early");
      }
    }
    return output.pos;
  }

 private:
  std::span<const uint8_t> rest_of_input() const {
    return {static_cast<const uint8_t*>(input_.src) + input_.pos, input_.size - input_.pos};
  }

  ZSTD_DCtx* context_;
  ZSTD_inBuffer input_;
  bool at_frame_end_ = true;
};

}  // namespace

Bytes zstd_compress(std::span<const uint8_t> plain, int level) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const size_t size =
      ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), level);
  CHECK(ZSTD_isError(size) == 0);
  packed.resize(size);
  packed.shrink_to_fit();
  return Bytes::adopt(std::move(packed));
}

std::unique_ptr<Decompressor> zstd_decompressor(std::span<const uint8_t> input) {
  return std::make_unique<ZstdDecompressor>(input);
}

}  // namespace wire::codecs
