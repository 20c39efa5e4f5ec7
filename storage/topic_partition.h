// A partition's name: a directory of a log dir is called after it.
#pragma once

#include <compare>
#include <string>
#include <utility>

#include "wire/base/types.h"

namespace storage {

struct TopicPartition {
  std::string topic;
  wire::PartitionIndex partition = 0;

  std::string to_string() const { return topic + '-' + std::to_string(partition); }
  auto operator<=>(const TopicPartition&) const = default;

  template <typename H>
  friend H AbslHashValue(H state, const TopicPartition& key) {
    return H::combine(std::move(state), key.topic, key.partition);
  }
};

}  // namespace storage
