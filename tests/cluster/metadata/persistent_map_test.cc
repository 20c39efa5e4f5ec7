#include "cluster/metadata/persistent_map.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "wire/base/random.h"

namespace cluster::metadata {
namespace {

TEST(PersistentMap, AgreesWithAnOrderedMapUnderRandomChanges) {
  wire::SeededRandom random(7);
  PersistentMap<int, int> map;
  std::map<int, int> model;
  for (int step = 0; step < 20'000; ++step) {
    const int key = static_cast<int>(random.below(500));
    if (random.below(3) == 0) {
      EXPECT_EQ(map.erase(key), model.erase(key) == 1);
    } else {
      map.insert_or_assign(key, step);
      model[key] = step;
    }
    ASSERT_EQ(map.size(), model.size());
  }
  auto expected = model.begin();
  for (const auto& [key, value] : map) {
    ASSERT_EQ(key, expected->first);
    ASSERT_EQ(value, expected->second);
    ++expected;
  }
  EXPECT_EQ(expected, model.end());
}

TEST(PersistentMap, ACopyDoesNotSeeLaterChanges) {
  PersistentMap<std::string, int> map;
  map.insert_or_assign("a", 1);
  map.insert_or_assign("b", 2);
  const PersistentMap<std::string, int> copy = map;
  map.insert_or_assign("a", 10);
  map.erase("b");
  map.insert_or_assign("c", 3);
  EXPECT_EQ(*copy.find("a"), 1);
  EXPECT_EQ(*copy.find("b"), 2);
  EXPECT_EQ(copy.find("c"), nullptr);
  EXPECT_EQ(*map.find("a"), 10);
  EXPECT_FALSE(map.contains("b"));
}

TEST(PersistentMap, EqualContentIsEqualWhateverTheOrderOfInsertion) {
  PersistentMap<int, int> one;
  PersistentMap<int, int> other;
  for (int key = 0; key < 100; ++key) one.insert_or_assign(key, key);
  for (int key = 99; key >= 0; --key) other.insert_or_assign(key, key);
  EXPECT_TRUE(one == other);
  other.insert_or_assign(5, 6);
  EXPECT_FALSE(one == other);
}

}  // namespace
}  // namespace cluster::metadata
