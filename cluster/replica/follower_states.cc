#include "cluster/replica/follower_states.h"

#include <algorithm>

namespace cluster::replica {

void FollowerStates::reset(const std::vector<wire::NodeId>& followers) {
  followers_.clear();
  for (const wire::NodeId follower : followers) followers_.emplace(follower, FollowerState{});
}

const FollowerState* FollowerStates::find(wire::NodeId follower) const {
  const auto found = followers_.find(follower);
  return found == followers_.end() ? nullptr : &found->second;
}

void FollowerStates::on_fetch(wire::NodeId follower, wire::Offset fetch_offset,
                              wire::Offset log_start_offset, wire::Offset leader_end_offset,
                              int64_t broker_epoch, wire::TimestampMs now_ms) {
  const auto found = followers_.find(follower);
  if (found == followers_.end()) return;
  FollowerState& state = found->second;
  if (fetch_offset >= leader_end_offset) {
    state.last_caught_up_ms = std::max(state.last_caught_up_ms, now_ms);
  } else if (fetch_offset >= state.leader_end_at_last_fetch) {
    // It has what the leader had at its previous fetch: it was caught up then.
    state.last_caught_up_ms = std::max(state.last_caught_up_ms, state.last_fetch_ms);
  }
  state.log_end_offset = fetch_offset;
  state.log_start_offset = log_start_offset;
  state.leader_end_at_last_fetch = leader_end_offset;
  state.last_fetch_ms = now_ms;
  state.broker_epoch = broker_epoch;
}

wire::Offset FollowerStates::high_watermark(wire::Offset leader_durable_end,
                                            const std::vector<wire::NodeId>& in_sync,
                                            wire::NodeId leader, wire::TimestampMs now_ms,
                                            wire::DurationMs lag_max_ms) const {
  wire::Offset mark = leader_durable_end;
  for (const auto& [id, state] : followers_) {
    if (id == leader) continue;
    const bool counts =
        std::find(in_sync.begin(), in_sync.end(), id) != in_sync.end() ||
        (state.last_caught_up_ms > 0 && now_ms - state.last_caught_up_ms <= lag_max_ms);
    if (counts) mark = std::min(mark, std::max<wire::Offset>(state.log_end_offset, 0));
  }
  return mark;
}

}  // namespace cluster::replica
