// AlterPartitionReassignments (key 45), v0-v1.  v1: whether the replication factor may change (KIP-860).
// ListPartitionReassignments (key 46), v0.  KIP-455.
#include "cluster/controller/controller.h"
#include "cmd/api/controller_call.h"
#include "cmd/api/handlers.h"

namespace api {

void handle_alter_partition_reassignments(
    RequestContext& context, wire::AlterPartitionReassignmentsRequest request,
    wire::Reply<wire::AlterPartitionReassignmentsResponse> reply) {
  context.services.controller->alter_partition_reassignments(operation_context(context),
                                                             std::move(request), std::move(reply));
}

void handle_list_partition_reassignments(
    RequestContext& context, wire::ListPartitionReassignmentsRequest request,
    wire::Reply<wire::ListPartitionReassignmentsResponse> reply) {
  context.services.controller->list_partition_reassignments(operation_context(context),
                                                            std::move(request), std::move(reply));
}

}  // namespace api
