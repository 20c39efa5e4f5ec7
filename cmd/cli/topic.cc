// `odradek topic`: create, list, describe, alter, add-partitions, delete, trim, offsets.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cmd/cli/admin/configs.h"
#include "cmd/cli/admin/offsets.h"
#include "cmd/cli/admin/topics.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/records/reader.h"
#include "cmd/cli/verbs.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

struct TopicOptions {
  Surface surface;
  std::vector<std::string> topics;
  int32_t partitions = -1;
  int16_t replication_factor = -1;
  std::vector<std::string> configs;
  std::vector<std::string> unset;
  bool internal = false;
  bool if_not_exists = false;
  bool if_exists = false;
  std::string before;
};

wire::Result<std::pair<std::string, std::string>> parse_config(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return wrong("a config is name=value, not \"" + text + "\"");
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

// Prints what became of each; the exit code is that of the last failure.
int report(const std::vector<Outcome>& outcomes, const std::string& done,
           wire::ErrorCode tolerated = wire::ErrorCode::kNone) {
  int exit_code = kDone;
  for (const Outcome& outcome : outcomes) {
    if (outcome.ok()) {
      std::printf("%s %s\n", done.c_str(), outcome.name.c_str());
    } else if (outcome.code != tolerated) {
      exit_code = fail(
          wire::Error{outcome.code, outcome.name + ": " + describe(outcome.code, outcome.message)});
    }
  }
  return exit_code;
}

int create(Client& client, const TopicOptions& options) {
  std::vector<NewTopic> topics;
  for (const std::string& name : options.topics) {
    NewTopic& topic = topics.emplace_back();
    topic.name = name;
    topic.partitions = options.partitions;
    topic.replication_factor = options.replication_factor;
    for (const std::string& text : options.configs) {
      auto config = parse_config(text);
      if (!config.ok()) return fail(config.error());
      topic.configs.push_back(std::move(*config));
    }
  }
  const auto outcomes = create_topics(client, topics);
  if (!outcomes.ok()) return fail(outcomes.error());
  return report(
      *outcomes, "created",
      options.if_not_exists ? wire::ErrorCode::kTopicAlreadyExists : wire::ErrorCode::kNone);
}

int print_topics(Client& client, const TopicOptions& options) {
  const auto topics = list_topics(client);
  if (!topics.ok()) return fail(topics.error());
  Json document = Json::array();
  for (const TopicDescription& topic : *topics) {
    if (topic.internal && !options.internal) continue;
    if (options.surface.json()) {
      document.push_back(
          {{"name", topic.name},
           {"id", topic.id.to_string()},
           {"internal", topic.internal},
           {"partitions", topic.partitions.size()},
           {"replicas", topic.partitions.empty() ? 0 : topic.partitions[0].replicas.size()}});
    } else {
      std::printf("%s\n", topic.name.c_str());
    }
  }
  if (options.surface.json()) print_json(document);
  return kDone;
}

Json partitions_json(const TopicDescription& topic) {
  Json partitions = Json::array();
  for (const PartitionState& partition : topic.partitions) {
    partitions.push_back({{"partition", partition.index},
                          {"leader", partition.leader},
                          {"leader_epoch", partition.leader_epoch},
                          {"replicas", partition.replicas},
                          {"isr", partition.isr},
                          {"offline", partition.offline}});
  }
  return partitions;
}

void print_topic(const TopicDescription& topic, const std::vector<ConfigEntry>& configs) {
  std::printf("%s  id %s\n", topic.name.c_str(), topic.id.to_string().c_str());
  for (const ConfigEntry& config : configs) {
    if (config.is_default()) continue;
    std::printf("  %s=%s\n", config.name.c_str(), config.value.value_or("(hidden)").c_str());
  }
  Table table({"  PARTITION", "LEADER", "REPLICAS", "IN SYNC"});
  for (const PartitionState& partition : topic.partitions) {
    table.add({"  " + std::to_string(partition.index),
               partition.leader == wire::kNoNode ? "none" : std::to_string(partition.leader),
               join(partition.replicas), join(partition.isr)});
  }
  table.print();
}

int describe_them(Client& client, const TopicOptions& options) {
  for (const std::string& name : options.topics) {  // --wait waits here
    if (const auto there = client.partitions(name, Client::Create::kNo);
        !there.ok() && there.error().code == wire::ErrorCode::kUnknownTopicOrPartition) {
      return fail(there.error());
    }
  }
  const auto topics = describe_topics(client, options.topics);
  if (!topics.ok()) return fail(topics.error());
  Json document = Json::array();
  for (const TopicDescription& topic : *topics) {
    if (topic.error != wire::ErrorCode::kNone) {
      return fail(wire::Error{topic.error, topic.name + ": " + describe(topic.error)});
    }
    const auto configs =
        describe_configs(client, ConfigResourceType::kTopic, topic.name, ConfigDetail::kValues);
    if (!configs.ok()) return fail(configs.error());
    if (!options.surface.json()) {
      print_topic(topic, *configs);
      continue;
    }
    Json set = Json::object();
    for (const ConfigEntry& config : *configs) {
      if (!config.is_default()) set[config.name] = config.value.value_or("");
    }
    document.push_back({{"name", topic.name},
                        {"id", topic.id.to_string()},
                        {"internal", topic.internal},
                        {"configs", std::move(set)},
                        {"partitions", partitions_json(topic)}});
  }
  if (options.surface.json()) print_json(document);
  return kDone;
}

int alter(Client& client, const TopicOptions& options) {
  std::vector<ConfigChange> changes;
  for (const std::string& text : options.configs) {
    const auto config = parse_config(text);
    if (!config.ok()) return fail(config.error());
    changes.push_back({config->first, ConfigChange::Operation::kSet, config->second});
  }
  for (const std::string& name : options.unset) {
    changes.push_back({name, ConfigChange::Operation::kDelete, ""});
  }
  for (const std::string& name : options.topics) {
    const auto altered = alter_configs(client, ConfigResourceType::kTopic, name, changes);
    if (!altered.ok()) {
      return fail(wire::Error{altered.error().code, name + ": " + altered.error().detail});
    }
    std::printf("altered %s\n", name.c_str());
  }
  return kDone;
}

int add_more(Client& client, const TopicOptions& options) {
  std::vector<PartitionIncrease> increases;
  for (const std::string& name : options.topics) {
    increases.push_back({.topic = name, .count = options.partitions});
  }
  const auto outcomes = add_partitions(client, increases);
  if (!outcomes.ok()) return fail(outcomes.error());
  return report(*outcomes, fmt::format("now {} partitions:", options.partitions));
}

int remove_topics(Client& client, const TopicOptions& options) {
  const auto outcomes = delete_topics(client, options.topics);
  if (!outcomes.ok()) return fail(outcomes.error());
  return report(
      *outcomes, "deleted",
      options.if_exists ? wire::ErrorCode::kUnknownTopicOrPartition : wire::ErrorCode::kNone);
}

int trim(Client& client, const TopicOptions& options) {
  const auto start = parse_start(options.before);
  if (!start) {
    std::fprintf(stderr, "error: --before takes an offset, end or @time, not \"%s\"\n",
                 options.before.c_str());
    return kWrongUsage;
  }
  const auto partitions = partitions_of(client, options.topics.front());
  if (!partitions.ok()) return fail(partitions.error());
  const auto offsets = start_offsets(client, *partitions, *start, Isolation::kReadUncommitted);
  if (!offsets.ok()) return fail(offsets.error());
  const auto trimmed = delete_records(client, *offsets);
  if (!trimmed.ok()) return fail(trimmed.error());
  int exit_code = kDone;
  for (const auto& [partition, result] : *trimmed) {
    if (result.error == wire::ErrorCode::kNone) {
      std::printf("%s begins at %lld\n", partition.to_string().c_str(),
                  static_cast<long long>(result.low_watermark));
    } else {
      exit_code =
          fail(wire::Error{result.error, partition.to_string() + ": " + describe(result.error)});
    }
  }
  return exit_code;
}

int offsets(Client& client, const TopicOptions& options) {
  Table table({"TOPIC", "PARTITION", "BEGIN", "END", "RECORDS"});
  Json document = Json::array();
  for (const std::string& name : options.topics) {
    const auto partitions = partitions_of(client, name);
    if (!partitions.ok()) return fail(partitions.error());
    const auto begins = list_offsets(client, *partitions, kEarliestTime);
    if (!begins.ok()) return fail(begins.error());
    const auto ends = list_offsets(client, *partitions, kLatestTime);
    if (!ends.ok()) return fail(ends.error());
    for (const auto& [partition, end] : *ends) {
      const wire::Offset begin = begins->at(partition).offset;
      if (end.error != wire::ErrorCode::kNone) {
        return fail(wire::Error{end.error, partition.to_string() + ": " + describe(end.error)});
      }
      table.add({name, std::to_string(partition.partition), std::to_string(begin),
                 std::to_string(end.offset), std::to_string(end.offset - begin)});
      document.push_back({{"topic", name},
                          {"partition", partition.partition},
                          {"begin", begin},
                          {"end", end.offset}});
    }
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

void add_names(CLI::App& command, TopicOptions& options) {
  command.add_option("topic", options.topics, "Names")->required();
}

void add_configs(CLI::App& command, TopicOptions& options) {
  command
      .add_option("-c,--config", options.configs,
                  "name=value of a topic config; may be given again")
      ->take_all();
}

void add_changes(Verbs<TopicOptions>& verbs) {
  TopicOptions& options = verbs.options();
  auto* created = verbs.add("create", "Create topics",
                            "  odradek topic create tweets -p 3\n"
                            "  odradek topic create state -p 1 -c cleanup.policy=compact\n"
                            "  odradek topic create tweets --if-not-exists --wait 30s\n",
                            create);
  add_names(*created, options);
  created->add_option("-p,--partitions", options.partitions,
                      "Number of partitions (default: the broker's)");
  created->add_option("-r,--replication-factor", options.replication_factor,
                      "Replicas (default: the broker's)");
  add_configs(*created, options);
  created->add_flag("--if-not-exists", options.if_not_exists, "A topic that exists is no failure");

  auto* altered = verbs.add("alter", "Set or unset configs of topics",
                            "  odradek topic alter tweets -c retention.ms=86400000\n"
                            "  odradek topic alter tweets --unset retention.ms\n",
                            alter);
  add_names(*altered, options);
  add_configs(*altered, options);
  altered->add_option("--unset", options.unset, "Name of a config; may be given again")->take_all();

  auto* grown = verbs.add("add-partitions", "Raise the number of partitions",
                          "  odradek topic add-partitions tweets -p 6\n", add_more);
  add_names(*grown, options);
  grown->add_option("-p,--partitions", options.partitions, "The new number of partitions")
      ->required();

  auto* deleted = verbs.add("delete", "Delete topics and their records",
                            "  odradek topic delete tweets state\n"
                            "  odradek topic delete tweets --if-exists\n",
                            remove_topics);
  add_names(*deleted, options);
  deleted->add_flag("--if-exists", options.if_exists, "A topic that is not there is no failure");

  auto* trimmed = verbs.add("trim", "Delete the records before an offset or a time",
                            "  odradek topic trim tweets --before end\n"
                            "  odradek topic trim tweets --before 1000\n"
                            "  odradek topic trim tweets --before @2026-01-31T00:00:00Z\n",
                            trim);
  add_names(*trimmed, options);
  trimmed->add_option("--before", options.before, "An offset, end, or @time")->required();
}

}  // namespace

void add_topic(CLI::App& app, int& exit_code) {
  auto* topic = app.add_subcommand("topic", "Create, list, describe, change and delete topics");
  topic->require_subcommand(1);
  topic->footer(R"(
Examples:
  odradek topic create tweets -p 3
  odradek topic describe tweets
  odradek topic offsets tweets -o json
)");
  Verbs<TopicOptions> verbs(*topic, exit_code);
  auto* listed = verbs.add("list", "List topics",
                           "  odradek topic list\n"
                           "  odradek topic list --internal -o json\n",
                           print_topics);
  listed->add_flag("--internal", verbs.options().internal, "Internal ones too");
  add_names(*verbs.add("describe", "Show partitions, leaders, replicas and configs",
                       "  odradek topic describe tweets\n"
                       "  odradek topic describe tweets --wait 30s -o json\n",
                       describe_them),
            verbs.options());
  add_names(*verbs.add("offsets", "Show where each partition begins and ends",
                       "  odradek topic offsets tweets\n", offsets),
            verbs.options());
  add_changes(verbs);
}

}  // namespace cli
