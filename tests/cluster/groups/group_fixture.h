// A group coordinator over a log in memory, and short ways to be its clients.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_records.h"
#include "gtest/gtest.h"
#include "storage/kv/memory_store.h"
#include "tests/cluster/coordinator/memory_partition.h"
#include "tests/cluster/fake_timers.h"

namespace cluster::groups {

using wire::ErrorCode;

// An answer on its way: empty until it is given.
template <typename T>
class Pending {
 public:
  wire::Reply<T> reply() {
    return wire::Reply<T>([slot = slot_](std::optional<T> answer) {
      EXPECT_TRUE(answer.has_value()) << "a Reply was dropped unused";
      EXPECT_FALSE(slot->has_value()) << "answered twice";
      if (answer) *slot = std::move(*answer);
    });
  }
  bool answered() const { return slot_->has_value(); }
  const T& operator*() const { return **slot_; }
  const T* operator->() const { return &**slot_; }

 private:
  std::shared_ptr<std::optional<T>> slot_ = std::make_shared<std::optional<T>>();
};

class GroupFixture : public ::testing::Test {
 protected:
  static constexpr int16_t kJoinVersion = 9;
  static constexpr wire::Uuid kTopicId{1, 2};

  GroupFixture() { start(); }

  // Makes the coordinator anew, over the same log and the same rows, and elects it.
  void start(wire::Epoch epoch = 1) {
    coordinator_ = std::make_unique<GroupCoordinator>(
        options_, GroupPorts{clock_, random_, timers_, partitions_, partitions_, store_});
    partitions_.on_high_watermark = [this](wire::PartitionIndex partition, wire::Offset offset) {
      if (coordinator_) coordinator_->on_high_watermark(partition, offset);
    };
    for (wire::PartitionIndex partition = 0; partition < options_.offsets_topic_num_partitions;
         ++partition) {
      coordinator_->on_election(partition, epoch);
    }
    timers_.run_due();
  }
  void restart(wire::Epoch epoch = 2) {
    coordinator_.reset();
    start(epoch);
  }

  static RequestIdentity identity(int16_t version, std::string client = "client") {
    return {std::move(client), "/127.0.0.1", version};
  }

  wire::JoinGroupRequest join_request(std::string member_id = "",
                                      std::optional<std::string> instance_id = std::nullopt) {
    wire::JoinGroupRequest request;
    request.group_id = "group";
    request.member_id = std::move(member_id);
    request.group_instance_id = std::move(instance_id);
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 60'000;
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", subscription({"topic"})});
    return request;
  }
  // What a consumer says of itself: version 0, topics, user data.
  static wire::Bytes subscription(const std::vector<std::string>& topics) {
    std::string bytes("\0\0", 2);
    bytes += std::string("\0\0\0", 3) + static_cast<char>(topics.size());
    for (const std::string& topic : topics) {
      bytes += std::string("\0", 1) + static_cast<char>(topic.size()) + topic;
    }
    bytes += std::string("\xFF\xFF\xFF\xFF", 4);
    return wire::Bytes::adopt(std::move(bytes));
  }

  Pending<wire::JoinGroupResponse> join(wire::JoinGroupRequest request,
                                        int16_t version = kJoinVersion) {
    Pending<wire::JoinGroupResponse> pending;
    coordinator_->join_group(std::move(request), identity(version), pending.reply());
    return pending;
  }
  // A member id as KIP-394 gives it.
  std::string member_id() { return join(join_request())->member_id; }

  Pending<wire::SyncGroupResponse> sync(
      const std::string& member_id, int32_t generation,
      const std::vector<std::pair<std::string, std::string>>& assignments = {}) {
    wire::SyncGroupRequest request;
    request.group_id = "group";
    request.member_id = member_id;
    request.generation_id = generation;
    request.protocol_type = "consumer";
    request.protocol_name = "range";
    for (const auto& [member, bytes] : assignments) {
      request.assignments.push_back({member, wire::Bytes::copy(bytes)});
    }
    Pending<wire::SyncGroupResponse> pending;
    coordinator_->sync_group(std::move(request), identity(5), pending.reply());
    return pending;
  }
  ErrorCode heartbeat(const std::string& member_id, int32_t generation,
                      std::optional<std::string> instance_id = std::nullopt) {
    wire::HeartbeatRequest request;
    request.group_id = "group";
    request.member_id = member_id;
    request.generation_id = generation;
    request.group_instance_id = std::move(instance_id);
    Pending<wire::HeartbeatResponse> pending;
    coordinator_->heartbeat(std::move(request), identity(4), pending.reply());
    return pending->error_code;
  }
  Pending<wire::LeaveGroupResponse> leave(
      std::vector<wire::LeaveGroupRequest::MemberIdentity> members) {
    wire::LeaveGroupRequest request;
    request.group_id = "group";
    request.members = std::move(members);
    Pending<wire::LeaveGroupResponse> pending;
    coordinator_->leave_group(std::move(request), identity(5), pending.reply());
    return pending;
  }
  wire::DescribeGroupsResponse::DescribedGroup describe(const std::string& group = "group",
                                                        int16_t version = 6) {
    wire::DescribeGroupsRequest request;
    request.groups.push_back(group);
    Pending<wire::DescribeGroupsResponse> pending;
    coordinator_->describe_groups(std::move(request), identity(version), pending.reply());
    return pending->groups.at(0);
  }
  std::vector<wire::ListGroupsResponse::ListedGroup> list(std::vector<std::string> states = {},
                                                          std::vector<std::string> types = {}) {
    wire::ListGroupsRequest request;
    request.states_filter = std::move(states);
    request.types_filter = std::move(types);
    Pending<wire::ListGroupsResponse> pending;
    coordinator_->list_groups(std::move(request), identity(5), pending.reply());
    return pending->groups;
  }
  Pending<wire::DeleteGroupsResponse> remove_group(const std::string& group = "group") {
    wire::DeleteGroupsRequest request;
    request.groups_names.push_back(group);
    Pending<wire::DeleteGroupsResponse> pending;
    coordinator_->delete_groups(std::move(request), identity(2), pending.reply());
    return pending;
  }

