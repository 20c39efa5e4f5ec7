// Decisions: topics are created and deleted.
#pragma once

#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_topics.h"

namespace cluster::controller {

Decision<wire::CreateTopicsResponse> create_topics(const ControllerState& state,
                                                   const OperationContext& context,
                                                   const wire::CreateTopicsRequest& request);
Decision<wire::DeleteTopicsResponse> delete_topics(const ControllerState& state,
                                                   const OperationContext& context,
                                                   const wire::DeleteTopicsRequest& request);

}  // namespace cluster::controller
