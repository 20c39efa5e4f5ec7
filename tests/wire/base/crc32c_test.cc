#include "wire/base/crc32c.h"

#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace wire {
namespace {

std::span<const uint8_t> text_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(Crc32c, AgreesWithTheVectorsOfRfc3720) {
  EXPECT_EQ(crc32c(text_bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0)), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0xFF)), 0x62A8AB43U);
  std::vector<uint8_t> ascending(32);
  std::iota(ascending.begin(), ascending.end(), uint8_t{0});
  EXPECT_EQ(crc32c(ascending), 0x46DD794EU);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, AgreesWithTheTableAtEveryLengthAndAlignment) {
  std::vector<uint8_t> data(40'000);
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * 7 + i / 255);
  const std::span<const uint8_t> all(data);
  for (size_t size = 0; size < data.size() - 8; size += size < 1000 ? 1 : 977) {
    const auto part = all.subspan(size % 8, size);
    ASSERT_EQ(crc32c(part), crc32c_by_table(part)) << size;
  }
}

TEST(Crc32c, ContinuesFromAPrefix) {
  const std::string_view text = "the spool that outlives its owners";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(text_bytes(text.substr(cut)), crc32c(text_bytes(text.substr(0, cut)))),
              crc32c(text_bytes(text)));
  }
}

}  // namespace
}  // namespace wire
