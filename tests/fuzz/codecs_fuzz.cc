// The codecs: the first byte chooses one, the rest is decompressed, and compressed and taken back.
#include <cstdint>
#include <span>

#include "wire/base/check.h"
#include "wire/records/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kInflateLimit = 1 << 20;
  if (size == 0) return 0;
  const auto type = static_cast<wire::CompressionType>(data[0] % 5);
  const std::span<const uint8_t> input(data + 1, size - 1);
  for (const int8_t magic : {int8_t{0}, int8_t{2}}) {
    const auto plain = wire::decompress(type, input, kInflateLimit, magic);
    if (plain.ok()) CHECK(plain->size() <= kInflateLimit);
  }
  const auto back =
      wire::decompress(type, wire::compress({type, std::nullopt}, input).span(), size);
  CHECK(back.ok());
  CHECK(*back == wire::Bytes::unowned(input));
  return 0;
}
