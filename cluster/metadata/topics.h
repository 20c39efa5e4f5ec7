// Topics and the state of their partitions.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/metadata/persistent_map.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace cluster::metadata {

// Whether the leader was elected cleanly, or has yet to repair its log after an unclean election
// (KIP-704).
enum class LeaderRecoveryState : int8_t { kRecovered = 0, kRecovering = 1 };

struct PartitionImage {
  std::vector<wire::NodeId> replicas;
  std::vector<wire::Uuid> directories;  // as long as replicas
  std::vector<wire::NodeId> isr;
  std::vector<wire::NodeId> removing_replicas;
  std::vector<wire::NodeId> adding_replicas;
  std::vector<wire::NodeId> elr;  // eligible leader replicas (KIP-966)
  std::vector<wire::NodeId> last_known_elr;
  wire::NodeId leader = wire::kNoNode;
  LeaderRecoveryState leader_recovery_state = LeaderRecoveryState::kRecovered;
  wire::Epoch leader_epoch = wire::kNoEpoch;
  int32_t partition_epoch = -1;

  bool has_leader() const { return leader != wire::kNoNode; }
  wire::NodeId preferred_replica() const {
    return replicas.empty() ? wire::kNoNode : replicas.front();
  }
  bool has_preferred_leader() const { return leader == preferred_replica(); }
  bool is_reassigning() const { return !removing_replicas.empty() || !adding_replicas.empty(); }
  bool has_replica(wire::NodeId id) const;
  bool is_in_sync(wire::NodeId id) const;
  // The directory of a replica; migrating (zero) if it is none.
  wire::Uuid directory(wire::NodeId replica) const;

  bool operator==(const PartitionImage&) const = default;
};

using PartitionPtr = std::shared_ptr<const PartitionImage>;

struct TopicImage {
  std::string name;
  wire::Uuid id;
  std::vector<PartitionPtr> partitions;  // by index; never null

  // Null if the index is out of range.
  const PartitionImage* partition(wire::PartitionIndex index) const;

  bool operator==(const TopicImage& other) const;
};

using TopicPtr = std::shared_ptr<const TopicImage>;

class TopicsImage {
 public:
  // Null if there is none.
  TopicPtr find(std::string_view name) const;
  TopicPtr find(const wire::Uuid& id) const;
  const PersistentMap<wire::Uuid, TopicPtr>& by_id() const { return by_id_; }
  // Names in byte order, with the topic's id.
  const PersistentMap<std::string, wire::Uuid>& by_name() const { return by_name_; }
  size_t size() const { return by_id_.size(); }

  // The topics whose names are the same once '.' reads as '_', which metrics' names cannot tell
  // apart; null if there is none.
  const std::vector<std::string>* colliding_with(std::string_view name) const;

  void put(TopicPtr topic);
  void erase(const wire::Uuid& id);

  bool operator==(const TopicsImage& other) const;

 private:
  static std::string collision_key(std::string_view name);

  PersistentMap<wire::Uuid, TopicPtr> by_id_;
  PersistentMap<std::string, wire::Uuid> by_name_;
  PersistentMap<std::string, std::vector<std::string>> colliding_;
};

}  // namespace cluster::metadata
