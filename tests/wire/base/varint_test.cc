#include "wire/base/varint.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace wire {
namespace {

TEST(Varint, ReadsWhatItWroteAtEveryEdge) {
  std::vector<int64_t> values = {0, std::numeric_limits<int64_t>::min(),
                                 std::numeric_limits<int64_t>::max()};
  for (int bit = 0; bit < 63; ++bit) {
    for (int64_t near = -1; near <= 1; ++near) {
      values.push_back((int64_t{1} << bit) + near);
      values.push_back(-(int64_t{1} << bit) + near);
    }
  }
  for (const int64_t value : values) {
    uint8_t raw[kMaxVarlongSize];
    const uint8_t* end = put_varlong(raw, value);
    EXPECT_EQ(static_cast<size_t>(end - raw), varlong_size(value));
    int64_t back = 1;
    EXPECT_EQ(get_varlong(raw, end, back), end);
    EXPECT_EQ(back, value);

    const auto small = static_cast<int32_t>(value);
    end = put_varint(raw, small);
    EXPECT_EQ(static_cast<size_t>(end - raw), varint_size(small));
    int32_t small_back = 1;
    EXPECT_EQ(get_varint(raw, end, small_back), end);
    EXPECT_EQ(small_back, small);
  }
}

TEST(Varint, RefusesWhatIsCutOffOrTooLong) {
  const uint8_t endless[11] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
  int32_t value = 0;
  int64_t wide = 0;
  for (size_t size = 0; size < 5; ++size)
    EXPECT_EQ(get_varint(endless, endless + size, value), nullptr);
  EXPECT_EQ(get_varint(endless, endless + 11, value), nullptr);
  EXPECT_EQ(get_varlong(endless, endless + 11, wide), nullptr);
}

TEST(Varint, AcceptsAnOverlongForm) {
  const uint8_t overlong[3] = {0x82, 0x80, 0x00};
  int32_t value = 0;
  EXPECT_EQ(get_varint(overlong, overlong + 3, value), overlong + 3);
  EXPECT_EQ(value, 1);
}

}  // namespace
}  // namespace wire
