// `odradek group`: list, describe, members, reset-offsets, delete, delete-offsets.
#include <algorithm>
#include <cstdio>
#include <set>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cmd/cli/admin/groups.h"
#include "cmd/cli/admin/offsets.h"
#include "cmd/cli/admin/reset_plan.h"
#include "cmd/cli/broker_options.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/records/reader.h"
#include "cmd/cli/verbs.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

struct GroupOptions {
  Surface surface;
  std::string group;
  std::vector<std::string> groups;
  std::vector<std::string> topics;
  std::string to;
  int64_t shift_by = 0;
  bool dry_run = false;
};

int print_groups(Client& client, const GroupOptions& options) {
  const auto groups = list_groups(client);
  if (!groups.ok()) return fail(groups.error());
  Table table({"GROUP", "STATE", "PROTOCOL", "TYPE"});
  Json document = Json::array();
  for (const GroupListing& group : *groups) {
    table.add({group.id, group.state, group.protocol_type, group.type});
    document.push_back({{"group", group.id},
                        {"state", group.state},
                        {"protocol", group.protocol_type},
                        {"type", group.type}});
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

// Who holds a partition; empty: nobody.
std::string holder_of(const GroupDescription& group, const TopicPartition& partition) {
  for (const GroupMember& member : group.members) {
    const auto& held = member.assignment;
    if (std::find(held.begin(), held.end(), partition) != held.end()) return member.id;
  }
  return "";
}

std::set<TopicPartition> partitions_of_group(const GroupDescription& group,
                                             const CommittedOffsets& committed) {
  std::set<TopicPartition> partitions;
  for (const auto& [partition, offset] : committed) partitions.insert(partition);
  for (const GroupMember& member : group.members) {
    partitions.insert(member.assignment.begin(), member.assignment.end());
  }
  return partitions;
}

int describe_members(Client& client, const GroupOptions& options) {
  const auto group = describe_group(client, options.group);
  if (!group.ok()) return fail(group.error());
  const auto committed = committed_offsets(client, options.group);
  if (!committed.ok()) return fail(committed.error());
  const auto partitions = partitions_of_group(*group, *committed);
  const auto ends = list_offsets(client, partitions, kLatestTime);
  if (!ends.ok()) return fail(ends.error());
  Table table({"TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER"});
  Json rows = Json::array();
  for (const TopicPartition& partition : partitions) {
    const ListedOffset& end = ends->at(partition);
    const auto found = committed->find(partition);
    const bool has_end = end.error == wire::ErrorCode::kNone;
    const bool has_offset = found != committed->end();
    const std::string member = holder_of(*group, partition);
    Json row = {{"topic", partition.topic}, {"partition", partition.partition}};
    row["committed"] = has_offset ? Json(found->second.offset) : Json(nullptr);
    row["end"] = has_end ? Json(end.offset) : Json(nullptr);
    row["lag"] = has_end && has_offset ? Json(end.offset - found->second.offset) : Json(nullptr);
    row["member"] = member.empty() ? Json(nullptr) : Json(member);
    const auto cell = [&](const char* name) {
      return row[name].is_null() ? std::string("-") : row[name].dump();
    };
    table.add({partition.topic, std::to_string(partition.partition), cell("committed"), cell("end"),
               cell("lag"), member.empty() ? "-" : member});
    rows.push_back(std::move(row));
  }
  if (options.surface.json()) {
    print_json({{"group", group->id},
                {"state", group->state},
                {"assignor", group->assignor},
                {"coordinator", group->coordinator},
                {"members", group->members.size()},
                {"offsets", std::move(rows)}});
    return kDone;
  }
  std::printf("%s  %s, coordinator %d, assignor %s, %zu member%s\n", group->id.c_str(),
              group->state.c_str(), group->coordinator,
              group->assignor.empty() ? "none" : group->assignor.c_str(), group->members.size(),
              group->members.size() == 1 ? "" : "s");
  table.print();
  return kDone;
}

int members(Client& client, const GroupOptions& options) {
  const auto group = describe_group(client, options.group);
  if (!group.ok()) return fail(group.error());
  Table table({"MEMBER", "CLIENT", "HOST", "PARTITIONS"});
  Json document = Json::array();
  for (const GroupMember& member : group->members) {
    std::vector<std::string> held;
    for (const TopicPartition& partition : member.assignment) held.push_back(partition.to_string());
    table.add({member.id, member.client_id, member.host, held.empty() ? "-" : join(held, ",")});
    document.push_back({{"member", member.id},
                        {"instance", member.instance_id},
                        {"client", member.client_id},
                        {"host", member.host},
                        {"partitions", held}});
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

wire::Result<ResetTarget> parse_target(Client& client, const GroupOptions& options) {
  using Kind = ResetTarget::Kind;
  if (options.to.empty() && options.shift_by == 0) {
    return wrong("say where to with --to or --shift-by");
  }
  if (options.to.empty()) {
    return ResetTarget{.kind = Kind::kShiftBy, .value = options.shift_by};
  }
  ResetTarget target;
  if (options.to == "current") return target;
  if (options.to.starts_with("group:")) {
    const auto others = committed_offsets(client, options.to.substr(6));
    if (!others.ok()) return others.error();
    target.kind = Kind::kOffsets;
    for (const auto& [partition, committed] : *others) target.offsets[partition] = committed.offset;
    return target;
  }
  if (options.to.starts_with("file:")) {
    const auto text = read_text(options.to.substr(5));
    if (!text.ok()) return text.error();
    auto offsets = parse_reset_file(*text, options.group);
    if (!offsets.ok()) return offsets.error();
    target.kind = Kind::kOffsets;
    target.offsets = std::move(*offsets);
    return target;
  }
  const auto start = parse_start(options.to);
  if (!start) {
    return wrong(
        "--to takes start, end, current, an offset, -N, @time, group:NAME or "
        "file:PATH, not \"" +
        options.to + "\"");
  }
  target.value = start->value;
  switch (start->kind) {
    case StartPosition::Kind::kEarliest:
      target.kind = Kind::kEarliest;
      break;
    case StartPosition::Kind::kLatest:
      target.kind = Kind::kLatest;
      break;
    case StartPosition::Kind::kOffset:
      target.kind = Kind::kOffset;
      break;
    case StartPosition::Kind::kFromEnd:
      target.kind = Kind::kFromEnd;
      break;
    case StartPosition::Kind::kTimestamp:
      target.kind = Kind::kTimestamp;
      break;
  }
  return target;
}

// Those that are named; else those that the target names, or that the group has committed.
wire::Result<std::set<TopicPartition>> scope_of(Client& client, const GroupOptions& options,
                                                const ResetTarget& target) {
  std::set<TopicPartition> scope;
  for (const std::string& topic : options.topics) {
    const auto partitions = parse_partitions(client, topic);
    if (!partitions.ok()) return partitions.error();
    scope.insert(partitions->begin(), partitions->end());
  }
  if (!options.topics.empty()) return scope;
  for (const auto& [partition, offset] : target.offsets) scope.insert(partition);
  if (!target.offsets.empty()) return scope;
  const auto committed = committed_offsets(client, options.group);
  if (!committed.ok()) return committed.error();
  for (const auto& [partition, offset] : *committed) scope.insert(partition);
  if (scope.empty()) {
    return wire::Error{
        wire::ErrorCode::kInvalidRequest,
        "group \"" + options.group + "\" has committed nothing yet: name topics with -t"};
  }
  return scope;
}

int reset_offsets(Client& client, const GroupOptions& options) {
  const auto group = describe_group(client, options.group);
  if (group.ok() && !group->members.empty()) {
    return fail("group \"" + options.group + "\" is " + group->state +
                ": its offsets can be reset only when it has no members");
  }
  const auto target = parse_target(client, options);
  if (!target.ok()) return fail(target.error());
  const auto scope = scope_of(client, options, *target);
  if (!scope.ok()) return fail(scope.error());
  const auto plan = plan_reset(client, options.group, *scope, *target);
  if (!plan.ok()) return fail(plan.error());
  Table table({"TOPIC", "PARTITION", "NEW OFFSET"});
  Json document = Json::array();
  for (const auto& [partition, offset] : *plan) {
    table.add({partition.topic, std::to_string(partition.partition), std::to_string(offset)});
    document.push_back(
        {{"topic", partition.topic}, {"partition", partition.partition}, {"offset", offset}});
  }
  if (!options.dry_run) {
    const auto committed = commit_offsets(client, options.group, *plan);
    if (!committed.ok()) return fail(committed.error());
    for (const auto& [partition, error] : *committed) {
      if (error == wire::ErrorCode::kNone) continue;
      return fail(wire::Error{error, partition.to_string() + ": " + describe(error)});
    }
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
    if (options.dry_run) std::fprintf(stderr, "nothing was changed: --dry-run\n");
  }
  return kDone;
}

int remove_groups(Client& client, const GroupOptions& options) {
  int exit_code = kDone;
  for (const std::string& group : options.groups) {
    const auto deleted = delete_group(client, group);
    if (!deleted.ok()) return fail(deleted.error());
    if (deleted->ok()) {
      std::printf("deleted %s\n", group.c_str());
    } else {
      exit_code = fail(wire::Error{deleted->code, group + ": " + describe(deleted->code)});
    }
  }
  return exit_code;
}

int remove_offsets(Client& client, const GroupOptions& options) {
  std::set<TopicPartition> partitions;
  for (const std::string& topic : options.topics) {
    const auto named = parse_partitions(client, topic);
    if (!named.ok()) return fail(named.error());
    partitions.insert(named->begin(), named->end());
  }
  const auto deleted = delete_offsets(client, options.group, partitions);
  if (!deleted.ok()) return fail(deleted.error());
  if (deleted->error != wire::ErrorCode::kNone) {
    return fail(wire::Error{deleted->error, options.group + ": " + describe(deleted->error)});
  }
  int exit_code = kDone;
  for (const auto& [partition, error] : deleted->partitions) {
    if (error == wire::ErrorCode::kNone) {
      std::printf("deleted the offset of %s\n", partition.to_string().c_str());
    } else {
      exit_code = fail(wire::Error{error, partition.to_string() + ": " + describe(error)});
    }
  }
  return exit_code;
}

void add_name(CLI::App& command, GroupOptions& options) {
  command.add_option("group", options.group, "Group")->required();
}

CLI::Option* add_topics(CLI::App& command, GroupOptions& options) {
  return command
      .add_option("-t,--topic", options.topics,
                  "A topic, or some of its partitions: tweets:0,2; may be given again")
      ->take_all();
}

}  // namespace

void add_group(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("group", "List, describe, reset and delete consumer groups");
  group->require_subcommand(1);
  group->footer(R"(
Examples:
  odradek group list
  odradek group describe analytics
  odradek group reset-offsets analytics --to start --dry-run
)");
  Verbs<GroupOptions> verbs(*group, exit_code);
  GroupOptions& options = verbs.options();
  verbs.add("list", "List groups with their states",
            "  odradek group list\n  odradek group list -o json\n", print_groups);
  add_name(*verbs.add("describe", "Show committed offsets, lag and who holds each partition",
                      "  odradek group describe analytics\n", describe_members),
           options);
  add_name(*verbs.add("members", "Show the members and what they hold",
                      "  odradek group members analytics\n", members),
           options);
  auto* reset = verbs.add("reset-offsets", "Set where a group without members goes on",
                          "  odradek group reset-offsets analytics --to start --dry-run\n"
                          "  odradek group reset-offsets analytics --to -100 -t tweets:0,1\n"
                          "  odradek group reset-offsets analytics --to @2026-01-31T12:00:00Z\n"
                          "  odradek group reset-offsets analytics --to group:reports\n"
                          "  odradek group reset-offsets analytics --shift-by -10\n",
                          reset_offsets);
  add_name(*reset, options);
  auto* to = reset->add_option(
      "--to", options.to,
      "start, end, current, an offset, -N (before the end), @time, group:NAME, file:PATH of lines "
      "topic,partition,offset");
  auto* shift = reset->add_option("--shift-by", options.shift_by,
                                  "So many records on, or back if it is below 0");
  to->excludes(shift);
  add_topics(*reset, options);
  reset->add_flag("--dry-run", options.dry_run, "Show what would be set, and set nothing");
  auto* deleted = verbs.add("delete", "Delete groups and their offsets",
                            "  odradek group delete analytics reports\n", remove_groups);
  deleted->add_option("group", options.groups, "Groups")->required();
  auto* offsets = verbs.add("delete-offsets", "Forget what a group has committed of topics",
                            "  odradek group delete-offsets analytics -t tweets\n", remove_offsets);
  add_name(*offsets, options);
  add_topics(*offsets, options)->required();
}

}  // namespace cli
