// A partition by its name, and what a request did to one of the things that it was about.
#pragma once

#include <compare>
#include <string>

#include "wire/base/types.h"
#include "wire/error_code.h"

namespace cli {

struct TopicPartition {
  std::string topic;
  wire::PartitionIndex partition = 0;

  // Kafka's way to write one: "tweets-0".
  std::string to_string() const { return topic + "-" + std::to_string(partition); }
  auto operator<=>(const TopicPartition&) const = default;
};

struct Outcome {
  std::string name;
  wire::ErrorCode code = wire::ErrorCode::kNone;
  std::string message;  // the broker's words; may be empty

  bool ok() const { return code == wire::ErrorCode::kNone; }
};

}  // namespace cli
