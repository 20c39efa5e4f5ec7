// From the first reason to rebalance to a new generation; and the timers on the way.

#include <algorithm>
#include <utility>

#include "cluster/groups/classic_protocol.h"
#include "cluster/groups/group_records.h"
#include "wire/base/log.h"

namespace cluster::groups {
namespace {

using wire::ErrorCode;

std::string join_timer(const ClassicGroup& group) {
  return "join " + group.group_id();
}
std::string sync_timer(const ClassicGroup& group) {
  return "sync " + group.group_id();
}
std::string session_timer(const ClassicGroup& group, std::string_view member_id) {
  return "session " + group.group_id() + '\0' + std::string(member_id);
}

wire::JoinGroupResponse unknown_member() {
  wire::JoinGroupResponse response;
  response.error_code = ErrorCode::kUnknownMemberId;
  return response;
}

}  // namespace

void ClassicProtocol::after(const std::string& name, wire::DurationMs delay_ms,
                            wire::Callback<void()> action) {
  parts_.timers.schedule(name, delay_ms, [this, action = std::move(action)]() mutable {
    coordinator::Outbox::Turn turn(parts_.outbox);
    action();
  });
}

void ClassicProtocol::write(coordinator::Record record, wire::Callback<void(ErrorCode)> done) {
  std::vector<coordinator::Record> records;
  records.push_back(std::move(record));
  parts_.runtime.write(std::move(records), [this, done = std::move(done)](ErrorCode error) mutable {
    coordinator::Outbox::Turn turn(parts_.outbox);
    done(error);
  });
}

void ClassicProtocol::on_restored(ClassicGroup& group) {
  for (const auto& [id, member] : group.members()) {
    start_session(group, member, member.session_timeout_ms);
  }
  if (group.members().size() > static_cast<size_t>(std::max(parts_.options.group_max_size, 0))) {
    prepare_rebalance(group, "the group has more members than it may have");
  }
}

void ClassicProtocol::dissolve(ClassicGroup& group, ErrorCode error) {
  parts_.timers.cancel(join_timer(group));
  parts_.timers.cancel(sync_timer(group));
  for (auto& [id, member] : group.members()) {
    end_session(group, id);
    wire::JoinGroupResponse joined;
    joined.error_code = error;
    joined.member_id = id;
    parts_.outbox.send(std::exchange(member.awaiting_join, std::nullopt), std::move(joined));
    wire::SyncGroupResponse synced;
    synced.error_code = error;
    parts_.outbox.send(std::exchange(member.awaiting_sync, std::nullopt), std::move(synced));
  }
}

void ClassicProtocol::prepare_or_complete(ClassicGroup& group, std::string_view why) {
  if (group.can_rebalance()) {
    prepare_rebalance(group, why);
  } else {
    maybe_complete_join(group);
  }
}

void ClassicProtocol::prepare_rebalance(ClassicGroup& group, std::string_view why) {
  if (group.is_in(ClassicState::kCompletingRebalance)) {
    // Who waits for an assignment of this generation will not get one.
    for (auto& [id, member] : group.members()) member.assignment = {};
    answer_syncs(group, ErrorCode::kRebalanceInProgress);
  }
  group.pending_sync().clear();
  parts_.timers.cancel(sync_timer(group));

  const bool is_initial = group.is_in(ClassicState::kEmpty);
  group.transition_to(ClassicState::kPreparingRebalance, now());
  wire::log::info("group {}: rebalance after generation {}: {}",
                  wire::log::printable(group.group_id()), group.generation_id(), why);
  const std::string group_id = group.group_id();
  if (is_initial) {
    // Members usually start together: a little patience spares a rebalance for each of them.
    const int32_t delay_ms = parts_.options.group_initial_rebalance_delay_ms;
    const int32_t remaining_ms = std::max(group.rebalance_timeout_ms() - delay_ms, 0);
    after(join_timer(group), delay_ms, [this, group_id, delay_ms, remaining_ms] {
      on_initial_delay_over(group_id, delay_ms, remaining_ms);
    });
    return;
  }
  if (group.has_all_members_joined()) return complete_join(group);
  after(join_timer(group), group.rebalance_timeout_ms(), [this, group_id] {
    if (ClassicGroup* late = parts_.groups.find_in_use(group_id)) complete_join(*late);
  });
}

void ClassicProtocol::on_initial_delay_over(const std::string& group_id, int32_t delay_ms,
                                            int32_t remaining_ms) {
  ClassicGroup* group = parts_.groups.find_in_use(group_id);
  if (group == nullptr) return;
  if (!group->new_member_added() || remaining_ms == 0) return complete_join(*group);
  group->set_new_member_added(false);
  const int32_t next_delay_ms =
      std::min(parts_.options.group_initial_rebalance_delay_ms, remaining_ms);
  const int32_t next_remaining_ms = std::max(remaining_ms - delay_ms, 0);
  after(join_timer(*group), next_delay_ms, [this, group_id, next_delay_ms, next_remaining_ms] {
    on_initial_delay_over(group_id, next_delay_ms, next_remaining_ms);
  });
}

void ClassicProtocol::maybe_complete_join(ClassicGroup& group) {
  if (!group.is_in(ClassicState::kPreparingRebalance)) return;
  // The first rebalance of a group ends with its delay, however many have come.
  if (group.previous_state() == ClassicState::kEmpty) return;
  if (group.has_all_members_joined()) complete_join(group);
}

void ClassicProtocol::complete_join(ClassicGroup& group) {
  if (!group.is_in(ClassicState::kPreparingRebalance)) return;
  parts_.timers.cancel(join_timer(group));
  // A static member keeps its place until its session ends: that is what it is static for.
  std::vector<std::string> missing;
  for (const auto& [id, member] : group.members()) {
    if (!member.is_awaiting_join() && !member.is_static()) missing.push_back(id);
  }
  for (const std::string& id : missing) {
    wire::log::info("group {}: member {} has not joined the rebalance in time and is removed",
                    wire::log::printable(group.group_id()), wire::log::printable(id));
    end_session(group, id);
    group.remove(id);
  }
  const std::string group_id = group.group_id();
  if (!group.members().empty() && !group.elect_joined_leader()) {
    // Only absent static members are left: wait for one of them, or for their sessions to end.
    after(join_timer(group), group.rebalance_timeout_ms(), [this, group_id] {
      if (ClassicGroup* late = parts_.groups.find_in_use(group_id)) complete_join(*late);
    });
    return;
  }
  group.init_next_generation(now());
  if (!group.is_in(ClassicState::kEmpty)) return tell_generation(group);

  wire::log::info("group {}: generation {} has no members", wire::log::printable(group_id),
                  group.generation_id());
  write(group_record(group_id, group.to_record(nullptr)), [this, group_id](ErrorCode error) {
    if (error != ErrorCode::kNone) {
      // The next coordinator will find the generation before, whose members will time out there.
      wire::log::warn("group {}: that it is empty could not be stored: {}",
                      wire::log::printable(group_id), wire::error_name(error));
    } else if (ClassicGroup* stored = parts_.groups.find_in_use(group_id)) {
      stored->set_durable();
    }
  });
}

void ClassicProtocol::tell_generation(ClassicGroup& group) {
  wire::log::info("group {}: generation {} has {} members", wire::log::printable(group.group_id()),
                  group.generation_id(), group.members().size());
  for (auto& [id, member] : group.members()) {
    parts_.outbox.send(std::exchange(member.awaiting_join, std::nullopt),
                       current_generation(group, id, group.is_leader(id)));
    member.is_new = false;
    start_session(group, member, member.session_timeout_ms);
    group.pending_sync().insert(id);
  }
  after(sync_timer(group), group.rebalance_timeout_ms(),
        [this, group_id = group.group_id(), generation = group.generation_id()] {
          on_sync_deadline(group_id, generation);
        });
}

void ClassicProtocol::on_sync_deadline(const std::string& group_id, int32_t generation_id) {
  ClassicGroup* group = parts_.groups.find_in_use(group_id);
  if (group == nullptr || group->generation_id() != generation_id) return;
  if (!group->is_in(ClassicState::kCompletingRebalance) && !group->is_in(ClassicState::kStable)) {
    return;
  }
  const std::set<std::string, std::less<>> silent = group->pending_sync();
  if (silent.empty()) return;
  for (const std::string& id : silent) {
    end_session(*group, id);
    group->remove(id);
  }
  prepare_rebalance(
      *group, fmt::format("{} members have not asked for their assignment in time", silent.size()));
}

void ClassicProtocol::on_session_over(const std::string& group_id, const std::string& member_id) {
  ClassicGroup* group = parts_.groups.find_in_use(group_id);
  if (group == nullptr) return;
  if (group->is_pending_join(member_id)) {
    group->remove(member_id);
    if (group->is_in(ClassicState::kPreparingRebalance) && group->has_all_members_joined()) {
      complete_join(*group);
    }
    return;
  }
  const ClassicMember* member = group->member(member_id);
  if (member == nullptr || member->has_satisfied_heartbeat()) return;
  wire::log::info("group {}: the session of member {} has ended", wire::log::printable(group_id),
                  wire::log::printable(member_id));
  remove_member(*group, member_id, "a session has ended");
}

void ClassicProtocol::remove_member(ClassicGroup& group, const std::string& member_id,
                                    std::string_view why) {
  // A new member may be waiting in its join still; one that lives will try again.
  ClassicMember& member = *group.member(member_id);
  parts_.outbox.send(std::exchange(member.awaiting_join, std::nullopt), unknown_member());
  group.remove(member_id);
  if (group.is_in(ClassicState::kStable) || group.is_in(ClassicState::kCompletingRebalance)) {
    prepare_or_complete(group, why);
  } else if (group.is_in(ClassicState::kPreparingRebalance) && group.has_all_members_joined()) {
    complete_join(group);
  }
}

void ClassicProtocol::start_session(ClassicGroup& group, const ClassicMember& member,
                                    int32_t timeout_ms) {
  after(session_timer(group, member.member_id), timeout_ms,
        [this, group_id = group.group_id(), member_id = member.member_id] {
          on_session_over(group_id, member_id);
        });
}

void ClassicProtocol::end_session(const ClassicGroup& group, std::string_view member_id) {
  parts_.timers.cancel(session_timer(group, member_id));
}

void ClassicProtocol::note_alive(ClassicGroup& group, std::string_view member_id) {
  const ClassicMember* member = group.member(member_id);
  if (member != nullptr) start_session(group, *member, member->session_timeout_ms);
}

}  // namespace cluster::groups
