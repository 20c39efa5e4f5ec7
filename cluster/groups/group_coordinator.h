// The group coordinator: the classic consumer group protocol and committed offsets (Kafka's
// GroupCoordinatorService).
//
// A group belongs to one partition of `__consumer_offsets`, and the leader of that partition
// coordinates it.  Every method answers through its Reply: at once, when a rebalance ends, or when
// what it wrote is committed (the high watermark has passed it).  Requests for a partition not led
// here are answered NOT_COORDINATOR, while it loads COORDINATOR_LOAD_IN_PROGRESS.  Authorisation
// and the existence of topics are the handlers' business.
//
// Lives on the shard that owns the offsets partitions; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "cluster/coordinator/partition_writer.h"
#include "cluster/groups/group_options.h"
#include "cluster/timers.h"
#include "storage/kv/key_value_store.h"
#include "wire/api/delete_groups.h"
#include "wire/api/describe_groups.h"
#include "wire/api/heartbeat.h"
#include "wire/api/join_group.h"
#include "wire/api/leave_group.h"
#include "wire/api/list_groups.h"
#include "wire/api/offset_commit.h"
#include "wire/api/offset_delete.h"
#include "wire/api/offset_fetch.h"
#include "wire/api/sync_group.h"
#include "wire/api/txn_offset_commit.h"
#include "wire/base/clock.h"
#include "wire/base/random.h"
#include "wire/base/reply.h"
#include "wire/base/types.h"
#include "wire/records/control_record.h"

namespace cluster::groups {

inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

class GroupShard;

// Who sent a request, as members remember it.
struct RequestIdentity {
  std::string client_id;
  std::string client_host;  // as Java prints an address: "/127.0.0.1"
  int16_t api_version = 0;
};

struct GroupPorts {
  const wire::Clock& clock;
  wire::Random& random;  // member ids
  Timers& timers;
  coordinator::PartitionWriter& writer;
  coordinator::PartitionReader& reader;
  storage::KeyValueStore& store;
};

// The partition of `__consumer_offsets` that a group belongs to.
wire::PartitionIndex partition_for_group(std::string_view group_id, int32_t partition_count);

struct DeletedTopic {
  wire::Uuid id;
  std::string name;
};

class GroupCoordinator {
 public:
  // REQUIRES: every port outlives this.
  GroupCoordinator(GroupOptions options, GroupPorts ports);
  ~GroupCoordinator();

  GroupCoordinator(const GroupCoordinator&) = delete;
  GroupCoordinator& operator=(const GroupCoordinator&) = delete;

  // How many partitions the offsets topic really has, once the metadata image says so.
  void set_partition_count(int32_t count) { partition_count_ = count; }
  wire::PartitionIndex partition_for(std::string_view group_id) const {
    return partition_for_group(group_id, partition_count_);
  }

  // This node has begun to lead a partition of `__consumer_offsets`: it loads in the background.
  // For a partition that it leads already: under a new epoch.
  void on_election(wire::PartitionIndex partition, wire::Epoch leader_epoch);
  // It leads it no more: everything waiting is answered NOT_COORDINATOR.
  void on_resignation(wire::PartitionIndex partition);
  // It leads none any more, before the logs are closed.
  void resign_all();
  // The high watermark of a led partition has moved.
  void on_high_watermark(wire::PartitionIndex partition, wire::Offset high_watermark);
  // Forgets the offsets committed for topics that no longer exist.
  void on_topics_deleted(std::span<const DeletedTopic> topics);

  void join_group(wire::JoinGroupRequest request, const RequestIdentity& identity,
                  wire::Reply<wire::JoinGroupResponse> reply);
  void sync_group(wire::SyncGroupRequest request, const RequestIdentity& identity,
                  wire::Reply<wire::SyncGroupResponse> reply);
  void heartbeat(wire::HeartbeatRequest request, const RequestIdentity& identity,
                 wire::Reply<wire::HeartbeatResponse> reply);
  // Versions 0 to 2 name one member at the top of the request: it is taken as the only entry of
  // `members`.
  void leave_group(wire::LeaveGroupRequest request, const RequestIdentity& identity,
                   wire::Reply<wire::LeaveGroupResponse> reply);
  void describe_groups(wire::DescribeGroupsRequest request, const RequestIdentity& identity,
                       wire::Reply<wire::DescribeGroupsResponse> reply);
  void list_groups(wire::ListGroupsRequest request, const RequestIdentity& identity,
                   wire::Reply<wire::ListGroupsResponse> reply);
  void delete_groups(wire::DeleteGroupsRequest request, const RequestIdentity& identity,
                     wire::Reply<wire::DeleteGroupsResponse> reply);

  // REQUIRES: every topic has its name and id (zero if unknown); the handler resolves one from the
  // other.
  void commit_offsets(wire::OffsetCommitRequest request, const RequestIdentity& identity,
                      wire::Reply<wire::OffsetCommitResponse> reply);
  // REQUIRES: every topic exists, and the transaction has been asked whether it holds the group's
  // partition: `guard` is what that was asked under.
  void commit_offsets_in_transaction(wire::TxnOffsetCommitRequest request,
                                     storage::VerificationGuard guard,
                                     wire::Reply<wire::TxnOffsetCommitResponse> reply);
  // A marker of the transaction coordinator's: the offsets that the producer has committed in this
  // partition count, or are forgotten.  Answered when the marker is committed.
  void end_transaction(wire::PartitionIndex partition, const wire::EndTransactionMarker& marker,
                       int16_t transaction_version, wire::Callback<void(wire::ErrorCode)> done);
  // One group of an OffsetFetch (the handler turns versions below 8 into one group).  Topics
  // absent: all of them.
  void fetch_offsets(wire::OffsetFetchRequest::OffsetFetchRequestGroup group, bool require_stable,
                     const RequestIdentity& identity,
                     wire::Reply<wire::OffsetFetchResponse::OffsetFetchResponseGroup> reply);
  void delete_offsets(wire::OffsetDeleteRequest request, const RequestIdentity& identity,
                      wire::Reply<wire::OffsetDeleteResponse> reply);

 private:
  // The shard of a group, or why there is none to ask.
  struct Lookup {
    GroupShard* shard;
    wire::ErrorCode error;
  };
  Lookup shard_for(std::string_view group_id);

  GroupOptions options_;
  GroupPorts ports_;
  int32_t partition_count_;
  absl::flat_hash_map<wire::PartitionIndex, std::unique_ptr<GroupShard>> shards_;
};

}  // namespace cluster::groups
