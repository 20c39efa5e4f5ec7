// Where the replicas of new partitions go.
//
// Striped as Kafka does it: leaders walk over the racks and, inside each, over its brokers from a
// random start; the other replicas go to the following racks, unfenced brokers before fenced ones.
// Once every unfenced broker has led, the order is shuffled, so that the same sets of brokers do
// not repeat.
#pragma once

#include <vector>

#include "cluster/controller/state.h"
#include "wire/base/result.h"

namespace cluster::controller {

// One list of brokers a partition, the leader first.  INVALID_REPLICATION_FACTOR if there are too
// few brokers.
wire::Result<std::vector<std::vector<wire::NodeId>>> place_replicas(const ControllerState& state,
                                                                    int32_t partitions,
                                                                    int16_t replication_factor);

}  // namespace cluster::controller
