// kafka-consumer-groups: ConsumerGroupCommand of Apache Kafka.  This file has its options and actions; what
// --describe prints is in consumer_group_tables.h.
#include <chrono>
#include <cstdio>
#include <cstring>

#include <fmt/core.h>
#include <re2/re2.h>

#include "cmd/cli/admin/groups.h"
#include "cmd/cli/admin/offsets.h"
#include "cmd/cli/admin/reset_plan.h"
#include "cmd/cli/broker_options.h"
#include "cmd/cli/output.h"
#include "cmd/cli/records/reader.h"
#include "cmd/cli/shims/consumer_group_tables.h"
#include "cmd/cli/shims/iso_duration.h"
#include "cmd/cli/shims/java_order.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr OptionRow kConsumerGroupsOptions[] = {
    kBootstrapRow,
    kZookeeperRow,
    kCommandConfigRow,
    {"group", Takes::kText, "The consumer group; may be given again."},
    {"topic", Takes::kText, "A topic, or some of its partitions: t1:0,1; may be given again."},
    {"all-topics", Takes::kNothing, "All topics that the group has committed."},
    {"list", Takes::kNothing, "List all consumer groups."},
    {"describe", Takes::kNothing, "Describe groups and their lag."},
    {"all-groups", Takes::kNothing, "All consumer groups."},
    {"delete", Takes::kNothing, "Delete groups."},
    {"timeout", Takes::kLong, "How long the cluster may take, in milliseconds."},
    {"reset-offsets", Takes::kNothing, "Reset the offsets of groups without members."},
    {"delete-offsets", Takes::kNothing, "Delete offsets of a group."},
    {"dry-run", Takes::kNothing, "Only show what --reset-offsets would do."},
    {"execute", Takes::kNothing, "Do it."},
    {"export", Takes::kNothing, "Print it as CSV."},
    {"to-offset", Takes::kLong, "To an offset."},
    {"from-file", Takes::kText, "To those of a CSV file."},
    {"to-datetime", Takes::kText, "To a time: YYYY-MM-DDThh:mm:ss.sss."},
    {"by-duration", Takes::kText, "Back from now: PnDTnHnMnS."},
    {"to-earliest", Takes::kNothing, "To the earliest offset."},
    {"to-latest", Takes::kNothing, "To the latest offset."},
    {"to-current", Takes::kNothing, "To the current offset."},
    {"shift-by", Takes::kLong, "By so many, which may be below 0."},
    {"members", Takes::kNothing, "Describe members."},
    {"verbose", Takes::kNothing, "Describe more."},
    {"offsets", Takes::kNothing, "Describe offsets; the default."},
    {"state", Takes::kOptionalText, "Describe or list states, or list only those in some states."},
    {"type", Takes::kOptionalText, "List types, or only groups of some types."},
    {"validate-regex", Takes::kText, "Whether the broker would take a regular expression."},
    {"new-consumer", Takes::kNothing, "Of earlier releases; ignored."},
    kHelpRow,
    kVersionRow,
};

constexpr std::string_view kScenarios[] = {"to-offset",   "shift-by",  "to-datetime", "by-duration",
                                           "to-earliest", "to-latest", "to-current",  "from-file"};

// As Java prints an exception that is wrapped in another.
std::string java_cause(const wire::Error& error) {
  return java_class(error.code) + ": " + plain_detail(error);
}

int group_command_failed(const std::string& why) {
  std::printf("\nError: Executing consumer group command failed due to %s\n", why.c_str());
  return 0;  // as Apache's tool
}

int group_command_failed(const wire::Error& error) {
  if (error.code == wire::ErrorCode::kInvalidRequest)
    return usage(error.detail, kConsumerGroupsOptions);
  return group_command_failed(java_cause(error));
}

wire::Result<std::vector<GroupListing>> consumer_groups(Client& client) {
  auto groups = list_groups(client);
  if (!groups.ok()) return groups;
  std::erase_if(*groups, [](const GroupListing& group) { return !is_consumer_group(group); });
  sort_as_java(*groups, [](const GroupListing& group) { return std::string_view(group.id); });
  return groups;
}

