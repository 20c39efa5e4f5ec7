// Decisions: brokers register, prove that they live, and leave.
#pragma once

#include <optional>

#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "wire/api/assign_replicas_to_dirs.h"
#include "wire/api/broker_heartbeat.h"
#include "wire/api/broker_registration.h"
#include "wire/api/controller_registration.h"
#include "wire/api/unregister_broker.h"

namespace cluster::controller {

Decision<wire::BrokerRegistrationResponse> register_broker(
    ControllerState& state, const OperationContext& context,
    const wire::BrokerRegistrationRequest& request);
Decision<wire::BrokerHeartbeatResponse> process_heartbeat(
    ControllerState& state, const OperationContext& context,
    const wire::BrokerHeartbeatRequest& request);
Decision<wire::UnregisterBrokerResponse> unregister_broker(
    const ControllerState& state, const OperationContext& context,
    const wire::UnregisterBrokerRequest& request);
Decision<wire::AssignReplicasToDirsResponse> assign_replicas_to_dirs(
    const ControllerState& state, const OperationContext& context,
    const wire::AssignReplicasToDirsRequest& request);
Decision<wire::ControllerRegistrationResponse> register_controller(
    const ControllerState& state, const OperationContext& context,
    const wire::ControllerRegistrationRequest& request);

// Sessions for what is registered, when this node becomes the controller.
void start_sessions(ControllerState& state);
// Keeps the sessions in step with a record just replayed.
void track_registration(ControllerState& state, const metadata::MetadataRecord& record);
// Fences one broker whose session has run out.  Nothing if there is none; perhaps no records, if it
// was gone already.
std::optional<std::vector<metadata::MetadataRecord>> fence_one_expired(ControllerState& state);

}  // namespace cluster::controller
