#include "cmd/api/leader_hint.h"

namespace api {

LeaderHint leader_of(const cluster::metadata::MetadataImage& image, std::string_view topic,
                     wire::PartitionIndex partition) {
  const auto found = image.topic(topic);
  if (!found) return {};
  const auto* state = found->partition(partition);
  if (state == nullptr || !state->has_leader()) return {};
  return {state->leader, state->leader_epoch};
}

std::optional<NodeAddress> address_of(const cluster::metadata::MetadataImage& image,
                                      wire::NodeId node, std::string_view listener) {
  const auto* broker = image.broker(node);
  if (broker == nullptr || broker->fenced) return std::nullopt;
  const auto* endpoint = broker->endpoint(listener);
  if (endpoint == nullptr) return std::nullopt;
  return NodeAddress{node, endpoint->host, endpoint->port, broker->rack};
}

}  // namespace api
