// Quotas of users, clients and addresses (KIP-546).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cmd/cli/client.h"

namespace cli {

// One part of what a quota is for: a user, and a client of any user, make two.
struct QuotaEntity {
  std::string type;                 // "user", "client-id" or "ip"
  std::optional<std::string> name;  // nothing: whoever has no quota of its own
};

struct QuotaEntry {
  std::vector<QuotaEntity> entity;
  // "producer_byte_rate" and others, in the order of the answer.
  std::vector<std::pair<std::string, double>> values;
};

struct QuotaChange {
  std::string name;
  std::optional<double> value;  // nothing: it is removed
};

// The quotas of one entity.  The broker's error.
wire::Status alter_quotas(Client& client, const std::vector<QuotaEntity>& entity,
                          const std::vector<QuotaChange>& changes);

struct QuotaFilter {
  enum class Match : int8_t { kExact = 0, kDefault = 1, kAny = 2 };
  std::string type;
  Match match = Match::kAny;
  std::string name;  // of kExact
};

// Of entities that have the parts that are asked for; `exactly`: and no others.
enum class QuotaParts : bool { kAtLeast, kExactly };
wire::Result<std::vector<QuotaEntry>> describe_quotas(Client& client,
                                                      const std::vector<QuotaFilter>& filters,
                                                      QuotaParts parts);

}  // namespace cli
