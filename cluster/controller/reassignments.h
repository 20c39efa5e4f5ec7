// Decisions: partitions move to other brokers (KIP-455).
//
// A move is a PartitionChangeRecord that adds the new replicas and names those to come and to go;
// cluster/controller/partition_change.h ends it when the new ones have caught up, at once if nothing
// is to be copied.
#pragma once

#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "wire/api/alter_partition_reassignments.h"
#include "wire/api/list_partition_reassignments.h"

namespace cluster::controller {

// Per partition: UNKNOWN_TOPIC_OR_PARTITION, INVALID_REPLICA_ASSIGNMENT,
// INVALID_REPLICATION_FACTOR (KIP-860), and for a null target, which cancels,
// NO_REASSIGNMENT_IN_PROGRESS.
Decision<wire::AlterPartitionReassignmentsResponse> alter_partition_reassignments(
    const ControllerState& state, const OperationContext& context,
    const wire::AlterPartitionReassignmentsRequest& request);
// Of the topics asked for, all if that is null; topics and partitions without a move, and those that
// there are not, are left out.
Decision<wire::ListPartitionReassignmentsResponse> list_partition_reassignments(
    const ControllerState& state, const OperationContext& context,
    const wire::ListPartitionReassignmentsRequest& request);

}  // namespace cluster::controller
