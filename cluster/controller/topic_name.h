// Which names a topic may have.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cluster::controller {

inline constexpr std::string_view kMetadataTopicName = "__cluster_metadata";

// Why the name is refused, in Kafka's words ("Topic name is invalid: ..."); nothing if it is fine.
std::optional<std::string> invalid_topic_name(std::string_view name);

}  // namespace cluster::controller
