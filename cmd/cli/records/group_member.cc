#include "cmd/cli/records/group_member.h"

#include <algorithm>

#include <unistd.h>

#include "wire/api/heartbeat.h"
#include "wire/api/join_group.h"
#include "wire/api/leave_group.h"
#include "wire/api/offset_commit.h"
#include "wire/api/sync_group.h"
#include "wire/control/consumer_protocol_assignment.h"
#include "wire/control/consumer_protocol_subscription.h"

namespace cli {
namespace {

constexpr int32_t kSessionTimeoutMs = 45'000;
constexpr int32_t kRebalanceTimeoutMs = 60'000;
constexpr auto kHeartbeatInterval = std::chrono::seconds(3);
constexpr int kJoinAttempts = 100;
constexpr useconds_t kJoinAgainMicroseconds = 100'000;
// Of what the members tell each other: old clients read it, too.
constexpr int16_t kMemberDataVersion = 1;

template <typename Message>
wire::Bytes encode_versioned(const Message& message) {
  wire::Writer writer;
  writer.write(kMemberDataVersion);
  message.encode(writer, kMemberDataVersion);
  return writer.take_contiguous();
}

template <typename Message>
Message decode_versioned(const wire::Bytes& bytes) {
  Message message;
  if (bytes.empty()) return message;
  wire::Reader reader(bytes);
  int16_t version = 0;
  reader.read(version);
  if (reader.ok() && version >= 0) {
    message.decode(reader, std::min(version, Message::kMaxVersion));
  }
  return reader.ok() ? message : Message();
}

// The coordinator is another by now, or does not know this member any longer: worth another try.
bool is_passing(wire::ErrorCode code) {
  switch (code) {
    case wire::ErrorCode::kNotCoordinator:
    case wire::ErrorCode::kCoordinatorNotAvailable:
    case wire::ErrorCode::kCoordinatorLoadInProgress:
    case wire::ErrorCode::kRebalanceInProgress:
    case wire::ErrorCode::kUnknownMemberId:
    case wire::ErrorCode::kIllegalGeneration:
    case wire::ErrorCode::kMemberIdRequired:
      return true;
    default:
      return false;
  }
}

}  // namespace

Assignments assign_ranges(const Subscriptions& subscriptions,
                          const std::map<std::string, int32_t>& partition_counts) {
  Assignments assignments;
  for (const auto& [member, topics] : subscriptions) assignments[member];
  for (const auto& [topic, count] : partition_counts) {
    std::vector<std::string> members;  // sorted, as the map is
    for (const auto& [member, topics] : subscriptions) {
      if (std::find(topics.begin(), topics.end(), topic) != topics.end()) members.push_back(member);
    }
    int32_t next = 0;
    for (size_t i = 0; i < members.size(); ++i) {
      const auto size = static_cast<int32_t>(members.size());
      const int32_t share = count / size + (static_cast<int32_t>(i) < count % size ? 1 : 0);
      for (int32_t taken = 0; taken < share; ++taken) {
        assignments[members[i]].insert({topic, next++});
      }
    }
  }
  return assignments;
}

wire::Result<BrokerConnection*> GroupMembership::coordinator() {
  if (!coordinator_) {
    const auto found = client_.find_coordinator(group_, Client::CoordinatorType::kGroup);
    if (!found.ok()) return found.error();
    coordinator_ = *found;
  }
  return client_.node(*coordinator_);
}

wire::Result<Assignments> GroupMembership::divide(const Subscriptions& subscriptions) {
  std::set<std::string> topics;
  for (const auto& [member, subscribed] : subscriptions) {
    topics.insert(subscribed.begin(), subscribed.end());
  }
  const auto metadata = client_.metadata(std::vector<std::string>(topics.begin(), topics.end()));
  if (!metadata.ok()) return metadata.error();
  std::map<std::string, int32_t> counts;
  for (const auto& topic : metadata->topics) {
    counts[topic.name.value_or("")] = static_cast<int32_t>(topic.partitions.size());
  }
  return assign_ranges(subscriptions, counts);
}

wire::Status GroupMembership::join_once() {
  coordinator_.reset();
  auto node = coordinator();
  if (!node.ok()) return node.error();
  wire::ConsumerProtocolSubscription subscription;
  subscription.topics = topics_;
  wire::JoinGroupRequest join;
  join.group_id = group_;
  join.session_timeout_ms = kSessionTimeoutMs;
  join.rebalance_timeout_ms = kRebalanceTimeoutMs;
  join.member_id = member_id_;
  join.protocol_type = "consumer";
  auto& protocol = join.protocols.emplace_back();
  protocol.name = "range";
  protocol.metadata = encode_versioned(subscription);
  auto joined = (*node)->call<wire::JoinGroupResponse>(join);
  if (!joined.ok()) return joined.error();
  if (joined->error_code == wire::ErrorCode::kUnknownMemberId) member_id_.clear();
  if (!joined->member_id.empty()) member_id_ = joined->member_id;
  if (joined->error_code != wire::ErrorCode::kNone) {
    return wire::Error{joined->error_code, describe(joined->error_code)};
  }
  generation_id_ = joined->generation_id;

  wire::SyncGroupRequest sync;
  sync.group_id = group_;
  sync.generation_id = generation_id_;
  sync.member_id = member_id_;
  sync.protocol_type = "consumer";
  sync.protocol_name = joined->protocol_name;
  if (joined->leader == member_id_) {
    Subscriptions subscriptions;
    for (const auto& member : joined->members) {
      subscriptions[member.member_id] =
          decode_versioned<wire::ConsumerProtocolSubscription>(member.metadata).topics;
    }
    const auto divided = divide(subscriptions);
    if (!divided.ok()) return divided.error();
    for (const auto& [member, partitions] : *divided) {
      wire::ConsumerProtocolAssignment assignment;
      for (const TopicPartition& partition : partitions) {
        auto& topics = assignment.assigned_partitions;
        if (topics.empty() || topics.back().topic != partition.topic) {
          topics.emplace_back().topic = partition.topic;
        }
        topics.back().partitions.push_back(partition.partition);
      }
      auto& assigned = sync.assignments.emplace_back();
      assigned.member_id = member;
      assigned.assignment = encode_versioned(assignment);
    }
  }
  auto synced = (*node)->call<wire::SyncGroupResponse>(sync);
  if (!synced.ok()) return synced.error();
  if (synced->error_code != wire::ErrorCode::kNone) {
    return wire::Error{synced->error_code, describe(synced->error_code)};
  }
  assignment_.clear();
  const auto assigned = decode_versioned<wire::ConsumerProtocolAssignment>(synced->assignment);
  for (const auto& topic : assigned.assigned_partitions) {
    for (const int32_t index : topic.partitions) assignment_.insert({topic.topic, index});
  }
  heartbeat_due_ = std::chrono::steady_clock::now() + kHeartbeatInterval;
  return {};
}

wire::Status GroupMembership::join() {
  wire::Status joined;
  for (int attempt = 0; attempt < kJoinAttempts; ++attempt) {
    joined = join_once();
    if (joined.ok() || !is_passing(joined.error().code)) return joined;
    if (joined.error().code != wire::ErrorCode::kMemberIdRequired) usleep(kJoinAgainMicroseconds);
  }
  return joined;
}

wire::Result<bool> GroupMembership::heartbeat() {
  if (std::chrono::steady_clock::now() < heartbeat_due_) return false;
  heartbeat_due_ = std::chrono::steady_clock::now() + kHeartbeatInterval;
  auto node = coordinator();
  if (!node.ok()) return node.error();
  wire::HeartbeatRequest request;
  request.group_id = group_;
  request.generation_id = generation_id_;
  request.member_id = member_id_;
  auto response = (*node)->call<wire::HeartbeatResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code == wire::ErrorCode::kNone) return false;
  if (is_passing(response->error_code)) return true;
  return wire::Error{response->error_code, describe(response->error_code)};
}

