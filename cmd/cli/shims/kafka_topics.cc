// kafka-topics: TopicCommand of Apache Kafka.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <set>

#include <fmt/core.h>

#include "cmd/cli/admin/cluster.h"
#include "cmd/cli/admin/configs.h"
#include "cmd/cli/admin/topics.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/java_order.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/shims/topic_pattern.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr OptionRow kTopicsOptions[] = {
    kBootstrapRow,
    kZookeeperRow,
    kCommandConfigRow,
    {"list", Takes::kNothing, "List all available topics."},
    {"create", Takes::kNothing, "Create a new topic."},
    {"delete", Takes::kNothing, "Delete a topic."},
    {"alter", Takes::kNothing, "Alter the number of partitions."},
    {"describe", Takes::kNothing, "List details for the given topics."},
    {"topic", Takes::kText, "The topic; a regular expression but for --create."},
    {"topic-id", Takes::kText, "The id of the topic to describe."},
    {"config", Takes::kText, "name=value, with --create."},
    {"delete-config", Takes::kText, "No longer supported."},
    {"partitions", Takes::kInteger, "The number of partitions."},
    {"replication-factor", Takes::kInteger, "The replicas of each partition."},
    {"replica-assignment", Takes::kText, "broker:broker,broker:broker,... by hand."},
    {"under-replicated-partitions", Takes::kNothing, "Describe only those."},
    {"unavailable-partitions", Takes::kNothing, "Describe only those without a live leader."},
    {"under-min-isr-partitions", Takes::kNothing, "Describe only those."},
    {"at-min-isr-partitions", Takes::kNothing, "Describe only those."},
    {"topics-with-overrides", Takes::kNothing, "Describe only topics with configs of their own."},
    {"if-exists", Takes::kNothing, "A topic that is not there is no failure."},
    {"if-not-exists", Takes::kNothing, "A topic that is there is no failure."},
    {"exclude-internal", Takes::kNothing, "Without internal topics."},
    {"partition-size-limit-per-response", Takes::kInteger, "Partitions in one answer."},
    {"force", Takes::kNothing, "Of earlier releases; ignored."},
    kHelpRow,
    kVersionRow,
};

constexpr std::string_view kPartitionReports[] = {
    "under-replicated-partitions", "unavailable-partitions", "under-min-isr-partitions",
    "at-min-isr-partitions"};

int topic_command_failed(const std::string& message, wire::ErrorCode code) {
  std::printf("Error while executing topic command : %s\n", message.c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "ERROR %s: %s (org.apache.kafka.tools.TopicCommand)\n",
               java_class(code).c_str(), message.c_str());
  return 1;
}

int topic_command_failed(const wire::Error& error) {
  return topic_command_failed(plain_detail(error), error.code);
}

// "1:2,2:3" -> the replicas of each partition.
wire::Result<std::map<wire::PartitionIndex, std::vector<wire::NodeId>>> parse_assignment(
    const std::string& text) {
  std::map<wire::PartitionIndex, std::vector<wire::NodeId>> assignment;
  wire::PartitionIndex index = 0;
  for (const std::string& partition : split(text, ',')) {
    std::vector<wire::NodeId>& replicas = assignment[index];
    for (const std::string& broker : split(partition, ':')) {
      wire::NodeId id = 0;
      const char* const end = broker.data() + broker.size();
      const auto parsed = std::from_chars(broker.data(), end, id);
      if (parsed.ec != std::errc() || parsed.ptr != end) {
        return wrong(fmt::format("For input string: \"{}\"", broker));
      }
      replicas.push_back(id);
    }
    if (std::set<wire::NodeId>(replicas.begin(), replicas.end()).size() != replicas.size()) {
      return wrong("Partition replica lists may not contain duplicate entries: " + join(replicas));
    }
    if (replicas.size() != assignment[0].size()) {
      return wrong(fmt::format("Partition {} has different replication factor: [{}]", index,
                               join(replicas, ", ")));
    }
    ++index;
  }
  return assignment;
}

// The topics that --topic means, by name.
wire::Result<std::vector<TopicDescription>> chosen(Client& client, const ToolOptions& options) {
  auto topics = list_topics(client);
  if (!topics.ok()) return topics;
  const TopicPattern pattern(options.value_or("topic", ".*"));
  std::erase_if(*topics, [&](const TopicDescription& topic) {
    if (topic.internal && options.has("exclude-internal")) return true;
    if (const auto id = options.value("topic-id")) return topic.id.to_string() != *id;
    return options.has("topic") && !pattern.matches(topic.name);
  });
  const bool must_exist = !options.has("if-exists");
  if (topics->empty() && must_exist && !options.value_or("topic-id", "").empty()) {
    return wrong(
        fmt::format("TopicId '{}' does not exist as expected", options.value_or("topic-id", "")));
  }
  if (topics->empty() && must_exist && !options.value_or("topic", "").empty()) {
    return wrong(
        fmt::format("Topic '{}' does not exist as expected", options.value_or("topic", "")));
  }
  return topics;
}

