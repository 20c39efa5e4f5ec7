// The answer of each operation when all of it is refused: not the controller, or too large.
//
// Kafka's messages put the error at the top, or into each topic, resource or partition of the
// request.
#pragma once

#include <optional>
#include <string>

#include "wire/api/allocate_producer_ids.h"
#include "wire/api/alter_client_quotas.h"
#include "wire/api/alter_configs.h"
#include "wire/api/alter_partition.h"
#include "wire/api/alter_partition_reassignments.h"
#include "wire/api/assign_replicas_to_dirs.h"
#include "wire/api/broker_heartbeat.h"
#include "wire/api/broker_registration.h"
#include "wire/api/controller_registration.h"
#include "wire/api/create_partitions.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_topics.h"
#include "wire/api/elect_leaders.h"
#include "wire/api/incremental_alter_configs.h"
#include "wire/api/list_partition_reassignments.h"
#include "wire/api/unregister_broker.h"
#include "wire/api/update_features.h"

namespace cluster::controller {

wire::CreateTopicsResponse refused(const wire::CreateTopicsRequest& request, wire::ErrorCode code);
wire::DeleteTopicsResponse refused(const wire::DeleteTopicsRequest& request, wire::ErrorCode code);
wire::CreatePartitionsResponse refused(const wire::CreatePartitionsRequest& request,
                                       wire::ErrorCode code);
wire::IncrementalAlterConfigsResponse refused(const wire::IncrementalAlterConfigsRequest& request,
                                              wire::ErrorCode code);
wire::AlterConfigsResponse refused(const wire::AlterConfigsRequest& request, wire::ErrorCode code);
wire::UpdateFeaturesResponse refused(const wire::UpdateFeaturesRequest& request,
                                     wire::ErrorCode code);
wire::ElectLeadersResponse refused(const wire::ElectLeadersRequest& request, wire::ErrorCode code);
// With a sentence of its own.
wire::ElectLeadersResponse refused(const wire::ElectLeadersRequest& request, wire::ErrorCode code,
                                   const std::optional<std::string>& why);
wire::UnregisterBrokerResponse refused(const wire::UnregisterBrokerRequest& request,
                                       wire::ErrorCode code);
wire::AlterPartitionReassignmentsResponse refused(
    const wire::AlterPartitionReassignmentsRequest& request, wire::ErrorCode code);
wire::ListPartitionReassignmentsResponse refused(
    const wire::ListPartitionReassignmentsRequest& request, wire::ErrorCode code);
wire::AlterClientQuotasResponse refused(const wire::AlterClientQuotasRequest& request,
                                        wire::ErrorCode code);
wire::BrokerRegistrationResponse refused(const wire::BrokerRegistrationRequest& request,
                                         wire::ErrorCode code);
wire::BrokerHeartbeatResponse refused(const wire::BrokerHeartbeatRequest& request,
                                      wire::ErrorCode code);
wire::AllocateProducerIdsResponse refused(const wire::AllocateProducerIdsRequest& request,
                                          wire::ErrorCode code);
wire::AlterPartitionResponse refused(const wire::AlterPartitionRequest& request,
                                     wire::ErrorCode code);
wire::AssignReplicasToDirsResponse refused(const wire::AssignReplicasToDirsRequest& request,
                                           wire::ErrorCode code);
wire::ControllerRegistrationResponse refused(const wire::ControllerRegistrationRequest& request,
                                             wire::ErrorCode code);

}  // namespace cluster::controller
