#include "tests/golden/golden_file.h"

#include <sstream>

#include <zlib.h>

#include "tests/source_folder.h"
#include "wire/base/check.h"

namespace golden {
namespace {

std::string gunzip(const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  CHECK(file != nullptr);
  std::string text;
  char buffer[1 << 16];
  for (int size = 0; (size = gzread(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(size));
  CHECK(gzclose(file) == Z_OK);
  return text;
}

}  // namespace

std::vector<nlohmann::json> read_lines(const std::string& name) {
  std::istringstream text(gunzip(source_folder() + "/tests/golden/" + name));
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

wire::Bytes from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t group = 0;
  int bits = 0;
  for (char c : text) {
    if (c == '=') break;
    group = group << 6 | static_cast<uint32_t>(kAlphabet.find(c));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xff);
  }
  return wire::Bytes::adopt(std::move(bytes));
}

}  // namespace golden
