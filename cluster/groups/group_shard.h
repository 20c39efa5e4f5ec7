// One partition of `__consumer_offsets` on its leader: its groups, their offsets, and what keeps
// them.
//
// The parts refer to each other; this is where they are put together and where a request's turn
// begins.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/coordinator/keyed_timers.h"
#include "cluster/coordinator/outbox.h"
#include "cluster/coordinator/partition_runtime.h"
#include "cluster/groups/classic_protocol.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_offsets.h"
#include "cluster/groups/group_options.h"
#include "cluster/groups/group_table.h"
#include "cluster/groups/group_upkeep.h"

namespace cluster::groups {

class GroupShard {
 public:
  // REQUIRES: options and ports outlive this.
  GroupShard(const GroupOptions& options, GroupPorts ports, wire::PartitionIndex partition,
             wire::Epoch leader_epoch);
  ~GroupShard();

  void load();
  void continue_in(wire::Epoch leader_epoch) { runtime_.continue_in(leader_epoch); }
  // kNone, or what to answer while it loads or after it failed to.  Begins to rebuild the rows if a
  // read of them has failed.
  wire::ErrorCode availability();
  // Answers everyone who waits with NOT_COORDINATOR; the shard is to be destroyed next.
  void close();

  void on_high_watermark(wire::Offset high_watermark);
  void on_topics_deleted(std::vector<DeletedTopic> topics);

  // REQUIRES of all below: availability() is kNone.
  void join(wire::JoinGroupRequest request, const RequestIdentity& identity,
            wire::Reply<wire::JoinGroupResponse> reply);
  void sync(wire::SyncGroupRequest request, wire::Reply<wire::SyncGroupResponse> reply);
  wire::ErrorCode heartbeat(const wire::HeartbeatRequest& request);
  void leave(const wire::LeaveGroupRequest& request, wire::Reply<wire::LeaveGroupResponse> reply);
  void commit(wire::OffsetCommitRequest request, const RequestIdentity& identity,
              wire::Reply<wire::OffsetCommitResponse> reply);
  void commit_in_transaction(wire::TxnOffsetCommitRequest request, storage::VerificationGuard guard,
                             wire::Reply<wire::TxnOffsetCommitResponse> reply);
  void end_transaction(const wire::EndTransactionMarker& marker, int16_t transaction_version,
                       wire::Callback<void(wire::ErrorCode)> done);
  void fetch(GroupOffsets::FetchGroup group, bool require_stable,
             wire::Reply<GroupOffsets::FetchedGroup> reply);
  void delete_offsets(wire::OffsetDeleteRequest request,
                      wire::Reply<wire::OffsetDeleteResponse> reply);
  wire::DescribeGroupsResponse::DescribedGroup describe(const std::string& group_id,
                                                        int16_t api_version) const;
  void list(const wire::ListGroupsRequest& request, wire::ListGroupsResponse& response) const;
  using DeleteResults = std::vector<wire::DeleteGroupsResponse::DeletableGroupResult>;
  void delete_groups(const std::vector<std::string>& group_ids,
                     wire::Callback<void(DeleteResults)> done);

 private:
  coordinator::Outbox outbox_;
  coordinator::KeyedTimers timers_;
  coordinator::PartitionRuntime runtime_;
  GroupTable groups_;
  ClassicProtocol protocol_;
  GroupOffsets offsets_;
  GroupUpkeep upkeep_;
};

}  // namespace cluster::groups
