// SyncGroup, Heartbeat and LeaveGroup: what members of a generation do.

#include <utility>

#include "cluster/groups/classic_protocol.h"
#include "cluster/groups/group_records.h"
#include "wire/base/log.h"

namespace cluster::groups {
namespace {

using wire::ErrorCode;

wire::SyncGroupResponse refusal(ErrorCode error) {
  wire::SyncGroupResponse response;
  response.error_code = error;
  return response;
}

// Either side may not say (older clients): then there is nothing to contradict.
bool contradicts(const std::optional<std::string>& claimed,
                 const std::optional<std::string>& actual) {
  return claimed && actual && *claimed != *actual;
}

}  // namespace

void ClassicProtocol::sync(wire::SyncGroupRequest request,
                           wire::Reply<wire::SyncGroupResponse> reply) {
  ClassicGroup* group = parts_.groups.find(request.group_id);
  if (group == nullptr || group->is_in(ClassicState::kEmpty)) {
    return parts_.outbox.send(std::move(reply), refusal(ErrorCode::kUnknownMemberId));
  }
  const ErrorCode error = validate_sync(*group, request);
  if (error != ErrorCode::kNone) return parts_.outbox.send(std::move(reply), refusal(error));

  ClassicMember& member = *group->member(request.member_id);
  if (group->is_in(ClassicState::kPreparingRebalance)) {
    return parts_.outbox.send(std::move(reply), refusal(ErrorCode::kRebalanceInProgress));
  }
  note_synced(*group, request.member_id);
  if (group->is_in(ClassicState::kStable)) {
    wire::SyncGroupResponse response;
    response.protocol_type = group->protocol_type();
    response.protocol_name = group->protocol_name();
    response.assignment = member.assignment;
    return parts_.outbox.send(std::move(reply), std::move(response));
  }
  // A repeated sync takes the place of the first.
  parts_.outbox.send(std::exchange(member.awaiting_sync, std::nullopt),
                     refusal(ErrorCode::kRebalanceInProgress));
  member.awaiting_sync.emplace(std::move(reply));
  if (group->is_leader(request.member_id)) store_assignment(*group, request);
}

ErrorCode ClassicProtocol::validate_sync(const ClassicGroup& group,
                                         const wire::SyncGroupRequest& request) const {
  const ErrorCode error = group.validate_member(request.member_id, request.group_instance_id);
  if (error != ErrorCode::kNone) return error;
  if (request.generation_id != group.generation_id()) return ErrorCode::kIllegalGeneration;
  if (contradicts(request.protocol_type, group.protocol_type()) ||
      contradicts(request.protocol_name, group.protocol_name())) {
    return ErrorCode::kInconsistentGroupProtocol;
  }
  return ErrorCode::kNone;
}

void ClassicProtocol::note_synced(ClassicGroup& group, std::string_view member_id) {
  auto& waited_for = group.pending_sync();
  if (const auto found = waited_for.find(member_id); found != waited_for.end()) {
    waited_for.erase(found);
  }
  if (waited_for.empty()) parts_.timers.cancel("sync " + group.group_id());
}

// Nobody gets an assignment that the next coordinator would not know.
void ClassicProtocol::store_assignment(ClassicGroup& group, const wire::SyncGroupRequest& request) {
  coordinator::StringMap<wire::Bytes> assignments;
  for (const auto& given : request.assignments) {
    assignments[given.member_id] = wire::Bytes::copy(given.assignment.span());
  }
  coordinator::Record record = group_record(group.group_id(), group.to_record(&assignments));
  write(std::move(record), [this, assignments = std::move(assignments), group_id = group.group_id(),
                            generation = group.generation_id()](ErrorCode error) mutable {
    ClassicGroup* stored = parts_.groups.find_in_use(group_id);
    if (stored == nullptr) return;
    if (error == ErrorCode::kNone) stored->set_durable();
    // A member may have joined meanwhile: then this generation is over already.
    if (!stored->is_in(ClassicState::kCompletingRebalance) ||
        stored->generation_id() != generation) {
      return;
    }
    if (error != ErrorCode::kNone) {
      for (auto& [id, member] : stored->members()) member.assignment = {};
      answer_syncs(*stored, error);
      return prepare_or_complete(*stored, "the assignment could not be stored");
    }
    for (auto& [id, member] : stored->members()) {
      const auto given = assignments.find(id);
      member.assignment = given == assignments.end() ? wire::Bytes() : given->second;
    }
    answer_syncs(*stored, ErrorCode::kNone);
    stored->transition_to(ClassicState::kStable, now());
  });
}

void ClassicProtocol::answer_syncs(ClassicGroup& group, ErrorCode error) {
  for (auto& [id, member] : group.members()) {
    if (!member.awaiting_sync) continue;
    wire::SyncGroupResponse response = refusal(error);
    if (error == ErrorCode::kNone) {
      response.protocol_type = group.protocol_type();
      response.protocol_name = group.protocol_name();
      response.assignment = member.assignment;
    }
    parts_.outbox.send(std::exchange(member.awaiting_sync, std::nullopt), std::move(response));
    // Its session timer may have fired, without effect, while it waited.
    start_session(group, member, member.session_timeout_ms);
  }
}

ErrorCode ClassicProtocol::heartbeat(const wire::HeartbeatRequest& request) {
  ClassicGroup* group = parts_.groups.find(request.group_id);
  if (group == nullptr) return ErrorCode::kUnknownMemberId;
  const ErrorCode error = group->validate_member(request.member_id, request.group_instance_id);
  if (error != ErrorCode::kNone) return error;
  if (request.generation_id != group->generation_id()) return ErrorCode::kIllegalGeneration;
  if (group->is_in(ClassicState::kEmpty)) return ErrorCode::kUnknownMemberId;
  note_alive(*group, request.member_id);
  return group->is_in(ClassicState::kPreparingRebalance) ? ErrorCode::kRebalanceInProgress
                                                         : ErrorCode::kNone;
}

wire::LeaveGroupResponse ClassicProtocol::leave(const wire::LeaveGroupRequest& request) {
  wire::LeaveGroupResponse response;
  ClassicGroup* group = parts_.groups.find(request.group_id);
  bool any_left = false;
  for (const auto& identity : request.members) {
    auto& result = response.members.emplace_back();
    result.member_id = identity.member_id;
    result.group_instance_id = identity.group_instance_id;
    result.error_code =
        group == nullptr ? ErrorCode::kUnknownMemberId : leave_one(*group, identity);
    any_left = any_left || result.error_code == ErrorCode::kNone;
  }
  if (!any_left) return response;
  if (group->is_in(ClassicState::kStable) || group->is_in(ClassicState::kCompletingRebalance)) {
    prepare_or_complete(*group, "members have left");
  } else {
    maybe_complete_join(*group);
  }
  return response;
}

ErrorCode ClassicProtocol::leave_one(ClassicGroup& group,
                                     const wire::LeaveGroupRequest::MemberIdentity& identity) {
  std::string member_id = identity.member_id;
  if (member_id.empty()) {
    // An administrator removes a static member, whose id only it knows (KIP-345).
    const std::string* owner =
        identity.group_instance_id ? group.static_member_id(*identity.group_instance_id) : nullptr;
    if (owner == nullptr) return ErrorCode::kUnknownMemberId;
    member_id = *owner;
  } else if (!group.is_pending_join(member_id)) {
    const ErrorCode error = group.validate_member(member_id, identity.group_instance_id);
    if (error != ErrorCode::kNone) return error;
  }
  wire::log::info("group {}: member {} leaves: {}", wire::log::printable(group.group_id()),
                  wire::log::printable(member_id),
                  wire::log::printable(identity.reason.value_or("not provided")));
  end_session(group, member_id);
  if (ClassicMember* member = group.member(member_id)) {
    wire::JoinGroupResponse left;
    left.error_code = ErrorCode::kUnknownMemberId;
    parts_.outbox.send(std::exchange(member->awaiting_join, std::nullopt), std::move(left));
    parts_.outbox.send(std::exchange(member->awaiting_sync, std::nullopt),
                       refusal(ErrorCode::kUnknownMemberId));
  }
  group.remove(member_id);
  return ErrorCode::kNone;
}

}  // namespace cluster::groups
