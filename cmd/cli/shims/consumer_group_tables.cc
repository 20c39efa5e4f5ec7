#include "cmd/cli/shims/consumer_group_tables.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include <fmt/core.h>

#include "cmd/cli/admin/offsets.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/java_order.h"
#include "cmd/cli/shims/tool.h"

namespace cli::shims {
namespace {

constexpr size_t kColumn = 15;

template <typename Number>
std::string cell(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : "-";
}

std::string pad(const std::string& text, size_t width) {
  return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

// Says what is to be said of the group's state; whether its rows are to be shown.
bool announce(const GroupDescription& group, size_t row_count) {
  if (group.state == "Dead") {
    std::printf("\nError: Consumer group '%s' does not exist.\n", group.id.c_str());
    return false;
  }
  std::fflush(stdout);
  if (group.state == "Empty") {
    std::fprintf(stderr, "\nConsumer group '%s' has no active members.\n", group.id.c_str());
  } else if (group.state != "Stable") {
    std::fprintf(stderr, "\nWarning: Consumer group '%s' is rebalancing.\n", group.id.c_str());
  }
  return row_count > 0;
}

// "t:0,1;u:3"
std::string assignment_text(const std::vector<TopicPartition>& partitions) {
  std::map<std::string, std::vector<int32_t>> by_topic;
  for (const TopicPartition& partition : partitions) {
    by_topic[partition.topic].push_back(partition.partition);
  }
  std::vector<std::string> topics;
  for (auto& [topic, indexes] : by_topic) {
    std::sort(indexes.begin(), indexes.end());
    topics.push_back(topic + ":" + join(indexes));
  }
  return topics.empty() ? "-" : join(topics, ";");
}

// Jackson's loose rule: what is long or holds a separator is quoted.
std::string csv_field(const std::string& text) {
  constexpr size_t kLongest = 24;
  if (text.size() <= kLongest && text.find_first_of(",\"\n\r ") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"') quoted += '"';
    quoted += character;
  }
  return quoted + "\"";
}

std::vector<std::pair<TopicPartition, wire::Offset>> in_java_order(
    const std::map<TopicPartition, wire::Offset>& plan) {
  std::vector<std::pair<TopicPartition, wire::Offset>> rows(plan.begin(), plan.end());
  sort_as_java(rows, [](const auto& row) { return row.first; });
  return rows;
}

}  // namespace

void print_listings(const std::vector<GroupListing>& groups, bool with_type, bool with_state) {
  size_t width = groups.empty() ? kColumn : 0;
  for (const GroupListing& group : groups) width = std::max({width, kColumn, group.id.size()});
  width += 10;
  const auto row = [&](const std::string& id, const std::string& type, const std::string& state) {
    std::string line = pad(id, width);
    if (with_type) line += " " + pad(type, 20);
    if (with_state) line += " " + pad(state, 20);
    std::printf("%s\n", line.c_str());
  };
  row("GROUP", "TYPE", "STATE");
  for (const GroupListing& group : groups) {
    std::string type = group.type.empty() ? "Unknown" : group.type;
    type[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(type[0])));
    row(group.id, type, group.state);
  }
}

wire::Result<std::vector<OffsetRow>> offset_rows(Client& client, const GroupDescription& group) {
  const auto committed = committed_offsets(client, group.id);
  if (!committed.ok()) return committed.error();
  std::set<TopicPartition> partitions;
  for (const auto& [partition, offset] : *committed) partitions.insert(partition);
  for (const GroupMember& member : group.members) {
    partitions.insert(member.assignment.begin(), member.assignment.end());
  }
  const auto ends = list_offsets(client, partitions, kLatestTime);
  if (!ends.ok()) return ends.error();
  const auto row_of = [&](const TopicPartition& partition) {
    OffsetRow row{.partition = partition};
    if (const auto found = committed->find(partition); found != committed->end()) {
      row.committed = found->second.offset;
      row.leader_epoch = found->second.leader_epoch;
    }
    const ListedOffset& end = ends->at(partition);
    if (end.error == wire::ErrorCode::kNone) row.end = end.offset;
    return row;
  };
  std::vector<const GroupMember*> members;
  for (const GroupMember& member : group.members) members.push_back(&member);
  std::stable_sort(members.begin(), members.end(), [](const auto* a, const auto* b) {
    return a->assignment.size() > b->assignment.size();
  });
  std::vector<OffsetRow> rows;
  std::set<TopicPartition> held;
  for (const GroupMember* member : members) {
    for (const TopicPartition& partition :
         std::set<TopicPartition>(member->assignment.begin(), member->assignment.end())) {
      OffsetRow& row = rows.emplace_back(row_of(partition));
      row.member = member->id;
      row.host = member->host;
      row.client = member->client_id;
      held.insert(partition);
    }
  }
  for (const auto& [partition, offset] : *committed) {
    if (!held.contains(partition)) rows.push_back(row_of(partition));
  }
  return rows;
}

void print_offsets(const GroupDescription& group, const std::vector<OffsetRow>& rows,
                   bool verbose) {
  if (!announce(group, rows.size())) return;
  size_t group_width = std::max(kColumn, group.id.size());
  size_t topic_width = kColumn;
  size_t member_width = kColumn;
  size_t host_width = kColumn;
  for (const OffsetRow& row : rows) {
    topic_width = std::max(topic_width, row.partition.topic.size());
    member_width = std::max(member_width, row.member.size());
    host_width = std::max(host_width, row.host.size());
  }
  const auto print = [&](const std::string& id, const std::string& topic, const std::string& index,
                         const std::string& epoch, const std::string& committed,
                         const std::string& end, const std::string& lag, const std::string& member,
                         const std::string& host, const std::string& client_id) {
    std::string line =
        "\n" + pad(id, group_width) + " " + pad(topic, topic_width) + " " + pad(index, 10) + " ";
    if (verbose) line += pad(epoch, kColumn) + " ";
    line += pad(committed, kColumn) + " " + pad(end, kColumn) + " " + pad(lag, kColumn) + " " +
            pad(member, member_width) + " " + pad(host, host_width) + " " + client_id;
    std::printf("%s", line.c_str());
  };
  print("GROUP", "TOPIC", "PARTITION", "LEADER-EPOCH", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG",
        "CONSUMER-ID", "HOST", "CLIENT-ID");
  for (const OffsetRow& row : rows) {
    const auto lag = row.committed && row.end ? std::optional(*row.end - *row.committed)
                                              : std::optional<wire::Offset>();
    print(group.id, row.partition.topic, std::to_string(row.partition.partition),
          cell(row.leader_epoch), cell(row.committed), cell(row.end), cell(lag), row.member,
          row.host, row.client);
  }
  std::printf("\n");
}

void print_members(const GroupDescription& group, bool verbose) {
  size_t group_width = kColumn;
  size_t id_width = kColumn;
  size_t instance_width = 17;
  size_t host_width = kColumn;
  size_t client_width = kColumn;
  size_t current_width = 20;
  size_t target_width = 20;
  bool with_instance = false;
  bool classic = false;
  bool upgraded = false;
  if (announce(group, group.members.size())) {
    group_width = std::max(group_width, group.id.size());
    for (const GroupMember& member : group.members) {
      id_width = std::max(id_width, member.id.size());
      instance_width = std::max(instance_width, member.instance_id.size());
      host_width = std::max(host_width, member.host.size());
      client_width = std::max(client_width, member.client_id.size());
      current_width = std::max(current_width, assignment_text(member.assignment).size());
      target_width = std::max(target_width, assignment_text(member.target_assignment).size());
      with_instance = with_instance || !member.instance_id.empty();
      classic = classic || (member.is_upgraded && !*member.is_upgraded);
      upgraded = upgraded || (member.is_upgraded && *member.is_upgraded);
    }
  }
  const bool mixed = classic && upgraded;
  const auto row = [&](const std::string& id, const std::string& member,
                       const std::string& instance, const std::string& host,
                       const std::string& client, const std::string& count) {
    std::string line = pad(id, group_width) + " " + pad(member, id_width) + " ";
    if (with_instance) line += pad(instance, instance_width) + " ";
    return line + pad(host, host_width) + " " + pad(client, client_width) + " " +
           pad(count, kColumn) + " ";
  };
  const auto more = [&](const std::string& epoch, const std::string& current,
                        const std::string& target_epoch, const std::string& target,
                        const std::string& is_upgraded) {
    if (!verbose) return std::string();
    std::string line = pad(epoch, kColumn) + " " + pad(current, current_width) + " " +
                       pad(target_epoch, kColumn) + " " + pad(target, target_width);
    return mixed ? line + " " + is_upgraded : line;
  };
  std::printf(
      "\n%s%s\n",
      row("GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS").c_str(),
      more("CURRENT-EPOCH", "CURRENT-ASSIGNMENT", "TARGET-EPOCH", "TARGET-ASSIGNMENT", "UPGRADED")
          .c_str());
  for (const GroupMember& member : group.members) {
    const std::string is_upgraded =
        member.is_upgraded ? (*member.is_upgraded ? "true" : "false") : "-";
    std::printf(
        "%s%s\n",
        row(group.id, member.id, member.instance_id, member.host, member.client_id,
            std::to_string(member.assignment.size()))
            .c_str(),
        more(cell(member.epoch), assignment_text(member.assignment), cell(group.assignment_epoch),
             assignment_text(member.target_assignment), is_upgraded)
            .c_str());
  }
}

void print_state(const GroupDescription& group, const Client::Address& coordinator, bool verbose) {
  if (!announce(group, 1)) return;
  const std::string address =
      fmt::format("{}:{}  ({})", coordinator.host, coordinator.port, group.coordinator);
  const size_t address_width = std::max<size_t>(25, address.size());
  const size_t group_width = std::max(kColumn, group.id.size());
  const auto row = [&](const std::string& id, const std::string& where, const std::string& assignor,
                       const std::string& state, const std::string& epoch,
                       const std::string& target, const std::string& count) {
    std::string line = "\n" + pad(id, group_width) + " " + pad(where, address_width) + " " +
                       pad(assignor, 20) + " " + pad(state, 20) + " ";
    if (verbose) line += pad(epoch, kColumn) + " " + pad(target, 25) + " ";
    std::printf("%s%s", line.c_str(), count.c_str());
  };
  row("GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "GROUP-EPOCH",
      "TARGET-ASSIGNMENT-EPOCH", "#MEMBERS");
  row(group.id, address, group.assignor.empty() ? "-" : group.assignor, group.state,
      cell(group.epoch), cell(group.assignment_epoch), std::to_string(group.members.size()));
  std::printf("\n");
}

void print_plans(const ResetPlans& plans) {
  size_t group_width = kColumn;
  size_t topic_width = kColumn;
  for (const auto& [group, plan] : plans) {
    group_width = std::max(group_width, group.size());
    for (const auto& [partition, offset] : plan) {
      topic_width = std::max(topic_width, partition.topic.size());
    }
  }
  const auto row = [&](const std::string& group, const std::string& topic, const std::string& index,
                       const std::string& offset) {
    std::printf("\n%s %s %s %s", pad(group, group_width).c_str(), pad(topic, topic_width).c_str(),
                pad(index, 10).c_str(), offset.c_str());
  };
  if (!plans.empty()) row("GROUP", "TOPIC", "PARTITION", "NEW-OFFSET");
  for (const auto& [group, plan] : plans) {
    for (const auto& [partition, offset] : in_java_order(plan)) {
      row(group, partition.topic, std::to_string(partition.partition), std::to_string(offset));
    }
  }
  std::printf("\n");
}

void print_plans_as_csv(const ResetPlans& plans, bool single_group) {
  for (const auto& [group, plan] : plans) {
    for (const auto& [partition, offset] : in_java_order(plan)) {
      if (!single_group) std::printf("%s,", csv_field(group).c_str());
      std::printf("%s,%d,%lld\n", csv_field(partition.topic).c_str(), partition.partition,
                  static_cast<long long>(offset));
    }
  }
  std::printf("\n");
}

}  // namespace cli::shims
