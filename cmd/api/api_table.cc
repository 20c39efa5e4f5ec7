#include "cmd/api/api_table.h"

#include <algorithm>
#include <array>

#include "cmd/api/api_dispatch.h"
#include "cmd/api/api_versions.h"
#include "cmd/api/handlers.h"
#include "cmd/api/produce.h"
#include "wire/api/add_offsets_to_txn.h"
#include "wire/api/add_partitions_to_txn.h"
#include "wire/api/add_raft_voter.h"
#include "wire/api/allocate_producer_ids.h"
#include "wire/api/alter_client_quotas.h"
#include "wire/api/alter_configs.h"
#include "wire/api/alter_partition.h"
#include "wire/api/alter_partition_reassignments.h"
#include "wire/api/alter_replica_log_dirs.h"
#include "wire/api/api_versions.h"
#include "wire/api/assign_replicas_to_dirs.h"
#include "wire/api/begin_quorum_epoch.h"
#include "wire/api/broker_heartbeat.h"
#include "wire/api/broker_registration.h"
#include "wire/api/consumer_group_describe.h"
#include "wire/api/controller_registration.h"
#include "wire/api/create_acls.h"
#include "wire/api/create_delegation_token.h"
#include "wire/api/create_partitions.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_acls.h"
#include "wire/api/delete_groups.h"
#include "wire/api/delete_records.h"
#include "wire/api/delete_topics.h"
#include "wire/api/describe_acls.h"
#include "wire/api/describe_client_quotas.h"
#include "wire/api/describe_cluster.h"
#include "wire/api/describe_configs.h"
#include "wire/api/describe_delegation_token.h"
#include "wire/api/describe_groups.h"
#include "wire/api/describe_log_dirs.h"
#include "wire/api/describe_producers.h"
#include "wire/api/describe_quorum.h"
#include "wire/api/describe_topic_partitions.h"
#include "wire/api/describe_transactions.h"
#include "wire/api/describe_user_scram_credentials.h"
#include "wire/api/elect_leaders.h"
#include "wire/api/end_quorum_epoch.h"
#include "wire/api/end_txn.h"
#include "wire/api/expire_delegation_token.h"
#include "wire/api/fetch.h"
#include "wire/api/fetch_snapshot.h"
#include "wire/api/find_coordinator.h"
#include "wire/api/heartbeat.h"
#include "wire/api/incremental_alter_configs.h"
#include "wire/api/init_producer_id.h"
#include "wire/api/join_group.h"
#include "wire/api/leave_group.h"
#include "wire/api/list_config_resources.h"
#include "wire/api/list_groups.h"
#include "wire/api/list_offsets.h"
#include "wire/api/list_partition_reassignments.h"
#include "wire/api/list_transactions.h"
#include "wire/api/metadata.h"
#include "wire/api/offset_commit.h"
#include "wire/api/offset_delete.h"
#include "wire/api/offset_fetch.h"
#include "wire/api/offset_for_leader_epoch.h"
#include "wire/api/produce.h"
#include "wire/api/remove_raft_voter.h"
#include "wire/api/renew_delegation_token.h"
#include "wire/api/sasl_authenticate.h"
#include "wire/api/sasl_handshake.h"
#include "wire/api/sync_group.h"
#include "wire/api/txn_offset_commit.h"
#include "wire/api/unregister_broker.h"
#include "wire/api/update_features.h"
#include "wire/api/update_raft_voter.h"
#include "wire/api/vote.h"
#include "wire/api/write_txn_markers.h"
#include "wire/control/response_header.h"

