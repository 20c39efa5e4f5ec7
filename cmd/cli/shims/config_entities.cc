#include "cmd/cli/shims/config_entities.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <set>

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "cmd/cli/output.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"
#include "wire/api/alter_client_quotas.h"
#include "wire/api/alter_user_scram_credentials.h"
#include "wire/api/describe_client_quotas.h"
#include "wire/api/describe_user_scram_credentials.h"

namespace cli::shims {
namespace {

using Operation = ConfigChange::Operation;

constexpr int32_t kDefaultIterations = 4096;
constexpr size_t kSaltBytes = 32;

const std::set<std::string> kQuotas = {"producer_byte_rate", "consumer_byte_rate",
                                       "request_percentage", "controller_mutation_rate"};
const std::set<std::string> kIpQuotas = {"connection_creation_rate"};

struct ScramMechanism {
  std::string_view name;
  int8_t number;
  const EVP_MD* (*digest)();
  int key_bytes;
};
constexpr ScramMechanism kMechanisms[] = {{"SCRAM-SHA-256", 1, EVP_sha256, 32},
                                          {"SCRAM-SHA-512", 2, EVP_sha512, 64}};

const ScramMechanism* find_mechanism(std::string_view name) {
  for (const ScramMechanism& mechanism : kMechanisms) {
    if (mechanism.name == name) return &mechanism;
  }
  return nullptr;
}

std::string entity_type(const std::string& type) {
  if (type == "users") return "user";
  return type == "clients" ? "client-id" : "ip";
}

wire::Status alter_quotas(Client& client, const ConfigEntities& entities,
                          const std::vector<ConfigChange>& changes) {
  wire::AlterClientQuotasRequest request;
  auto& entry = request.entries.emplace_back();
  for (size_t i = 0; i < entities.types.size(); ++i) {
    auto& entity = entry.entity.emplace_back();
    entity.entity_type = entity_type(entities.types[i]);
    entity.entity_name =
        entities.names[i].empty() ? std::nullopt : std::optional(entities.names[i]);
  }
  for (const ConfigChange& change : changes) {
    auto& op = entry.ops.emplace_back();
    op.key = change.name;
    op.remove = change.operation == Operation::kDelete;
    if (op.remove) continue;
    char* end = nullptr;
    op.value = std::strtod(change.value.c_str(), &end);
    if (change.value.empty() || *end != '\0') {
      return wrong(fmt::format("Cannot parse quota configuration value for {}: {}", change.name,
                               change.value));
    }
  }
  auto response = client.any().call<wire::AlterClientQuotasResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& result : response->entries) {
    if (result.error_code != wire::ErrorCode::kNone) {
      return wire::Error{result.error_code, describe(result.error_code, result.error_message)};
    }
  }
  return {};
}

// "iterations=8192,password=secret" or "password=secret".
wire::Status add_credential(const std::string& user, const ScramMechanism& mechanism,
                            const std::string& text,
                            wire::AlterUserScramCredentialsRequest& request) {
  int32_t iterations = kDefaultIterations;
  std::string rest = text;
  constexpr std::string_view kIterations = "iterations=";
  if (rest.starts_with(kIterations)) {
    const size_t comma = rest.find(',');
    const std::string number = rest.substr(kIterations.size(), comma - kIterations.size());
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), iterations);
    rest = comma == std::string::npos || parsed.ec != std::errc() ? "" : rest.substr(comma + 1);
    if (iterations == -1) iterations = kDefaultIterations;
  }
  constexpr std::string_view kPassword = "password=";
  if (!rest.starts_with(kPassword)) {
    return wrong(fmt::format("Invalid credential property {}={}", mechanism.name, text));
  }
  if (iterations < kDefaultIterations) {
    return wrong(fmt::format("Iterations {} is less than the minimum {} required for {}",
                             iterations, kDefaultIterations, mechanism.name));
  }
  const std::string password = rest.substr(kPassword.size());
  std::string salt(kSaltBytes, '\0');
  std::string key(static_cast<size_t>(mechanism.key_bytes), '\0');
  auto* const salt_bytes = reinterpret_cast<unsigned char*>(salt.data());
  if (RAND_bytes(salt_bytes, static_cast<int>(salt.size())) != 1 ||
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt_bytes,
                        static_cast<int>(salt.size()), iterations, mechanism.digest(),
                        mechanism.key_bytes, reinterpret_cast<unsigned char*>(key.data())) != 1) {
    return wire::Error{wire::ErrorCode::kUnknownServerError, "the password cannot be salted"};
  }
  auto& upsertion = request.upsertions.emplace_back();
  upsertion.name = user;
  upsertion.mechanism = mechanism.number;
  upsertion.iterations = iterations;
  upsertion.salt = wire::Bytes::adopt(std::move(salt));
  upsertion.salted_password = wire::Bytes::adopt(std::move(key));
  return {};
}

