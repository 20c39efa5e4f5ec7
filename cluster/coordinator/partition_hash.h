// Which partition of a coordinator's topic a group or a transactional id belongs to.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/base/types.h"

namespace cluster::coordinator {

// Java's String.hashCode() over the UTF-16 units of a UTF-8 text.
uint32_t java_hash(std::string_view text);

// REQUIRES: partition_count > 0.
wire::PartitionIndex partition_for_key(std::string_view key, int32_t partition_count);

}  // namespace cluster::coordinator
