#include "cluster/groups/classic_group.h"

#include <algorithm>
#include <utility>

#include "wire/base/check.h"
#include "wire/base/log.h"
#include "wire/control/consumer_protocol_subscription.h"
#include "wire/reader.h"

namespace cluster::groups {

using wire::ErrorCode;

std::string_view state_name(ClassicState state) {
  switch (state) {
    case ClassicState::kEmpty:
      return "Empty";
    case ClassicState::kPreparingRebalance:
      return "PreparingRebalance";
    case ClassicState::kCompletingRebalance:
      return "CompletingRebalance";
    case ClassicState::kStable:
      return "Stable";
    case ClassicState::kDead:
      break;
  }
  return "Dead";
}

ClassicGroup::ClassicGroup(std::string group_id, wire::TimestampMs now)
    : group_id_(std::move(group_id)), state_timestamp_(now) {}

ClassicGroup::ClassicGroup(std::string group_id, const wire::GroupMetadataValue& value)
    : group_id_(std::move(group_id)),
      state_(value.members.empty() ? ClassicState::kEmpty : ClassicState::kStable),
      protocol_name_(value.protocol),
      generation_id_(value.generation),
      durable_(true) {
  if (value.current_state_timestamp != wire::kNoTimestamp) {
    state_timestamp_ = value.current_state_timestamp;
  }
  if (!value.protocol_type.empty()) protocol_type_ = value.protocol_type;
  for (const auto& stored : value.members) {
    ClassicMember member;
    member.member_id = stored.member_id;
    member.group_instance_id = stored.group_instance_id;
    member.client_id = stored.client_id;
    member.client_host = stored.client_host;
    member.session_timeout_ms = stored.session_timeout;
    member.rebalance_timeout_ms =
        stored.rebalance_timeout == -1 ? stored.session_timeout : stored.rebalance_timeout;
    member.protocol_type = value.protocol_type;
    member.protocols.push_back({value.protocol.value_or(""), stored.subscription});
    member.assignment = stored.assignment;
    add(std::move(member));
  }
  leader_id_ = value.leader;
  compute_subscribed_topics();
}

void ClassicGroup::transition_to(ClassicState state, wire::TimestampMs now) {
  previous_state_ = std::exchange(state_, state);
  state_timestamp_ = now;
}

void ClassicGroup::init_next_generation(wire::TimestampMs now) {
  // Java's int wraps; a group that lives so long gets a negative generation there, and here.
  generation_id_ = static_cast<int32_t>(static_cast<uint32_t>(generation_id_) + 1);
  protocol_name_ = members_.empty() ? std::nullopt : std::optional(select_protocol());
  compute_subscribed_topics();
  transition_to(members_.empty() ? ClassicState::kEmpty : ClassicState::kCompletingRebalance, now);
  pending_sync_.clear();
}

ClassicMember* ClassicGroup::member(std::string_view member_id) {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

ClassicMember& ClassicGroup::add(ClassicMember member) {
  if (member.group_instance_id) static_members_[*member.group_instance_id] = member.member_id;
  if (members_.empty()) protocol_type_ = member.protocol_type;
  if (!leader_id_) leader_id_ = member.member_id;
  for (const MemberProtocol& protocol : member.protocols) ++offered_[protocol.name];
  pending_join_.erase(member.member_id);
  std::string id = member.member_id;
  return members_.insert_or_assign(std::move(id), std::move(member)).first->second;
}

void ClassicGroup::remove(std::string_view member_id) {
  // The caller's view may be of the very id that goes.
  const std::string id(member_id);
  if (const auto found = members_.find(id); found != members_.end()) {
    for (const MemberProtocol& protocol : found->second.protocols) --offered_[protocol.name];
    if (found->second.group_instance_id) static_members_.erase(*found->second.group_instance_id);
    members_.erase(found);
  }
  if (is_leader(id)) {
    leader_id_ = members_.empty() ? std::nullopt : std::optional(members_.begin()->first);
  }
  pending_join_.erase(id);
  pending_sync_.erase(id);
}

ClassicMember ClassicGroup::replace_static(std::string_view instance_id,
                                           const std::string& new_member_id) {
  const std::string old_member_id = static_members_.find(instance_id)->second;
  auto node = members_.extract(old_member_id);
  CHECK(!node.empty());
  ClassicMember old = std::move(node.mapped());

  ClassicMember replacement;
  replacement.member_id = new_member_id;
  replacement.group_instance_id = old.group_instance_id;
  replacement.client_id = old.client_id;
  replacement.client_host = old.client_host;
  replacement.rebalance_timeout_ms = old.rebalance_timeout_ms;
  replacement.session_timeout_ms = old.session_timeout_ms;
  replacement.protocol_type = old.protocol_type;
  replacement.protocols = old.protocols;
  replacement.assignment = old.assignment;
  members_.emplace(new_member_id, std::move(replacement));

  if (is_leader(old_member_id)) leader_id_ = new_member_id;
  // The place in the next sync goes with the member.
  if (pending_sync_.erase(old_member_id) > 0) pending_sync_.insert(new_member_id);
  static_members_.insert_or_assign(std::string(instance_id), new_member_id);
  return old;
}

void ClassicGroup::update(ClassicMember& member, std::vector<MemberProtocol> protocols,
                          int32_t rebalance_timeout_ms, int32_t session_timeout_ms) {
  for (const MemberProtocol& protocol : member.protocols) --offered_[protocol.name];
  member.protocols = std::move(protocols);
  for (const MemberProtocol& protocol : member.protocols) ++offered_[protocol.name];
  member.rebalance_timeout_ms = rebalance_timeout_ms;
  member.session_timeout_ms = session_timeout_ms;
}

bool ClassicGroup::elect_joined_leader() {
  if (!leader_id_) return false;
  const ClassicMember* leader = member(*leader_id_);
  if (leader != nullptr && leader->is_awaiting_join()) return true;
  for (const auto& [id, candidate] : members_) {
    if (!candidate.is_awaiting_join()) continue;
    leader_id_ = id;
    return true;
  }
  return false;
}

const std::string* ClassicGroup::static_member_id(std::string_view instance_id) const {
  const auto found = static_members_.find(instance_id);
  return found == static_members_.end() ? nullptr : &found->second;
}

int32_t ClassicGroup::awaiting_join_count() const {
  return static_cast<int32_t>(
      std::count_if(members_.begin(), members_.end(),
                    [](const auto& entry) { return entry.second.is_awaiting_join(); }));
}

bool ClassicGroup::has_all_members_joined() const {
  return pending_join_.empty() &&
         std::all_of(members_.begin(), members_.end(),
                     [](const auto& entry) { return entry.second.is_awaiting_join(); });
}

int32_t ClassicGroup::rebalance_timeout_ms() const {
  int32_t longest = 0;
  for (const auto& [id, member] : members_) {
    longest = std::max(longest, member.rebalance_timeout_ms);
  }
  return longest;
}

bool ClassicGroup::supports_protocols(std::string_view type,
                                      const std::vector<MemberProtocol>& protocols) const {
  if (is_in(ClassicState::kEmpty)) return !type.empty() && !protocols.empty();
  if (protocol_type_ != type) return false;
  return std::any_of(protocols.begin(), protocols.end(), [this](const MemberProtocol& protocol) {
    const auto offered = offered_.find(protocol.name);
    return (offered == offered_.end() ? 0 : offered->second) == members_.size();
  });
}

std::string ClassicGroup::select_protocol() const {
  std::map<std::string_view, size_t> votes;
  for (const auto& [id, member] : members_) {
    for (const MemberProtocol& protocol : member.protocols) {
      if (offered_.find(protocol.name)->second != members_.size()) continue;
      ++votes[protocol.name];
      break;
    }
  }
  const auto winner = std::max_element(
      votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return winner == votes.end() ? std::string() : std::string(winner->first);
}

ErrorCode ClassicGroup::validate_member(std::string_view member_id,
                                        const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    const std::string* owner = static_member_id(*instance_id);
    if (owner == nullptr) return ErrorCode::kUnknownMemberId;
    if (*owner != member_id) return ErrorCode::kFencedInstanceId;
  }
  return has_member(member_id) ? ErrorCode::kNone : ErrorCode::kUnknownMemberId;
}

ErrorCode ClassicGroup::validate_offset_commit(std::string_view member_id,
                                               const std::optional<std::string>& instance_id,
                                               int32_t generation_id, Commit kind) const {
  if (is_in(ClassicState::kDead)) return ErrorCode::kCoordinatorNotAvailable;
  // A simple consumer, or a tool that sets the offsets of a group without members.
  if (generation_id < 0 && is_in(ClassicState::kEmpty)) return ErrorCode::kNone;
  if (generation_id >= 0 || !member_id.empty() || instance_id) {
    const ErrorCode error = validate_member(member_id, instance_id);
    if (error != ErrorCode::kNone) return error;
    if (generation_id != generation_id_) return ErrorCode::kIllegalGeneration;
  } else if (kind == Commit::kPlain && !is_in(ClassicState::kEmpty)) {
    return ErrorCode::kUnknownMemberId;
  }
  if (kind == Commit::kTransactional) return ErrorCode::kNone;
  // The commit would be of the generation whose assignment nobody has yet.
  if (is_in(ClassicState::kCompletingRebalance)) return ErrorCode::kRebalanceInProgress;
  return ErrorCode::kNone;
}

ErrorCode ClassicGroup::validate_offset_delete() const {
  if (is_in(ClassicState::kDead)) return ErrorCode::kGroupIdNotFound;
  // Only of consumers is it known which topics they read.
  if (is_in(ClassicState::kEmpty) || uses_consumer_protocol()) return ErrorCode::kNone;
  return ErrorCode::kNonEmptyGroup;
}

ErrorCode ClassicGroup::validate_delete() const {
  if (is_in(ClassicState::kDead)) return ErrorCode::kGroupIdNotFound;
  return is_in(ClassicState::kEmpty) ? ErrorCode::kNone : ErrorCode::kNonEmptyGroup;
}

bool ClassicGroup::is_subscribed_to(std::string_view topic) const {
  if (!subscribed_topics_) return uses_consumer_protocol();
  return subscribed_topics_->contains(topic);
}

// The members' metadata is opaque to a coordinator, except that a consumer's says which topics it
// reads.
void ClassicGroup::compute_subscribed_topics() {
  subscribed_topics_.reset();
  if (!uses_consumer_protocol()) return;
  if (members_.empty()) {
    subscribed_topics_.emplace();
    return;
  }
  if (!protocol_name_) return;
  std::set<std::string, std::less<>> topics;
  for (const auto& [id, member] : members_) {
    const wire::Bytes metadata = member.metadata(*protocol_name_);
    constexpr size_t kVersionSize = sizeof(int16_t);
    if (metadata.size() < kVersionSize) return;
    // Topics stand first in every version, so each reads as version 0.
    wire::Reader reader(metadata.slice(kVersionSize));
    wire::ConsumerProtocolSubscription subscription;
    subscription.decode(reader, 0);
    if (!reader.ok()) {
      wire::log::warn("group {}: a member's subscription does not parse; its topics are unknown",
                      wire::log::printable(group_id_));
      return;
    }
    topics.insert(subscription.topics.begin(), subscription.topics.end());
  }
  subscribed_topics_ = std::move(topics);
}

wire::GroupMetadataValue ClassicGroup::to_record(
    const coordinator::StringMap<wire::Bytes>* assignments) const {
  wire::GroupMetadataValue value;
  value.protocol_type = protocol_type_.value_or("");
  value.generation = generation_id_;
  value.protocol = protocol_name_;
  value.leader = leader_id_;
  value.current_state_timestamp = state_timestamp_.value_or(wire::kNoTimestamp);
  for (const auto& [id, member] : members_) {
    auto& stored = value.members.emplace_back();
    stored.member_id = id;
    stored.group_instance_id = member.group_instance_id;
    stored.client_id = member.client_id;
    stored.client_host = member.client_host;
    stored.rebalance_timeout = member.rebalance_timeout_ms;
    stored.session_timeout = member.session_timeout_ms;
    stored.subscription = member.metadata(protocol_name_.value_or(""));
    stored.assignment = member.assignment;
    if (assignments != nullptr) {
      const auto given = assignments->find(id);
      stored.assignment = given == assignments->end() ? wire::Bytes() : given->second;
    }
  }
  return value;
}

std::vector<wire::JoinGroupResponse::JoinGroupResponseMember> ClassicGroup::members_for_leader()
    const {
  std::vector<wire::JoinGroupResponse::JoinGroupResponseMember> listed;
  for (const auto& [id, member] : members_) {
    auto& entry = listed.emplace_back();
    entry.member_id = id;
    entry.group_instance_id = member.group_instance_id;
    entry.metadata = member.metadata(protocol_name_.value_or(""));
  }
  return listed;
}

}  // namespace cluster::groups
