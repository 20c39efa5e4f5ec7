// The partitions of one internal topic, as the coordinator that lives in them sees them: a log to
// append to and to load from.
//
// Joins cluster/coordinator's ports to the ReplicaSet; on its shard.
#pragma once

#include <memory>
#include <string>

#include "cluster/coordinator/partition_writer.h"
#include "cluster/replica/replica_set.h"

namespace cluster::replica {

class CoordinatorPartitions final : public coordinator::PartitionWriter,
                                    public coordinator::PartitionReader {
 public:
  // REQUIRES: replicas outlives this.
  CoordinatorPartitions(std::string topic, ReplicaSet& replicas)
      : topic_(std::move(topic)), replicas_(replicas) {}

  wire::Result<coordinator::Appended> append(wire::PartitionIndex partition,
                                             wire::Epoch leader_epoch, wire::Bytes batch,
                                             const storage::AppendRules& rules) override;
  std::optional<coordinator::LogBounds> bounds(wire::PartitionIndex partition) const override;
  wire::Offset end_offset_for_epoch(wire::PartitionIndex partition,
                                    wire::Epoch epoch) const override;
  void read(wire::PartitionIndex partition, wire::Offset offset, size_t max_bytes,
            wire::Callback<void(wire::Result<wire::Bytes>)> done) override;

 private:
  // Null unless this broker leads it.
  std::shared_ptr<Partition> led(wire::PartitionIndex partition) const;

  std::string topic_;
  ReplicaSet& replicas_;
};

}  // namespace cluster::replica
