// Who leads a partition, for answers that tell a client where to go instead (KIP-951).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cluster/metadata/image.h"
#include "cmd/api/vantage.h"
#include "wire/base/types.h"

namespace api {

struct LeaderHint {
  wire::NodeId leader_id = wire::kNoNode;
  wire::Epoch leader_epoch = wire::kNoEpoch;
};

struct NodeAddress {
  wire::NodeId node_id = wire::kNoNode;
  std::string host;
  int32_t port = 0;
  std::optional<std::string> rack;
};

// Both fields -1 if the image does not know the partition or it has no leader.
LeaderHint leader_of(const cluster::metadata::MetadataImage& image, std::string_view topic,
                     wire::PartitionIndex partition);
// The address of a broker as a client at `vantage` can use it; nothing if it has none on that
// listener.
std::optional<NodeAddress> address_of(const cluster::metadata::BrokerImage& broker,
                                      const Vantage& vantage);
// The same of a live broker by its id.
std::optional<NodeAddress> address_of(const cluster::metadata::MetadataImage& image,
                                      wire::NodeId node, const Vantage& vantage);

// Adds the leader's address to a response's node_endpoints, once.
template <typename Endpoint>
void add_endpoint(std::vector<Endpoint>& endpoints, const cluster::metadata::MetadataImage& image,
                  wire::NodeId node, const Vantage& vantage) {
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.node_id == node) return;
  }
  auto address = address_of(image, node, vantage);
  if (!address) return;
  Endpoint& added = endpoints.emplace_back();
  added.node_id = address->node_id;
  added.host = std::move(address->host);
  added.port = address->port;
  added.rack = std::move(address->rack);
}

}  // namespace api
