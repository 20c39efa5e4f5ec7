#include "cluster/groups/group_coordinator.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cluster/coordinator/partition_hash.h"
#include "cluster/groups/group_shard.h"
#include "wire/base/log.h"

namespace cluster::groups {
namespace {

using wire::ErrorCode;

// Versions below name the one member that leaves at the top of the request, and its error at the
// top of the answer.
constexpr int16_t kLeaveBatchVersion = 3;
// KIP-559: since this version a sync must say which protocol it follows.
constexpr int16_t kSyncProtocolVersion = 5;

}  // namespace

wire::PartitionIndex partition_for_group(std::string_view group_id, int32_t partition_count) {
  return coordinator::partition_for_key(group_id, partition_count);
}

GroupCoordinator::GroupCoordinator(GroupOptions options, GroupPorts ports)
    : options_(options), ports_(ports), partition_count_(options.offsets_topic_num_partitions) {}

GroupCoordinator::~GroupCoordinator() {
  resign_all();
}

// Answers given now may bring requests: they must find no shard, not a dying one.
void GroupCoordinator::resign_all() {
  const auto shards = std::exchange(shards_, {});
  for (const auto& [partition, shard] : shards) shard->close();
}

void GroupCoordinator::on_election(wire::PartitionIndex partition, wire::Epoch leader_epoch) {
  // A leader that stays may get a new epoch (a change of the ISR): its groups notice nothing.
  const auto led = shards_.find(partition);
  if (led != shards_.end() && led->second->availability() != ErrorCode::kNotCoordinator) {
    return led->second->continue_in(leader_epoch);
  }
  on_resignation(partition);
  auto shard = std::make_unique<GroupShard>(options_, ports_, partition, leader_epoch);
  GroupShard& started = *shard;
  shards_[partition] = std::move(shard);
  started.load();
}

void GroupCoordinator::on_resignation(wire::PartitionIndex partition) {
  auto node = shards_.extract(partition);
  if (!node.empty()) node.mapped()->close();
}

void GroupCoordinator::on_high_watermark(wire::PartitionIndex partition,
                                         wire::Offset high_watermark) {
  const auto shard = shards_.find(partition);
  if (shard != shards_.end()) shard->second->on_high_watermark(high_watermark);
}

void GroupCoordinator::on_topics_deleted(std::span<const DeletedTopic> topics) {
  for (auto& [partition, shard] : shards_) {
    shard->on_topics_deleted({topics.begin(), topics.end()});
  }
}

GroupCoordinator::Lookup GroupCoordinator::shard_for(std::string_view group_id) {
  const auto found = shards_.find(partition_for(group_id));
  if (found == shards_.end()) return {nullptr, ErrorCode::kNotCoordinator};
  const ErrorCode error = found->second->availability();
  if (error != ErrorCode::kNone) return {nullptr, error};
  return {found->second.get(), ErrorCode::kNone};
}

void GroupCoordinator::join_group(wire::JoinGroupRequest request, const RequestIdentity& identity,
                                  wire::Reply<wire::JoinGroupResponse> reply) {
  // Version 0 has one timeout for both.
  if (identity.api_version == 0) request.rebalance_timeout_ms = request.session_timeout_ms;
  wire::JoinGroupResponse response;
  response.member_id = request.member_id;
  if (request.group_id.empty()) {
    response.error_code = ErrorCode::kInvalidGroupId;
  } else if (request.session_timeout_ms < options_.group_min_session_timeout_ms ||
             request.session_timeout_ms > options_.group_max_session_timeout_ms) {
    response.error_code = ErrorCode::kInvalidSessionTimeout;
  } else {
    const Lookup found = shard_for(request.group_id);
    if (found.shard != nullptr) {
      return found.shard->join(std::move(request), identity, std::move(reply));
    }
    response.error_code = found.error;
    response.member_id.clear();
  }
  reply(std::move(response));
}

void GroupCoordinator::sync_group(wire::SyncGroupRequest request, const RequestIdentity& identity,
                                  wire::Reply<wire::SyncGroupResponse> reply) {
  wire::SyncGroupResponse response;
  if (identity.api_version >= kSyncProtocolVersion &&
      (!request.protocol_type || !request.protocol_name)) {
    response.error_code = ErrorCode::kInconsistentGroupProtocol;
  } else if (request.group_id.empty()) {
    response.error_code = ErrorCode::kInvalidGroupId;
  } else {
    const Lookup found = shard_for(request.group_id);
    if (found.shard != nullptr) return found.shard->sync(std::move(request), std::move(reply));
    response.error_code = found.error;
  }
  reply(std::move(response));
}

void GroupCoordinator::heartbeat(wire::HeartbeatRequest request, const RequestIdentity&,
                                 wire::Reply<wire::HeartbeatResponse> reply) {
  wire::HeartbeatResponse response;
  if (request.group_id.empty()) {
    response.error_code = ErrorCode::kInvalidGroupId;
  } else {
    const Lookup found = shard_for(request.group_id);
    // While the group loads nobody loses its membership for it.
    response.error_code = found.shard != nullptr ? found.shard->heartbeat(request)
                          : found.error == ErrorCode::kCoordinatorLoadInProgress ? ErrorCode::kNone
                                                                                 : found.error;
  }
  reply(std::move(response));
}

void GroupCoordinator::leave_group(wire::LeaveGroupRequest request, const RequestIdentity& identity,
                                   wire::Reply<wire::LeaveGroupResponse> reply) {
  if (identity.api_version < kLeaveBatchVersion) {
    request.members.clear();
    request.members.emplace_back().member_id = request.member_id;
    reply = wire::Reply<wire::LeaveGroupResponse>(
        [inner = std::move(reply)](std::optional<wire::LeaveGroupResponse> response) mutable {
          if (!response) return;  // the inner one is dropped with this
          if (response->error_code == ErrorCode::kNone && !response->members.empty()) {
            response->error_code = response->members.front().error_code;
          }
          response->members.clear();
          inner(std::move(*response));
        });
  }
  wire::LeaveGroupResponse response;
  if (request.group_id.empty()) {
    response.error_code = ErrorCode::kInvalidGroupId;
  } else {
    const Lookup found = shard_for(request.group_id);
    if (found.shard != nullptr) return found.shard->leave(request, std::move(reply));
    response.error_code = found.error;
  }
  reply(std::move(response));
}

void GroupCoordinator::describe_groups(wire::DescribeGroupsRequest request,
                                       const RequestIdentity& identity,
                                       wire::Reply<wire::DescribeGroupsResponse> reply) {
  wire::DescribeGroupsResponse response;
  for (const std::string& group_id : request.groups) {
    const Lookup found = shard_for(group_id);
    if (found.shard != nullptr) {
      response.groups.push_back(found.shard->describe(group_id, identity.api_version));
      continue;
    }
    auto& failed = response.groups.emplace_back();
    failed.group_id = group_id;
    failed.error_code = found.error;
  }
  reply(std::move(response));
}

void GroupCoordinator::list_groups(wire::ListGroupsRequest request, const RequestIdentity&,
                                   wire::Reply<wire::ListGroupsResponse> reply) {
  wire::ListGroupsResponse response;
  for (const auto& [partition, shard] : shards_) {
    const ErrorCode error = shard->availability();
    if (error == ErrorCode::kNone) {
      shard->list(request, response);
    } else if (error != ErrorCode::kNotCoordinator) {
      // A list that lacks what loads would be taken for complete.
      response.groups.clear();
      response.error_code = error;
      break;
    }
  }
  reply(std::move(response));
}

void GroupCoordinator::delete_groups(wire::DeleteGroupsRequest request, const RequestIdentity&,
                                     wire::Reply<wire::DeleteGroupsResponse> reply) {
  // The answer is given by the last of the partitions concerned.
  struct Gathered {
    explicit Gathered(wire::Reply<wire::DeleteGroupsResponse> to) : reply(std::move(to)) {}
    ~Gathered() { reply(std::move(response)); }

    wire::Reply<wire::DeleteGroupsResponse> reply;
    wire::DeleteGroupsResponse response;
  };
  const auto gathered = std::make_shared<Gathered>(std::move(reply));
  std::map<GroupShard*, std::vector<std::string>> by_shard;
  for (std::string& group_id : request.groups_names) {
    const Lookup found = shard_for(group_id);
    if (found.shard == nullptr) {
      gathered->response.results.push_back({std::move(group_id), found.error});
      continue;
    }
    auto& of_shard = by_shard[found.shard];
    // A name counts once.
    if (std::find(of_shard.begin(), of_shard.end(), group_id) == of_shard.end()) {
      of_shard.push_back(std::move(group_id));
    }
  }
  for (const auto& [shard, group_ids] : by_shard) {
    shard->delete_groups(group_ids, [gathered](GroupShard::DeleteResults results) {
      for (auto& result : results) gathered->response.results.push_back(std::move(result));
    });
  }
}

void GroupCoordinator::commit_offsets(wire::OffsetCommitRequest request,
                                      const RequestIdentity& identity,
                                      wire::Reply<wire::OffsetCommitResponse> reply) {
  const Lookup found = shard_for(request.group_id);
  if (found.shard == nullptr) return reply(failed_commit(request, found.error));
  found.shard->commit(std::move(request), identity, std::move(reply));
}

void GroupCoordinator::commit_offsets_in_transaction(
    wire::TxnOffsetCommitRequest request, storage::VerificationGuard guard,
    wire::Reply<wire::TxnOffsetCommitResponse> reply) {
  const Lookup found = shard_for(request.group_id);
  if (found.shard == nullptr) return reply(failed_commit(request, found.error));
  found.shard->commit_in_transaction(std::move(request), guard, std::move(reply));
}

void GroupCoordinator::end_transaction(wire::PartitionIndex partition,
                                       const wire::EndTransactionMarker& marker,
                                       int16_t transaction_version,
                                       wire::Callback<void(ErrorCode)> done) {
  const auto found = shards_.find(partition);
  if (found == shards_.end()) return done(ErrorCode::kNotCoordinator);
  const ErrorCode error = found->second->availability();
  if (error != ErrorCode::kNone) return done(error);
  found->second->end_transaction(marker, transaction_version, std::move(done));
}

void GroupCoordinator::fetch_offsets(
    wire::OffsetFetchRequest::OffsetFetchRequestGroup group, bool require_stable,
    const RequestIdentity&,
    wire::Reply<wire::OffsetFetchResponse::OffsetFetchResponseGroup> reply) {
  const Lookup found = shard_for(group.group_id);
  if (found.shard != nullptr) {
    return found.shard->fetch(std::move(group), require_stable, std::move(reply));
  }
  wire::OffsetFetchResponse::OffsetFetchResponseGroup response;
  response.group_id = std::move(group.group_id);
  response.error_code = found.error;
  reply(std::move(response));
}

void GroupCoordinator::delete_offsets(wire::OffsetDeleteRequest request, const RequestIdentity&,
                                      wire::Reply<wire::OffsetDeleteResponse> reply) {
  wire::OffsetDeleteResponse response;
  if (request.group_id.empty()) {
    response.error_code = ErrorCode::kInvalidGroupId;
  } else {
    const Lookup found = shard_for(request.group_id);
    if (found.shard != nullptr) {
      return found.shard->delete_offsets(std::move(request), std::move(reply));
    }
    response.error_code = found.error;
  }
  reply(std::move(response));
}

}  // namespace cluster::groups
