#include "cmd/cli/admin/scram.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "wire/api/alter_user_scram_credentials.h"
#include "wire/api/describe_user_scram_credentials.h"

namespace cli {
namespace {

constexpr size_t kSaltBytes = 32;

struct MechanismRow {
  ScramMechanism mechanism;
  std::string_view name;
  const EVP_MD* (*digest)();
  int key_bytes;
};
constexpr MechanismRow kMechanisms[] = {{ScramMechanism::kSha256, "SCRAM-SHA-256", EVP_sha256, 32},
                                        {ScramMechanism::kSha512, "SCRAM-SHA-512", EVP_sha512, 64}};

const MechanismRow& row_of(ScramMechanism mechanism) {
  return kMechanisms[mechanism == ScramMechanism::kSha256 ? 0 : 1];
}

wire::Status add_upsert(const ScramUpsert& upsert,
                        wire::AlterUserScramCredentialsRequest& request) {
  const MechanismRow& row = row_of(upsert.mechanism);
  std::string salt(kSaltBytes, '\0');
  std::string key(static_cast<size_t>(row.key_bytes), '\0');
  auto* const salt_bytes = reinterpret_cast<unsigned char*>(salt.data());
  if (RAND_bytes(salt_bytes, static_cast<int>(salt.size())) != 1 ||
      PKCS5_PBKDF2_HMAC(upsert.password.data(), static_cast<int>(upsert.password.size()),
                        salt_bytes, static_cast<int>(salt.size()), upsert.iterations, row.digest(),
                        row.key_bytes, reinterpret_cast<unsigned char*>(key.data())) != 1) {
    return wire::Error{wire::ErrorCode::kUnknownServerError, "the password cannot be salted"};
  }
  auto& upsertion = request.upsertions.emplace_back();
  upsertion.name = upsert.user;
  upsertion.mechanism = static_cast<int8_t>(upsert.mechanism);
  upsertion.iterations = upsert.iterations;
  upsertion.salt = wire::Bytes::adopt(std::move(salt));
  upsertion.salted_password = wire::Bytes::adopt(std::move(key));
  return {};
}

}  // namespace

std::string_view scram_name(ScramMechanism mechanism) {
  return row_of(mechanism).name;
}

std::optional<ScramMechanism> scram_by_name(std::string_view name) {
  for (const MechanismRow& row : kMechanisms) {
    if (row.name == name) return row.mechanism;
  }
  return std::nullopt;
}

wire::Status alter_credentials(Client& client, const std::vector<ScramUpsert>& upserts,
                               const std::vector<ScramDeletion>& deletions) {
  wire::AlterUserScramCredentialsRequest request;
  for (const ScramUpsert& upsert : upserts) {
    if (auto added = add_upsert(upsert, request); !added.ok()) return added;
  }
  for (const ScramDeletion& deletion : deletions) {
    auto& deleted = request.deletions.emplace_back();
    deleted.name = deletion.user;
    deleted.mechanism = static_cast<int8_t>(deletion.mechanism);
  }
  auto response = client.any().call<wire::AlterUserScramCredentialsResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& result : response->results) {
    if (result.error_code != wire::ErrorCode::kNone) {
      return wire::Error{result.error_code, describe(result.error_code, result.error_message)};
    }
  }
  return {};
}

wire::Result<std::vector<ScramUser>> describe_credentials(Client& client,
                                                          const std::vector<std::string>& users) {
  wire::DescribeUserScramCredentialsRequest request;
  if (users.empty()) request.users = std::nullopt;
  for (const std::string& user : users) request.users->emplace_back().name = user;
  auto response = client.any().call<wire::DescribeUserScramCredentialsResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code,
                       describe(response->error_code, response->error_message)};
  }
  std::vector<ScramUser> found;
  for (const auto& result : response->results) {
    // That a user has none is no news.
    if (result.error_code == wire::ErrorCode::kResourceNotFound) continue;
    if (result.error_code != wire::ErrorCode::kNone) {
      return wire::Error{result.error_code, describe(result.error_code, result.error_message)};
    }
    ScramUser& user = found.emplace_back();
    user.name = result.user;
    for (const auto& info : result.credential_infos) {
      const auto mechanism = static_cast<ScramMechanism>(info.mechanism);
      if (mechanism != ScramMechanism::kSha256 && mechanism != ScramMechanism::kSha512) continue;
      user.credentials.push_back({mechanism, info.iterations});
    }
  }
  return found;
}

}  // namespace cli