wire::Result<NewTopic> new_topic(const ToolOptions& options) {
  NewTopic topic;
  topic.name = options.value_or("topic", "");
  topic.partitions = static_cast<int32_t>(options.number_or("partitions", -1));
  const int64_t factor = options.number_or("replication-factor", -1);
  if (options.has("replication-factor") && (factor < 1 || factor > INT16_MAX)) {
    return wrong("The replication factor must be between 1 and 32767 inclusive");
  }
  topic.replication_factor = static_cast<int16_t>(factor);
  if (options.has("partitions") && topic.partitions < 1) {
    return wrong("The partitions must be greater than 0");
  }
  for (const std::string& config : options.values("config")) {
    const size_t equals = config.find('=');
    if (equals == std::string::npos) {
      return wrong(
          "requirement failed: Invalid topic config: all configs to be added must be in the format "
          "\"key=val\".");
    }
    topic.configs.emplace_back(config.substr(0, equals), config.substr(equals + 1));
  }
  if (const auto text = options.value("replica-assignment"); text && !text->empty()) {
    auto assignment = parse_assignment(*text);
    if (!assignment.ok()) return assignment.error();
    topic.assignment = std::move(*assignment);
  }
  return topic;
}

int create(Client& client, const ToolOptions& options) {
  const auto topic = new_topic(options);
  if (!topic.ok()) return topic_command_failed(topic.error());
  if (topic->name.find_first_of("._") != std::string::npos) {
    std::printf(
        "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore "
        "('_') could collide. To avoid issues it is best to use either, but not both.\n");
  }
  const auto outcomes = create_topics(client, {*topic});
  if (!outcomes.ok()) return topic_command_failed(outcomes.error());
  for (const Outcome& outcome : *outcomes) {
    if (outcome.ok()) {
      std::printf("Created topic %s.\n", topic->name.c_str());
    } else if (outcome.code != wire::ErrorCode::kTopicAlreadyExists ||
               !options.has("if-not-exists")) {
      return topic_command_failed(java_message(outcome.code, outcome.message), outcome.code);
    }
  }
  return 0;
}

int print_names(Client& client, const ToolOptions& options) {
  auto topics = list_topics(client);
  if (!topics.ok()) return topic_command_failed(topics.error());
  const TopicPattern pattern(options.value_or("topic", ".*"));
  std::vector<std::string> names;
  for (const TopicDescription& topic : *topics) {
    if (topic.internal && options.has("exclude-internal")) continue;
    if (!options.has("topic") || pattern.matches(topic.name)) names.push_back(topic.name);
  }
  std::printf("%s\n", join(names, "\n").c_str());
  return 0;
}

int alter_chosen(Client& client, const ToolOptions& options) {
  const auto topics = chosen(client, options);
  if (!topics.ok()) return topic_command_failed(topics.error());
  std::map<wire::PartitionIndex, std::vector<wire::NodeId>> assignment;
  if (const auto text = options.value("replica-assignment"); text && !text->empty()) {
    auto parsed = parse_assignment(*text);
    if (!parsed.ok()) return topic_command_failed(parsed.error());
    assignment = std::move(*parsed);
  }
  std::vector<PartitionIncrease> increases;
  for (const TopicDescription& topic : *topics) {
    PartitionIncrease& increase = increases.emplace_back();
    increase.topic = topic.name;
    increase.count = static_cast<int32_t>(options.number("partitions"));
    const auto old_count = static_cast<wire::PartitionIndex>(topic.partitions.size());
    for (auto at = assignment.lower_bound(old_count); at != assignment.end(); ++at) {
      increase.assignment.push_back(at->second);
    }
  }
  if (increases.empty()) return 0;
  const auto outcomes = add_partitions(client, increases);
  if (!outcomes.ok()) return topic_command_failed(outcomes.error());
  for (const Outcome& outcome : *outcomes) {
    if (!outcome.ok())
      return topic_command_failed(java_message(outcome.code, outcome.message), outcome.code);
  }
  return 0;
}

