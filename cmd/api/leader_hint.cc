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

std::optional<NodeAddress> address_of(const cluster::metadata::BrokerImage& broker,
                                      const Vantage& vantage) {
  const auto* endpoint = broker.endpoint(vantage.listener);
  if (endpoint == nullptr) return std::nullopt;
  if (vantage.own && vantage.own->node_id == broker.id) {
    return NodeAddress{broker.id, vantage.own->host, vantage.own->port, broker.rack};
  }
  return NodeAddress{broker.id, endpoint->host, endpoint->port, broker.rack};
}

std::optional<NodeAddress> address_of(const cluster::metadata::MetadataImage& image,
                                      wire::NodeId node, const Vantage& vantage) {
  const auto* broker = image.broker(node);
  if (broker == nullptr || broker->fenced) return std::nullopt;
  return address_of(*broker, vantage);
}

}  // namespace api
