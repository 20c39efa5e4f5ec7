// A connection's bytes, arriving in pieces of any size, cut into frames whose headers are read.
//
//   uint8 piece | stream       the size of the pieces; where they end must not change the frames
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/check.h"
#include "wire/frame.h"

using namespace wire;

namespace {

constexpr size_t kFrameBytesMax = 1 << 20;

std::vector<std::string> cut(std::string_view stream, size_t piece) {
  FrameSplitter splitter(kFrameBytesMax);
  std::vector<std::string> frames;
  while (!stream.empty() && !splitter.broken()) {
    const auto room = splitter.prepare();
    const size_t size = std::min({piece, stream.size(), room.size()});
    std::memcpy(room.data(), stream.data(), size);
    splitter.received(size);
    stream.remove_prefix(size);
    while (auto frame = splitter.next()) {
      frames.emplace_back(frame->view());
      Reader in(std::move(*frame));
      RequestHeader header;
      CHECK(read_request_header(in, header) == in.ok());
    }
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data + 1), size - 1);
  CHECK(cut(stream, 1u + data[0]) == cut(stream, stream.size() + 1));
  return 0;
}