wire::Status alter_credentials(Client& client, const std::string& user,
                               const std::vector<ConfigChange>& changes) {
  wire::AlterUserScramCredentialsRequest request;
  for (const ConfigChange& change : changes) {
    const ScramMechanism& mechanism = *find_mechanism(change.name);
    if (change.operation == Operation::kDelete) {
      auto& deletion = request.deletions.emplace_back();
      deletion.name = user;
      deletion.mechanism = mechanism.number;
    } else if (auto added = add_credential(user, mechanism, change.value, request); !added.ok()) {
      return added;
    }
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

std::string number_text(double number) {
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string entity_text(const std::string& type, const std::optional<std::string>& name) {
  const std::string kind = type == "user" ? "user-principal" : type;
  return name ? fmt::format("{} '{}'", kind, *name) : "the default " + kind;
}

wire::Status print_quotas(Client& client, const ConfigEntities& entities) {
  wire::DescribeClientQuotasRequest request;
  request.strict = true;
  for (size_t i = 0; i < entities.types.size(); ++i) {
    auto& component = request.components.emplace_back();
    component.entity_type = entity_type(entities.types[i]);
    component.match = std::nullopt;
    component.match_type = 2;  // any
    if (i >= entities.names.size()) continue;
    component.match_type = entities.names[i].empty() ? int8_t{1} : int8_t{0};  // default, exact
    if (!entities.names[i].empty()) component.match = entities.names[i];
  }
  auto response = client.any().call<wire::DescribeClientQuotasResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code,
                       describe(response->error_code, response->error_message)};
  }
  if (!response->entries) return {};
  for (const auto& entry : *response->entries) {
    std::vector<std::string> names;
    for (const char* type : {"user", "client-id", "ip"}) {
      for (const auto& entity : entry.entity) {
        if (entity.entity_type == type) names.push_back(entity_text(type, entity.entity_name));
      }
    }
    std::vector<std::string> values;
    for (const auto& value : entry.values) {
      values.push_back(value.key + "=" + number_text(value.value));
    }
    std::printf("Quota configs for %s are %s\n", join(names, ", ").c_str(),
                join(values, ", ").c_str());
  }
  return {};
}

wire::Status print_credentials(Client& client, const std::vector<std::string>& users) {
  wire::DescribeUserScramCredentialsRequest request;
  if (users.empty()) request.users = std::nullopt;
  for (const std::string& user : users) request.users->emplace_back().name = user;
  auto response = client.any().call<wire::DescribeUserScramCredentialsResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code,
                       describe(response->error_code, response->error_message)};
  }
  for (const auto& result : response->results) {
    // That a user has none is no news.
    if (result.error_code == wire::ErrorCode::kResourceNotFound) continue;
    std::vector<std::string> infos;
    for (const auto& info : result.credential_infos) {
      const auto index = static_cast<size_t>(info.mechanism - 1);
      if (index >= std::size(kMechanisms)) continue;
      infos.push_back(fmt::format("{}=iterations={}", kMechanisms[index].name, info.iterations));
    }
    std::printf("SCRAM credential configs for user-principal '%s' are %s\n", result.user.c_str(),
                join(infos, ", ").c_str());
  }
  return {};
}

}  // namespace

