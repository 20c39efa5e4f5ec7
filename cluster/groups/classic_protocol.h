// The classic consumer group protocol: what joins, syncs, heartbeats, departures and the passing of
// time do to a group (Kafka's GroupMetadataManager).
//
// A rebalance: members join and wait; when all are there (or the time is over) each is told the
// generation and the leader gets the list of members; the leader's sync brings the assignment,
// which is written to the log before anyone gets it. Membership itself is not replayed from
// records: the object is the truth, and a record is what the next coordinator starts from.
//
// Members' session timers and waiting requests live here too.  One per coordinator partition, on
// its shard.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/coordinator/keyed_timers.h"
#include "cluster/coordinator/outbox.h"
#include "cluster/coordinator/partition_runtime.h"
#include "cluster/groups/classic_group.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_options.h"
#include "cluster/groups/group_table.h"
#include "wire/api/heartbeat.h"
#include "wire/api/join_group.h"
#include "wire/api/leave_group.h"
#include "wire/api/sync_group.h"
#include "wire/base/clock.h"
#include "wire/base/random.h"
#include "wire/base/reply.h"

namespace cluster::groups {

class ClassicProtocol {
 public:
  struct Parts {
    const GroupOptions& options;
    const wire::Clock& clock;
    wire::Random& random;
    coordinator::KeyedTimers& timers;
    coordinator::Outbox& outbox;
    coordinator::PartitionRuntime& runtime;
    GroupTable& groups;
  };
  // REQUIRES: every part outlives this, the timers and the runtime without calling back afterwards.
  explicit ClassicProtocol(Parts parts) : parts_(parts) {}

  void join(wire::JoinGroupRequest request, const RequestIdentity& identity,
            wire::Reply<wire::JoinGroupResponse> reply);
  void sync(wire::SyncGroupRequest request, wire::Reply<wire::SyncGroupResponse> reply);
  wire::ErrorCode heartbeat(const wire::HeartbeatRequest& request);
  wire::LeaveGroupResponse leave(const wire::LeaveGroupRequest& request);

  // Starts the sessions of a group that was read from its record.
  void on_restored(ClassicGroup& group);
  // A commit is a sign of life.
  void note_alive(ClassicGroup& group, std::string_view member_id);
  // The group is gone: its members' timers end, and whoever waits is answered `error`.
  void dissolve(ClassicGroup& group, wire::ErrorCode error);

 private:
  using JoinReply = wire::Reply<wire::JoinGroupResponse>;

  // classic_join.cc
  bool accepts(const ClassicGroup& group, std::string_view member_id) const;
  void join_new_member(const wire::JoinGroupRequest& request, const RequestIdentity& identity,
                       ClassicGroup& group, JoinReply reply);
  void join_known_member(const wire::JoinGroupRequest& request, const RequestIdentity& identity,
                         ClassicGroup& group, JoinReply reply);
  void add_member(const wire::JoinGroupRequest& request, const RequestIdentity& identity,
                  ClassicGroup& group, const std::string& member_id, JoinReply reply);
  void update_member(const wire::JoinGroupRequest& request, ClassicGroup& group,
                     ClassicMember& member, std::string_view why, JoinReply reply);
  void replace_static_member(const wire::JoinGroupRequest& request, const RequestIdentity& identity,
                             ClassicGroup& group, const std::string& new_member_id,
                             JoinReply reply);
  struct StaticReplacement;
  void store_static_replacement(ClassicGroup& group, StaticReplacement replacement);
  void on_static_replacement_stored(const StaticReplacement& replacement, wire::ErrorCode error);
  void store_new_group(ClassicGroup& group);
  void await_join(ClassicMember& member, JoinReply reply);
  std::string new_member_id(std::string_view prefix);
  static wire::JoinGroupResponse current_generation(const ClassicGroup& group,
                                                    std::string_view member_id, bool with_members);

  // classic_rebalance.cc
  void prepare_or_complete(ClassicGroup& group, std::string_view why);
  void prepare_rebalance(ClassicGroup& group, std::string_view why);
  void maybe_complete_join(ClassicGroup& group);
  void complete_join(ClassicGroup& group);
  void tell_generation(ClassicGroup& group);
  void on_initial_delay_over(const std::string& group_id, int32_t delay_ms, int32_t remaining_ms);
  void on_sync_deadline(const std::string& group_id, int32_t generation_id);
  void on_session_over(const std::string& group_id, const std::string& member_id);
  void remove_member(ClassicGroup& group, const std::string& member_id, std::string_view why);
  void start_session(ClassicGroup& group, const ClassicMember& member, int32_t timeout_ms);
  void end_session(const ClassicGroup& group, std::string_view member_id);

  // classic_sync.cc
  wire::ErrorCode validate_sync(const ClassicGroup& group,
                                const wire::SyncGroupRequest& request) const;
  void store_assignment(ClassicGroup& group, const wire::SyncGroupRequest& request);
  void note_synced(ClassicGroup& group, std::string_view member_id);
  // Gives every waiting sync its member's assignment, or the error.
  void answer_syncs(ClassicGroup& group, wire::ErrorCode error);
  wire::ErrorCode leave_one(ClassicGroup& group,
                            const wire::LeaveGroupRequest::MemberIdentity& identity);

  // Schedules `action` as a turn of its own.
  void after(const std::string& name, wire::DurationMs delay_ms, wire::Callback<void()> action);
  // Writes the group's record; `done` runs as a turn of its own.
  void write(coordinator::Record record, wire::Callback<void(wire::ErrorCode)> done);
  wire::TimestampMs now() const { return parts_.clock.wall_ms(); }

  Parts parts_;
};

}  // namespace cluster::groups
