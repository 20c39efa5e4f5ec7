// Records that nothing enforces yet (ACLs, SCRAM credentials, delegation tokens, client quotas).
//
// They are accepted from a log that has them and kept for snapshots, so that a user's cluster comes
// back whole.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/base/bytes.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace cluster::metadata {

struct AclImage {
  int8_t resource_type = 0;
  std::string resource_name;
  int8_t pattern_type = 0;
  std::string principal;
  std::string host;
  int8_t operation = 0;
  int8_t permission_type = 0;

  bool operator==(const AclImage&) const = default;
};
using AclsImage = std::map<wire::Uuid, AclImage>;

struct ScramCredentialImage {
  wire::Bytes salt;
  wire::Bytes stored_key;
  wire::Bytes server_key;
  int32_t iterations = 0;

  bool operator==(const ScramCredentialImage&) const = default;
};
// By mechanism (1: SHA-256, 2: SHA-512), then user, which is the order of a snapshot.
using ScramImage = std::map<std::pair<int8_t, std::string>, ScramCredentialImage>;

struct DelegationTokenImage {
  std::string owner;
  std::string requester;
  std::vector<std::string> renewers;
  wire::TimestampMs issue_timestamp = 0;
  wire::TimestampMs max_timestamp = 0;
  wire::TimestampMs expiration_timestamp = 0;

  bool operator==(const DelegationTokenImage&) const = default;
};
using DelegationTokensImage = std::map<std::string, DelegationTokenImage>;  // by token id

// Sorted by entity type; no name: the default entity.
using QuotaEntity = std::vector<std::pair<std::string, std::optional<std::string>>>;
using ClientQuotasImage = std::map<QuotaEntity, std::map<std::string, double>>;

}  // namespace cluster::metadata
