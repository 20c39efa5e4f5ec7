// Tells the group coordinator what happens to this node and to the cluster: which offsets
// partitions it leads, how many there are, which topics are gone.
//
// To be registered with the ReplicaSet (for the topic `__consumer_offsets`) and, after it, with the
// image loader.
#pragma once

#include <vector>

#include "cluster/groups/group_coordinator.h"
#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"

namespace cluster::groups {

class GroupLeadership final : public replica::LeadershipListener, public metadata::ImageListener {
 public:
  // REQUIRES: the coordinator outlives this.
  explicit GroupLeadership(GroupCoordinator& coordinator) : coordinator_(coordinator) {}

  void on_elected(wire::PartitionIndex partition, wire::Epoch leader_epoch) override {
    coordinator_.on_election(partition, leader_epoch);
  }
  void on_resigned(wire::PartitionIndex partition) override {
    coordinator_.on_resignation(partition);
  }
  void on_high_watermark(wire::PartitionIndex partition, wire::Offset high_watermark) override {
    coordinator_.on_high_watermark(partition, high_watermark);
  }

  void on_image(const metadata::ImageChanges& changes, const metadata::ImagePtr& previous,
                const metadata::ImagePtr& image) override;

 private:
  GroupCoordinator& coordinator_;
};

}  // namespace cluster::groups
