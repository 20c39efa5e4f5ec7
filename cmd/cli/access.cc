// `odradek user` and `odradek acl`: who there is, and who may do what, as far as a cluster knows such things.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cmd/cli/admin/scram.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/verbs.h"
#include "wire/api/describe_acls.h"

namespace cli {
namespace {

using AccessJson = nlohmann::ordered_json;

struct UserOptions {
  Surface surface;
  std::string name;
  std::string password;
  std::string mechanism = "SCRAM-SHA-256";
  int32_t iterations = kScramIterationsMin;
};

int list_users(Client& client, const UserOptions& options) {
  const auto users = describe_credentials(client, {});
  if (!users.ok()) return fail(users.error());
  Table table({"USER", "MECHANISM", "ITERATIONS"});
  AccessJson document = AccessJson::array();
  for (const ScramUser& user : *users) {
    for (const ScramCredential& credential : user.credentials) {
      const std::string mechanism(scram_name(credential.mechanism));
      table.add({user.name, mechanism, std::to_string(credential.iterations)});
      document.push_back(
          {{"user", user.name}, {"mechanism", mechanism}, {"iterations", credential.iterations}});
    }
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

// This program's broker has no authentication: what it says of the request would not tell that.
wire::Status require_scram(Client& client) {
  if (client.any().serves(wire::ApiKey::kAlterUserScramCredentials)) return {};
  return wire::Error{wire::ErrorCode::kUnsupportedVersion,
                     client.any().peer() + " has no authentication, and no users to change"};
}

int create_user(Client& client, const UserOptions& options) {
  if (auto served = require_scram(client); !served.ok()) return fail(served.error());
  const auto altered = alter_credentials(
      client,
      {{options.name, *scram_by_name(options.mechanism), options.iterations, options.password}},
      {});
  if (!altered.ok()) return fail(altered.error());
  std::printf("user %s: %s\n", options.name.c_str(), options.mechanism.c_str());
  return kDone;
}

int delete_user(Client& client, const UserOptions& options) {
  if (auto served = require_scram(client); !served.ok()) return fail(served.error());
  const auto users = describe_credentials(client, {options.name});
  if (!users.ok()) return fail(users.error());
  std::vector<ScramDeletion> deletions;
  for (const ScramUser& user : *users) {
    for (const ScramCredential& credential : user.credentials)
      deletions.push_back({user.name, credential.mechanism});
  }
  if (deletions.empty()) {
    return fail(wire::Error{wire::ErrorCode::kResourceNotFound,
                            "there is no user \"" + options.name + "\""});
  }
  const auto altered = alter_credentials(client, {}, deletions);
  if (!altered.ok()) return fail(altered.error());
  std::printf("user %s deleted\n", options.name.c_str());
  return kDone;
}

// Kafka's numbers (AclOperation, AclPermissionType, ResourceType, PatternType).
std::string_view name_of(std::initializer_list<std::string_view> names, int8_t number) {
  const auto index = static_cast<size_t>(number);
  return number >= 0 && index < names.size() ? names.begin()[index] : "UNKNOWN";
}

std::string_view operation_name(int8_t number) {
  return name_of({"UNKNOWN", "ANY", "ALL", "READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE",
                  "CLUSTER_ACTION", "DESCRIBE_CONFIGS", "ALTER_CONFIGS", "IDEMPOTENT_WRITE",
                  "CREATE_TOKENS", "DESCRIBE_TOKENS", "TWO_PHASE_COMMIT"},
                 number);
}
std::string_view resource_type_name(int8_t number) {
  return name_of({"UNKNOWN", "ANY", "TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID",
                  "DELEGATION_TOKEN", "USER"},
                 number);
}
std::string_view pattern_name(int8_t number) {
  return name_of({"UNKNOWN", "ANY", "MATCH", "LITERAL", "PREFIXED"}, number);
}
std::string_view permission_name(int8_t number) {
  return name_of({"UNKNOWN", "ANY", "DENY", "ALLOW"}, number);
}

struct AclOptions {
  Surface surface;
};

int list_acls(Client& client, const AclOptions& options) {
  constexpr int8_t kAny = 1;
  wire::DescribeAclsRequest request;
  request.resource_type_filter = kAny;
  request.pattern_type_filter = kAny;
  request.operation = kAny;
  request.permission_type = kAny;
  request.resource_name_filter = std::nullopt;
  request.principal_filter = std::nullopt;
  request.host_filter = std::nullopt;
  const auto response = client.any().call<wire::DescribeAclsResponse>(request);
  if (!response.ok()) return fail(response.error());
  if (response->error_code == wire::ErrorCode::kSecurityDisabled) {
    return fail(wire::Error{response->error_code,
                            "this cluster has no authorizer: every client may do everything"});
  }
  if (response->error_code != wire::ErrorCode::kNone) {
    return fail(
        wire::Error{response->error_code, describe(response->error_code, response->error_message)});
  }
  Table table({"PRINCIPAL", "HOST", "MAY", "OPERATION", "ON", "NAME", "PATTERN"});
  AccessJson document = AccessJson::array();
  for (const auto& resource : response->resources) {
    for (const auto& acl : resource.acls) {
      table.add({acl.principal, acl.host, std::string(permission_name(acl.permission_type)),
                 std::string(operation_name(acl.operation)),
                 std::string(resource_type_name(resource.resource_type)), resource.resource_name,
                 std::string(pattern_name(resource.pattern_type))});
      document.push_back({{"principal", acl.principal},
                          {"host", acl.host},
                          {"permission", permission_name(acl.permission_type)},
                          {"operation", operation_name(acl.operation)},
                          {"resource_type", resource_type_name(resource.resource_type)},
                          {"resource", resource.resource_name},
                          {"pattern", pattern_name(resource.pattern_type)}});
    }
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

}  // namespace

void add_user(CLI::App& app, int& exit_code) {
  auto* user =
      app.add_subcommand("user", "Users with SCRAM credentials, of clusters that have any");
  user->require_subcommand(1);
  user->footer(R"(
This program's own broker has no authentication yet: it lists no users; create and delete say so.

Examples:
  odradek user list -b kafka:9092
)");
  Verbs<UserOptions> verbs(*user, exit_code);
  UserOptions& options = verbs.options();
  verbs.add("list", "List users", "  odradek user list -o json\n", list_users);
  auto* creating = verbs.add("create", "Create a user, or change its password",
                             "  odradek user create anna --password secret\n", create_user);
  creating->add_option("name", options.name, "User")->required();
  creating->add_option("--password", options.password, "Password; salted before it is sent")
      ->required();
  creating->add_option("--mechanism", options.mechanism, "SCRAM-SHA-256 or SCRAM-SHA-512")
      ->check(CLI::IsMember({"SCRAM-SHA-256", "SCRAM-SHA-512"}))
      ->capture_default_str();
  creating->add_option("--iterations", options.iterations, "How often it is salted")
      ->check(CLI::Range(kScramIterationsMin, 16384))
      ->capture_default_str();
  auto* deleting =
      verbs.add("delete", "Delete a user", "  odradek user delete anna\n", delete_user);
  deleting->add_option("name", options.name, "User")->required();
}

void add_acl(CLI::App& app, int& exit_code) {
  auto* acl = app.add_subcommand("acl", "Who may do what, of clusters with an authorizer");
  acl->require_subcommand(1);
  acl->footer(R"(
This program's own broker has no authorizer: every client may do everything.

Examples:
  odradek acl list -b kafka:9092
)");
  Verbs<AclOptions> verbs(*acl, exit_code);
  verbs.add("list", "List access control entries", "  odradek acl list -o json\n", list_acls);
}

}  // namespace cli