// Those that --group names, or all.
wire::Result<std::vector<std::string>> chosen_groups(Client& client, const ToolOptions& options) {
  if (!options.has("all-groups")) return options.values("group");
  const auto groups = consumer_groups(client);
  if (!groups.ok()) return groups.error();
  std::vector<std::string> names;
  for (const GroupListing& group : *groups) names.push_back(group.id);
  return names;
}

bool is_among(const std::string& list_groups, const std::string& value) {
  if (list_groups.empty()) return true;
  for (std::string wanted : split(list_groups, ',')) {
    std::erase(wanted, ' ');
    if (wanted.size() == value.size() && ::strcasecmp(wanted.c_str(), value.c_str()) == 0) {
      return true;
    }
  }
  return false;
}

int list_groups(Client& client, const ToolOptions& options) {
  auto groups = consumer_groups(client);
  if (!groups.ok()) return group_command_failed(groups.error());
  const bool with_type = options.has("type");
  const bool with_state = options.has("state");
  if (!with_type && !with_state) {
    for (const GroupListing& group : *groups) std::printf("%s\n", group.id.c_str());
    return 0;
  }
  std::erase_if(*groups, [&](const GroupListing& group) {
    return !is_among(options.value_or("state", ""), group.state) ||
           !is_among(options.value_or("type", ""), group.type);
  });
  print_listings(*groups, with_type, with_state);
  return 0;
}

int describe_groups(Client& client, const ToolOptions& options) {
  const auto names = chosen_groups(client, options);
  if (!names.ok()) return group_command_failed(names.error());
  std::map<std::string, GroupDescription> groups;
  for (const std::string& name : *names) {
    auto group = describe_group(client, name);
    if (!group.ok()) return group_command_failed(group.error());
    groups[name] = std::move(*group);
  }
  const bool verbose = options.has("verbose");
  for (const auto& [name, group] : groups) {
    if (options.has("members")) {
      print_members(group, verbose);
    } else if (options.has("state")) {
      print_state(group, client.address(group.coordinator), verbose);
    } else {
      const auto rows = offset_rows(client, group);
      if (!rows.ok()) return group_command_failed(rows.error());
      print_offsets(group, *rows, verbose);
    }
  }
  return 0;
}

int delete_groups(Client& client, const ToolOptions& options) {
  auto names = chosen_groups(client, options);
  if (!names.ok()) return group_command_failed(names.error());
  sort_as_java(*names, [](const std::string& name) { return std::string_view(name); });
  std::vector<std::string> deleted;
  std::vector<std::string> refused;
  for (const std::string& name : *names) {
    const auto outcome = delete_group(client, name);
    if (!outcome.ok()) return group_command_failed(outcome.error());
    if (outcome->ok()) {
      deleted.push_back("'" + name + "'");
    } else {
      refused.push_back(fmt::format("* Group '{}' could not be deleted due to: {}: {}", name,
                                    java_class(outcome->code), java_message(outcome->code)));
    }
  }
  if (refused.empty()) {
    std::printf("Deletion of requested consumer groups (%s) was successful.\n",
                join(deleted, ", ").c_str());
    return 0;
  }
  std::printf("\nError: Deletion of some consumer groups failed:\n%s\n",
              join(refused, "\n").c_str());
  if (!deleted.empty()) {
    std::printf("\nThese consumer groups were deleted successfully: %s\n",
                join(deleted, ", ").c_str());
  }
  return 0;
}

// Partitions that --topic names without saying which of them there are.
wire::Result<std::set<TopicPartition>> named_partitions(Client& client,
                                                        const std::vector<std::string>& topics) {
  std::set<TopicPartition> partitions;
  for (const std::string& topic : topics) {
    const auto named = parse_partitions(client, topic);
    if (!named.ok() && named.error().code == wire::ErrorCode::kUnknownTopicOrPartition) {
      return wire::Error{named.error().code, java_message(named.error().code)};
    }
    if (!named.ok()) return named.error();
    partitions.insert(named->begin(), named->end());
  }
  return partitions;
}

