#include "storage/partition_directory.h"

#include <fmt/core.h>

#include "storage/checkpoint_text.h"

namespace storage {

namespace {

constexpr size_t kLongestName = 255;

}  // namespace

std::optional<PartitionDirectory> parse_partition_directory(std::string_view name) {
  PartitionDirectory result;
  for (const auto suffix :
       {kDeleteDirectorySuffix, kStrayDirectorySuffix, kFutureDirectorySuffix}) {
    if (!name.ends_with(suffix)) continue;
    const std::string_view head = name.substr(0, name.size() - suffix.size());
    const size_t dot = head.rfind('.');
    if (dot == std::string_view::npos || dot + 1 == head.size()) continue;
    result.suffix = suffix;
    name = head.substr(0, dot);
    break;
  }
  const size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const auto partition = parse_number(name.substr(dash + 1));
  if (!partition || *partition < 0 || *partition > INT32_MAX) return std::nullopt;
  result.name = {std::string(name.substr(0, dash)), static_cast<wire::PartitionIndex>(*partition)};
  return result;
}

std::string renamed_partition_directory(const TopicPartition& name, std::string_view suffix,
                                        wire::Random& random) {
  const std::string tail =
      fmt::format("-{}.{:016x}{:016x}{}", name.partition, random.next(), random.next(), suffix);
  return name.topic.substr(0, kLongestName - tail.size()) + tail;
}

bool may_have_future_directory(const TopicPartition& name) {
  constexpr size_t kUniqueDigits = 32;
  return name.to_string().size() + 1 + kUniqueDigits + kFutureDirectorySuffix.size() <=
         kLongestName;
}

}  // namespace storage
