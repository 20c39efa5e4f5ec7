// `odradek group list|describe`: consumer groups, their members and how far they are behind.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cmd/cli/cli.h"
#include "cmd/cli/client.h"
#include "wire/api/describe_groups.h"
#include "wire/api/list_groups.h"
#include "wire/api/list_offsets.h"
#include "wire/api/offset_fetch.h"

namespace cli {
namespace {

struct Options {
  std::string bootstrap;
  std::string group;
};

int list(const Options& options) {
  auto client = Client::connect(options.bootstrap);
  if (!client.ok()) return fail(client.error().detail);
  const auto brokers = (*client)->brokers();
  if (!brokers.ok()) return fail(brokers.error().detail);
  for (const wire::NodeId id : *brokers) {
    auto broker = (*client)->node(id);
    if (!broker.ok()) return fail(broker.error().detail);
    auto response = (*broker)->call<wire::ListGroupsResponse>(wire::ListGroupsRequest());
    if (!response.ok()) return fail(response.error().detail);
    for (const auto& group : response->groups) {
      std::printf("%-40s %-20s %s\n", group.group_id.c_str(), group.group_state.c_str(),
                  group.protocol_type.c_str());
    }
  }
  return 0;
}

wire::Result<wire::Offset> end_offset(Client& client, const std::string& topic,
                                      wire::PartitionIndex index) {
  auto places = client.partitions(topic, Client::Create::kNo);
  if (!places.ok()) return places.error();
  if (static_cast<size_t>(index) >= places->size()) {
    return wire::Error{wire::ErrorCode::kUnknownTopicOrPartition, "no such partition"};
  }
  auto leader = client.node((*places)[static_cast<size_t>(index)].leader);
  if (!leader.ok()) return leader.error();
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  auto& asked = request.topics.emplace_back();
  asked.name = topic;
  auto& partition = asked.partitions.emplace_back();
  partition.partition_index = index;
  partition.timestamp = -1;
  auto response = (*leader)->call<wire::ListOffsetsResponse>(request, 6);
  if (!response.ok()) return response.error();
  return response->topics.at(0).partitions.at(0).offset;
}

wire::Status print_offsets(Client& client, BrokerConnection& coordinator,
                           const std::string& group) {
  wire::OffsetFetchRequest request;
  request.group_id = group;
  request.topics = std::nullopt;
  auto response = coordinator.call<wire::OffsetFetchResponse>(request, 7);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code, describe(response->error_code)};
  }
  if (response->topics.empty()) {
    std::printf("  no committed offsets\n");
    return {};
  }
  std::printf("  %-30s %9s %12s %12s %10s\n", "topic", "partition", "committed", "end", "lag");
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      const auto end = end_offset(client, topic.name, partition.partition_index);
      const std::string end_text = end.ok() ? std::to_string(*end) : "-";
      const std::string lag =
          end.ok() ? std::to_string(std::max<int64_t>(0, *end - partition.committed_offset)) : "-";
      std::printf("  %-30s %9d %12lld %12s %10s\n", topic.name.c_str(), partition.partition_index,
                  static_cast<long long>(partition.committed_offset), end_text.c_str(),
                  lag.c_str());
    }
  }
  return {};
}

int describe_group(const Options& options) {
  auto client = Client::connect(options.bootstrap);
  if (!client.ok()) return fail(client.error().detail);
  auto coordinator = (*client)->group_coordinator(options.group);
  if (!coordinator.ok()) return fail(coordinator.error().detail);
  wire::DescribeGroupsRequest request;
  request.groups.push_back(options.group);
  auto response = (*coordinator)->call<wire::DescribeGroupsResponse>(request, 5);
  if (!response.ok()) return fail(response.error().detail);
  const auto& group = response->groups.at(0);
  if (group.error_code != wire::ErrorCode::kNone)
    return fail(describe(group.error_code, group.error_message));
  std::printf("%s: %s, %s, assignor %s\n", group.group_id.c_str(), group.group_state.c_str(),
              group.protocol_type.empty() ? "no members yet" : group.protocol_type.c_str(),
              group.protocol_data.empty() ? "none" : group.protocol_data.c_str());
  for (const auto& member : group.members) {
    std::printf("  member %s  client %s%s\n", member.member_id.c_str(), member.client_id.c_str(),
                member.client_host.c_str());
  }
  const auto printed = print_offsets(**client, **coordinator, options.group);
  return printed.ok() ? 0 : fail(printed.error().detail);
}

}  // namespace

void add_group(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("group", "List and describe consumer groups");
  group->require_subcommand(1);
  group->footer(R"(
Examples:
  odradek group list
  odradek group describe analytics
)");
  auto options = std::make_shared<Options>();
  auto* listed = group->add_subcommand("list", "List groups with their states");
  add_bootstrap_option(*listed, options->bootstrap);
  listed->callback([options, &exit_code] { exit_code = list(*options); });
  auto* described = group->add_subcommand("describe", "Show members, committed offsets and lag");
  add_bootstrap_option(*described, options->bootstrap);
  described->add_option("group", options->group, "Group")->required();
  described->callback([options, &exit_code] { exit_code = describe_group(*options); });
}

}  // namespace cli