void print_deleted(const std::map<TopicPartition, wire::ErrorCode>& partitions) {
  size_t width = 15;
  for (const auto& [partition, error] : partitions) {
    width = std::max(width, partition.topic.size());
  }
  const auto row = [&](const std::string& topic, const std::string& index,
                       const std::string& status) {
    std::printf("\n%-*s %-10s %-15s", static_cast<int>(width), topic.c_str(), index.c_str(),
                status.c_str());
  };
  row("TOPIC", "PARTITION", "STATUS");
  for (const auto& [partition, error] : partitions) {
    row(partition.topic, partition.partition < 0 ? "-" : std::to_string(partition.partition),
        error == wire::ErrorCode::kNone
            ? "Successful"
            : fmt::format("Error: {}: {}", java_class(error), java_message(error)));
  }
  std::printf("\n");
}

int delete_group_offsets(Client& client, const ToolOptions& options) {
  const std::string group = options.value_or("group", "");
  std::set<TopicPartition> known;
  std::map<TopicPartition, wire::ErrorCode> results;
  for (const std::string& topic : options.values("topic")) {
    const auto named = named_partitions(client, {topic});
    if (named.ok()) {
      known.insert(named->begin(), named->end());
    } else if (named.error().code == wire::ErrorCode::kUnknownTopicOrPartition) {
      results[{topic, -1}] = named.error().code;
    } else {
      return group_command_failed(named.error());
    }
  }
  const auto deleted = delete_offsets(client, group, known);
  if (!deleted.ok()) return group_command_failed(deleted.error());
  wire::ErrorCode top = deleted->error;
  for (const TopicPartition& partition : known) {
    const auto found = deleted->partitions.find(partition);
    results[partition] = found == deleted->partitions.end() ? deleted->error : found->second;
    if (top == wire::ErrorCode::kNone) top = results[partition];
  }
  switch (top) {
    case wire::ErrorCode::kNone:
      std::printf("Request succeeded for deleting offsets from group %s.\n", group.c_str());
      break;
    case wire::ErrorCode::kInvalidGroupId:
    case wire::ErrorCode::kGroupIdNotFound:
    case wire::ErrorCode::kGroupAuthorizationFailed:
    case wire::ErrorCode::kNonEmptyGroup:
      std::printf("\nError: %s\n", java_message(top).c_str());
      break;
    case wire::ErrorCode::kGroupSubscribedToTopic:
    case wire::ErrorCode::kTopicAuthorizationFailed:
    case wire::ErrorCode::kUnknownTopicOrPartition:
      std::printf("\nError: Encountered some partition-level error, see the follow-up details.\n");
      break;
    default:
      std::printf("\nError: Encountered some unknown error: %s\n",
                  std::string(wire::error_name(top)).c_str());
  }
  print_deleted(results);
  return 0;
}

wire::Result<ResetTarget> reset_target(const ToolOptions& options, const std::string& group) {
  using Kind = ResetTarget::Kind;
  if (options.has("to-offset")) {
    return ResetTarget{.kind = Kind::kOffset, .value = options.number("to-offset")};
  }
  if (options.has("to-earliest")) return ResetTarget{.kind = Kind::kEarliest};
  if (options.has("to-latest")) return ResetTarget{.kind = Kind::kLatest};
  if (options.has("shift-by")) {
    return ResetTarget{.kind = Kind::kShiftBy, .value = options.number("shift-by")};
  }
  if (const auto text = options.value("to-datetime")) {
    const auto time = parse_time(*text);
    if (!time) return wrong("Unparseable date: \"" + *text + "\"");
    return ResetTarget{.kind = Kind::kTimestamp, .value = *time};
  }
  if (const auto text = options.value("by-duration")) {
    const auto ms = parse_iso_duration(*text);
    if (!ms) return wrong("Text cannot be parsed to a Duration");
    return ResetTarget{.kind = Kind::kTimestamp, .value = now_ms() - *ms};
  }
  if (const auto path = options.value("from-file")) {
    const auto text = read_text(*path);
    if (!text.ok()) return text.error();
    auto offsets = parse_reset_file(*text, group);
    if (!offsets.ok()) return offsets.error();
    return ResetTarget{.kind = Kind::kOffsets, .offsets = std::move(*offsets)};
  }
  if (options.has("to-current")) return ResetTarget{.kind = Kind::kCurrent};
  return wrong("Option '[reset-offsets]' requires one of the following scenarios: [" +
               join(std::vector<std::string>(std::begin(kScenarios), std::end(kScenarios)), ", ") +
               "]");
}