  static wire::OffsetCommitRequest commit_request(wire::Offset offset,
                                                  const std::string& group = "group",
                                                  const std::string& topic = "topic",
                                                  wire::PartitionIndex partition = 0) {
    wire::OffsetCommitRequest request;
    request.group_id = group;
    auto& committed = request.topics.emplace_back();
    committed.name = topic;
    committed.topic_id = kTopicId;
    auto& entry = committed.partitions.emplace_back();
    entry.partition_index = partition;
    entry.committed_offset = offset;
    entry.committed_leader_epoch = 3;
    entry.committed_metadata = "meta";
    return request;
  }
  Pending<wire::OffsetCommitResponse> commit(wire::OffsetCommitRequest request,
                                             int16_t version = 9) {
    Pending<wire::OffsetCommitResponse> pending;
    coordinator_->commit_offsets(std::move(request), identity(version), pending.reply());
    return pending;
  }
  static ErrorCode error_of(const Pending<wire::OffsetCommitResponse>& pending) {
    return pending->topics.at(0).partitions.at(0).error_code;
  }

  using FetchedGroup = wire::OffsetFetchResponse::OffsetFetchResponseGroup;
  Pending<FetchedGroup> fetch(const std::string& group = "group",
                              const std::string& topic = "topic",
                              wire::PartitionIndex partition = 0, bool require_stable = false) {
    wire::OffsetFetchRequest::OffsetFetchRequestGroup request;
    request.group_id = group;
    auto& asked = request.topics->emplace_back();
    asked.name = topic;
    asked.partition_indexes.push_back(partition);
    Pending<FetchedGroup> pending;
    coordinator_->fetch_offsets(std::move(request), require_stable, identity(9), pending.reply());
    return pending;
  }
  Pending<FetchedGroup> fetch_all(const std::string& group = "group") {
    wire::OffsetFetchRequest::OffsetFetchRequestGroup request;
    request.group_id = group;
    request.topics = std::nullopt;
    Pending<FetchedGroup> pending;
    coordinator_->fetch_offsets(std::move(request), false, identity(9), pending.reply());
    return pending;
  }
  wire::Offset fetched(const std::string& group = "group", const std::string& topic = "topic") {
    return fetch(group, topic)->topics.at(0).partitions.at(0).committed_offset;
  }

  // One member, alone and stable.  Returns its id; the generation is 1.
  std::string stable_member(std::optional<std::string> instance_id = std::nullopt) {
    const std::string id = instance_id ? "" : member_id();
    auto joining = join(join_request(id, std::move(instance_id)));
    timers_.advance(options_.group_initial_rebalance_delay_ms);
    const std::string joined = joining->member_id;
    sync(joined, joining->generation_id, {{joined, "assignment"}});
    return joined;
  }
  wire::PartitionIndex partition_of(const std::string& group = "group") const {
    return coordinator_->partition_for(group);
  }
  // The newest record of the group in the log.
  std::optional<wire::GroupMetadataValue> last_group_record() {
    std::optional<wire::GroupMetadataValue> last;
    for (const wire::Record& record : partitions_.records(partition_of())) {
      if (parse_group_key(record.key->view()) != "group") continue;
      last = record.value ? parse_group_value(record.value->view()) : std::nullopt;
    }
    return last;
  }

  GroupOptions options_ = [] {
    GroupOptions options;
    options.offsets_topic_num_partitions = 2;
    return options;
  }();
  wire::ManualClock clock_;
  wire::SeededRandom random_{42};
  FakeTimers timers_{clock_};
  coordinator::MemoryPartitions partitions_;
  storage::MemoryStore store_;
  std::unique_ptr<GroupCoordinator> coordinator_;
};

}  // namespace cluster::groups
