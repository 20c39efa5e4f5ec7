#include "storage/offset_map.h"

#include <string>

#include <gtest/gtest.h>

namespace storage {

TEST(OffsetMap, KnowsTheLastOffsetOfEachKey) {
  OffsetMap map(1000 * OffsetMap::kEntrySize, 1);
  for (int i = 0; i < 900; ++i) ASSERT_TRUE(map.put(map.key_of("k" + std::to_string(i)), i));
  for (int i = 0; i < 900; i += 2) {
    ASSERT_TRUE(map.put(map.key_of("k" + std::to_string(i)), 1000 + i));
  }
  EXPECT_EQ(map.size(), 900U);
  for (int i = 0; i < 900; ++i) {
    EXPECT_EQ(map.get(map.key_of("k" + std::to_string(i))), i % 2 == 0 ? 1000 + i : i);
  }
  EXPECT_EQ(map.get(map.key_of("another")), wire::kNoOffset);
}

TEST(OffsetMap, RefusesANewKeyWhenFull) {
  OffsetMap map(2 * OffsetMap::kEntrySize, 1);
  EXPECT_TRUE(map.put(map.key_of("a"), 0));
  EXPECT_TRUE(map.put(map.key_of("b"), 1));
  EXPECT_FALSE(map.put(map.key_of("c"), 2));
  EXPECT_TRUE(map.put(map.key_of("a"), 3));
  EXPECT_EQ(map.get(map.key_of("a")), 3);
  EXPECT_EQ(map.get(map.key_of("c")), wire::kNoOffset);
}

TEST(OffsetMap, AnEmptyKeyIsAKey) {
  OffsetMap map(0, 1);
  EXPECT_EQ(map.slots(), 1U);
  EXPECT_TRUE(map.put(map.key_of(""), 5));
  EXPECT_EQ(map.get(map.key_of("")), 5);
}

TEST(OffsetMap, TheSeedDecidesTheHash) {
  const OffsetMap one(64, 1);
  const OffsetMap two(64, 2);
  EXPECT_NE(one.key_of("a"), two.key_of("a"));
}

}  // namespace storage