wire::Result<std::set<TopicPartition>> reset_scope(Client& client, const ToolOptions& options,
                                                   const std::string& group,
                                                   const ResetTarget& target) {
  std::set<TopicPartition> scope;
  if (options.has("all-topics")) {
    const auto committed = committed_offsets(client, group);
    if (!committed.ok()) return committed.error();
    for (const auto& [partition, offset] : *committed) scope.insert(partition);
    return scope;
  }
  if (options.has("topic")) return named_partitions(client, options.values("topic"));
  if (!options.has("from-file")) {
    return wrong("One of the reset scopes should be defined: --all-topics, --topic.");
  }
  for (const auto& [partition, offset] : target.offsets) scope.insert(partition);
  return scope;
}

// Names the partitions that hold nothing as late as that.
wire::Status warn_of_late_times(Client& client, const std::set<TopicPartition>& scope,
                                wire::TimestampMs time) {
  const auto listed = list_offsets(client, scope, time);
  if (!listed.ok()) return listed.error();
  std::vector<TopicPartition> late;
  for (const auto& [partition, answer] : *listed) {
    if (answer.error == wire::ErrorCode::kNone && answer.offset == wire::kNoOffset) {
      late.push_back(partition);
    }
  }
  sort_as_java(late, [](const TopicPartition& partition) { return partition; });
  for (const TopicPartition& partition : late) {
    std::printf(
        "\nWarn: Partition %d from topic %s is empty. Falling back to latest known offset.\n",
        partition.partition, partition.topic.c_str());
  }
  return {};
}

using Plan = std::map<TopicPartition, wire::Offset>;
wire::Result<Plan> reset_group(Client& client, const ToolOptions& options,
                               const std::string& group) {
  const auto described = describe_group(client, group);
  if (!described.ok() && described.error().code != wire::ErrorCode::kGroupIdNotFound) {
    return described.error();
  }
  if (described.ok() && described->state != "Empty" && described->state != "Dead") {
    std::printf(
        "\nError: Assignments can only be reset if the group '%s' is inactive, but the "
        "current state is %s.\n",
        group.c_str(), described->state.c_str());
    return Plan();
  }
  const auto target = reset_target(options, group);
  if (!target.ok()) return target.error();
  const auto scope = reset_scope(client, options, group, *target);
  if (!scope.ok()) return scope.error();
  if (target->kind == ResetTarget::Kind::kTimestamp) {
    if (auto warned = warn_of_late_times(client, *scope, target->value); !warned.ok()) {
      return warned.error();
    }
  }
  auto plan = plan_reset(client, group, *scope, *target);
  if (!plan.ok()) return plan;
  const bool dry_run = options.has("dry-run") || !options.has("execute");
  if (dry_run || plan->empty()) return plan;
  const auto committed = commit_offsets(client, group, *plan);
  if (!committed.ok()) return committed.error();
  for (const auto& [partition, error] : *committed) {
    if (error != wire::ErrorCode::kNone) return wire::Error{error, java_message(error)};
  }
  return plan;
}

int reset_offsets(Client& client, const ToolOptions& options) {
  auto groups = chosen_groups(client, options);
  if (!groups.ok()) return group_command_failed(groups.error());
  sort_as_java(*groups, [](const std::string& name) { return std::string_view(name); });
  ResetPlans plans;
  for (const std::string& group : *groups) {
    const auto plan = reset_group(client, options, group);
    if (!plan.ok() && plan.error().code == wire::ErrorCode::kInvalidRequest) {
      return usage(plan.error().detail, kConsumerGroupsOptions);
    }
    // Apache's tool prints the message only, where the others print the class, too.
    if (!plan.ok()) return group_command_failed(plain_detail(plan.error()));
    plans.emplace_back(group, *plan);
  }
  if (options.has("export")) {
    print_plans_as_csv(plans, options.values("group").size() == 1);
  } else {
    print_plans(plans);
  }
  return 0;
}

