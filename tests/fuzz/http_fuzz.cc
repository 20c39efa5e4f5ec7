// The HTTP port's requests, in pieces of any size: whatever comes is read or refused, within bounds.
#include <algorithm>
#include <string_view>

#include "cmd/console/http_request.h"
#include "wire/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = data[0] + 1U;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  console::HttpRequestReader reader;
  while (!text.empty() && reader.refusal() == 0) {
    reader.add(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    while (const auto request = reader.next()) {
      CHECK(request->path.starts_with('/'));
      CHECK(request->path.size() <= console::HttpRequestReader::kLineBytesMax);
      CHECK(request->path.find('\n') == std::string::npos);
    }
  }
  return 0;
}
