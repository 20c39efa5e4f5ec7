// The names of partition directories:
//
//   <topic>-<partition>
//   <topic>-<partition>.<32 hex digits>-delete    being removed
//   <topic>-<partition>.<32 hex digits>-stray     no partition of this broker; kept for a human
//   <topic>-<partition>.<32 hex digits>-future    a move between log dirs that was not finished
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/topic_partition.h"
#include "wire/base/random.h"

namespace storage {

inline constexpr std::string_view kDeleteDirectorySuffix = "-delete";
inline constexpr std::string_view kStrayDirectorySuffix = "-stray";
inline constexpr std::string_view kFutureDirectorySuffix = "-future";

struct PartitionDirectory {
  TopicPartition name;
  std::string_view suffix;  // empty for a partition in use

  bool operator==(const PartitionDirectory&) const = default;
};

// Nothing if it is the name of no partition directory.
std::optional<PartitionDirectory> parse_partition_directory(std::string_view name);
// A new name with the suffix; the topic is cut so that it is no longer than a file name may be.
std::string renamed_partition_directory(const TopicPartition& name, std::string_view suffix,
                                        wire::Random& random);

// A future copy's directory must say the whole topic, so that a restart knows it: a very long one
// leaves no room.
bool may_have_future_directory(const TopicPartition& name);

}  // namespace storage
