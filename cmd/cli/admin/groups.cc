#include "cmd/cli/admin/groups.h"

#include <algorithm>

#include <fmt/core.h>

#include "wire/api/consumer_group_describe.h"
#include "wire/api/delete_groups.h"
#include "wire/api/describe_groups.h"
#include "wire/api/list_groups.h"
#include "wire/api/offset_commit.h"
#include "wire/api/offset_delete.h"
#include "wire/api/offset_fetch.h"
#include "wire/control/consumer_protocol_assignment.h"

namespace cli {
namespace {

using DescribedMember = wire::ConsumerGroupDescribeResponse::Member;

std::vector<TopicPartition> partitions_in(
    const wire::ConsumerGroupDescribeResponse::Assignment& assignment) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : assignment.topic_partitions) {
    for (const int32_t index : topic.partitions) partitions.push_back({topic.topic_name, index});
  }
  return partitions;
}

// What a classic consumer was assigned: a version, then the message.  Empty if it is something else.
std::vector<TopicPartition> decode_assignment(const wire::Bytes& bytes) {
  std::vector<TopicPartition> partitions;
  if (bytes.empty()) return partitions;
  wire::Reader reader(bytes);
  int16_t version = 0;
  reader.read(version);
  wire::ConsumerProtocolAssignment assignment;
  if (!reader.ok() || version < 0) return partitions;
  assignment.decode(reader, std::min(version, wire::ConsumerProtocolAssignment::kMaxVersion));
  if (!reader.ok()) return partitions;
  for (const auto& topic : assignment.assigned_partitions) {
    for (const int32_t index : topic.partitions) partitions.push_back({topic.topic, index});
  }
  return partitions;
}

GroupDescription from_consumer_group(
    const wire::ConsumerGroupDescribeResponse::DescribedGroup& group) {
  GroupDescription description;
  description.id = group.group_id;
  description.state = group.group_state;
  description.assignor = group.assignor_name;
  description.epoch = group.group_epoch;
  description.assignment_epoch = group.assignment_epoch;
  for (const DescribedMember& member : group.members) {
    GroupMember& added = description.members.emplace_back();
    added.id = member.member_id;
    added.instance_id = member.instance_id.value_or("");
    added.client_id = member.client_id;
    added.host = member.client_host;
    added.assignment = partitions_in(member.assignment);
    added.target_assignment = partitions_in(member.target_assignment);
    added.epoch = member.member_epoch;
    if (member.member_type >= 0) added.is_upgraded = member.member_type == 1;
  }
  return description;
}

GroupDescription from_classic_group(const wire::DescribeGroupsResponse::DescribedGroup& group) {
  GroupDescription description;
  description.id = group.group_id;
  description.state = group.group_state;
  description.assignor = group.protocol_data;
  for (const auto& member : group.members) {
    GroupMember& added = description.members.emplace_back();
    added.id = member.member_id;
    added.instance_id = member.group_instance_id.value_or("");
    added.client_id = member.client_id;
    added.host = member.client_host;
    if (group.protocol_type == "consumer") {
      added.assignment = decode_assignment(member.member_assignment);
    }
  }
  return description;
}

wire::Result<GroupDescription> describe_classic(BrokerConnection& coordinator,
                                                const std::string& id) {
  wire::DescribeGroupsRequest request;
  request.groups.push_back(id);
  auto response = coordinator.call<wire::DescribeGroupsResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& group : response->groups) {
    if (group.error_code != wire::ErrorCode::kNone) {
      return wire::Error{group.error_code, describe(group.error_code, group.error_message)};
    }
    if (group.group_state == "Dead") {  // before version 6
      return wire::Error{wire::ErrorCode::kGroupIdNotFound, fmt::format("Group {} not found.", id)};
    }
    return from_classic_group(group);
  }
  return wire::Error{wire::ErrorCode::kUnknownServerError, "the answer has no group"};
}

}  // namespace

wire::Result<std::vector<GroupListing>> list_groups(Client& client) {
  const auto brokers = client.brokers();
  if (!brokers.ok()) return brokers.error();
  std::vector<GroupListing> groups;
  for (const wire::NodeId id : *brokers) {
    auto broker = client.node(id);
    if (!broker.ok()) return broker.error();
    auto response = (*broker)->call<wire::ListGroupsResponse>(wire::ListGroupsRequest());
    if (!response.ok()) return response.error();
    if (response->error_code != wire::ErrorCode::kNone) {
      return wire::Error{response->error_code, describe(response->error_code)};
    }
    for (const auto& group : response->groups) {
      groups.push_back({group.group_id, group.protocol_type, group.group_state, group.group_type});
    }
  }
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return groups;
}