int remove(Client& client, const ToolOptions& options) {
  const auto topics = chosen(client, options);
  if (!topics.ok()) return topic_command_failed(topics.error());
  std::vector<std::string> names;
  for (const TopicDescription& topic : *topics) names.push_back(topic.name);
  if (names.empty()) return 0;
  const auto outcomes = delete_topics(client, names);
  if (!outcomes.ok()) return topic_command_failed(outcomes.error());
  for (const Outcome& outcome : *outcomes) {
    if (!outcome.ok())
      return topic_command_failed(java_message(outcome.code, outcome.message), outcome.code);
  }
  return 0;
}

// What --describe knows beside the topic itself.
struct Surroundings {
  std::set<wire::NodeId> live_brokers;
  std::map<TopicPartition, Reassignment> reassignments;
};

const Reassignment* reassignment_of(const Surroundings& around, const TopicDescription& topic,
                                    const PartitionState& partition) {
  const auto found = around.reassignments.find({topic.name, partition.index});
  return found == around.reassignments.end() ? nullptr : &found->second;
}

size_t replication_factor(const PartitionState& partition, const Reassignment* moving) {
  return moving == nullptr ? partition.replicas.size()
                           : moving->replicas.size() - moving->adding.size();
}

std::string partition_line(const TopicDescription& topic, const PartitionState& partition,
                           const Reassignment* moving) {
  std::string line = fmt::format(
      "\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}", topic.name, partition.index,
      partition.leader == wire::kNoNode ? "none" : std::to_string(partition.leader),
      join(partition.replicas), join(partition.isr));
  if (moving != nullptr) {
    line += fmt::format("\tAdding Replicas: {}\tRemoving Replicas: {}", join(moving->adding),
                        join(moving->removing));
  }
  line += "\tElr: " + (partition.eligible_leaders ? join(*partition.eligible_leaders) : "N/A");
  line += "\tLastKnownElr: " + (partition.last_known_eligible_leaders
                                    ? join(*partition.last_known_eligible_leaders)
                                    : "N/A");
  return line;
}

bool is_reported(const ToolOptions& options, const PartitionState& partition,
                 const Surroundings& around, const Reassignment* moving, size_t min_isr) {
  const bool has_leader = partition.leader != wire::kNoNode;
  if (options.has("under-replicated-partitions") &&
      replication_factor(partition, moving) > partition.isr.size()) {
    return true;
  }
  if (options.has("unavailable-partitions") &&
      (!has_leader || !around.live_brokers.contains(partition.leader))) {
    return true;
  }
  if (options.has("under-min-isr-partitions") && (!has_leader || partition.isr.size() < min_isr)) {
    return true;
  }
  return options.has("at-min-isr-partitions") && partition.isr.size() == min_isr;
}

size_t min_isr_of(const std::vector<ConfigEntry>& configs) {
  for (const ConfigEntry& config : configs) {
    if (config.name == "min.insync.replicas") {
      size_t count = 1;
      const std::string text = config.value.value_or("1");
      std::from_chars(text.data(), text.data() + text.size(), count);
      return count;
    }
  }
  return 1;
}

void print_topic(const ToolOptions& options, const TopicDescription& topic,
                 std::vector<ConfigEntry> configs, const Surroundings& around) {
  const bool some_partitions =
      std::any_of(std::begin(kPartitionReports), std::end(kPartitionReports),
                  [&](std::string_view report) { return options.has(report); });
  sort_as_java(configs, [](const ConfigEntry& config) { return std::string_view(config.name); });
  std::vector<std::string> own;
  for (const ConfigEntry& config : configs) {
    if (!config.is_default()) own.push_back(config.name + "=" + config.value.value_or("null"));
  }
  if (!some_partitions && (!options.has("topics-with-overrides") || !own.empty())) {
    const size_t factor =
        topic.partitions.empty()
            ? 0
            : replication_factor(topic.partitions[0],
                                 reassignment_of(around, topic, topic.partitions[0]));
    std::printf("Topic: %s", topic.name.c_str());
    if (!topic.id.is_zero()) std::printf("\tTopicId: %s", topic.id.to_string().c_str());
    std::printf("\tPartitionCount: %zu\tReplicationFactor: %zu\tConfigs: %s\n",
                topic.partitions.size(), factor, join(own, ",").c_str());
  }
  if (options.has("topics-with-overrides")) return;
  const size_t min_isr = min_isr_of(configs);
  for (const PartitionState& partition : topic.partitions) {
    const Reassignment* const moving = reassignment_of(around, topic, partition);
    if (some_partitions && !is_reported(options, partition, around, moving, min_isr)) continue;
    std::printf("%s\n", partition_line(topic, partition, moving).c_str());
  }
}

