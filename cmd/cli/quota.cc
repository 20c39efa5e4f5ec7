// `odradek quota`: list, set, unset.
#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cmd/cli/admin/quotas.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/verbs.h"

namespace cli {
namespace {

using QuotaJson = nlohmann::ordered_json;

struct QuotaOptions {
  Surface surface;
  std::string user;
  std::string client_id;
  std::string ip;
  std::vector<std::string> quotas;  // names, or name=value
};

// As it is written on the command line, whoever has no quota of its own.
constexpr std::string_view kDefaultEntity = "default";

struct NamedPart {
  const char* type;
  const std::string& name;
};

std::vector<NamedPart> named_parts(const QuotaOptions& options) {
  std::vector<NamedPart> parts;
  for (const NamedPart& part :
       {NamedPart{"user", options.user}, NamedPart{"client-id", options.client_id},
        NamedPart{"ip", options.ip}}) {
    if (!part.name.empty()) parts.push_back(part);
  }
  return parts;
}

std::string entity_name(const QuotaEntry& entry) {
  std::vector<std::string> names;
  for (const QuotaEntity& part : entry.entity) {
    names.push_back(part.type + "=" + part.name.value_or(std::string(kDefaultEntity)));
  }
  return join(names, ", ");
}

int list_quotas(Client& client, const QuotaOptions& options) {
  std::vector<QuotaFilter> filters;
  for (const NamedPart& part : named_parts(options)) {
    const auto match =
        part.name == kDefaultEntity ? QuotaFilter::Match::kDefault : QuotaFilter::Match::kExact;
    filters.push_back({part.type, match, part.name});
  }
  const auto entries = describe_quotas(client, filters, QuotaParts::kAtLeast);
  if (!entries.ok()) return fail(entries.error());
  Table table({"FOR", "QUOTA", "VALUE"});
  QuotaJson document = QuotaJson::array();
  for (const QuotaEntry& entry : *entries) {
    QuotaJson entity = QuotaJson::object();
    for (const QuotaEntity& part : entry.entity)
      entity[part.type] = part.name ? QuotaJson(*part.name) : QuotaJson(nullptr);
    QuotaJson values = QuotaJson::object();
    for (const auto& [name, value] : entry.values) {
      table.add({entity_name(entry), name, fmt::format("{}", value)});
      values[name] = value;
    }
    document.push_back({{"entity", std::move(entity)}, {"quotas", std::move(values)}});
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

enum class QuotaOperation : bool { kSet, kUnset };

wire::Result<std::vector<QuotaChange>> quota_changes(const QuotaOptions& options,
                                                     QuotaOperation operation) {
  std::vector<QuotaChange> changes;
  for (const std::string& text : options.quotas) {
    if (operation == QuotaOperation::kUnset) {
      changes.push_back({text, std::nullopt});
      continue;
    }
    const size_t equals = text.find('=');
    char* end = nullptr;
    const char* const number = equals == std::string::npos ? "" : text.c_str() + equals + 1;
    const double value = std::strtod(number, &end);
    if (end == number || *end != '\0') {
      return wrong("a quota is name=number, not \"" + text + "\"");
    }
    changes.push_back({text.substr(0, equals), value});
  }
  return changes;
}

int change_quotas(Client& client, const QuotaOptions& options, QuotaOperation operation) {
  std::vector<QuotaEntity> entity;
  for (const NamedPart& part : named_parts(options)) {
    entity.push_back(
        {part.type, part.name == kDefaultEntity ? std::nullopt : std::optional(part.name)});
  }
  if (entity.empty()) {
    return fail(wrong("whose quota? --user, --client-id (or both) or --ip tells"));
  }
  const auto changes = quota_changes(options, operation);
  if (!changes.ok()) return fail(changes.error());
  const auto altered = alter_quotas(client, entity, *changes);
  if (!altered.ok()) return fail(altered.error());
  std::printf("%s: %s\n", entity_name({entity, {}}).c_str(), join(options.quotas, ", ").c_str());
  return kDone;
}

}  // namespace

void add_quota(CLI::App& app, int& exit_code) {
  auto* quota = app.add_subcommand("quota", "How much clients may send, read and ask for");
  quota->require_subcommand(1);
  quota->footer(R"(
producer_byte_rate, consumer_byte_rate, request_percentage and controller_mutation_rate are of users
and clients, connection_creation_rate is of addresses. "default" stands for whoever has none of its own.

Examples:
  odradek quota set --client-id loader producer_byte_rate=1048576
  odradek quota list
)");
  Verbs<QuotaOptions> verbs(*quota, exit_code);
  QuotaOptions& options = verbs.options();
  const auto add_entity = [&options](CLI::App& command) {
    command.add_option("--user", options.user, "Of this user");
    command.add_option("--client-id", options.client_id, "Of clients with this id");
    command.add_option("--ip", options.ip, "Of connections from this address");
  };
  auto* listing =
      verbs.add("list", "List quotas",
                "  odradek quota list\n  odradek quota list --user anna -o json\n", list_quotas);
  add_entity(*listing);
  auto* setting =
      verbs.add("set", "Set quotas",
                "  odradek quota set --user default request_percentage=50\n"
                "  odradek quota set --user anna --client-id loader producer_byte_rate=1048576\n",
                [](Client& client, const QuotaOptions& told) {
                  return change_quotas(client, told, QuotaOperation::kSet);
                });
  add_entity(*setting);
  setting->add_option("quota", options.quotas, "name=value")->required();
  auto* unsetting = verbs.add("unset", "Remove quotas",
                              "  odradek quota unset --client-id loader producer_byte_rate\n",
                              [](Client& client, const QuotaOptions& told) {
                                return change_quotas(client, told, QuotaOperation::kUnset);
                              });
  add_entity(*unsetting);
  unsetting->add_option("quota", options.quotas, "Names")->required();
}

}  // namespace cli