wire::Status GroupMembership::commit(const CommittedOffsets& offsets) {
  if (offsets.empty()) return {};
  auto committed = commit_once(offsets);
  if (committed.ok() || committed.error().code != wire::ErrorCode::kNotCoordinator)
    return committed;
  // It has moved since it was asked for.
  coordinator_.reset();
  return commit_once(offsets);
}

wire::Status GroupMembership::commit_once(const CommittedOffsets& offsets) {
  auto node = coordinator();
  if (!node.ok()) return node.error();
  wire::OffsetCommitRequest request;
  request.group_id = group_;
  request.generation_id_or_member_epoch = generation_id_;
  request.member_id = member_id_;
  for (const auto& [partition, position] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    auto& committed = request.topics.back().partitions.emplace_back();
    committed.partition_index = partition.partition;
    committed.committed_offset = position.offset;
    committed.committed_leader_epoch = position.leader_epoch.value_or(wire::kNoEpoch);
  }
  constexpr int16_t kLastWithNames = 9;
  auto response = (*node)->call<wire::OffsetCommitResponse>(request, kLastWithNames);
  if (!response.ok()) return response.error();
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != wire::ErrorCode::kNone) {
        return wire::Error{partition.error_code, describe(partition.error_code)};
      }
    }
  }
  return {};
}

wire::Status GroupMembership::leave() {
  if (member_id_.empty()) return {};
  coordinator_.reset();
  auto node = coordinator();
  if (!node.ok()) return node.error();
  wire::LeaveGroupRequest request;
  request.group_id = group_;
  request.member_id = member_id_;
  request.members.emplace_back().member_id = member_id_;
  auto response = (*node)->call<wire::LeaveGroupResponse>(request);
  if (!response.ok()) return response.error();
  member_id_.clear();
  return {};
}

}  // namespace cli