int describe_chosen(Client& client, const ToolOptions& options) {
  const auto wanted = chosen(client, options);
  if (!wanted.ok()) return topic_command_failed(wanted.error());
  std::vector<std::string> names;
  for (const TopicDescription& topic : *wanted) names.push_back(topic.name);
  sort_as_java(
      names, [](const std::string& name) { return std::string_view(name); }, 1);
  const auto topics = describe_topics(client, names);
  if (!topics.ok()) return topic_command_failed(topics.error());
  Surroundings around;
  const auto cluster = describe_cluster(client);
  if (!cluster.ok()) return topic_command_failed(cluster.error());
  for (const BrokerNode& broker : cluster->brokers) around.live_brokers.insert(broker.id);
  if (client.any().serves(wire::ApiKey::kListPartitionReassignments)) {
    auto moving = list_reassignments(client);
    if (!moving.ok()) return topic_command_failed(moving.error());
    around.reassignments = std::move(*moving);
  }
  for (const TopicDescription& topic : *topics) {
    if (topic.error != wire::ErrorCode::kNone) {
      return topic_command_failed(java_message(topic.error), topic.error);
    }
    auto configs =
        describe_configs(client, ConfigResourceType::kTopic, topic.name, ConfigDetail::kValues);
    if (!configs.ok()) return topic_command_failed(configs.error());
    print_topic(options, topic, std::move(*configs), around);
  }
  return 0;
}

// What TopicCommandOptions checks, in its words.
wire::Status check_topic_options(const ToolOptions& options) {
  constexpr std::string_view kActions[] = {"create", "list", "alter", "describe", "delete"};
  const auto actions = std::count_if(std::begin(kActions), std::end(kActions),
                                     [&](std::string_view name) { return options.has(name); });
  if (actions != 1) {
    return wrong(
        "Command must include exactly one action: --list, --describe, --create, --alter or "
        "--delete");
  }
  if (!options.has("list") && !options.has("describe")) {
    if (auto named = require_option(options, "topic"); !named.ok()) return named;
  }
  if (options.has("describe") && options.has("if-exists") && !options.has("topic") &&
      !options.has("topic-id")) {
    return wrong("--topic or --topic-id is required to describe a topic");
  }
  if (options.has("alter")) {
    if (options.has("config")) {
      return wrong(
          "Option combination \"[[bootstrap-server], [config]]\" can't be used with option "
          "\"[alter]\" (To alter topic configurations, the kafka-configs tool can be used.)");
    }
    if (auto counted = require_option(options, "partitions"); !counted.ok()) return counted;
  }
  for (const wire::Status& status :
       {forbid_with(options, "config", {"list", "describe", "delete"}),
        forbid_with(options, "partitions", {"list", "describe", "delete"}),
        forbid_with(options, "replication-factor", {"list", "alter", "describe", "delete"}),
        forbid_with(options, "replica-assignment", {"list", "describe", "delete"}),
        forbid_with(options, "if-exists", {"list", "create"}),
        forbid_with(options, "if-not-exists", {"list", "alter", "describe", "delete"}),
        forbid_with(options, "exclude-internal", {"alter", "create", "delete"})}) {
    if (!status.ok()) return status;
  }
  if (!options.has("create")) return {};
  return forbid_with(options, "replica-assignment", {"partitions", "replication-factor"});
}

}  // namespace

int kafka_topics(const Words& words) {
  // Apache's tool reads numbers only when it needs them.
  constexpr std::string_view kNoNumber = "Cannot parse argument";
  if (const auto tried = ToolOptions::parse(kTopicsOptions, words);
      !tried.ok() && tried.error().detail.starts_with(kNoNumber)) {
    return topic_command_failed(tried.error());
  }
  const Parsed parsed =
      parse_tool(kTopicsOptions, words, "Create, delete, describe, or change a topic.");
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  if (const auto checked = check_topic_options(options); !checked.ok()) {
    return usage(checked.error().detail, kTopicsOptions);
  }
  if (options.has("delete-config")) {
    std::fprintf(
        stderr,
        "delete-config option is no longer supported and deprecated since version 4.0. The "
        "config will be fully removed in future releases.\n");
  }
  if (!options.has("bootstrap-server") && !options.has("zookeeper")) {
    std::fprintf(stderr, "--bootstrap-server must be specified\n");
    return 1;
  }
  auto client = connect(options, "adminclient-1");
  if (!client.ok()) return topic_command_failed(client.error());
  if (options.has("create")) return create(**client, options);
  if (options.has("alter")) return alter_chosen(**client, options);
  if (options.has("list")) return print_names(**client, options);
  return options.has("describe") ? describe_chosen(**client, options) : remove(**client, options);
}

}  // namespace cli::shims
