// kafka-configs: ConfigCommand of Apache Kafka.  This file has its options and the configs of resources; quotas
// and credentials are in kafka_configs_entities.cc.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <set>

#include <fmt/core.h>

#include "cmd/cli/admin/cluster.h"
#include "cmd/cli/admin/configs.h"
#include "cmd/cli/admin/groups.h"
#include "cmd/cli/admin/topics.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/config_entities.h"
#include "cmd/cli/shims/java_order.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr OptionRow kConfigsOptions[] = {
    kBootstrapRow,
    kZookeeperRow,
    {"bootstrap-controller", Takes::kText, "The Kafka controller to connect to."},
    kCommandConfigRow,
    {"alter", Takes::kNothing, "Alter the configuration for the entity."},
    {"describe", Takes::kNothing, "List configs for the given entity."},
    {"all", Takes::kNothing, "Static configs and defaults, too."},
    {"entity-type", Takes::kText,
     "topics/clients/users/brokers/broker-loggers/ips/client-metrics/groups"},
    {"entity-name", Takes::kText, "Name of the entity."},
    {"entity-default", Takes::kNothing, "The default of clients/users/brokers/ips."},
    {"add-config", Takes::kText, "k1=v1,k2=[v1,v2],..."},
    {"add-config-file", Takes::kText, "A properties file of the same."},
    {"delete-config", Takes::kText, "k1,k2"},
    {"topic", Takes::kText, "The topic's name."},
    {"client", Takes::kText, "The client's ID."},
    {"client-defaults", Takes::kNothing, "The config defaults for all clients."},
    {"user", Takes::kText, "The user's principal name."},
    {"user-defaults", Takes::kNothing, "The config defaults for all users."},
    {"broker", Takes::kText, "The broker's ID."},
    {"broker-defaults", Takes::kNothing, "The config defaults for all brokers."},
    {"broker-logger", Takes::kText, "The broker's ID for its logger config."},
    {"ip-defaults", Takes::kNothing, "The config defaults for all IPs."},
    {"ip", Takes::kText, "The IP address."},
    {"group", Takes::kText, "The group's ID."},
    {"client-metrics", Takes::kText, "The client metrics config resource name."},
    {"force", Takes::kNothing, "Of earlier releases; ignored."},
    kHelpRow,
    kVersionRow,
};

struct Shortcut {
  std::string_view option;
  std::string_view type;
};
constexpr Shortcut kNamed[] = {{"topic", "topics"}, {"client", "clients"},
                               {"user", "users"},   {"broker", "brokers"},
                               {"ip", "ips"},       {"broker-logger", "broker-loggers"},
                               {"group", "groups"}, {"client-metrics", "client-metrics"}};
constexpr Shortcut kDefaults[] = {{"client-defaults", "clients"},
                                  {"user-defaults", "users"},
                                  {"broker-defaults", "brokers"},
                                  {"ip-defaults", "ips"}};
constexpr std::string_view kTypes[] = {"topics",         "clients", "users",          "brokers",
                                       "broker-loggers", "ips",     "client-metrics", "groups"};

// What the command line is about.
wire::Result<ConfigEntities> entities_of(const ToolOptions& options) {
  ConfigEntities entities{.types = options.values("entity-type"), .names = {}};
  const auto names = options.values("entity-name");
  size_t next_name = 0;
  for (const std::string& option : options.order()) {
    if (option == "entity-name") entities.names.push_back(names[next_name++]);
    if (option == "entity-default") entities.names.emplace_back();
  }
  const bool general = !entities.types.empty() || !entities.names.empty();
  bool specific = false;
  for (const Shortcut& shortcut : kNamed) {
    if (const auto name = options.value(shortcut.option)) {
      entities.types.emplace_back(shortcut.type);
      entities.names.push_back(*name);
      specific = true;
    }
  }
  for (const Shortcut& shortcut : kDefaults) {
    if (options.has(shortcut.option)) {
      entities.types.emplace_back(shortcut.type);
      entities.names.emplace_back();
      specific = true;
    }
  }
  if (general && specific) {
    return wrong(
        "--entity-{type,name,default} should not be used in conjunction with specific entity "
        "flags");
  }
  return entities;
}

wire::Status check_types(const ConfigEntities& entities) {
  if (entities.types.empty()) return wrong("At least one entity type must be specified");
  for (const std::string& type : entities.types) {
    if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) {
      return wrong(fmt::format(
          "Invalid entity type {}, the entity type must be one of topics, clients, users, brokers, "
          "ips, client-metrics, groups, broker-loggers with a --bootstrap-server or "
          "--bootstrap-controller argument",
          type));
    }
  }
  const std::set<std::string> distinct(entities.types.begin(), entities.types.end());
  if (distinct.size() != entities.types.size()) {
    return wrong("Duplicate entity type(s) specified: " + entities.types.back());
  }
  if (distinct.size() > 1 && distinct != std::set<std::string>{"clients", "users"}) {
    return wrong("Only 'users' and 'clients' entity types may be specified together");
  }
  return {};
}

