// The order in which a java.util.HashMap gives out its keys: Kafka's tools print many a list in it, and
// scripts compare what they printed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cmd/cli/admin/topic_partition.h"

namespace cli::shims {

// String.hashCode; exact for ASCII, which Kafka's names are.
constexpr uint32_t java_hash(std::string_view text) {
  uint32_t hash = 0;
  for (const char character : text) hash = 31 * hash + static_cast<uint8_t>(character);
  return hash;
}
// TopicPartition.hashCode.
inline uint32_t java_hash(const TopicPartition& partition) {
  return 31 * (31 + static_cast<uint32_t>(partition.partition)) + java_hash(partition.topic);
}

// How large the table of a map of so many keys has become.
constexpr size_t java_table_size(size_t count, size_t initial) {
  size_t size = initial;
  while (4 * count > 3 * size) size *= 2;
  return size;
}

// Sorts items into the order of a HashMap with their keys; those of one bucket stay as they are.
template <typename Item, typename KeyOf>
void sort_as_java(std::vector<Item>& items, KeyOf key_of, size_t initial = 16) {
  const size_t mask = java_table_size(items.size(), initial) - 1;
  const auto bucket = [&](const Item& item) {
    const uint32_t hash = java_hash(key_of(item));
    return (hash ^ (hash >> 16)) & mask;
  };
  std::stable_sort(items.begin(), items.end(),
                   [&](const Item& a, const Item& b) { return bucket(a) < bucket(b); });
}

}  // namespace cli::shims