int validate_regex(const std::string& text) {
  const re2::RE2 expression(text, re2::RE2::Quiet);
  if (expression.ok()) {
    std::printf("The regular expression `%s` is valid.\n", text.c_str());
  } else {
    std::printf("The regular expression `%s` is invalid: %s.\n", text.c_str(),
                expression.error().c_str());
  }
  return 0;
}

wire::Status check_scope(const ToolOptions& options, std::string_view action) {
  if (options.has("group") || options.has("all-groups")) return {};
  return wrong(
      fmt::format("Option [{}] takes one of these options: [group], [all-groups]", action));
}

// What ConsumerGroupCommandOptions checks, in its words.
wire::Status check_options(const ToolOptions& options) {
  constexpr std::string_view kActions[] = {"list",          "describe",       "delete",
                                           "reset-offsets", "delete-offsets", "validate-regex"};
  const auto count = std::count_if(std::begin(kActions), std::end(kActions),
                                   [&](std::string_view name) { return options.has(name); });
  if (!options.has("validate-regex") && !options.has("zookeeper")) {
    if (auto told = require_option(options, "bootstrap-server"); !told.ok()) return told;
  }
  if (count != 1) {
    return wrong(
        "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, "
        "--delete-offsets, --validate-regex");
  }
  for (const std::string_view action : {"describe", "delete", "reset-offsets"}) {
    if (!options.has(action)) continue;
    if (auto scoped = check_scope(options, action); !scoped.ok()) return scoped;
  }
  if (options.has("describe")) {
    const int views =
        int{options.has("members")} + int{options.has("offsets")} + int{options.has("state")};
    if (views > 1) {
      return wrong(
          "Option [describe] takes at most one of these options: [members], [offsets], [state]");
    }
    if (options.value("state")) {
      return wrong("Option [describe] does not take a value for [state]");
    }
  }
  if (options.has("delete") && options.has("topic")) {
    return wrong(
        "The consumer does not support topic-specific offset deletion from a consumer group.");
  }
  if (options.has("delete-offsets") && (!options.has("group") || !options.has("topic"))) {
    return wrong("Option [delete-offsets] takes the following options: [group], [topic]");
  }
  if (options.has("dry-run") && options.has("execute")) {
    return wrong("Option [reset-offsets] only accepts one of [execute] and [dry-run]");
  }
  return forbid_with(options, "group", {"all-groups"});
}

}  // namespace

int kafka_consumer_groups(const Words& words) {
  const Parsed parsed =
      parse_tool(kConsumerGroupsOptions, words,
                 "This tool helps to list all consumer groups, describe a consumer group, delete "
                 "consumer group info, or reset consumer group offsets.");
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  if (const auto checked = check_options(options); !checked.ok()) {
    return usage(checked.error().detail, kConsumerGroupsOptions);
  }
  if (const auto regex = options.value("validate-regex")) return validate_regex(*regex);
  if (options.has("reset-offsets") && !options.has("dry-run") && !options.has("execute")) {
    std::fprintf(
        stderr,
        "WARN: No action will be performed as the --execute option is missing. In version "
        "5.0, this command will require either --dry-run or --execute to be specified. You "
        "should add the --dry-run option explicitly if you are scripting this command and "
        "want to keep the current default behavior without prompting.\n");
  }
  auto client = connect(options, "adminclient-1", options.number_or("timeout", 30'000));
  if (!client.ok()) return group_command_failed(client.error());
  if (options.has("list")) return list_groups(**client, options);
  if (options.has("describe")) return describe_groups(**client, options);
  if (options.has("delete")) return delete_groups(**client, options);
  if (options.has("delete-offsets")) return delete_group_offsets(**client, options);
  return reset_offsets(**client, options);
}

}  // namespace cli::shims
