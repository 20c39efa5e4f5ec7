// One metadata record: which, in which version, and how it is framed in the log.
//
// Frame: uvarint frame version (1), uvarint api key, uvarint record version, then the body.  Bytes
// left over are an error, as is an unknown key or version: everyone replays every record, so
// nothing may be skipped.
#pragma once

#include <cstdint>
#include <variant>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/metadata/abort_transaction_record.h"
#include "wire/metadata/access_control_entry_record.h"
#include "wire/metadata/begin_transaction_record.h"
#include "wire/metadata/broker_registration_change_record.h"
#include "wire/metadata/clear_elr_record.h"
#include "wire/metadata/client_quota_record.h"
#include "wire/metadata/config_record.h"
#include "wire/metadata/delegation_token_record.h"
#include "wire/metadata/end_transaction_record.h"
#include "wire/metadata/feature_level_record.h"
#include "wire/metadata/fence_broker_record.h"
#include "wire/metadata/no_op_record.h"
#include "wire/metadata/partition_change_record.h"
#include "wire/metadata/partition_record.h"
#include "wire/metadata/producer_ids_record.h"
#include "wire/metadata/register_broker_record.h"
#include "wire/metadata/register_controller_record.h"
#include "wire/metadata/remove_access_control_entry_record.h"
#include "wire/metadata/remove_delegation_token_record.h"
#include "wire/metadata/remove_topic_record.h"
#include "wire/metadata/remove_user_scram_credential_record.h"
#include "wire/metadata/topic_record.h"
#include "wire/metadata/unfence_broker_record.h"
#include "wire/metadata/unregister_broker_record.h"
#include "wire/metadata/user_scram_credential_record.h"
#include "wire/metadata/zk_migration_state_record.h"

namespace cluster::metadata {

using RecordMessage = std::variant<
    wire::RegisterBrokerRecord, wire::UnregisterBrokerRecord, wire::TopicRecord,
    wire::PartitionRecord, wire::ConfigRecord, wire::PartitionChangeRecord, wire::FenceBrokerRecord,
    wire::UnfenceBrokerRecord, wire::RemoveTopicRecord, wire::DelegationTokenRecord,
    wire::UserScramCredentialRecord, wire::FeatureLevelRecord, wire::ClientQuotaRecord,
    wire::ProducerIdsRecord, wire::BrokerRegistrationChangeRecord, wire::AccessControlEntryRecord,
    wire::RemoveAccessControlEntryRecord, wire::NoOpRecord, wire::ZkMigrationStateRecord,
    wire::RemoveUserScramCredentialRecord, wire::BeginTransactionRecord, wire::EndTransactionRecord,
    wire::AbortTransactionRecord, wire::RemoveDelegationTokenRecord, wire::RegisterControllerRecord,
    wire::ClearElrRecord>;

struct MetadataRecord {
  RecordMessage message;
  int16_t version = 0;

  bool operator==(const MetadataRecord&) const = default;
};

wire::Bytes encode_record(const MetadataRecord& record);
wire::Result<MetadataRecord> decode_record(const wire::Bytes& frame);

}  // namespace cluster::metadata
