// Tells the transaction coordinator what happens to this node and to the cluster: which partitions
// of `__transaction_state` it leads, and who leads the others, which wait for markers.
#pragma once

#include <optional>

#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cluster/transactions/cluster_view.h"
#include "cluster/transactions/transaction_coordinator.h"

namespace cluster::transactions {

// The newest image as the coordinator sees it.  To be registered with the image loader before the
// ReplicaSet: an election must not be followed with an older image.
class ImageClusterView final : public ClusterView, public metadata::ImageListener {
 public:
  std::optional<wire::NodeId> leader_of(const TopicPartition& partition) const override;
  int16_t transaction_version() const override;
  std::optional<int32_t> transaction_partitions() const override;

  void on_image(const metadata::ImageChanges&, const metadata::ImagePtr&,
                const metadata::ImagePtr& image) override {
    image_ = image;
  }

 private:
  metadata::ImagePtr image_;
};

// To be registered with the ReplicaSet (for the topic `__transaction_state`) and, after it, with
// the image loader.
class TransactionLeadership final : public replica::LeadershipListener,
                                    public metadata::ImageListener {
 public:
  // REQUIRES: the coordinator outlives this.
  explicit TransactionLeadership(TransactionCoordinator& coordinator) : coordinator_(coordinator) {}

  void on_elected(wire::PartitionIndex partition, wire::Epoch leader_epoch) override {
    coordinator_.on_election(partition, leader_epoch);
  }
  void on_resigned(wire::PartitionIndex partition) override {
    coordinator_.on_resignation(partition);
  }
  void on_high_watermark(wire::PartitionIndex partition, wire::Offset high_watermark) override {
    coordinator_.on_high_watermark(partition, high_watermark);
  }
  void on_image(const metadata::ImageChanges&, const metadata::ImagePtr&,
                const metadata::ImagePtr&) override {
    coordinator_.on_leaders_changed();
  }

 private:
  TransactionCoordinator& coordinator_;
};

}  // namespace cluster::transactions
