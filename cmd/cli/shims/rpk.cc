// rpk: Redpanda's topic, group and cluster verbs, as far as scripts, health checks and init containers call them.
#include <charconv>
#include <chrono>
#include <cstdio>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cmd/cli/admin/cluster.h"
#include "cmd/cli/admin/configs.h"
#include "cmd/cli/admin/groups.h"
#include "cmd/cli/admin/reset_plan.h"
#include "cmd/cli/admin/topics.h"
#include "cmd/cli/interrupt.h"
#include "cmd/cli/output.h"
#include "cmd/cli/records/format.h"
#include "cmd/cli/records/group_reader.h"
#include "cmd/cli/records/line_source.h"
#include "cmd/cli/records/producer.h"
#include "cmd/cli/shims/redpanda_start.h"
#include "cmd/cli/shims/tool.h"

namespace cli::shims {
namespace {

using Json = nlohmann::ordered_json;

constexpr OptionRow kRpkOptions[] = {
    {"brokers|b", Takes::kText, "Brokers to ask."},
    {"X", Takes::kText, "name=value; brokers=... names the brokers."},
    {"config|profile", Takes::kText, "Accepted."},
    {"v|verbose", Takes::kNothing, "Accepted."},
    {"p|partitions|partition", Takes::kText,
     "topic create: partitions; produce, consume: the partition."},
    {"n|num", Takes::kInteger, "consume: so many records; add-partitions: so many more."},
    {"r|replicas", Takes::kInteger, "topic create: replicas."},
    {"c|topic-config|commit-group", Takes::kText, "topic create: name=value."},
    {"s|set|print-summary", Takes::kOptionalText, "alter-config: name=value."},
    {"d|delete", Takes::kText, "alter-config: a name."},
    {"i|internal", Takes::kNothing, "topic list: internal ones, too."},
    {"a|print-all", Takes::kNothing, "topic describe: everything."},
    {"g|group", Takes::kText, "consume: the group."},
    {"o|offset", Takes::kText, "consume: start, end, N, -N, @time; trim-prefix."},
    {"f|format", Takes::kText, "consume: a format."},
    {"k|key", Takes::kText, "produce: one key."},
    {"H|header", Takes::kText, "produce: name:value."},
    {"z|compression", Takes::kText, "produce: a codec."},
    {"to", Takes::kText, "group seek: start, end or a time."},
    {"topics|t", Takes::kText, "group seek, offset-delete: topics."},
    {"no-confirm", Takes::kNothing, "Accepted."},
    {"if-not-exists", Takes::kNothing, "topic create: one that exists is no failure."},
    {"w|watch", Takes::kNothing, "cluster health: accepted."},
    {"e|exit-when-healthy", Takes::kNothing, "cluster health: wait until it is."},
    {"h|help", Takes::kNothing, "Print usage information."},
};

constexpr const char* kVerbs =
    "rpk topic list | create | describe | delete | add-partitions | alter-config | trim-prefix | "
    "produce | consume\n"
    "rpk group list | describe | seek | delete | offset-delete\n"
    "rpk cluster info | health | metadata\n"
    "rpk redpanda start\n";

int call_failed(const wire::Error& error) {
  return failed(error.detail);
}

// "UNKNOWN_TOPIC_OR_PARTITION: words", as rpk shows an error in a table.
std::string status_text(const Outcome& outcome) {
  return outcome.ok() ? "OK" : describe(outcome.code, outcome.message);
}

int print_outcomes(const wire::Result<std::vector<Outcome>>& outcomes,
                   wire::ErrorCode tolerated = wire::ErrorCode::kNone) {
  if (!outcomes.ok()) return call_failed(outcomes.error());
  Table table({"TOPIC", "STATUS"});
  int exit_code = 0;
  for (const Outcome& outcome : *outcomes) {
    table.add({outcome.name, status_text(outcome)});
    if (!outcome.ok() && outcome.code != tolerated) exit_code = 1;
  }
  table.print();
  return exit_code;
}

struct Call {
  Client& client;
  const ToolOptions& options;
  std::vector<std::string> names;  // what stands behind the verb
};

// -p
int32_t partitions_given(const Call& call, int32_t otherwise) {
  const std::string text = call.options.value_or("p", "");
  int32_t count = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

int topic_list(const Call& call) {
  const auto topics = list_topics(call.client);
  if (!topics.ok()) return call_failed(topics.error());
  Table table({"NAME", "PARTITIONS", "REPLICAS"});
  for (const TopicDescription& topic : *topics) {
    if (topic.internal && !call.options.has("i")) continue;
    const size_t replicas = topic.partitions.empty() ? 0 : topic.partitions[0].replicas.size();
    table.add({topic.name, std::to_string(topic.partitions.size()), std::to_string(replicas)});
  }
  table.print();
  return 0;
}

int topic_create(const Call& call) {
  std::vector<NewTopic> topics;
  for (const std::string& name : call.names) {
    NewTopic& topic = topics.emplace_back();
    topic.name = name;
    topic.partitions = partitions_given(call, -1);
    topic.replication_factor = static_cast<int16_t>(call.options.number_or("r", -1));
    for (const auto& [key, value] : parse_pairs(call.options.values("c"))) {
      topic.configs.emplace_back(key, value);
    }
  }
  return print_outcomes(create_topics(call.client, topics),
                        call.options.has("if-not-exists") ? wire::ErrorCode::kTopicAlreadyExists
                                                          : wire::ErrorCode::kNone);
}

int topic_describe(const Call& call) {
  const auto topics = describe_topics(call.client, call.names);
  if (!topics.ok()) return call_failed(topics.error());
  for (const TopicDescription& topic : *topics) {
    if (topic.error != wire::ErrorCode::kNone) return failed(describe(topic.error));
    const size_t replicas = topic.partitions.empty() ? 0 : topic.partitions[0].replicas.size();
    std::printf("SUMMARY\n=======\nNAME        %s\nPARTITIONS  %zu\nREPLICAS    %zu\n",
                topic.name.c_str(), topic.partitions.size(), replicas);
    const auto configs = describe_configs(call.client, ConfigResourceType::kTopic, topic.name,
                                          ConfigDetail::kValues);
    if (!configs.ok()) return call_failed(configs.error());
    std::printf("\nCONFIGS\n=======\n");
    Table table({"KEY", "VALUE", "SOURCE"});
    for (const ConfigEntry& config : *configs) {
      table.add({config.name, config.value.value_or("-"),
                 std::string(config_source_name(config.source))});
    }
    table.print();
    if (!call.options.has("a")) continue;
    std::printf("\nPARTITIONS\n==========\n");
    Table partitions({"PARTITION", "LEADER", "EPOCH", "REPLICAS"});
    for (const PartitionState& partition : topic.partitions) {
      partitions.add({std::to_string(partition.index), std::to_string(partition.leader),
                      std::to_string(partition.leader_epoch),
                      "[" + join(partition.replicas, " ") + "]"});
    }
    partitions.print();
  }
  return 0;
}

int topic_delete(const Call& call) {
  return print_outcomes(delete_topics(call.client, call.names));
}

int topic_add_partitions(const Call& call) {
  const auto more = static_cast<int32_t>(call.options.number_or("n", 0));
  if (more < 1) return failed("--num takes the number of partitions to add");
  const auto topics = describe_topics(call.client, call.names);
  if (!topics.ok()) return call_failed(topics.error());
  std::vector<PartitionIncrease> increases;
  for (const TopicDescription& topic : *topics) {
    const auto count = static_cast<int32_t>(topic.partitions.size());
    increases.push_back({.topic = topic.name, .count = count + more});
  }
  return print_outcomes(add_partitions(call.client, increases));
}

int topic_alter_config(const Call& call) {
  std::vector<ConfigChange> changes;
  for (const auto& [name, value] : parse_pairs(call.options.values("s"))) {
    changes.push_back({name, ConfigChange::Operation::kSet, value});
  }
  for (const std::string& name : call.options.values("d")) {
    changes.push_back({name, ConfigChange::Operation::kDelete, ""});
  }
  std::vector<Outcome> outcomes;
  for (const std::string& name : call.names) {
    const auto altered = alter_configs(call.client, ConfigResourceType::kTopic, name, changes);
    outcomes.push_back({name, altered.ok() ? wire::ErrorCode::kNone : altered.error().code,
                        altered.ok() ? "" : plain_detail(altered.error())});
  }
  return print_outcomes(outcomes);
}

int topic_trim_prefix(const Call& call) {
  const auto start = parse_start(call.options.value_or("o", ""));
  if (!start || call.names.size() != 1) return failed("trim-prefix takes a topic and --offset");
  const auto partitions = partitions_of(call.client, call.names[0]);
  if (!partitions.ok()) return call_failed(partitions.error());
  const auto offsets = start_offsets(call.client, *partitions, *start, Isolation::kReadUncommitted);
  if (!offsets.ok()) return call_failed(offsets.error());
  const auto trimmed = delete_records(call.client, *offsets);
  if (!trimmed.ok()) return call_failed(trimmed.error());
  Table table({"TOPIC", "PARTITION", "NEW-START-OFFSET", "ERROR"});
  for (const auto& [partition, result] : *trimmed) {
    const bool done = result.error == wire::ErrorCode::kNone;
    table.add({partition.topic, std::to_string(partition.partition),
               done ? std::to_string(result.low_watermark) : "-",
               done ? "" : describe(result.error)});
  }
  table.print();
  return 0;
}

int topic_produce(const Call& call) {
  if (call.names.size() != 1) return failed("produce takes a topic");
  ProducerOptions settings{.topic = call.names[0]};
  const auto codec = wire::compression_by_name(call.options.value_or("z", "none"));
  if (!codec) return failed("invalid compression");
  settings.compression.type = *codec;
  auto producer = Producer::open(call.client, std::move(settings));
  if (!producer.ok()) return call_failed(producer.error());
  LineSource lines(STDIN_FILENO);
  std::string line;
  while (lines.next(line)) {
    OutgoingRecord record;
    record.partition = partitions_given(call, -1);
    record.key = call.options.value("k");
    record.value = line;
    for (const std::string& header : call.options.values("H")) {
      const size_t colon = header.find(':');
      record.headers.emplace_back(header.substr(0, colon),
                                  colon == std::string::npos ? "" : header.substr(colon + 1));
    }
    if (auto added = (*producer)->add(record); !added.ok()) return call_failed(added.error());
    if (auto flushed = (*producer)->flush(); !flushed.ok()) return call_failed(flushed.error());
    const Producer::Written& written = (*producer)->last_written();
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    std::printf("Produced to partition %d at offset %lld with timestamp %lld.\n", written.partition,
                static_cast<long long>(written.offset), static_cast<long long>(now));
    std::fflush(stdout);
  }
  const auto ended = lines.end();
  if (!ended.ok()) return call_failed(ended.error());
  return 0;
}

// rpk prints an indented object a record.
std::string record_json(const FetchedRecord& fetched) {
  std::string line;
  append_json(fetched, line);
  return Json::parse(line).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int topic_consume(const Call& call) {
  const std::string text = call.options.value_or("f", "json");
  // rpk's %v is kcat's %s.
  std::string kcat_text = text;
  for (size_t at = 0; (at = kcat_text.find("%v", at)) != std::string::npos;)
    kcat_text[at + 1] = 's';
  const auto format = RecordFormat::parse(text == "json" ? "" : kcat_text);
  if (!format) return failed("invalid format: " + text);
  const auto start = parse_start(call.options.value_or("o", "start"));
  if (!start) return failed("invalid offset");
  int64_t left = call.options.number_or("n", -1);
  const auto show = [&](const FetchedRecord& fetched) {
    std::string line;
    if (text == "json") {
      line = record_json(fetched);
    } else {
      format->append(fetched, line);
    }
    std::fwrite(line.data(), 1, line.size(), stdout);
    return left < 0 || --left > 0;
  };
  watch_for_interrupt();
  ReaderOptions reading{.isolation = Isolation::kReadCommitted};
  reading.reset = *start;
  if (const auto group = call.options.value("g")) {
    GroupReader reader(call.client, *group, call.names, {.reader = reading});
    wire::Status read;
    while (read.ok() && left != 0 && !interrupted()) {
      read = reader.poll(show);
      std::fflush(stdout);
    }
    const auto closed = reader.close();
    return !read.ok() ? call_failed(read.error()) : closed.ok() ? 0 : call_failed(closed.error());
  }
  std::set<TopicPartition> partitions;
  for (const std::string& topic : call.names) {
    const auto all = partitions_of(call.client, topic);
    if (!all.ok()) return call_failed(all.error());
    partitions.insert(all->begin(), all->end());
  }
  if (const int32_t only = partitions_given(call, -1); only >= 0) {
    std::erase_if(partitions,
                  [&](const TopicPartition& partition) { return partition.partition != only; });
  }
  const auto positions = start_offsets(call.client, partitions, *start, reading.isolation);
  if (!positions.ok()) return call_failed(positions.error());
  RecordReader reader(call.client, reading);
  reader.assign(*positions);
  while (left != 0 && !interrupted()) {
    if (const auto read = reader.poll(show); !read.ok()) return call_failed(read.error());
    std::fflush(stdout);
  }
  return 0;
}

int group_list(const Call& call) {
  const auto groups = list_groups(call.client);
  if (!groups.ok()) return call_failed(groups.error());
  Table table({"BROKER", "GROUP", "STATE"});
  for (const GroupListing& group : *groups) {
    const auto broker = call.client.find_coordinator(group.id, Client::CoordinatorType::kGroup);
    if (!broker.ok()) return call_failed(broker.error());
    table.add({std::to_string(*broker), group.id, group.state});
  }
  table.print();
  return 0;
}

int group_describe(const Call& call) {
  for (const std::string& name : call.names) {
    const auto group = describe_group(call.client, name);
    if (!group.ok()) return call_failed(group.error());
    const auto committed = committed_offsets(call.client, name);
    if (!committed.ok()) return call_failed(committed.error());
    std::set<TopicPartition> partitions;
    for (const auto& [partition, offset] : *committed) partitions.insert(partition);
    const auto ends = list_offsets(call.client, partitions, kLatestTime);
    if (!ends.ok()) return call_failed(ends.error());
    int64_t total = 0;
    Table table({"TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG"});
    for (const auto& [partition, offset] : *committed) {
      const int64_t lag = ends->at(partition).offset - offset.offset;
      total += lag;
      table.add({partition.topic, std::to_string(partition.partition),
                 std::to_string(offset.offset), std::to_string(ends->at(partition).offset),
                 std::to_string(lag)});
    }
    std::printf(
        "GROUP        %s\nCOORDINATOR  %d\nSTATE        %s\nBALANCER     %s\nMEMBERS      %zu\n"
        "TOTAL-LAG    %lld\n\n",
        name.c_str(), group->coordinator, group->state.c_str(), group->assignor.c_str(),
        group->members.size(), static_cast<long long>(total));
    table.print();
  }
  return 0;
}

int group_seek(const Call& call) {
  const auto start = parse_start(call.options.value_or("to", ""));
  const bool is_time = start && start->kind == StartPosition::Kind::kOffset;
  if (!start || call.names.size() != 1) return failed("seek takes a group and --to start|end|TIME");
  ResetTarget target;
  using Kind = ResetTarget::Kind;
  target.kind = is_time || start->kind == StartPosition::Kind::kTimestamp ? Kind::kTimestamp
                : start->kind == StartPosition::Kind::kEarliest           ? Kind::kEarliest
                                                                          : Kind::kLatest;
  constexpr int64_t kSecondsMax = 100'000'000'000;
  target.value = is_time && start->value < kSecondsMax ? start->value * 1000 : start->value;
  const auto committed = committed_offsets(call.client, call.names[0]);
  if (!committed.ok()) return call_failed(committed.error());
  std::set<TopicPartition> scope;
  for (const auto& [partition, offset] : *committed) scope.insert(partition);
  for (const std::string& list : call.options.values("topics")) {
    scope.clear();
    for (const std::string& topic : split(list, ',')) {
      const auto all = partitions_of(call.client, topic);
      if (!all.ok()) return call_failed(all.error());
      scope.insert(all->begin(), all->end());
    }
  }
  const auto plan = plan_reset(call.client, call.names[0], scope, target);
  if (!plan.ok()) return call_failed(plan.error());
  const auto done = commit_offsets(call.client, call.names[0], *plan);
  if (!done.ok()) return call_failed(done.error());
  Table table({"TOPIC", "PARTITION", "PRIOR-OFFSET", "CURRENT-OFFSET"});
  for (const auto& [partition, offset] : *plan) {
    const auto prior = committed->find(partition);
    table.add({partition.topic, std::to_string(partition.partition),
               prior == committed->end() ? "-1" : std::to_string(prior->second.offset),
               std::to_string(offset)});
  }
  table.print();
  return 0;
}

int group_delete(const Call& call) {
  Table table({"GROUP", "STATUS"});
  int exit_code = 0;
  for (const std::string& name : call.names) {
    const auto outcome = delete_group(call.client, name);
    if (!outcome.ok()) return call_failed(outcome.error());
    table.add({name, status_text(*outcome)});
    if (!outcome->ok()) exit_code = 1;
  }
  table.print();
  return exit_code;
}

int group_offset_delete(const Call& call) {
  if (call.names.size() != 1) return failed("offset-delete takes a group");
  std::set<TopicPartition> partitions;
  for (const std::string& text : call.options.values("topics")) {
    const auto named = parse_partitions(call.client, text);
    if (!named.ok()) return call_failed(named.error());
    partitions.insert(named->begin(), named->end());
  }
  const auto deleted = delete_offsets(call.client, call.names[0], partitions);
  if (!deleted.ok()) return call_failed(deleted.error());
  if (deleted->error != wire::ErrorCode::kNone) return failed(describe(deleted->error));
  Table table({"TOPIC", "PARTITION", "STATUS"});
  for (const auto& [partition, error] : deleted->partitions) {
    table.add({partition.topic, std::to_string(partition.partition),
               error == wire::ErrorCode::kNone ? "OK" : describe(error)});
  }
  table.print();
  return 0;
}

int cluster_info(const Call& call) {
  const auto cluster = describe_cluster(call.client);
  if (!cluster.ok()) return call_failed(cluster.error());
  std::printf("CLUSTER\n=======\n%s\n\nBROKERS\n=======\n", cluster->id.c_str());
  Table table({"ID", "HOST", "PORT"});
  for (const BrokerNode& broker : cluster->brokers) {
    const char* const mark = broker.id == cluster->controller ? "*" : "";
    table.add({std::to_string(broker.id) + mark, broker.host, std::to_string(broker.port)});
  }
  table.print();
  return 0;
}

int cluster_health(const Call& call) {
  for (;;) {
    const auto ailments = cluster_ailments(call.client);
    if (!ailments.ok()) return call_failed(ailments.error());
    if (!ailments->empty() && call.options.has("e")) {
      ::sleep(1);
      continue;
    }
    const auto cluster = describe_cluster(call.client);
    if (!cluster.ok()) return call_failed(cluster.error());
    std::vector<std::string> ids;
    for (const BrokerNode& broker : cluster->brokers) ids.push_back(std::to_string(broker.id));
    std::printf(
        "CLUSTER HEALTH OVERVIEW\n=======================\n"
        "Healthy:                          %s\n"
        "Unhealthy reasons:                [%s]\n"
        "Controller ID:                    %d\n"
        "All nodes:                        [%s]\n",
        ailments->empty() ? "true" : "false", join(*ailments, "; ").c_str(), cluster->controller,
        join(ids, " ").c_str());
    return 0;
  }
}

struct Verb {
  std::string_view noun;
  std::string_view name;
  int (*run)(const Call& call);
};
constexpr Verb kTable[] = {
    {"topic", "list", topic_list},
    {"topic", "create", topic_create},
    {"topic", "describe", topic_describe},
    {"topic", "delete", topic_delete},
    {"topic", "add-partitions", topic_add_partitions},
    {"topic", "alter-config", topic_alter_config},
    {"topic", "trim-prefix", topic_trim_prefix},
    {"topic", "produce", topic_produce},
    {"topic", "consume", topic_consume},
    {"group", "list", group_list},
    {"group", "describe", group_describe},
    {"group", "seek", group_seek},
    {"group", "delete", group_delete},
    {"group", "offset-delete", group_offset_delete},
    {"cluster", "info", cluster_info},
    {"cluster", "metadata", cluster_info},
    {"cluster", "status", cluster_info},
    {"cluster", "health", cluster_health},
};

std::string brokers_of(const ToolOptions& options) {
  if (const auto given = options.value("brokers")) return *given;
  const auto pairs = parse_pairs(options.values("X"));
  if (const auto found = pairs.find("brokers"); found != pairs.end()) return found->second;
  for (const char* variable : {"RPK_BROKERS", "REDPANDA_BROKERS", "ODRADEK_BOOTSTRAP"}) {
    if (const char* const text = std::getenv(variable)) return text;
  }
  return "127.0.0.1:9092";
}

}  // namespace

int rpk(const Words& words) {
  // Its words are Redpanda's own, and may be several in one.
  if (words.size() > 1 && words[0] == "redpanda" && words[1].starts_with("start")) {
    Words rest(words.begin() + 1, words.end());
    rest[0].erase(0, std::string_view("start").size());
    return redpanda_start(rest);
  }
  const auto options = ToolOptions::parse(kRpkOptions, words);
  if (!options.ok()) return usage(options.error().detail, kRpkOptions);
  if (options->has("h") || options->rest().size() < 2) {
    std::printf("%s%s", kVerbs, help_text(kRpkOptions).c_str());
    return options->has("h") ? 0 : 1;
  }
  const std::string& noun = options->rest()[0];
  std::string name = options->rest()[1];
  if (name == "ls") name = "list";
  for (const Verb& verb : kTable) {
    if (verb.noun != noun || verb.name != name) continue;
    // A health check asks once.
    auto client = connect(brokers_of(*options), {}, "rpk", noun == "cluster" ? 0 : 10'000);
    if (!client.ok()) {
      return failed("unable to dial: " + client.error().detail);
    }
    return verb.run({**client, *options, {options->rest().begin() + 2, options->rest().end()}});
  }
  return failed("of rpk there is here:\n" + std::string(kVerbs));
}

}  // namespace cli::shims
