// What the transaction coordinator needs to know of the cluster, by the newest metadata.
#pragma once

#include <cstdint>
#include <optional>

#include "storage/topic_partition.h"
#include "wire/base/types.h"

namespace cluster::transactions {

using storage::TopicPartition;

class ClusterView {
 public:
  virtual ~ClusterView() = default;
  // Who leads a partition: kNoNode if nobody does at the moment, or the leader is not alive.
  // Nothing if the partition does not exist: it has been deleted.
  virtual std::optional<wire::NodeId> leader_of(const TopicPartition& partition) const = 0;
  // The finalised level of transaction.version: the format of records, and the rules of the aborts
  // that the coordinator decides itself.  A client's end follows the version of its request.
  virtual int16_t transaction_version() const = 0;
  // How many partitions `__transaction_state` has; nothing before it is created.
  virtual std::optional<int32_t> transaction_partitions() const = 0;
};

}  // namespace cluster::transactions
