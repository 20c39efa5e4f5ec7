// The SCRAM credentials of users (KIP-554).  What is sent is salted here: the broker never sees a password.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/client.h"

namespace cli {

inline constexpr int32_t kScramIterationsMin = 4096;

enum class ScramMechanism : int8_t { kSha256 = 1, kSha512 = 2 };
// "SCRAM-SHA-256"
std::string_view scram_name(ScramMechanism mechanism);
std::optional<ScramMechanism> scram_by_name(std::string_view name);

struct ScramUpsert {
  std::string user;
  ScramMechanism mechanism = ScramMechanism::kSha256;
  int32_t iterations = kScramIterationsMin;
  std::string password;
};
struct ScramDeletion {
  std::string user;
  ScramMechanism mechanism = ScramMechanism::kSha256;
};

// The broker's first error.
wire::Status alter_credentials(Client& client, const std::vector<ScramUpsert>& upserts,
                               const std::vector<ScramDeletion>& deletions);

struct ScramCredential {
  ScramMechanism mechanism = ScramMechanism::kSha256;
  int32_t iterations = 0;
};
struct ScramUser {
  std::string name;
  std::vector<ScramCredential> credentials;
};
// Of these users, or of all that have any; a user without one is not in the answer.
wire::Result<std::vector<ScramUser>> describe_credentials(Client& client,
                                                          const std::vector<std::string>& users);

}  // namespace cli
