// `odradek config`: what a broker would be configured with, and why; and what a cluster is configured with.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cluster/config/broker_config.h"
#include "cluster/config/config_def.h"
#include "cluster/config/environment.h"
#include "cmd/cli/broker_options.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/config_admin.h"
#include "cmd/cli/properties_text.h"

namespace cli {
namespace {

using cluster::config::BrokerConfig;
using cluster::config::ConfigDef;
using cluster::config::ConfigSources;
using cluster::config::Scope;

std::string shown(const ConfigDef& row, const std::optional<std::string>& value) {
  if (!value.has_value()) return "(null)";
  return row.sensitive() ? "[hidden]" : *value;
}

std::string origin_of(const ConfigSources& sources, std::string_view property) {
  const std::string_view origin = sources.origin(property);
  return origin.empty() ? "default" : std::string(origin);
}

// One property in full.
void print_in_full(const ConfigDef& row, const BrokerConfig& config, const ConfigSources& sources) {
  std::printf("%s = %s\n", std::string(row.name).c_str(),
              shown(row, config.find(row.name)).c_str());
  std::printf("  from      %s\n", origin_of(sources, row.name).c_str());
  std::printf("  type      %s\n", std::string(type_name(row.type)).c_str());
  const bool has_default = row.default_value != nullptr && !row.required();
  std::printf("  default   %s\n", row.required() ? "(none: it must be set)"
                                  : has_default  ? row.default_value
                                                 : "(null)");
  std::printf("  may be changed while the broker runs: %s\n", row.dynamic() ? "yes" : "no");
  std::printf("  has an effect: %s\n", row.effect == cluster::config::Effect::kYes
                                           ? "yes"
                                           : "not in this version; it is accepted and stored");
  if (!row.documentation.empty()) std::printf("  %s\n", std::string(row.documentation).c_str());
}

struct ExplainOptions {
  BrokerOptions told;
  std::string property;
  bool all = false;
};

int explain(const ExplainOptions& options) {
  const auto sources = gather(options.told);
  if (!sources.ok()) return fail(sources.error().detail);
  std::vector<std::string> warnings;
  const auto config = BrokerConfig::load(sources->properties(), warnings);
  if (!config.ok()) return fail(config.error().detail);
  if (!options.property.empty()) {
    const ConfigDef* row = cluster::config::find_config(Scope::kBroker, options.property);
    if (row == nullptr) {
      const auto nearest = cluster::config::nearest_config(Scope::kBroker, options.property);
      return fail(nearest ? fmt::format("no property is called {}; did you mean {}?",
                                        options.property, *nearest)
                          : fmt::format("no property is called {}; `odradek config explain --all` "
                                        "lists them",
                                        options.property));
    }
    print_in_full(*row, *config, *sources);
    return 0;
  }
  for (const std::string& note : sources->notes()) std::printf("# %s\n", note.c_str());
  for (const std::string& warning : warnings) std::printf("# %s\n", warning.c_str());
  for (const ConfigDef* row : cluster::config::configs(Scope::kBroker)) {
    if (!options.all && sources->origin(row->name).empty()) continue;
    std::printf("%s=%s  # %s\n", std::string(row->name).c_str(),
                shown(*row, config->find(row->name)).c_str(),
                origin_of(*sources, row->name).c_str());
  }
  return 0;
}

// What was set, as one file.  With secrets: it is what a broker is started with.
int print(const BrokerOptions& options) {
  const auto sources = gather(options);
  if (!sources.ok()) return fail(sources.error().detail);
  for (const std::string& note : sources->notes()) std::fprintf(stderr, "%s\n", note.c_str());
  std::printf("%s", format_properties(sources->properties()).c_str());
  return 0;
}

int env() {
  const auto reading = cluster::config::read_environment(process_environment(), read_text);
  if (!reading.ok()) return fail(reading.error().detail);
  if (reading->settings.empty() && reading->ignored.empty()) {
    std::printf("No variable KAFKA_* or KAFKA_CFG_* is set.\n");
    return 0;
  }
  for (const auto& setting : reading->settings) {
    const ConfigDef* row = cluster::config::find_config(Scope::kBroker, setting.property);
    const bool hidden = row != nullptr && row->sensitive();
    std::printf("%s -> %s=%s\n", setting.variable.c_str(), setting.property.c_str(),
                hidden ? "[hidden]" : setting.value.c_str());
  }
  for (const auto& ignored : reading->ignored) {
    std::printf("%s is ignored: %s\n", ignored.variable.c_str(), ignored.reason.c_str());
  }
  return 0;
}

}  // namespace

void add_config(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "config", "Configs of a running cluster, and what a broker would be configured with");
  command->require_subcommand(1);
  command->footer(R"(
Examples:
  odradek config get topic tweets
  odradek config set topic tweets retention.ms=86400000
  odradek config explain -c server.properties
)");
  add_config_admin(*command, exit_code);
  auto* explaining = command->add_subcommand(
      "explain", "Effective values and where each comes from; of one property, what it means too");
  explaining->footer(R"(
Examples:
  odradek config explain -c server.properties
  odradek config explain log.retention.ms -c server.properties --set log.retention.ms=60000
  odradek config explain --all
)");
  auto options = std::make_shared<ExplainOptions>();
  explaining->add_option("property", options->property, "One property, in full");
  explaining->add_flag("--all", options->all, "Defaults too");
  add_broker_options(*explaining, options->told);
  explaining->callback([options, &exit_code] { exit_code = explain(*options); });
  auto* printing = command->add_subcommand(
      "print", "What is set in files, environment and --set, as one properties file");
  printing->footer(R"(
Passwords are printed too: `config explain` is for people, this is for scripts.

Examples:
  odradek config print -c defaults.properties > server.properties
  odradek serve --no-environment -c server.properties
)");
  auto print_options = std::make_shared<BrokerOptions>();
  add_broker_options(*printing, *print_options);
  printing->callback([print_options, &exit_code] { exit_code = print(*print_options); });
  auto* environment = command->add_subcommand(
      "env", "The properties that `serve` would take from this environment");
  environment->footer(R"(
  KAFKA_LOG_RETENTION_MS      log.retention.ms: `_` is a dot, `__` an underscore, `___` a dash
  KAFKA_CREATE_TOPICS         odradek.create.topics, as wurstmeister's image has it
  KAFKA_CFG_LOG_RETENTION_MS  the same in bitnami's way: each `_` is a dot; it wins
  ..._FILE                    the value is what that file holds
)");
  environment->callback([&exit_code] { exit_code = env(); });
}

}  // namespace cli
