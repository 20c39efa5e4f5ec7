#include "wire/base/uuid.h"

#include <array>

namespace wire {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr size_t kTextSize =
    22;  // 16 bytes at 6 bits a character; the last character carries 2 bits

int digit_value(char c) {
  const size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// The 6 bits of the id that begin at bit `at` (0 = most significant); zeros behind bit 127.
unsigned six_bits(const Uuid& id, unsigned at) {
  unsigned value = 0;
  for (unsigned bit = at; bit < at + 6; ++bit) {
    uint64_t one = 0;
    if (bit < 64) one = id.most_significant >> (63 - bit) & 1;
    if (bit >= 64 && bit < 128) one = id.least_significant >> (127 - bit) & 1;
    value = value << 1 | static_cast<unsigned>(one);
  }
  return value;
}

}  // namespace

Uuid Uuid::random(Random& random) {
  for (;;) {
    Uuid id{random.next(), random.next()};
    id.most_significant = (id.most_significant & ~uint64_t{0xF000}) | 0x4000;  // version 4
    id.least_significant =
        (id.least_significant & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;  // IETF variant
    if (!id.is_reserved() && id.to_string().front() != '-') return id;
  }
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  Uuid id;
  for (size_t i = 0; i < kTextSize; ++i) {
    const int digit = digit_value(text[i]);
    if (digit < 0) return std::nullopt;
    // 21 characters of 6 bits and one of 2: shift the 128-bit number left and add.
    const unsigned bits = i + 1 == kTextSize ? 2 : 6;
    const auto value = static_cast<uint64_t>(digit) >> (6 - bits);
    if (bits == 2 && (digit & 0xF) != 0) return std::nullopt;
    id.most_significant = id.most_significant << bits | id.least_significant >> (64 - bits);
    id.least_significant = id.least_significant << bits | value;
  }
  return id;
}

std::string Uuid::to_string() const {
  std::string text(kTextSize, '\0');
  for (unsigned i = 0; i < kTextSize; ++i) text[i] = kAlphabet[six_bits(*this, i * 6)];
  return text;
}

}  // namespace wire
