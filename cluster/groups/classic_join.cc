// JoinGroup: ClassicProtocol's answer to those who want to be members.

#include <algorithm>
#include <utility>

#include "cluster/groups/classic_protocol.h"
#include "cluster/groups/group_records.h"
#include "wire/base/log.h"

namespace cluster::groups {
namespace {

using wire::ErrorCode;
using wire::JoinGroupResponse;

// KIP-394: since this version a new member joins twice, the second time with the id it was given.
constexpr int16_t kKnownMemberIdVersion = 4;
// KIP-814: since this version a returning static leader is told to leave the assignment as it is.
constexpr int16_t kSkipAssignmentVersion = 9;

JoinGroupResponse refusal(ErrorCode error, std::string_view member_id) {
  JoinGroupResponse response;
  response.error_code = error;
  response.member_id = member_id;
  return response;
}

// Small and kept for long: copied out of the request's frame.  A name counts once, as in Kafka's
// collection.
std::vector<MemberProtocol> own_protocols(const wire::JoinGroupRequest& request) {
  std::vector<MemberProtocol> protocols;
  protocols.reserve(request.protocols.size());
  for (const auto& offered : request.protocols) {
    const bool repeated = std::any_of(protocols.begin(), protocols.end(), [&](const auto& known) {
      return known.name == offered.name;
    });
    if (!repeated) protocols.push_back({offered.name, wire::Bytes::copy(offered.metadata.span())});
  }
  return protocols;
}

std::string_view reason_of(const wire::JoinGroupRequest& request) {
  return request.reason && !request.reason->empty() ? std::string_view(*request.reason)
                                                    : std::string_view("not provided");
}

}  // namespace

void ClassicProtocol::join(wire::JoinGroupRequest request, const RequestIdentity& identity,
                           JoinReply reply) {
  const bool is_unknown = request.member_id.empty();
  ClassicGroup* group = parts_.groups.find(request.group_id);
  const bool is_new_group = group == nullptr;
  if (is_new_group) {
    if (!is_unknown) {
      return parts_.outbox.send(std::move(reply),
                                refusal(ErrorCode::kUnknownMemberId, request.member_id));
    }
    group = &parts_.groups.create(request.group_id);
  }
  if (!accepts(*group, request.member_id)) {
    group->remove(request.member_id);
    parts_.outbox.send(std::move(reply), refusal(ErrorCode::kGroupMaxSizeReached, ""));
  } else if (is_unknown) {
    join_new_member(request, identity, *group, std::move(reply));
  } else {
    join_known_member(request, identity, *group, std::move(reply));
  }
  // Even if it was refused: Kafka's group is there from now on.
  if (is_new_group) store_new_group(*group);
}

bool ClassicProtocol::accepts(const ClassicGroup& group, std::string_view member_id) const {
  const auto member = group.members().find(member_id);
  const bool is_member = member != group.members().end();
  switch (group.state()) {
    case ClassicState::kEmpty:
    case ClassicState::kDead:
      return true;
    case ClassicState::kPreparingRebalance:
      // Those who wait are counted, not the members: the last to come back are the ones over the
      // limit, if it was lowered.
      return (is_member && member->second.is_awaiting_join()) ||
             group.awaiting_join_count() < parts_.options.group_max_size;
    case ClassicState::kCompletingRebalance:
    case ClassicState::kStable:
      break;
  }
  return is_member ||
         group.members().size() < static_cast<size_t>(std::max(parts_.options.group_max_size, 0));
}

void ClassicProtocol::store_new_group(ClassicGroup& group) {
  wire::GroupMetadataValue value;
  value.protocol = std::nullopt;
  value.leader = std::nullopt;
  value.current_state_timestamp = group.state_timestamp().value_or(wire::kNoTimestamp);
  const std::string& group_id = group.group_id();
  write(group_record(group_id, value), [this, group_id](ErrorCode error) {
    ClassicGroup* stored = parts_.groups.find_in_use(group_id);
    if (stored == nullptr) return;
    if (error == ErrorCode::kNone) return stored->set_durable();
    if (stored->durable()) return;
    wire::log::warn("group {} could not be created: {}", wire::log::printable(group_id),
                    wire::error_name(error));
    dissolve(*stored, error);
    parts_.groups.erase(group_id);
  });
}

void ClassicProtocol::join_new_member(const wire::JoinGroupRequest& request,
                                      const RequestIdentity& identity, ClassicGroup& group,
                                      JoinReply reply) {
  if (!group.supports_protocols(request.protocol_type, own_protocols(request))) {
    return parts_.outbox.send(std::move(reply), refusal(ErrorCode::kInconsistentGroupProtocol, ""));
  }
  const std::string member_id =
      new_member_id(request.group_instance_id.value_or(identity.client_id));
  if (request.group_instance_id) {
    if (group.static_member_id(*request.group_instance_id) != nullptr) {
      return replace_static_member(request, identity, group, member_id, std::move(reply));
    }
    return add_member(request, identity, group, member_id, std::move(reply));
  }
  if (identity.api_version < kKnownMemberIdVersion) {
    return add_member(request, identity, group, member_id, std::move(reply));
  }
  // A client that gives up and retries before it knows its id would leave a dead member behind each
  // time (KIP-394).
  group.add_pending_join(member_id);
  const std::string group_id = group.group_id();
  after("session " + group_id + '\0' + member_id, request.session_timeout_ms,
        [this, group_id, member_id] { on_session_over(group_id, member_id); });
  parts_.outbox.send(std::move(reply), refusal(ErrorCode::kMemberIdRequired, member_id));
}

void ClassicProtocol::join_known_member(const wire::JoinGroupRequest& request,
                                        const RequestIdentity& identity, ClassicGroup& group,
                                        JoinReply reply) {
  const std::string& member_id = request.member_id;
  const auto refuse = [&](ErrorCode error) {
    parts_.outbox.send(std::move(reply), refusal(error, member_id));
  };
  std::vector<MemberProtocol> protocols = own_protocols(request);
  if (!group.supports_protocols(request.protocol_type, protocols)) {
    return refuse(ErrorCode::kInconsistentGroupProtocol);
  }
  if (group.is_pending_join(member_id)) {
    // Kafka throws here: a static member never gets a pending id.
    if (request.group_instance_id) {
      return parts_.outbox.send(std::move(reply), refusal(ErrorCode::kUnknownServerError, ""));
    }
    return add_member(request, identity, group, member_id, std::move(reply));
  }
  const ErrorCode error = group.validate_member(member_id, request.group_instance_id);
  if (error != ErrorCode::kNone) return refuse(error);

  ClassicMember& member = *group.member(member_id);
  const bool is_leader = group.is_leader(member_id);
  const bool is_unchanged = member.protocols == protocols;
  switch (group.state()) {
    case ClassicState::kPreparingRebalance:
      return update_member(request, group, member, "it joins", std::move(reply));
    case ClassicState::kCompletingRebalance:
      if (!is_unchanged) {
        return update_member(request, group, member, "its metadata changed", std::move(reply));
      }
      // It did not get the answer to its first JoinGroup.
      return parts_.outbox.send(std::move(reply), current_generation(group, member_id, is_leader));
    case ClassicState::kStable:
      // A leader joins again when the topics changed: only it would notice.
      if (is_leader) {
        return update_member(request, group, member, "the leader joins again", std::move(reply));
      }
      if (!is_unchanged) {
        return update_member(request, group, member, "its metadata changed", std::move(reply));
      }
      return parts_.outbox.send(std::move(reply), current_generation(group, member_id, false));
    case ClassicState::kEmpty:
    case ClassicState::kDead:
      break;
  }
  refuse(ErrorCode::kUnknownMemberId);
}

JoinGroupResponse ClassicProtocol::current_generation(const ClassicGroup& group,
                                                      std::string_view member_id,
                                                      bool with_members) {
  JoinGroupResponse response;
  response.generation_id = group.generation_id();
  response.protocol_type = group.protocol_type();
  response.protocol_name = group.protocol_name();
  response.leader = group.leader_id().value_or("");
  response.member_id = member_id;
  if (with_members) response.members = group.members_for_leader();
  return response;
}

// A second request of a member takes the place of the first, whose connection is gone most likely;
// the protocol has no answer for it but "join again".
void ClassicProtocol::await_join(ClassicMember& member, JoinReply reply) {
  parts_.outbox.send(std::exchange(member.awaiting_join, std::nullopt),
                     refusal(ErrorCode::kRebalanceInProgress, member.member_id));
  member.awaiting_join.emplace(std::move(reply));
}

void ClassicProtocol::add_member(const wire::JoinGroupRequest& request,
                                 const RequestIdentity& identity, ClassicGroup& group,
                                 const std::string& member_id, JoinReply reply) {
  ClassicMember member;
  member.member_id = member_id;
  member.group_instance_id = request.group_instance_id;
  member.client_id = identity.client_id;
  member.client_host = identity.client_host;
  member.rebalance_timeout_ms = request.rebalance_timeout_ms;
  member.session_timeout_ms = request.session_timeout_ms;
  member.protocol_type = request.protocol_type;
  member.protocols = own_protocols(request);
  member.is_new = true;
  member.awaiting_join.emplace(std::move(reply));
  // Someone else came while the group waited for its first members: it waits on.
  if (group.is_in(ClassicState::kPreparingRebalance) &&
      group.previous_state() == ClassicState::kEmpty) {
    group.set_new_member_added(true);
  }
  const ClassicMember& added = group.add(std::move(member));
  // It cannot heartbeat before it is answered, so only a limit on the wait itself finds it dead.
  start_session(group, added, parts_.options.new_member_join_timeout_ms);
  prepare_or_complete(
      group, fmt::format("member {} is new; client reason: {}", wire::log::printable(member_id),
                         wire::log::printable(reason_of(request))));
}

void ClassicProtocol::update_member(const wire::JoinGroupRequest& request, ClassicGroup& group,
                                    ClassicMember& member, std::string_view why, JoinReply reply) {
  group.update(member, own_protocols(request), request.rebalance_timeout_ms,
               request.session_timeout_ms);
  await_join(member, std::move(reply));
  prepare_or_complete(
      group, fmt::format("member {}: {}; client reason: {}", wire::log::printable(member.member_id),
                         why, wire::log::printable(reason_of(request))));
}

// What is needed to finish, or take back, the exchange of a static member's id.
struct ClassicProtocol::StaticReplacement {
  std::string group_id;
  std::string instance_id;
  std::string old_member_id;
  std::string new_member_id;
  std::optional<std::string> leader_before;
  std::vector<MemberProtocol> old_protocols;
  int32_t old_rebalance_timeout_ms;
  int32_t old_session_timeout_ms;
  bool may_skip_assignment;
};

void ClassicProtocol::replace_static_member(const wire::JoinGroupRequest& request,
                                            const RequestIdentity& identity, ClassicGroup& group,
                                            const std::string& new_member_id, JoinReply reply) {
  const std::string& instance_id = *request.group_instance_id;
  const std::optional<std::string> leader_before = group.leader_id();
  ClassicMember old = group.replace_static(instance_id, new_member_id);
  wire::log::info("group {}: static member {} is back; {} replaces {}",
                  wire::log::printable(group.group_id()), wire::log::printable(instance_id),
                  wire::log::printable(new_member_id), wire::log::printable(old.member_id));
  parts_.outbox.send(std::move(old.awaiting_join),
                     refusal(ErrorCode::kFencedInstanceId, old.member_id));
  wire::SyncGroupResponse fenced;
  fenced.error_code = ErrorCode::kFencedInstanceId;
  parts_.outbox.send(std::move(old.awaiting_sync), std::move(fenced));

  ClassicMember& member = *group.member(new_member_id);
  start_session(group, member, member.session_timeout_ms);
  StaticReplacement replacement{group.group_id(),
                                instance_id,
                                old.member_id,
                                new_member_id,
                                leader_before,
                                member.protocols,
                                member.rebalance_timeout_ms,
                                member.session_timeout_ms,
                                identity.api_version >= kSkipAssignmentVersion};
  group.update(member, own_protocols(request), request.rebalance_timeout_ms,
               request.session_timeout_ms);
  await_join(member, std::move(reply));

  const std::string why = "static member " + wire::log::printable(instance_id) + " is back";
  switch (group.state()) {
    case ClassicState::kStable:
      if (group.protocol_name() == group.select_protocol()) {
        return store_static_replacement(group, std::move(replacement));
      }
      return prepare_or_complete(group, why + " and changes the protocol");
    case ClassicState::kCompletingRebalance:
      // The leader may be assigning to the old id this moment.
      return prepare_rebalance(group, why);
    case ClassicState::kPreparingRebalance:
    case ClassicState::kEmpty:
    case ClassicState::kDead:
      return maybe_complete_join(group);
  }
}

// Nothing changes for the others, so there is no rebalance; but the new id must be known to the
// next coordinator.
void ClassicProtocol::store_static_replacement(ClassicGroup& group, StaticReplacement replacement) {
  coordinator::Record record = group_record(group.group_id(), group.to_record(nullptr));
  write(std::move(record), [this, replacement = std::move(replacement)](ErrorCode error) {
    on_static_replacement_stored(replacement, error);
  });
}

void ClassicProtocol::on_static_replacement_stored(const StaticReplacement& replacement,
                                                   ErrorCode error) {
  ClassicGroup* group = parts_.groups.find_in_use(replacement.group_id);
  ClassicMember* member = group == nullptr ? nullptr : group->member(replacement.new_member_id);
  if (member == nullptr) return;
  if (error != ErrorCode::kNone) {
    JoinGroupResponse response = current_generation(*group, "", false);
    response.leader = replacement.leader_before.value_or("");
    response.error_code = error;
    parts_.outbox.send(std::exchange(member->awaiting_join, std::nullopt), std::move(response));
    group->update(*member, replacement.old_protocols, replacement.old_rebalance_timeout_ms,
                  replacement.old_session_timeout_ms);
    end_session(*group, replacement.new_member_id);
    group->replace_static(replacement.instance_id, replacement.old_member_id);
    const ClassicMember& restored = *group->member(replacement.old_member_id);
    return start_session(*group, restored, restored.session_timeout_ms);
  }
  // A rebalance that began meanwhile answers it.
  if (!group->is_in(ClassicState::kStable)) return;
  const bool is_leader = group->is_leader(replacement.new_member_id);
  const bool skip = is_leader && replacement.may_skip_assignment;
  JoinGroupResponse response = current_generation(*group, replacement.new_member_id, skip);
  response.skip_assignment = skip;
  // An older client must not see itself as leader, or it would assign anew: it gets the id that is
  // gone.
  if (!replacement.may_skip_assignment) response.leader = replacement.leader_before.value_or("");
  parts_.outbox.send(std::exchange(member->awaiting_join, std::nullopt), std::move(response));
}

// "<client id or instance id>-<random uuid>", which operators read in every tool.
std::string ClassicProtocol::new_member_id(std::string_view prefix) {
  constexpr uint64_t kVersionMask = 0xF000;
  constexpr uint64_t kVersion4 = 0x4000;
  constexpr uint64_t kVariantMask = 0xC000'0000'0000'0000;
  constexpr uint64_t kVariant = 0x8000'0000'0000'0000;
  constexpr size_t kPrefixMax = 32'000;  // the protocol's strings end at 32767 bytes
  prefix = prefix.substr(0, kPrefixMax);
  const uint64_t high = (parts_.random.next() & ~kVersionMask) | kVersion4;
  const uint64_t low = (parts_.random.next() & ~kVariantMask) | kVariant;
  return fmt::format("{}-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", prefix, high >> 32,
                     (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48, low & 0xFFFF'FFFF'FFFF);
}

}  // namespace cluster::groups