namespace api {
namespace {

using enum Listeners;
using wire::ApiKey;

// Versions are the floors of Apache Kafka 3.9, which still serves clients of 0.8, and the ceilings of
// 4.3.  One row a line, ordered by key; a row exists only when its handler does.
// clang-format off
constexpr ApiRow kTable[] = {
    {ApiKey::kProduce, 0, 13, kBroker, serve_produce},
    {ApiKey::kFetch, 0, 18, kBoth, serve<handle_any_fetch>},
    {ApiKey::kListOffsets, 0, 11, kBroker, serve<handle_list_offsets>},
    {ApiKey::kMetadata, 0, 13, kBroker, serve<handle_metadata>},
    {ApiKey::kOffsetCommit, 0, 10, kBroker, serve<handle_offset_commit>},
    {ApiKey::kOffsetFetch, 0, 10, kBroker, serve<handle_offset_fetch>},
    {ApiKey::kFindCoordinator, 0, 6, kBroker, serve<handle_find_coordinator>},
    {ApiKey::kJoinGroup, 0, 9, kBroker, serve<handle_join_group>},
    {ApiKey::kHeartbeat, 0, 4, kBroker, serve<handle_heartbeat>},
    {ApiKey::kLeaveGroup, 0, 5, kBroker, serve<handle_leave_group>},
    {ApiKey::kSyncGroup, 0, 5, kBroker, serve<handle_sync_group>},
    {ApiKey::kDescribeGroups, 0, 6, kBroker, serve<handle_describe_groups>},
    {ApiKey::kListGroups, 0, 5, kBroker, serve<handle_list_groups>},
    {ApiKey::kSaslHandshake, 0, 1, kBoth, serve<handle_sasl_handshake>},
    {ApiKey::kApiVersions, 0, 4, kBoth, serve_api_versions},
    {ApiKey::kCreateTopics, 0, 7, kBoth, serve<handle_create_topics>},
    {ApiKey::kDeleteTopics, 0, 6, kBoth, serve<handle_delete_topics>},
    {ApiKey::kDeleteRecords, 0, 2, kBroker, serve<handle_delete_records>},
    {ApiKey::kInitProducerId, 0, 5, kBroker, serve<handle_init_producer_id>},
    {ApiKey::kOffsetForLeaderEpoch, 0, 4, kBroker, serve<handle_offset_for_leader_epoch>},
    {ApiKey::kAddPartitionsToTxn, 0, 5, kBroker, serve<handle_add_partitions_to_txn>},
    {ApiKey::kAddOffsetsToTxn, 0, 4, kBroker, serve<handle_add_offsets_to_txn>},
    {ApiKey::kEndTxn, 0, 5, kBroker, serve<handle_end_txn>},
    {ApiKey::kWriteTxnMarkers, 0, 2, kBroker, serve<handle_write_txn_markers>},
    {ApiKey::kTxnOffsetCommit, 0, 5, kBroker, serve<handle_txn_offset_commit>},
    {ApiKey::kDescribeAcls, 0, 3, kBoth, serve<handle_describe_acls>},
    {ApiKey::kCreateAcls, 0, 3, kBoth, serve<handle_create_acls>},
    {ApiKey::kDeleteAcls, 0, 3, kBoth, serve<handle_delete_acls>},
    {ApiKey::kDescribeConfigs, 0, 4, kBoth, serve<handle_describe_configs>},
    {ApiKey::kAlterConfigs, 0, 2, kBoth, serve<handle_alter_configs>},
    {ApiKey::kAlterReplicaLogDirs, 0, 2, kBroker, serve<handle_alter_replica_log_dirs>},
    {ApiKey::kDescribeLogDirs, 0, 5, kBroker, serve<handle_describe_log_dirs>},
    {ApiKey::kSaslAuthenticate, 0, 2, kBoth, serve<handle_sasl_authenticate>},
    {ApiKey::kCreatePartitions, 0, 3, kBoth, serve<handle_create_partitions>},
    {ApiKey::kCreateDelegationToken, 0, 3, kBoth, serve<handle_create_delegation_token>},
    {ApiKey::kRenewDelegationToken, 0, 2, kBoth, serve<handle_renew_delegation_token>},
    {ApiKey::kExpireDelegationToken, 0, 2, kBoth, serve<handle_expire_delegation_token>},
    {ApiKey::kDescribeDelegationToken, 0, 3, kBroker, serve<handle_describe_delegation_token>},
    {ApiKey::kDeleteGroups, 0, 2, kBroker, serve<handle_delete_groups>},
    {ApiKey::kElectLeaders, 0, 2, kBoth, serve<handle_elect_leaders>},
    {ApiKey::kIncrementalAlterConfigs, 0, 1, kBoth, serve<handle_incremental_alter_configs>},
    {ApiKey::kAlterPartitionReassignments, 0, 1, kBoth,
     serve<handle_alter_partition_reassignments>},
    {ApiKey::kListPartitionReassignments, 0, 0, kBoth, serve<handle_list_partition_reassignments>},
    {ApiKey::kOffsetDelete, 0, 0, kBroker, serve<handle_offset_delete>},
    {ApiKey::kDescribeClientQuotas, 0, 1, kBroker, serve<handle_describe_client_quotas>},
    {ApiKey::kAlterClientQuotas, 0, 1, kBoth, serve<handle_alter_client_quotas>},
    {ApiKey::kDescribeUserScramCredentials, 0, 0, kBroker,
     serve<handle_describe_user_scram_credentials>},
    {ApiKey::kVote, 0, 2, kController, serve<handle_vote>},
    {ApiKey::kBeginQuorumEpoch, 0, 1, kController, serve<handle_begin_quorum_epoch>},
    {ApiKey::kEndQuorumEpoch, 0, 1, kController, serve<handle_end_quorum_epoch>},
    {ApiKey::kDescribeQuorum, 0, 2, kBoth, serve<handle_describe_quorum>},
    {ApiKey::kAlterPartition, 2, 3, kController, serve<handle_alter_partition>},
    {ApiKey::kUpdateFeatures, 0, 2, kBoth, serve<handle_update_features>},
    {ApiKey::kFetchSnapshot, 0, 1, kController, serve<handle_fetch_snapshot>},
    {ApiKey::kDescribeCluster, 0, 2, kBoth, serve<handle_describe_cluster>},
    {ApiKey::kDescribeProducers, 0, 0, kBroker, serve<handle_describe_producers>},
    {ApiKey::kBrokerRegistration, 0, 4, kController, serve<handle_broker_registration>},
    {ApiKey::kBrokerHeartbeat, 0, 2, kController, serve<handle_broker_heartbeat>},
    {ApiKey::kUnregisterBroker, 0, 0, kBoth, serve<handle_unregister_broker>},
    {ApiKey::kDescribeTransactions, 0, 0, kBroker, serve<handle_describe_transactions>},
    {ApiKey::kListTransactions, 0, 2, kBroker, serve<handle_list_transactions>},
    {ApiKey::kAllocateProducerIds, 0, 0, kController, serve<handle_allocate_producer_ids>},
    {ApiKey::kConsumerGroupDescribe, 0, 1, kBroker, serve<handle_consumer_group_describe>},
    {ApiKey::kControllerRegistration, 0, 0, kController, serve<handle_controller_registration>},
    {ApiKey::kAssignReplicasToDirs, 0, 0, kController, serve<handle_assign_replicas_to_dirs>},
    {ApiKey::kListConfigResources, 0, 1, kBroker, serve<handle_list_config_resources>},
    {ApiKey::kDescribeTopicPartitions, 0, 0, kBroker, serve<handle_describe_topic_partitions>},
    {ApiKey::kAddRaftVoter, 0, 1, kBoth, serve<handle_add_raft_voter>},
    {ApiKey::kRemoveRaftVoter, 0, 0, kBoth, serve<handle_remove_raft_voter>},
    {ApiKey::kUpdateRaftVoter, 0, 0, kController, serve<handle_update_raft_voter>},
};
// clang-format on

constexpr size_t kKeysMax = 128;

// Position of each key's row in kTable, or -1.
constexpr std::array<int8_t, kKeysMax> kRowOfKey = [] {
  std::array<int8_t, kKeysMax> rows{};
  rows.fill(-1);
  for (size_t row = 0; row < std::size(kTable); ++row) {
    rows[static_cast<size_t>(kTable[row].key)] = static_cast<int8_t>(row);
  }
  return rows;
}();
static_assert(std::is_sorted(std::begin(kTable), std::end(kTable),
                             [](const ApiRow& a, const ApiRow& b) { return a.key < b.key; }));

}  // namespace

std::span<const ApiRow> api_table() {
  return kTable;
}

const ApiRow* find_api(int16_t key, ListenerKind kind) {
  if (key < 0 || static_cast<size_t>(key) >= kKeysMax) return nullptr;
  const int8_t row = kRowOfKey[static_cast<size_t>(key)];
  if (row < 0 || !contains(kTable[row].listeners, kind)) return nullptr;
  return &kTable[row];
}

void encode_response_header(wire::Writer& writer, wire::ApiKey key, int16_t version,
                            int32_t correlation_id) {
  wire::ResponseHeader header;
  header.correlation_id = correlation_id;
  header.encode(writer, wire::response_header_version(key, version));
}

}  // namespace api
