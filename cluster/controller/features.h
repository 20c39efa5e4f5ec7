// Decision: feature levels are finalised (KIP-584).
#pragma once

#include <cstdint>
#include <optional>

#include "cluster/controller/api_error.h"
#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "wire/api/update_features.h"

namespace cluster::controller {

struct FeaturesDecision : Decision<wire::UpdateFeaturesResponse> {
  // To be finalised by the metadata log itself, or, if the request only asks whether it would be,
  // to be checked there.
  std::optional<int16_t> kraft_version;
};

// INVALID_UPDATE_VERSION for all of it if one update cannot be.
FeaturesDecision update_features(const ControllerState& state, const OperationContext& context,
                                 const wire::UpdateFeaturesRequest& request);
// Refuses all for the reason why one update cannot be.
FeaturesDecision refused_update(const ApiError& error);

}  // namespace cluster::controller
