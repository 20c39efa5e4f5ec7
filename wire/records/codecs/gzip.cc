#include <string>
#include <utility>

#include <zlib.h>

#include "wire/base/check.h"
#include "wire/records/codecs/codec.h"

namespace wire::codecs {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // the largest window, gzip's header and trailer
constexpr int kMemoryLevel = 8;           // zlib's default

class GzipDecompressor final : public Decompressor {
 public:
  explicit GzipDecompressor(std::span<const uint8_t> input) {
    stream_.next_in = const_cast<uint8_t*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    CHECK(inflateInit2(&stream_, kGzipWindowBits) == Z_OK);
  }
  ~GzipDecompressor() override { inflateEnd(&stream_); }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  Result<size_t> read(std::span<uint8_t> out) override {
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    while (stream_.avail_out > 0 && !ended_) {
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      if (outcome == Z_STREAM_END) {
        if (!begin_next_member()) ended_ = true;
      } else if (outcome == Z_BUF_ERROR) {
        return corrupt("gzip", "the stream ends too early");
      } else if (outcome != Z_OK) {
        return corrupt("gzip", stream_.msg == nullptr ? "bad stream" : stream_.msg);
      }
    }
    return out.size() - stream_.avail_out;
  }

 private:
  // RFC 1952: a file is a series of members.  What does not begin like one is ignored, as Java
  // does.
  bool begin_next_member() {
    if (stream_.avail_in < 2 || stream_.next_in[0] != 0x1F || stream_.next_in[1] != 0x8B) {
      return false;
    }
    return inflateReset(&stream_) == Z_OK;
  }

  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace

Bytes gzip_compress(std::span<const uint8_t> plain, int level) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = const_cast<uint8_t*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<uint8_t*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int outcome = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  CHECK(outcome == Z_STREAM_END);
  return Bytes::adopt(std::move(packed));
}

std::unique_ptr<Decompressor> gzip_decompressor(std::span<const uint8_t> input) {
  return std::make_unique<GzipDecompressor>(input);
}

}  // namespace wire::codecs
