// Decision: feature levels are finalised (KIP-584).
#pragma once

#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "wire/api/update_features.h"

namespace cluster::controller {

Decision<wire::UpdateFeaturesResponse> update_features(const ControllerState& state,
                                                       const OperationContext& context,
                                                       const wire::UpdateFeaturesRequest& request);

}  // namespace cluster::controller
