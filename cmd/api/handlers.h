// Every request handler, by the file it is in.  (Produce has produce.h.)
//
// A handler decides in a pure step what is refused and what is to be done, hands the work to its
// owner, and replies now or later, once.  It runs to completion on the connection's shard, so
// pipelined requests of a connection start in order.
#pragma once

#include "cmd/api/request_context.h"
#include "wire/base/reply.h"

namespace wire {
struct AddOffsetsToTxnRequest;
struct AddOffsetsToTxnResponse;
struct AddPartitionsToTxnRequest;
struct AddPartitionsToTxnResponse;
struct AddRaftVoterRequest;
struct AddRaftVoterResponse;
struct AllocateProducerIdsRequest;
struct AllocateProducerIdsResponse;
struct AlterClientQuotasRequest;
struct AlterClientQuotasResponse;
struct AlterConfigsRequest;
struct AlterConfigsResponse;
struct AlterPartitionRequest;
struct AlterPartitionResponse;
struct AlterPartitionReassignmentsRequest;
struct AlterPartitionReassignmentsResponse;
struct AssignReplicasToDirsRequest;
struct AssignReplicasToDirsResponse;
struct BeginQuorumEpochRequest;
struct BeginQuorumEpochResponse;
struct BrokerHeartbeatRequest;
struct BrokerHeartbeatResponse;
struct BrokerRegistrationRequest;
struct BrokerRegistrationResponse;
struct ConsumerGroupDescribeRequest;
struct ConsumerGroupDescribeResponse;
struct ControllerRegistrationRequest;
struct ControllerRegistrationResponse;
struct CreateAclsRequest;
struct CreateAclsResponse;
struct CreateDelegationTokenRequest;
struct CreateDelegationTokenResponse;
struct CreatePartitionsRequest;
struct CreatePartitionsResponse;
struct CreateTopicsRequest;
struct CreateTopicsResponse;
struct DeleteAclsRequest;
struct DeleteAclsResponse;
struct DeleteGroupsRequest;
struct DeleteGroupsResponse;
struct DeleteRecordsRequest;
struct DeleteRecordsResponse;
struct DeleteTopicsRequest;
struct DeleteTopicsResponse;
struct DescribeAclsRequest;
struct DescribeAclsResponse;
struct DescribeClientQuotasRequest;
struct DescribeClientQuotasResponse;
struct DescribeClusterRequest;
struct DescribeClusterResponse;
struct DescribeConfigsRequest;
struct DescribeConfigsResponse;
struct DescribeDelegationTokenRequest;
struct DescribeDelegationTokenResponse;
struct DescribeGroupsRequest;
struct DescribeGroupsResponse;
struct AlterReplicaLogDirsRequest;
struct AlterReplicaLogDirsResponse;
struct DescribeLogDirsRequest;
struct DescribeLogDirsResponse;
struct DescribeProducersRequest;
struct DescribeProducersResponse;
struct DescribeQuorumRequest;
struct DescribeQuorumResponse;
struct DescribeTopicPartitionsRequest;
struct DescribeTopicPartitionsResponse;
struct DescribeTransactionsRequest;
struct DescribeTransactionsResponse;
struct DescribeUserScramCredentialsRequest;
struct DescribeUserScramCredentialsResponse;
struct ElectLeadersRequest;
struct ElectLeadersResponse;
struct EndQuorumEpochRequest;
struct EndQuorumEpochResponse;
struct EndTxnRequest;
struct EndTxnResponse;
struct ExpireDelegationTokenRequest;
struct ExpireDelegationTokenResponse;
struct FetchRequest;
struct FetchResponse;
struct FetchSnapshotRequest;
struct FetchSnapshotResponse;
struct FindCoordinatorRequest;
struct FindCoordinatorResponse;
struct HeartbeatRequest;
struct HeartbeatResponse;
struct IncrementalAlterConfigsRequest;
struct IncrementalAlterConfigsResponse;
struct InitProducerIdRequest;
struct InitProducerIdResponse;
struct JoinGroupRequest;
struct JoinGroupResponse;
struct LeaveGroupRequest;
struct LeaveGroupResponse;
struct ListConfigResourcesRequest;
struct ListConfigResourcesResponse;
struct ListGroupsRequest;
struct ListGroupsResponse;
struct ListOffsetsRequest;
struct ListOffsetsResponse;
struct ListPartitionReassignmentsRequest;
struct ListPartitionReassignmentsResponse;
struct ListTransactionsRequest;
struct ListTransactionsResponse;
struct MetadataRequest;
struct MetadataResponse;
struct OffsetCommitRequest;
struct OffsetCommitResponse;
struct OffsetDeleteRequest;
struct OffsetDeleteResponse;
struct OffsetFetchRequest;
struct OffsetFetchResponse;
struct OffsetForLeaderEpochRequest;
struct OffsetForLeaderEpochResponse;
struct RemoveRaftVoterRequest;
struct RemoveRaftVoterResponse;
struct RenewDelegationTokenRequest;
struct RenewDelegationTokenResponse;
struct SaslAuthenticateRequest;
struct SaslAuthenticateResponse;
struct SaslHandshakeRequest;
struct SaslHandshakeResponse;
struct SyncGroupRequest;
struct SyncGroupResponse;
struct TxnOffsetCommitRequest;
struct TxnOffsetCommitResponse;
struct UnregisterBrokerRequest;
struct UnregisterBrokerResponse;
struct UpdateFeaturesRequest;
struct UpdateFeaturesResponse;
struct UpdateRaftVoterRequest;
struct UpdateRaftVoterResponse;
struct VoteRequest;
struct VoteResponse;
struct WriteTxnMarkersRequest;
struct WriteTxnMarkersResponse;
}  // namespace wire

