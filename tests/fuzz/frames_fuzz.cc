// A connection's bytes, arriving in pieces of any size, cut into frames as the broker cuts them.
//
//   uint8 piece | stream       the size of the pieces; where they end must not change the frames
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/server/frame_reader.h"
#include "wire/base/check.h"
#include "wire/frame.h"

using namespace server;

namespace {

constexpr size_t kFrameBytesMax = 1 << 20;

struct Cut {
  std::vector<std::string> frames;
  std::string refusal;

  bool operator==(const Cut&) const = default;
};

Cut cut(std::string_view stream, size_t piece, bool frugal) {
  ReadSlab slab;
  BufferPool pool;
  FrameReader reader(api::ListenerKind::kBroker, kFrameBytesMax);
  Cut result;
  while (!stream.empty()) {
    iovec pieces[2];
    const int count = reader.prepare(slab, pool, frugal, pieces);
    size_t received = 0;
    for (int i = 0; i < count; ++i) {
      const size_t size = std::min({piece - received, stream.size(), pieces[i].iov_len});
      std::memcpy(pieces[i].iov_base, stream.data(), size);
      stream.remove_prefix(size);
      received += size;
    }
    reader.received(received, slab);
    wire::Bytes frame;
    for (auto next = reader.next(pool, frame); next != FrameReader::Next::kNeedsBytes;
         next = reader.next(pool, frame)) {
      if (next == FrameReader::Next::kRefused) {
        result.refusal = reader.refusal();
        return result;
      }
      result.frames.emplace_back(frame.view());
      wire::Reader in(std::move(frame));
      wire::RequestHeader header;
      CHECK(wire::read_request_header(in, header) == in.ok());
    }
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data + 1), size - 1);
  const Cut whole = cut(stream, stream.size() + 1, false);
  CHECK(cut(stream, 1u + data[0], false) == whole);
  CHECK(cut(stream, 1u + data[0], true) == whole);
  return 0;
}