bool is_consumer_group(const GroupListing& group) {
  return group.protocol_type.empty() || group.protocol_type == "consumer";
}

wire::Result<GroupDescription> describe_group(Client& client, const std::string& id) {
  const auto coordinator = client.find_coordinator(id, Client::CoordinatorType::kGroup);
  if (!coordinator.ok()) return coordinator.error();
  auto node = client.node(*coordinator);
  if (!node.ok()) return node.error();
  if ((*node)->serves(wire::ApiKey::kConsumerGroupDescribe)) {
    wire::ConsumerGroupDescribeRequest request;
    request.group_ids.push_back(id);
    auto response = (*node)->call<wire::ConsumerGroupDescribeResponse>(request);
    if (!response.ok()) return response.error();
    for (const auto& group : response->groups) {
      // A classic group is none of the consumer protocol's: it is asked for the old way.
      if (group.error_code != wire::ErrorCode::kNone) break;
      GroupDescription description = from_consumer_group(group);
      description.coordinator = *coordinator;
      return description;
    }
  }
  auto described = describe_classic(**node, id);
  if (described.ok()) described->coordinator = *coordinator;
  return described;
}

wire::Result<CommittedOffsets> committed_offsets(Client& client, const std::string& group) {
  auto coordinator = client.group_coordinator(group);
  if (!coordinator.ok()) return coordinator.error();
  wire::OffsetFetchRequest request;
  request.group_id = group;
  request.topics = std::nullopt;
  auto response = (*coordinator)->call<wire::OffsetFetchResponse>(request, 7);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code, describe(response->error_code)};
  }
  CommittedOffsets offsets;
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != wire::ErrorCode::kNone) {
        return wire::Error{partition.error_code, describe(partition.error_code)};
      }
      if (partition.committed_offset < 0) continue;
      CommittedOffset& committed = offsets[{topic.name, partition.partition_index}];
      committed.offset = partition.committed_offset;
      if (partition.committed_leader_epoch >= 0) {
        committed.leader_epoch = partition.committed_leader_epoch;
      }
      committed.metadata = partition.metadata.value_or("");
    }
  }
  return offsets;
}

wire::Result<std::map<TopicPartition, wire::ErrorCode>> commit_offsets(
    Client& client, const std::string& group,
    const std::map<TopicPartition, wire::Offset>& offsets) {
  auto coordinator = client.group_coordinator(group);
  if (!coordinator.ok()) return coordinator.error();
  wire::OffsetCommitRequest request;
  request.group_id = group;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    auto& committed = request.topics.back().partitions.emplace_back();
    committed.partition_index = partition.partition;
    committed.committed_offset = offset;
  }
  auto response = (*coordinator)->call<wire::OffsetCommitResponse>(request, 9);
  if (!response.ok()) return response.error();
  std::map<TopicPartition, wire::ErrorCode> results;
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      results[{topic.name, partition.partition_index}] = partition.error_code;
    }
  }
  return results;
}

wire::Result<DeletedOffsets> delete_offsets(Client& client, const std::string& group,
                                            const std::set<TopicPartition>& partitions) {
  auto coordinator = client.group_coordinator(group);
  if (!coordinator.ok()) return coordinator.error();
  wire::OffsetDeleteRequest request;
  request.group_id = group;
  for (const TopicPartition& partition : partitions) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    request.topics.back().partitions.emplace_back().partition_index = partition.partition;
  }
  auto response = (*coordinator)->call<wire::OffsetDeleteResponse>(request);
  if (!response.ok()) return response.error();
  DeletedOffsets deleted{.error = response->error_code, .partitions = {}};
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      deleted.partitions[{topic.name, partition.partition_index}] = partition.error_code;
    }
  }
  return deleted;
}

wire::Result<Outcome> delete_group(Client& client, const std::string& group) {
  auto coordinator = client.group_coordinator(group);
  if (!coordinator.ok()) return coordinator.error();
  wire::DeleteGroupsRequest request;
  request.groups_names.push_back(group);
  auto response = (*coordinator)->call<wire::DeleteGroupsResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& result : response->results) {
    return Outcome{result.group_id, result.error_code, ""};
  }
  return wire::Error{wire::ErrorCode::kUnknownServerError, "the answer has no group"};
}

}  // namespace cli
