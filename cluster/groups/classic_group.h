// A classic group: its state, its members, and the rules that need nothing but them.
//
//   kEmpty --first join--> kPreparingRebalance --all joined, or timeout--> kCompletingRebalance
//     ^                        ^      ^                                        |       |
//     |                        |      +---- member joins, leaves, expires -----+       | leader's
//     |                        |                                                       | assignment
//     +--- no member left -----+                                                       v is stored
//                              +------- member joins, leaves, expires ------------- kStable
//   any --> kDead               when the coordinator lets go of the group
//
// What happens in time (timers, records, answers to requests) is ClassicProtocol's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/coordinator/string_map.h"
#include "cluster/groups/classic_member.h"
#include "wire/base/types.h"
#include "wire/coordinator/group_metadata.h"
#include "wire/error_code.h"

namespace cluster::groups {

enum class ClassicState { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable, kDead };

// "Empty", "PreparingRebalance", ...: as the protocol and the tools show it.
std::string_view state_name(ClassicState state);

inline constexpr std::string_view kConsumerProtocolType = "consumer";

class ClassicGroup {
 public:
  using Members = std::map<std::string, ClassicMember, std::less<>>;

  ClassicGroup(std::string group_id, wire::TimestampMs now);
  // From the record that an earlier coordinator has written.
  ClassicGroup(std::string group_id, const wire::GroupMetadataValue& value);

  const std::string& group_id() const { return group_id_; }
  ClassicState state() const { return state_; }
  ClassicState previous_state() const { return previous_state_; }
  bool is_in(ClassicState state) const { return state_ == state; }
  int32_t generation_id() const { return generation_id_; }
  const std::optional<std::string>& protocol_type() const { return protocol_type_; }
  const std::optional<std::string>& protocol_name() const { return protocol_name_; }
  const std::optional<std::string>& leader_id() const { return leader_id_; }
  std::optional<wire::TimestampMs> state_timestamp() const { return state_timestamp_; }
  bool uses_consumer_protocol() const { return protocol_type_ == kConsumerProtocolType; }

  // Until the first record about the group is committed, nobody else may see it.
  bool durable() const { return durable_; }
  void set_durable() { durable_ = true; }
  // Nothing would be lost with it: no record, no member, nobody on the way.
  bool is_unused() const { return !durable_ && members_.empty() && pending_join_.empty(); }

  void transition_to(ClassicState state, wire::TimestampMs now);
  bool can_rebalance() const {
    return state_ == ClassicState::kStable || state_ == ClassicState::kCompletingRebalance ||
           state_ == ClassicState::kEmpty;
  }
  // Counts the generation up and chooses its protocol; the group is then completing, or empty.
  void init_next_generation(wire::TimestampMs now);

  // Members.  A pointer lives until its member is removed.
  Members& members() { return members_; }
  const Members& members() const { return members_; }
  ClassicMember* member(std::string_view member_id);
  bool has_member(std::string_view member_id) const { return members_.contains(member_id); }
  bool is_leader(std::string_view member_id) const { return leader_id_ == member_id; }
  // REQUIRES: supports_protocols() of the member; its instance id is not taken.
  ClassicMember& add(ClassicMember member);
  // Also forgets a pending member of this id.  Does not answer its requests.
  void remove(std::string_view member_id);
  // Puts a member with a new id in the place of a static one; the old one is returned, with its
  // waiting requests.
  ClassicMember replace_static(std::string_view instance_id, const std::string& new_member_id);
  void update(ClassicMember& member, std::vector<MemberProtocol> protocols,
              int32_t rebalance_timeout_ms, int32_t session_timeout_ms);
  // A leader that did not come back is replaced by a member that did.  False if none did.
  bool elect_joined_leader();
  // The member id behind an instance id, or null.
  const std::string* static_member_id(std::string_view instance_id) const;

  // Members that got an id (KIP-394) and have not joined with it yet.
  void add_pending_join(const std::string& member_id) { pending_join_.insert(member_id); }
  bool is_pending_join(std::string_view member_id) const {
    return pending_join_.contains(member_id);
  }
  bool has_pending_joins() const { return !pending_join_.empty(); }
  // Members that were told of the generation and have not asked for their assignment yet.
  std::set<std::string, std::less<>>& pending_sync() { return pending_sync_; }

  int32_t awaiting_join_count() const;
  bool has_all_members_joined() const;
  // The longest of its members': a rebalance must give each its time.
  int32_t rebalance_timeout_ms() const;

  bool new_member_added() const { return new_member_added_; }
  void set_new_member_added(bool added) { new_member_added_ = added; }

  // Whether a member offering these could be assigned together with the others.
  bool supports_protocols(std::string_view type,
                          const std::vector<MemberProtocol>& protocols) const;
  // The protocol that every member offers and most want most.
  std::string select_protocol() const;
  // kNone, UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID if the instance has a newer member id.
  wire::ErrorCode validate_member(std::string_view member_id,
                                  const std::optional<std::string>& instance_id) const;
  // A commit in a transaction may come from a producer that does not know the group (before
  // KIP-447), and while a rebalance completes.
  enum class Commit : bool { kPlain, kTransactional };
  wire::ErrorCode validate_offset_commit(std::string_view member_id,
                                         const std::optional<std::string>& instance_id,
                                         int32_t generation_id, Commit kind = Commit::kPlain) const;
  wire::ErrorCode validate_offset_delete() const;
  wire::ErrorCode validate_delete() const;
  // A topic that some member may be reading: its offsets are neither deleted nor expired.
  bool is_subscribed_to(std::string_view topic) const;
  bool knows_subscriptions() const { return subscribed_topics_.has_value(); }

  // The group as it is written, each member with the assignment given here, or its own.
  wire::GroupMetadataValue to_record(const coordinator::StringMap<wire::Bytes>* assignments) const;
  // What the leader is told of the members.
  std::vector<wire::JoinGroupResponse::JoinGroupResponseMember> members_for_leader() const;

 private:
  void compute_subscribed_topics();

  std::string group_id_;
  ClassicState state_ = ClassicState::kEmpty;
  ClassicState previous_state_ = ClassicState::kDead;
  std::optional<wire::TimestampMs> state_timestamp_;
  std::optional<std::string> protocol_type_;
  std::optional<std::string> protocol_name_;
  int32_t generation_id_ = 0;
  std::optional<std::string> leader_id_;
  bool durable_ = false;
  bool new_member_added_ = false;

  Members members_;
  std::map<std::string, std::string, std::less<>> static_members_;  // instance id -> member id
  std::map<std::string, size_t, std::less<>> offered_;  // protocol -> members offering it
  std::set<std::string, std::less<>> pending_join_;
  std::set<std::string, std::less<>> pending_sync_;
  // Of a consumer group, once its generation is known and its members' metadata could be read.
  std::optional<std::set<std::string, std::less<>>> subscribed_topics_;
};

}  // namespace cluster::groups
