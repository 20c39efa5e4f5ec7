#include "cmd/api/partition_view.h"

#include <algorithm>

#include "cmd/api/leader_hint.h"

namespace api {
namespace {

bool is_reachable(const cluster::metadata::MetadataImage& image, wire::NodeId id,
                  std::string_view listener) {
  const auto* broker = image.broker(id);
  return broker != nullptr && !broker->fenced && broker->endpoint(listener) != nullptr;
}

}  // namespace

std::vector<wire::NodeId> live_brokers(const cluster::metadata::MetadataImage& image,
                                       std::string_view listener) {
  std::vector<wire::NodeId> ids;
  for (const auto& [id, broker] : image.cluster().brokers) {
    if (!broker->fenced && broker->endpoint(listener) != nullptr) ids.push_back(id);
  }
  return ids;
}

wire::NodeId controller_for_clients(const cluster::metadata::MetadataImage& image,
                                    std::string_view listener, wire::NodeId self) {
  if (is_reachable(image, self, listener)) return self;
  const auto live = live_brokers(image, listener);
  return live.empty() ? wire::kNoNode : live.front();
}

std::vector<wire::NodeId> offline_replicas(const cluster::metadata::MetadataImage& image,
                                           const cluster::metadata::PartitionImage& partition,
                                           std::string_view listener) {
  std::vector<wire::NodeId> offline;
  for (const wire::NodeId id : partition.replicas) {
    const auto* broker = image.broker(id);
    const bool online =
        is_reachable(image, id, listener) && broker->has_online_dir(partition.directory(id));
    if (!online) offline.push_back(id);
  }
  return offline;
}

wire::ErrorCode leader_error(const cluster::metadata::MetadataImage& image,
                             const cluster::metadata::PartitionImage& partition,
                             std::string_view listener, ListenerError listener_error) {
  if (is_reachable(image, partition.leader, listener)) return wire::ErrorCode::kNone;
  const auto* leader = image.broker(partition.leader);
  if (leader == nullptr || leader->fenced) return wire::ErrorCode::kLeaderNotAvailable;
  return listener_error == ListenerError::kKnownToClient ? wire::ErrorCode::kListenerNotFound
                                                         : wire::ErrorCode::kLeaderNotAvailable;
}

}  // namespace api
