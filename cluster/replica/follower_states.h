// What a leader knows of its followers, and the high watermark that follows from it (KIP-966's
// rules included).
//
// Pure bookkeeping: told of fetches and of the in-sync set, asked for offsets.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "wire/base/types.h"

namespace cluster::replica {

struct FollowerState {
  wire::Offset log_end_offset = wire::kNoOffset;  // exclusive; unknown until its first fetch
  wire::Offset log_start_offset = wire::kNoOffset;
  wire::TimestampMs last_caught_up_ms = 0;  // monotonic: when it last had all that the leader had
  wire::Offset leader_end_at_last_fetch = 0;
  wire::TimestampMs last_fetch_ms = 0;
  int64_t broker_epoch = -1;
};

class FollowerStates {
 public:
  // A new leader epoch: followers are those of the assignment, all of them unknown.
  void reset(const std::vector<wire::NodeId>& followers);

  bool contains(wire::NodeId follower) const { return followers_.contains(follower); }
  const FollowerState* find(wire::NodeId follower) const;

  // A follower fetched at `fetch_offset`: it has everything below.
  void on_fetch(wire::NodeId follower, wire::Offset fetch_offset, wire::Offset log_start_offset,
                wire::Offset leader_end_offset, int64_t broker_epoch, wire::TimestampMs now_ms);

  // The smallest end offset among the leader's own durable end and the in-sync followers'; unknown
  // counts as 0.  Replicas outside the set that are caught up within `lag_max_ms` also hold it
  // back, so that joining never moves it down.
  wire::Offset high_watermark(wire::Offset leader_durable_end,
                              const std::vector<wire::NodeId>& in_sync, wire::NodeId leader,
                              wire::TimestampMs now_ms, wire::DurationMs lag_max_ms) const;

 private:
  std::map<wire::NodeId, FollowerState> followers_;  // a handful, in a fixed order
};

}  // namespace cluster::replica
