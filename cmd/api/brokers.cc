// What brokers and controllers tell the active controller, and the operations on them.
//
// AlterPartition (key 56), v2-v3.  v3: epochs of the ISR's members (KIP-903).
// UpdateFeatures (key 57), v0-v2.  v1: upgrade types.  v2: one error for all (KIP-1022).
// BrokerRegistration (key 62), v0-v4.  v2: log directories.  v3: the epoch before (KIP-966).  v4: features from 0.
// BrokerHeartbeat (key 63), v0-v2.  v1: failed log directories (KIP-858).  v2: cordoned ones (KIP-1066).
// UnregisterBroker (key 64), v0.  AllocateProducerIds (key 67), v0.  ControllerRegistration (key 70), v0.
// AssignReplicasToDirs (key 73), v0.  ElectLeaders (key 43), v0-v2.  v1: unclean elections.
#include "cluster/controller/controller.h"
#include "cmd/api/controller_call.h"
#include "cmd/api/handlers.h"

namespace api {

void handle_broker_registration(RequestContext& context, wire::BrokerRegistrationRequest request,
                                wire::Reply<wire::BrokerRegistrationResponse> reply) {
  context.services.controller->register_broker(operation_context(context), std::move(request),
                                               std::move(reply));
}

void handle_broker_heartbeat(RequestContext& context, wire::BrokerHeartbeatRequest request,
                             wire::Reply<wire::BrokerHeartbeatResponse> reply) {
  context.services.controller->heartbeat(operation_context(context), std::move(request),
                                         std::move(reply));
}

void handle_allocate_producer_ids(RequestContext& context, wire::AllocateProducerIdsRequest request,
                                  wire::Reply<wire::AllocateProducerIdsResponse> reply) {
  context.services.controller->allocate_producer_ids(operation_context(context), std::move(request),
                                                     std::move(reply));
}

void handle_alter_partition(RequestContext& context, wire::AlterPartitionRequest request,
                            wire::Reply<wire::AlterPartitionResponse> reply) {
  context.services.controller->alter_partition(operation_context(context), std::move(request),
                                               std::move(reply));
}

void handle_assign_replicas_to_dirs(RequestContext& context,
                                    wire::AssignReplicasToDirsRequest request,
                                    wire::Reply<wire::AssignReplicasToDirsResponse> reply) {
  context.services.controller->assign_replicas_to_dirs(operation_context(context),
                                                       std::move(request), std::move(reply));
}

void handle_controller_registration(RequestContext& context,
                                    wire::ControllerRegistrationRequest request,
                                    wire::Reply<wire::ControllerRegistrationResponse> reply) {
  context.services.controller->register_controller(operation_context(context), std::move(request),
                                                   std::move(reply));
}

void handle_unregister_broker(RequestContext& context, wire::UnregisterBrokerRequest request,
                              wire::Reply<wire::UnregisterBrokerResponse> reply) {
  context.services.controller->unregister_broker(operation_context(context), std::move(request),
                                                 std::move(reply));
}

void handle_elect_leaders(RequestContext& context, wire::ElectLeadersRequest request,
                          wire::Reply<wire::ElectLeadersResponse> reply) {
  context.services.controller->elect_leaders(operation_context(context), std::move(request),
                                             std::move(reply));
}

void handle_update_features(RequestContext& context, wire::UpdateFeaturesRequest request,
                            wire::Reply<wire::UpdateFeaturesResponse> reply) {
  context.services.controller->update_features(operation_context(context), std::move(request),
                                               std::move(reply));
}

}  // namespace api
