#include "cluster/metadata/security.h"

#include <algorithm>

#include "cluster/metadata/delta.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::metadata {

wire::Status MetadataDelta::apply(const wire::AccessControlEntryRecord& record, wire::Offset) {
  acls()[record.id] = {record.resource_type,  record.resource_name, record.pattern_type,
                       record.principal,      record.host,          record.operation,
                       record.permission_type};
  changes_.security = true;
  return {};
}

wire::Status MetadataDelta::apply(const wire::RemoveAccessControlEntryRecord& record,
                                  wire::Offset) {
  if (acls().erase(record.id) == 0) {
    return wire::Error{wire::ErrorCode::kUnknownServerError,
                       "RemoveAccessControlEntryRecord: no entry " + record.id.to_string()};
  }
  changes_.security = true;
  return {};
}

wire::Status MetadataDelta::apply(const wire::UserScramCredentialRecord& record, wire::Offset) {
  scram()[{record.mechanism, record.name}] = {
      wire::Bytes::copy(record.salt.span()), wire::Bytes::copy(record.stored_key.span()),
      wire::Bytes::copy(record.server_key.span()), record.iterations};
  changes_.security = true;
  return {};
}

wire::Status MetadataDelta::apply(const wire::RemoveUserScramCredentialRecord& record,
                                  wire::Offset) {
  if (scram().erase({record.mechanism, record.name}) == 0) {
    return wire::Error{wire::ErrorCode::kUnknownServerError,
                       "RemoveUserScramCredentialRecord: no credential of " + record.name};
  }
  changes_.security = true;
  return {};
}

wire::Status MetadataDelta::apply(const wire::DelegationTokenRecord& record, wire::Offset) {
  delegation_tokens()[record.token_id] = {record.owner,         record.requester,
                                          record.renewers,      record.issue_timestamp,
                                          record.max_timestamp, record.expiration_timestamp};
  changes_.security = true;
  return {};
}

wire::Status MetadataDelta::apply(const wire::RemoveDelegationTokenRecord& record, wire::Offset) {
  delegation_tokens().erase(record.token_id);
  changes_.security = true;
  return {};
}

wire::Status MetadataDelta::apply(const wire::ClientQuotaRecord& record, wire::Offset) {
  QuotaEntity entity;
  for (const auto& part : record.entity) entity.emplace_back(part.entity_type, part.entity_name);
  std::sort(entity.begin(), entity.end());
  auto& quotas = client_quotas()[entity];
  if (record.remove) {
    quotas.erase(record.key);
  } else {
    quotas[record.key] = record.value;
  }
  if (quotas.empty()) client_quotas().erase(entity);
  changes_.security = true;
  return {};
}

void write_client_quotas(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  for (const auto& [entity, quotas] : image.client_quotas()) {
    for (const auto& [key, value] : quotas) {
      wire::ClientQuotaRecord record;
      for (const auto& [type, name] : entity) {
        auto& part = record.entity.emplace_back();
        part.entity_type = type;
        part.entity_name = name;
      }
      record.key = key;
      record.value = value;
      records.push_back({std::move(record), 0});
    }
  }
}

void write_acls(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  for (const auto& [id, acl] : image.acls()) {
    wire::AccessControlEntryRecord record;
    record.id = id;
    record.resource_type = acl.resource_type;
    record.resource_name = acl.resource_name;
    record.pattern_type = acl.pattern_type;
    record.principal = acl.principal;
    record.host = acl.host;
    record.operation = acl.operation;
    record.permission_type = acl.permission_type;
    records.push_back({std::move(record), 0});
  }
}

void write_scram(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  for (const auto& [key, credential] : image.scram()) {
    wire::UserScramCredentialRecord record;
    record.name = key.second;
    record.mechanism = key.first;
    record.salt = credential.salt;
    record.stored_key = credential.stored_key;
    record.server_key = credential.server_key;
    record.iterations = credential.iterations;
    records.push_back({std::move(record), 0});
  }
}

void write_delegation_tokens(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  for (const auto& [id, token] : image.delegation_tokens()) {
    wire::DelegationTokenRecord record;
    record.owner = token.owner;
    record.requester = token.requester;
    record.renewers = token.renewers;
    record.issue_timestamp = token.issue_timestamp;
    record.max_timestamp = token.max_timestamp;
    record.expiration_timestamp = token.expiration_timestamp;
    record.token_id = id;
    records.push_back({std::move(record), 0});
  }
}

}  // namespace cluster::metadata