wire::Status check(const ToolOptions& options, const ConfigEntities& entities) {
  if (!options.has("bootstrap-server") && !options.has("bootstrap-controller") &&
      !options.has("zookeeper")) {
    return wrong("Either --bootstrap-server or --bootstrap-controller must be specified.");
  }
  if (auto typed = check_types(entities); !typed.ok()) return typed;
  const std::string& type = entities.types.front();
  const bool has_name = std::any_of(entities.names.begin(), entities.names.end(),
                                    [](const std::string& name) { return !name.empty(); });
  if (has_name && (type == "brokers" || type == "broker-loggers") &&
      !is_number(entities.names.front())) {
    return wrong(
        fmt::format("The entity name for {} must be a valid integer broker id, but it is: {}", type,
                    entities.names.front()));
  }
  if (!options.has("alter")) {
    return type == "broker-loggers" && !has_name
               ? wire::Status(
                     wrong("An entity name must be specified with --describe of broker-loggers"))
               : wire::Status();
  }
  const bool may_be_default =
      type == "users" || type == "clients" || type == "brokers" || type == "ips";
  if (entities.names.empty() && may_be_default) {
    return wrong(
        "An entity-name or default entity must be specified with --alter of users, clients, "
        "brokers or ips");
  }
  if (!has_name && !may_be_default) {
    return wrong("An entity name must be specified with --alter of " + join(entities.types, ","));
  }
  if (options.has("add-config") && options.has("add-config-file")) {
    return wrong("Only one of --add-config or --add-config-file must be specified");
  }
  if (!options.has("add-config") && !options.has("add-config-file") &&
      !options.has("delete-config")) {
    return wrong(
        "At least one of --add-config, --add-config-file, or --delete-config must be specified "
        "with --alter");
  }
  if (entities.types.size() != entities.names.size()) {
    return wrong("An entity name must be specified for every entity type");
  }
  return {};
}

ConfigResourceType resource_type(const std::string& type) {
  if (type == "topics") return ConfigResourceType::kTopic;
  if (type == "brokers") return ConfigResourceType::kBroker;
  if (type == "broker-loggers") return ConfigResourceType::kBrokerLogger;
  if (type == "client-metrics") return ConfigResourceType::kClientMetrics;
  return ConfigResourceType::kGroup;
}

// Where a value comes from that was set for this entity.
int8_t own_source(const std::string& type, const std::string& name) {
  if (type == "topics") return static_cast<int8_t>(ConfigSource::kDynamicTopic);
  if (type == "client-metrics") return static_cast<int8_t>(ConfigSource::kDynamicClientMetrics);
  if (type == "groups") return static_cast<int8_t>(ConfigSource::kDynamicGroup);
  return static_cast<int8_t>(name.empty() ? ConfigSource::kDynamicDefaultBroker
                                          : ConfigSource::kDynamicBroker);
}

std::string singular(const std::string& type) {
  return type.substr(0, type.size() - 1);
}

int config_command_failed(const wire::Error& error, const Words& words) {
  if (error.code == wire::ErrorCode::kInvalidRequest ||
      error.code == wire::ErrorCode::kUnsupportedVersion) {
    std::fprintf(stderr, "%s\n", plain_detail(error).c_str());
    return 1;
  }
  std::fprintf(stderr,
               "Error while executing config command with args '%s'\n"
               "java.util.concurrent.ExecutionException: %s: %s\n",
               join(words, " ").c_str(), java_class(error.code).c_str(),
               plain_detail(error).c_str());
  return 1;
}

// All entities of a type, in the order of Apache's tool.
wire::Result<std::vector<std::string>> all_entities(Client& client, const std::string& type) {
  std::vector<std::string> names;
  if (type == "topics") {
    const auto topics = list_topics(client);
    if (!topics.ok()) return topics.error();
    for (const TopicDescription& topic : *topics) names.push_back(topic.name);
  } else if (type == "brokers" || type == "broker-loggers") {
    const auto cluster = describe_cluster(client);
    if (!cluster.ok()) return cluster.error();
    for (const BrokerNode& broker : cluster->brokers) names.push_back(std::to_string(broker.id));
    names.emplace_back();
    return names;
  } else {
    std::set<std::string> found;
    auto configured = list_config_resources(client, resource_type(type));
    if (configured.ok()) found.insert(configured->begin(), configured->end());
    if (!configured.ok() && type == "client-metrics") return configured.error();
    if (type == "groups") {
      const auto groups = list_groups(client);
      if (!groups.ok()) return groups.error();
      for (const GroupListing& group : *groups) found.insert(group.id);
    }
    names.assign(found.begin(), found.end());
  }
  sort_as_java(names, [](const std::string& name) { return std::string_view(name); });
  return names;
}

