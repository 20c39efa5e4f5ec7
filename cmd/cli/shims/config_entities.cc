#include "cmd/cli/shims/config_entities.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <set>

#include <fmt/core.h>

#include "cmd/cli/admin/quotas.h"
#include "cmd/cli/admin/scram.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

using Operation = ConfigChange::Operation;

const std::set<std::string> kQuotas = {"producer_byte_rate", "consumer_byte_rate",
                                       "request_percentage", "controller_mutation_rate"};
const std::set<std::string> kIpQuotas = {"connection_creation_rate"};

std::string entity_type(const std::string& type) {
  if (type == "users") return "user";
  return type == "clients" ? "client-id" : "ip";
}

wire::Status alter_entity_quotas(Client& client, const ConfigEntities& entities,
                                 const std::vector<ConfigChange>& changes) {
  std::vector<QuotaEntity> entity;
  for (size_t i = 0; i < entities.types.size(); ++i) {
    entity.push_back({entity_type(entities.types[i]),
                      entities.names[i].empty() ? std::nullopt : std::optional(entities.names[i])});
  }
  std::vector<QuotaChange> altered;
  for (const ConfigChange& change : changes) {
    QuotaChange& quota = altered.emplace_back();
    quota.name = change.name;
    if (change.operation == Operation::kDelete) continue;
    char* end = nullptr;
    quota.value = std::strtod(change.value.c_str(), &end);
    if (change.value.empty() || *end != '\0') {
      return wrong(fmt::format("Cannot parse quota configuration value for {}: {}", change.name,
                               change.value));
    }
  }
  return alter_quotas(client, entity, altered);
}

// "iterations=8192,password=secret" or "password=secret".
wire::Result<ScramUpsert> parse_credential(const std::string& user, const ConfigChange& change) {
  ScramUpsert upsert{.user = user, .mechanism = *scram_by_name(change.name), .password = {}};
  std::string rest = change.value;
  constexpr std::string_view kIterations = "iterations=";
  if (rest.starts_with(kIterations)) {
    const size_t comma = rest.find(',');
    const std::string number = rest.substr(kIterations.size(), comma - kIterations.size());
    const auto parsed =
        std::from_chars(number.data(), number.data() + number.size(), upsert.iterations);
    rest = comma == std::string::npos || parsed.ec != std::errc() ? "" : rest.substr(comma + 1);
    if (upsert.iterations == -1) upsert.iterations = kScramIterationsMin;
  }
  constexpr std::string_view kPassword = "password=";
  if (!rest.starts_with(kPassword)) {
    return wrong(fmt::format("Invalid credential property {}={}", change.name, change.value));
  }
  if (upsert.iterations < kScramIterationsMin) {
    return wrong(fmt::format("Iterations {} is less than the minimum {} required for {}",
                             upsert.iterations, kScramIterationsMin, change.name));
  }
  upsert.password = rest.substr(kPassword.size());
  return upsert;
}

wire::Status alter_user(Client& client, const std::string& user,
                        const std::vector<ConfigChange>& changes) {
  std::vector<ScramUpsert> upserts;
  std::vector<ScramDeletion> deletions;
  for (const ConfigChange& change : changes) {
    if (change.operation == Operation::kDelete) {
      deletions.push_back({user, *scram_by_name(change.name)});
      continue;
    }
    auto upsert = parse_credential(user, change);
    if (!upsert.ok()) return upsert.error();
    upserts.push_back(*std::move(upsert));
  }
  return alter_credentials(client, upserts, deletions);
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
  std::vector<QuotaFilter> filters;
  for (size_t i = 0; i < entities.types.size(); ++i) {
    QuotaFilter& filter = filters.emplace_back();
    filter.type = entity_type(entities.types[i]);
    if (i >= entities.names.size()) continue;
    filter.name = entities.names[i];
    filter.match = filter.name.empty() ? QuotaFilter::Match::kDefault : QuotaFilter::Match::kExact;
  }
  const auto entries = describe_quotas(client, filters, QuotaParts::kExactly);
  if (!entries.ok()) return entries.error();
  for (const QuotaEntry& entry : *entries) {
    std::vector<std::string> names;
    for (const char* type : {"user", "client-id", "ip"}) {
      for (const QuotaEntity& part : entry.entity) {
        if (part.type == type) names.push_back(entity_text(type, part.name));
      }
    }
    std::vector<std::string> values;
    for (const auto& [key, value] : entry.values) values.push_back(key + "=" + number_text(value));
    std::printf("Quota configs for %s are %s\n", join(names, ", ").c_str(),
                join(values, ", ").c_str());
  }
  return {};
}

wire::Status print_credentials(Client& client, const std::vector<std::string>& names) {
  const auto users = describe_credentials(client, names);
  if (!users.ok()) return users.error();
  for (const ScramUser& user : *users) {
    std::vector<std::string> infos;
    for (const ScramCredential& credential : user.credentials) {
      infos.push_back(
          fmt::format("{}=iterations={}", scram_name(credential.mechanism), credential.iterations));
    }
    std::printf("SCRAM credential configs for user-principal '%s' are %s\n", user.name.c_str(),
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
    } else if (may_have_credentials && scram_by_name(change.name)) {
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
  if (!credentials) return alter_entity_quotas(client, entities, changes);
  if (entities.names.front().empty()) {
    return wrong(
        "The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials "
        "using --bootstrap-server.");
  }
  return alter_user(client, entities.names.front(), changes);
}

wire::Status describe_entities(Client& client, const ConfigEntities& entities) {
  if (auto printed = print_quotas(client, entities); !printed.ok()) return printed;
  const bool of_users = entities.types.size() == 1 && entities.types.front() == "users";
  const bool of_default = !entities.names.empty() && entities.names.front().empty();
  if (!of_users || of_default) return {};
  return print_credentials(client, entities.names);
}

}  // namespace cli::shims