bool is_number(const std::string& text) {
  int32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

wire::Result<std::vector<std::pair<std::string, std::string>>> parse_config_list(
    const std::string& text) {
  std::vector<std::string> parts(1);
  bool in_brackets = false;
  for (const char character : text) {
    if (character == '[') in_brackets = true;
    if (character == ']') in_brackets = false;
    if (character == ',' && !in_brackets) {
      parts.emplace_back();
    } else {
      parts.back() += character;
    }
  }
  std::vector<std::pair<std::string, std::string>> configs;
  for (const std::string& part : parts) {
    const size_t equals = part.find('=');
    const size_t bracket = part.find('[');
    const bool divided =
        equals != std::string::npos &&
        (bracket != std::string::npos || part.find('=', equals + 1) == std::string::npos);
    if (!divided || bracket < equals) {
      return wrong(
          "requirement failed: Invalid entity config: all configs to be added must be in the "
          "format "
          "\"key=val\" or  \"key=[val1,val2]\" to group values which contain commas.");
    }
    std::string key = part.substr(0, equals);
    std::string value = part.substr(equals + 1);
    std::erase(key, ' ');
    std::erase_if(value, [](char character) { return character == '[' || character == ']'; });
    while (value.starts_with(' ')) value.erase(0, 1);
    while (value.ends_with(' ')) value.pop_back();
    configs.emplace_back(std::move(key), std::move(value));
  }
  return configs;
}

wire::Result<std::vector<ConfigChange>> parse_changes(const ToolOptions& options) {
  std::vector<ConfigChange> changes;
  for (const std::string& list : options.values("delete-config")) {
    for (std::string name : split(list, ',')) {
      std::erase(name, ' ');
      changes.push_back({name, Operation::kDelete, ""});
    }
  }
  std::map<std::string, std::string> added;
  if (const auto path = options.value("add-config-file")) {
    auto read = read_property_file(*path);
    if (!read.ok()) return read.error();
    added = std::move(*read);
  }
  if (const auto list = options.value("add-config")) {
    const auto parsed = parse_config_list(*list);
    if (!parsed.ok()) return parsed.error();
    for (const auto& [name, value] : *parsed) added[name] = value;
  }
  for (const auto& [name, value] : added) {
    const bool plain = name.find_first_not_of(
                           "$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                       std::string::npos;
    if (!plain) return wrong("Invalid character found for config key: " + name);
    changes.push_back({name, Operation::kSet, value});
  }
  return changes;
}

wire::Status alter_entities(Client& client, const ConfigEntities& entities,
                            const std::vector<ConfigChange>& changes) {
  const bool is_ip = entities.types.front() == "ips";
  const bool may_have_credentials = entities.types.size() == 1 && entities.types.front() == "users";
  bool quotas = false;
  bool credentials = false;
  for (const ConfigChange& change : changes) {
    if ((is_ip ? kIpQuotas : kQuotas).contains(change.name)) {
      quotas = true;
    } else if (may_have_credentials && find_mechanism(change.name) != nullptr) {
      credentials = true;
    } else if (is_ip) {
      return wrong(
          "Only connection quota configs can be added for 'ips' using --bootstrap-server. "
          "Unexpected config names: " +
          change.name);
    } else {
      return wrong(
          fmt::format("Only quota {}configs can be {} for '{}' using --bootstrap-server. "
                      "Unexpected config names: Set({})",
                      may_have_credentials ? "and SCRAM credential " : "",
                      change.operation == Operation::kDelete ? "deleted" : "added",
                      may_have_credentials ? "users" : "clients", change.name));
    }
  }
  if (quotas && credentials) {
    return wrong(
        "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using "
        "--bootstrap-server.");
  }
  if (!credentials) return alter_quotas(client, entities, changes);
  if (entities.names.front().empty()) {
    return wrong(
        "The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials "
        "using --bootstrap-server.");
  }
  return alter_credentials(client, entities.names.front(), changes);
}

wire::Status describe_entities(Client& client, const ConfigEntities& entities) {
  if (auto printed = print_quotas(client, entities); !printed.ok()) return printed;
  const bool of_users = entities.types.size() == 1 && entities.types.front() == "users";
  const bool of_default = !entities.names.empty() && entities.names.front().empty();
  if (!of_users || of_default) return {};
  return print_credentials(client, entities.names);
}

}  // namespace cli::shims