int describe_entities(Client& client, const ToolOptions& options, const ConfigEntities& entities,
                      const Words& words) {
  const std::string& type = entities.types.front();
  const bool all = options.has("all");
  auto known = all_entities(client, type);
  if (!known.ok()) return config_command_failed(known.error(), words);
  std::vector<std::string> names = *known;
  if (!entities.names.empty()) {
    const std::string& name = entities.names.front();
    if (!all && std::find(known->begin(), known->end(), name) == known->end()) {
      std::printf("The %s '%s' doesn't exist and doesn't have dynamic config.\n",
                  singular(type).c_str(), name.c_str());
      return 0;
    }
    names = {name};
  }
  for (const std::string& name : names) {
    if (name.empty()) {
      std::printf("Default configs for %s in the cluster are:\n", type.c_str());
    } else {
      std::printf("%s configs for %s %s are:\n", all ? "All" : "Dynamic", singular(type).c_str(),
                  name.c_str());
    }
    const auto entries =
        describe_configs(client, resource_type(type), name, ConfigDetail::kSynonyms);
    if (!entries.ok()) return config_command_failed(entries.error(), words);
    for (const ConfigEntry& entry : *entries) {
      const bool own = entry.source == own_source(type, name) || type == "broker-loggers";
      if (!all && !own) continue;
      std::vector<std::string> synonyms;
      for (const ConfigSynonym& synonym : entry.synonyms) {
        synonyms.push_back(fmt::format("{}:{}={}", config_source_name(synonym.source), synonym.name,
                                       synonym.value.value_or("null")));
      }
      std::printf("  %s=%s sensitive=%s synonyms={%s}\n", entry.name.c_str(),
                  entry.value.value_or("null").c_str(), entry.sensitive ? "true" : "false",
                  join(synonyms, ", ").c_str());
    }
  }
  return 0;
}

int alter_entities(Client& client, const ToolOptions& options, const ConfigEntities& entities,
                   const Words& words) {
  const auto changes = parse_changes(options);
  if (!changes.ok()) return config_command_failed(changes.error(), words);
  const std::string& type = entities.types.front();
  const std::string& name = entities.names.front();
  wire::Status altered;
  if (type == "users" || type == "clients" || type == "ips") {
    altered = alter_entities(client, entities, *changes);
  } else {
    altered = alter_configs(client, resource_type(type), name, *changes);
  }
  if (!altered.ok()) return config_command_failed(altered.error(), words);
  if (name.empty()) {
    std::printf("Completed updating default config for %s in the cluster.\n", type.c_str());
  } else {
    std::printf("Completed updating config for %s %s.\n", singular(type).c_str(), name.c_str());
  }
  return 0;
}

}  // namespace

int kafka_configs(const Words& words) {
  const auto tried = ToolOptions::parse(kConfigsOptions, words);
  if (!tried.ok()) {
    std::fprintf(stderr, "%s\n", tried.error().detail.c_str());
    return 1;
  }
  const Parsed parsed =
      parse_tool(kConfigsOptions, words,
                 "This tool helps to manipulate and describe entity config for a topic, client, "
                 "user, broker, ip, client-metrics or group");
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  if (options.has("alter") == options.has("describe")) {
    return usage("Command must include exactly one action: --describe, --alter", kConfigsOptions);
  }
  if (const auto allowed = forbid_with(options, "describe", {"add-config", "delete-config"});
      !allowed.ok()) {
    return usage(allowed.error().detail, kConfigsOptions);
  }
  const auto entities = entities_of(options);
  if (!entities.ok()) return config_command_failed(entities.error(), words);
  if (const auto checked = check(options, *entities); !checked.ok()) {
    return config_command_failed(checked.error(), words);
  }
  if (options.has("bootstrap-controller")) {
    return config_command_failed(
        wrong("--bootstrap-controller is not part of this tool: a broker forwards what "
              "it is asked, use --bootstrap-server"),
        words);
  }
  auto client = connect(options, "adminclient-1");
  if (!client.ok()) return config_command_failed(client.error(), words);
  if (options.has("alter")) return alter_entities(**client, options, *entities, words);
  const std::string& type = entities->types.front();
  if (type != "users" && type != "clients" && type != "ips") {
    return describe_entities(**client, options, *entities, words);
  }
  const auto described = describe_entities(**client, *entities);
  return described.ok() ? 0 : config_command_failed(described.error(), words);
}

}  // namespace cli::shims
