#include "cmd/cli/config_admin.h"

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cmd/cli/admin/configs.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/verbs.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

struct ConfigOptions {
  Surface surface;
  std::string type;
  std::string name;
  std::vector<std::string> keys;  // or key=value
  bool all = false;
};

ConfigResourceType type_of(const std::string& type) {
  if (type == "topic") return ConfigResourceType::kTopic;
  if (type == "group") return ConfigResourceType::kGroup;
  if (type == "client-metrics") return ConfigResourceType::kClientMetrics;
  return ConfigResourceType::kBroker;
}

// "default" names the defaults of all brokers, which Kafka gives no name.
std::string resource_name(const ConfigOptions& options) {
  return options.type == "broker" && options.name == "default" ? "" : options.name;
}

bool is_asked(const ConfigOptions& options, const ConfigEntry& entry) {
  if (!options.keys.empty()) {
    return std::find(options.keys.begin(), options.keys.end(), entry.name) != options.keys.end();
  }
  const bool inherited =
      entry.is_default() ||
      (options.type == "topic" && entry.source != static_cast<int8_t>(ConfigSource::kDynamicTopic));
  return options.all || !inherited;
}

int get(Client& client, const ConfigOptions& options) {
  const auto entries = describe_configs(client, type_of(options.type), resource_name(options),
                                        ConfigDetail::kSynonyms);
  if (!entries.ok()) return fail(entries.error());
  Table table({"CONFIG", "VALUE", "FROM"});
  Json document = Json::object();
  size_t count = 0;
  for (const ConfigEntry& entry : *entries) {
    if (!is_asked(options, entry)) continue;
    ++count;
    const std::string source(config_source_name(entry.source));
    table.add({entry.name, entry.value.value_or(entry.sensitive ? "(hidden)" : "(null)"), source});
    document[entry.name] = {{"value", entry.value ? Json(*entry.value) : Json(nullptr)},
                            {"source", source},
                            {"sensitive", entry.sensitive},
                            {"read_only", entry.read_only}};
  }
  if (count < options.keys.size()) {
    return fail(wire::Error{wire::ErrorCode::kResourceNotFound,
                            options.type + " has no config " + join(options.keys, ", ")});
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

int change(Client& client, const ConfigOptions& options, ConfigChange::Operation operation) {
  std::vector<ConfigChange> changes;
  for (const std::string& key : options.keys) {
    const size_t equals = key.find('=');
    if (operation == ConfigChange::Operation::kSet && equals == std::string::npos) {
      return fail(wrong("a config is name=value, not \"" + key + "\""));
    }
    changes.push_back({key.substr(0, equals), operation,
                       equals == std::string::npos ? "" : key.substr(equals + 1)});
  }
  const auto altered =
      alter_configs(client, type_of(options.type), resource_name(options), changes);
  if (!altered.ok()) return fail(altered.error());
  std::printf("%s %s: %s\n", options.type.c_str(), options.name.c_str(),
              join(options.keys, ", ").c_str());
  return kDone;
}

void add_resource(CLI::App& command, ConfigOptions& options) {
  command.add_option("type", options.type, "topic, broker, group or client-metrics")
      ->required()
      ->check(CLI::IsMember({"topic", "broker", "group", "client-metrics"}));
  command.add_option("name", options.name, "Its name; of brokers a number, or default")->required();
}

}  // namespace

void add_config_admin(CLI::App& config, int& exit_code) {
  Verbs<ConfigOptions> verbs(config, exit_code);
  ConfigOptions& options = verbs.options();
  auto* getting = verbs.add("get", "Show the configs of a topic, broker, group or client metrics",
                            "  odradek config get topic tweets\n"
                            "  odradek config get broker 1 --all\n"
                            "  odradek config get topic tweets retention.ms -o json\n",
                            get);
  add_resource(*getting, options);
  getting->add_option("config", options.keys, "Only these");
  getting->add_flag("--all", options.all, "Defaults and inherited ones, too");

  auto* setting = verbs.add("set", "Set configs",
                            "  odradek config set topic tweets retention.ms=86400000\n"
                            "  odradek config set broker default log.cleaner.threads=2\n",
                            [](Client& client, const ConfigOptions& told) {
                              return change(client, told, ConfigChange::Operation::kSet);
                            });
  add_resource(*setting, options);
  setting->add_option("config", options.keys, "name=value")->required();

  auto* unsetting = verbs.add("unset", "Let configs have their defaults again",
                              "  odradek config unset topic tweets retention.ms\n",
                              [](Client& client, const ConfigOptions& told) {
                                return change(client, told, ConfigChange::Operation::kDelete);
                              });
  add_resource(*unsetting, options);
  unsetting->add_option("config", options.keys, "Names")->required();
}

}  // namespace cli
