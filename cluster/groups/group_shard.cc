#include "cluster/groups/group_shard.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "cluster/groups/group_records.h"

namespace cluster::groups {
namespace {

using wire::ErrorCode;

constexpr std::string_view kClassicType = "classic";
// KIP-1043: since then an unknown group is an error, before it was a dead group.
constexpr int16_t kDescribeNotFoundVersion = 6;

coordinator::PartitionRuntime::Options runtime_options(const GroupOptions& options) {
  coordinator::PartitionRuntime::Options runtime;
  runtime.commit_timeout_ms = options.offsets_commit_timeout_ms;
  runtime.tombstone_retention_ms = options.offsets_topic_delete_retention_ms;
  runtime.load_bytes = options.offsets_load_buffer_size;
  runtime.compression = options.offsets_topic_compression;
  return runtime;
}

// Filters compare without case and surrounding blanks.
std::string normalized(std::string_view text) {
  const auto is_blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

std::set<std::string> normalized_set(const std::vector<std::string>& texts) {
  std::set<std::string> set;
  for (const std::string& text : texts) set.insert(normalized(text));
  return set;
}

}  // namespace

GroupShard::GroupShard(const GroupOptions& options, GroupPorts ports,
                       wire::PartitionIndex partition, wire::Epoch leader_epoch)
    : timers_(ports.clock, ports.timers),
      runtime_({ports.clock, ports.timers, ports.writer, ports.reader, ports.store},
               runtime_options(options), coordinator::CoordinatorKind::kGroup, partition,
               leader_epoch, inspect_record),
      groups_(ports.clock, runtime_.state(),
              [this](ClassicGroup& group) { protocol_.on_restored(group); }),
      protocol_({options, ports.clock, ports.random, timers_, outbox_, runtime_, groups_}),
      offsets_({options, ports.clock, outbox_, runtime_, groups_, protocol_}),
      upkeep_({options, timers_, outbox_, runtime_, groups_, offsets_}) {}

GroupShard::~GroupShard() {
  close();
}

void GroupShard::load() {
  runtime_.load([this] {
    coordinator::Outbox::Turn turn(outbox_);
    upkeep_.start();
  });
}

ErrorCode GroupShard::availability() {
  if (runtime_.state().damaged() && runtime_.availability() == ErrorCode::kNone) {
    coordinator::Outbox::Turn turn(outbox_);
    runtime_.rebuild();
  }
  return runtime_.availability();
}

void GroupShard::close() {
  coordinator::Outbox::Turn turn(outbox_);
  runtime_.close();
  for (const std::string& id : groups_.ids_in_use()) {
    protocol_.dissolve(*groups_.find_in_use(id), ErrorCode::kNotCoordinator);
  }
  groups_.clear();
  timers_.cancel_all();
}

void GroupShard::on_high_watermark(wire::Offset high_watermark) {
  coordinator::Outbox::Turn turn(outbox_);
  runtime_.on_high_watermark(high_watermark);
  groups_.on_high_watermark(high_watermark);
}

void GroupShard::on_topics_deleted(std::vector<DeletedTopic> topics) {
  if (availability() != ErrorCode::kNone || topics.empty()) return;
  coordinator::Outbox::Turn turn(outbox_);
  upkeep_.on_topics_deleted(std::move(topics));
}

void GroupShard::join(wire::JoinGroupRequest request, const RequestIdentity& identity,
                      wire::Reply<wire::JoinGroupResponse> reply) {
  coordinator::Outbox::Turn turn(outbox_);
  protocol_.join(std::move(request), identity, std::move(reply));
}

void GroupShard::sync(wire::SyncGroupRequest request, wire::Reply<wire::SyncGroupResponse> reply) {
  coordinator::Outbox::Turn turn(outbox_);
  protocol_.sync(std::move(request), std::move(reply));
}

ErrorCode GroupShard::heartbeat(const wire::HeartbeatRequest& request) {
  coordinator::Outbox::Turn turn(outbox_);
  return protocol_.heartbeat(request);
}

void GroupShard::leave(const wire::LeaveGroupRequest& request,
                       wire::Reply<wire::LeaveGroupResponse> reply) {
  coordinator::Outbox::Turn turn(outbox_);
  wire::LeaveGroupResponse response = protocol_.leave(request);
  // If the last member has left, that is a record: the answer waits until it is committed.
  runtime_.write({}, [this, response = std::move(response),
                      reply = std::move(reply)](ErrorCode error) mutable {
    coordinator::Outbox::Turn inner(outbox_);
    if (error != ErrorCode::kNone) {
      response.members.clear();
      response.error_code = error;
    }
    outbox_.send(std::move(reply), std::move(response));
  });
}

void GroupShard::commit(wire::OffsetCommitRequest request, const RequestIdentity& identity,
                        wire::Reply<wire::OffsetCommitResponse> reply) {
  coordinator::Outbox::Turn turn(outbox_);
  offsets_.commit(std::move(request), identity, std::move(reply));
}

void GroupShard::commit_in_transaction(wire::TxnOffsetCommitRequest request,
                                       storage::VerificationGuard guard,
                                       wire::Reply<wire::TxnOffsetCommitResponse> reply) {
  coordinator::Outbox::Turn turn(outbox_);
  offsets_.commit_in_transaction(std::move(request), guard, std::move(reply));
}

void GroupShard::end_transaction(const wire::EndTransactionMarker& marker,
                                 int16_t transaction_version,
                                 wire::Callback<void(ErrorCode)> done) {
  coordinator::Outbox::Turn turn(outbox_);
  runtime_.end_transaction(marker, transaction_version, std::move(done));
}

void GroupShard::fetch(GroupOffsets::FetchGroup group, bool require_stable,
                       wire::Reply<GroupOffsets::FetchedGroup> reply) {
  coordinator::Outbox::Turn turn(outbox_);
  offsets_.fetch(std::move(group), require_stable, std::move(reply));
}

void GroupShard::delete_offsets(wire::OffsetDeleteRequest request,
                                wire::Reply<wire::OffsetDeleteResponse> reply) {
  coordinator::Outbox::Turn turn(outbox_);
  offsets_.remove(std::move(request), std::move(reply));
}

wire::DescribeGroupsResponse::DescribedGroup GroupShard::describe(const std::string& group_id,
                                                                  int16_t api_version) const {
  wire::DescribeGroupsResponse::DescribedGroup described;
  described.group_id = group_id;
  const bool found = groups_.view(group_id, [&](const ClassicGroup& group) {
    const bool is_stable = group.is_in(ClassicState::kStable);
    described.group_state = state_name(group.state());
    described.protocol_type = group.protocol_type().value_or("");
    if (is_stable) described.protocol_data = group.protocol_name().value_or("");
    for (const auto& [id, member] : group.members()) {
      auto& entry = described.members.emplace_back();
      entry.member_id = id;
      entry.group_instance_id = member.group_instance_id;
      entry.client_id = member.client_id;
      entry.client_host = member.client_host;
      entry.member_assignment = member.assignment;
      if (is_stable) entry.member_metadata = member.metadata(described.protocol_data);
    }
  });
  if (!found) {
    described.group_state = state_name(ClassicState::kDead);
    if (api_version >= kDescribeNotFoundVersion) {
      described.error_code = ErrorCode::kGroupIdNotFound;
      described.error_message = "Group " + group_id + " not found.";
    }
  }
  return described;
}

void GroupShard::list(const wire::ListGroupsRequest& request,
                      wire::ListGroupsResponse& response) const {
  const std::set<std::string> states = normalized_set(request.states_filter);
  const std::set<std::string> types = normalized_set(request.types_filter);
  if (!types.empty() && !types.contains(std::string(kClassicType))) return;
  for (const std::string& id : groups_.visible_ids()) {
    groups_.view(id, [&](const ClassicGroup& group) {
      if (!states.empty() && !states.contains(normalized(state_name(group.state())))) return;
      auto& listed = response.groups.emplace_back();
      listed.group_id = id;
      listed.protocol_type = group.protocol_type().value_or("");
      listed.group_state = state_name(group.state());
      listed.group_type = kClassicType;
    });
  }
}

void GroupShard::delete_groups(const std::vector<std::string>& group_ids,
                               wire::Callback<void(DeleteResults)> done) {
  coordinator::Outbox::Turn turn(outbox_);
  std::vector<coordinator::Record> records;
  DeleteResults results;
  for (const std::string& id : group_ids) {
    ClassicGroup* group = groups_.find(id);
    const ErrorCode error =
        group == nullptr ? ErrorCode::kGroupIdNotFound : group->validate_delete();
    results.push_back({id, error});
    if (error != ErrorCode::kNone) continue;
    offsets_.add_tombstones(id, records);
    records.push_back(group_tombstone(id));
  }
  std::vector<std::string> deleted;
  for (const auto& result : results) {
    if (result.error_code == ErrorCode::kNone) deleted.push_back(result.group_id);
  }
  const bool appended = runtime_.write(
      std::move(records),
      [results = std::move(results), done = std::move(done)](ErrorCode error) mutable {
        for (auto& result : results) {
          if (error != ErrorCode::kNone) result.error_code = error;
        }
        done(std::move(results));
      });
  if (!appended) return;
  for (const std::string& id : deleted) {
    if (ClassicGroup* group = groups_.find_in_use(id)) {
      protocol_.dissolve(*group, ErrorCode::kUnknownMemberId);
      groups_.erase(id);
    }
  }
}

}  // namespace cluster::groups
