// Decision: a broker gets the next block of producer ids.
#pragma once

#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "wire/api/allocate_producer_ids.h"

namespace cluster::controller {

Decision<wire::AllocateProducerIdsResponse> allocate_producer_ids(
    const ControllerState& state, const OperationContext& context,
    const wire::AllocateProducerIdsRequest& request);

}  // namespace cluster::controller
