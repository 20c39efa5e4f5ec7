#include <string>
#include <utility>

#include <zstd.h>

#include "wire/base/check.h"
#include "wire/records/codecs/codec.h"

namespace wire::codecs {
namespace {

// 128 MiB, what zstd's own tools and Java's binding accept; the highest levels of the stream
// compressor ask for it.
constexpr int kMaxWindowLog = 27;

class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(std::span<const uint8_t> input)
      : context_(ZSTD_createDCtx()), input_{input.data(), input.size(), 0} {
    CHECK(context_ != nullptr);
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kMaxWindowLog);
  }
  ~ZstdDecompressor() override { ZSTD_freeDCtx(context_); }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;

  Result<size_t> read(std::span<uint8_t> out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos < output.size) {
      // Between frames and out of input: the end.
      if (input_.pos == input_.size && at_frame_end_) break;
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