namespace api {

// fetch.cc
void handle_fetch(RequestContext& context, wire::FetchRequest request,
                  wire::Reply<wire::FetchResponse> reply);
void handle_offset_for_leader_epoch(RequestContext& context,
                                    wire::OffsetForLeaderEpochRequest request,
                                    wire::Reply<wire::OffsetForLeaderEpochResponse> reply);

// list_offsets.cc
void handle_list_offsets(RequestContext& context, wire::ListOffsetsRequest request,
                         wire::Reply<wire::ListOffsetsResponse> reply);

// metadata.cc
void handle_metadata(RequestContext& context, wire::MetadataRequest request,
                     wire::Reply<wire::MetadataResponse> reply);

// cluster_description.cc
void handle_describe_cluster(RequestContext& context, wire::DescribeClusterRequest request,
                             wire::Reply<wire::DescribeClusterResponse> reply);
void handle_describe_topic_partitions(RequestContext& context,
                                      wire::DescribeTopicPartitionsRequest request,
                                      wire::Reply<wire::DescribeTopicPartitionsResponse> reply);

// topics.cc
void handle_create_topics(RequestContext& context, wire::CreateTopicsRequest request,
                          wire::Reply<wire::CreateTopicsResponse> reply);
void handle_delete_topics(RequestContext& context, wire::DeleteTopicsRequest request,
                          wire::Reply<wire::DeleteTopicsResponse> reply);
void handle_create_partitions(RequestContext& context, wire::CreatePartitionsRequest request,
                              wire::Reply<wire::CreatePartitionsResponse> reply);

// records.cc
void handle_delete_records(RequestContext& context, wire::DeleteRecordsRequest request,
                           wire::Reply<wire::DeleteRecordsResponse> reply);

// configs.cc
void handle_describe_configs(RequestContext& context, wire::DescribeConfigsRequest request,
                             wire::Reply<wire::DescribeConfigsResponse> reply);
void handle_alter_configs(RequestContext& context, wire::AlterConfigsRequest request,
                          wire::Reply<wire::AlterConfigsResponse> reply);
void handle_incremental_alter_configs(RequestContext& context,
                                      wire::IncrementalAlterConfigsRequest request,
                                      wire::Reply<wire::IncrementalAlterConfigsResponse> reply);
void handle_list_config_resources(RequestContext& context, wire::ListConfigResourcesRequest request,
                                  wire::Reply<wire::ListConfigResourcesResponse> reply);

// groups.cc
void handle_find_coordinator(RequestContext& context, wire::FindCoordinatorRequest request,
                             wire::Reply<wire::FindCoordinatorResponse> reply);
void handle_join_group(RequestContext& context, wire::JoinGroupRequest request,
                       wire::Reply<wire::JoinGroupResponse> reply);
void handle_heartbeat(RequestContext& context, wire::HeartbeatRequest request,
                      wire::Reply<wire::HeartbeatResponse> reply);
void handle_leave_group(RequestContext& context, wire::LeaveGroupRequest request,
                        wire::Reply<wire::LeaveGroupResponse> reply);
void handle_sync_group(RequestContext& context, wire::SyncGroupRequest request,
                       wire::Reply<wire::SyncGroupResponse> reply);
void handle_describe_groups(RequestContext& context, wire::DescribeGroupsRequest request,
                            wire::Reply<wire::DescribeGroupsResponse> reply);
void handle_list_groups(RequestContext& context, wire::ListGroupsRequest request,
                        wire::Reply<wire::ListGroupsResponse> reply);
void handle_delete_groups(RequestContext& context, wire::DeleteGroupsRequest request,
                          wire::Reply<wire::DeleteGroupsResponse> reply);
void handle_consumer_group_describe(RequestContext& context,
                                    wire::ConsumerGroupDescribeRequest request,
                                    wire::Reply<wire::ConsumerGroupDescribeResponse> reply);

// offsets.cc
void handle_offset_commit(RequestContext& context, wire::OffsetCommitRequest request,
                          wire::Reply<wire::OffsetCommitResponse> reply);
void handle_offset_fetch(RequestContext& context, wire::OffsetFetchRequest request,
                         wire::Reply<wire::OffsetFetchResponse> reply);
void handle_offset_delete(RequestContext& context, wire::OffsetDeleteRequest request,
                          wire::Reply<wire::OffsetDeleteResponse> reply);
void handle_txn_offset_commit(RequestContext& context, wire::TxnOffsetCommitRequest request,
                              wire::Reply<wire::TxnOffsetCommitResponse> reply);

// producers.cc
void handle_describe_producers(RequestContext& context, wire::DescribeProducersRequest request,
                               wire::Reply<wire::DescribeProducersResponse> reply);

// transaction_markers.cc
void handle_write_txn_markers(RequestContext& context, wire::WriteTxnMarkersRequest request,
                              wire::Reply<wire::WriteTxnMarkersResponse> reply);

// log_dirs.cc
void handle_alter_replica_log_dirs(RequestContext& context,
                                   wire::AlterReplicaLogDirsRequest request,
                                   wire::Reply<wire::AlterReplicaLogDirsResponse> reply);
void handle_describe_log_dirs(RequestContext& context, wire::DescribeLogDirsRequest request,
                              wire::Reply<wire::DescribeLogDirsResponse> reply);

// transactions.cc
void handle_init_producer_id(RequestContext& context, wire::InitProducerIdRequest request,
                             wire::Reply<wire::InitProducerIdResponse> reply);
void handle_add_partitions_to_txn(RequestContext& context, wire::AddPartitionsToTxnRequest request,
                                  wire::Reply<wire::AddPartitionsToTxnResponse> reply);
void handle_add_offsets_to_txn(RequestContext& context, wire::AddOffsetsToTxnRequest request,
                               wire::Reply<wire::AddOffsetsToTxnResponse> reply);
void handle_end_txn(RequestContext& context, wire::EndTxnRequest request,
                    wire::Reply<wire::EndTxnResponse> reply);
void handle_describe_transactions(RequestContext& context,
                                  wire::DescribeTransactionsRequest request,
                                  wire::Reply<wire::DescribeTransactionsResponse> reply);
void handle_list_transactions(RequestContext& context, wire::ListTransactionsRequest request,
                              wire::Reply<wire::ListTransactionsResponse> reply);

// quorum.cc
void handle_describe_quorum(RequestContext& context, wire::DescribeQuorumRequest request,
                            wire::Reply<wire::DescribeQuorumResponse> reply);
void handle_vote(RequestContext& context, wire::VoteRequest request,
                 wire::Reply<wire::VoteResponse> reply);
void handle_begin_quorum_epoch(RequestContext& context, wire::BeginQuorumEpochRequest request,
                               wire::Reply<wire::BeginQuorumEpochResponse> reply);
void handle_end_quorum_epoch(RequestContext& context, wire::EndQuorumEpochRequest request,
                             wire::Reply<wire::EndQuorumEpochResponse> reply);
void handle_fetch_snapshot(RequestContext& context, wire::FetchSnapshotRequest request,
                           wire::Reply<wire::FetchSnapshotResponse> reply);
void handle_add_raft_voter(RequestContext& context, wire::AddRaftVoterRequest request,
                           wire::Reply<wire::AddRaftVoterResponse> reply);
void handle_remove_raft_voter(RequestContext& context, wire::RemoveRaftVoterRequest request,
                              wire::Reply<wire::RemoveRaftVoterResponse> reply);
void handle_update_raft_voter(RequestContext& context, wire::UpdateRaftVoterRequest request,
                              wire::Reply<wire::UpdateRaftVoterResponse> reply);
// Of records on a broker's listener, of the metadata log on a controller's.
void handle_any_fetch(RequestContext& context, wire::FetchRequest request,
                      wire::Reply<wire::FetchResponse> reply);

// brokers.cc
void handle_broker_registration(RequestContext& context, wire::BrokerRegistrationRequest request,
                                wire::Reply<wire::BrokerRegistrationResponse> reply);
void handle_broker_heartbeat(RequestContext& context, wire::BrokerHeartbeatRequest request,
                             wire::Reply<wire::BrokerHeartbeatResponse> reply);
void handle_allocate_producer_ids(RequestContext& context, wire::AllocateProducerIdsRequest request,
                                  wire::Reply<wire::AllocateProducerIdsResponse> reply);
void handle_alter_partition(RequestContext& context, wire::AlterPartitionRequest request,
                            wire::Reply<wire::AlterPartitionResponse> reply);
void handle_assign_replicas_to_dirs(RequestContext& context,
                                    wire::AssignReplicasToDirsRequest request,
                                    wire::Reply<wire::AssignReplicasToDirsResponse> reply);
void handle_controller_registration(RequestContext& context,
                                    wire::ControllerRegistrationRequest request,
                                    wire::Reply<wire::ControllerRegistrationResponse> reply);
void handle_unregister_broker(RequestContext& context, wire::UnregisterBrokerRequest request,
                              wire::Reply<wire::UnregisterBrokerResponse> reply);
void handle_elect_leaders(RequestContext& context, wire::ElectLeadersRequest request,
                          wire::Reply<wire::ElectLeadersResponse> reply);
void handle_update_features(RequestContext& context, wire::UpdateFeaturesRequest request,
                            wire::Reply<wire::UpdateFeaturesResponse> reply);

// reassignments.cc
void handle_alter_partition_reassignments(
    RequestContext& context, wire::AlterPartitionReassignmentsRequest request,
    wire::Reply<wire::AlterPartitionReassignmentsResponse> reply);
void handle_list_partition_reassignments(
    RequestContext& context, wire::ListPartitionReassignmentsRequest request,
    wire::Reply<wire::ListPartitionReassignmentsResponse> reply);

// client_quotas.cc
void handle_describe_client_quotas(RequestContext& context,
                                   wire::DescribeClientQuotasRequest request,
                                   wire::Reply<wire::DescribeClientQuotasResponse> reply);
void handle_alter_client_quotas(RequestContext& context, wire::AlterClientQuotasRequest request,
                                wire::Reply<wire::AlterClientQuotasResponse> reply);

// security.cc
void handle_sasl_handshake(RequestContext& context, wire::SaslHandshakeRequest request,
                           wire::Reply<wire::SaslHandshakeResponse> reply);
void handle_sasl_authenticate(RequestContext& context, wire::SaslAuthenticateRequest request,
                              wire::Reply<wire::SaslAuthenticateResponse> reply);
void handle_describe_acls(RequestContext& context, wire::DescribeAclsRequest request,
                          wire::Reply<wire::DescribeAclsResponse> reply);
void handle_create_acls(RequestContext& context, wire::CreateAclsRequest request,
                        wire::Reply<wire::CreateAclsResponse> reply);
void handle_delete_acls(RequestContext& context, wire::DeleteAclsRequest request,
                        wire::Reply<wire::DeleteAclsResponse> reply);
void handle_create_delegation_token(RequestContext& context,
                                    wire::CreateDelegationTokenRequest request,
                                    wire::Reply<wire::CreateDelegationTokenResponse> reply);
void handle_renew_delegation_token(RequestContext& context,
                                   wire::RenewDelegationTokenRequest request,
                                   wire::Reply<wire::RenewDelegationTokenResponse> reply);
void handle_expire_delegation_token(RequestContext& context,
                                    wire::ExpireDelegationTokenRequest request,
                                    wire::Reply<wire::ExpireDelegationTokenResponse> reply);
void handle_describe_delegation_token(RequestContext& context,
                                      wire::DescribeDelegationTokenRequest request,
                                      wire::Reply<wire::DescribeDelegationTokenResponse> reply);
void handle_describe_user_scram_credentials(
    RequestContext& context, wire::DescribeUserScramCredentialsRequest request,
    wire::Reply<wire::DescribeUserScramCredentialsResponse> reply);

}  // namespace api
