// Timers of one shard, in order of their deadlines: a heap over recycled entries, so that setting
// and cancelling a timer allocates nothing in the long run.  Knows no clock: the shard tells the
// time and arms one libuv timer for the earliest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "cluster/timers.h"

namespace server {

class TimerQueue {
 public:
  cluster::TimerId add(wire::DurationMs deadline_ms, wire::Callback<void()> action);
  // For who has its own way to come back to it: without a deadline, until take() or cancel().
  cluster::TimerId add_without_deadline(wire::Callback<void()> action);
  void cancel(cluster::TimerId id);
  // Takes the action of the earliest timer due at `now_ms`; nothing if none is.  Equal deadlines
  // fire in the order of add().
  std::optional<wire::Callback<void()>> take_due(wire::DurationMs now_ms);
  // Takes the action of this timer, due or not; nothing if it is gone.
  std::optional<wire::Callback<void()>> take(cluster::TimerId id);
  // Deadline of the earliest timer; forgets cancelled ones on the way.
  std::optional<wire::DurationMs> next_deadline();
  size_t size() const { return live_; }

 private:
  // An id is the entry's generation (upper half) and its index plus one (lower half).
  struct Entry {
    uint32_t generation = 0;
    bool live = false;
    wire::Callback<void()> action;
  };
  struct Due {
    wire::DurationMs deadline_ms;
    uint64_t order;  // of add()
    cluster::TimerId id;
    bool operator<(const Due& other) const {  // std heaps keep the largest first
      return deadline_ms != other.deadline_ms ? deadline_ms > other.deadline_ms
                                              : order > other.order;
    }
  };

  Entry* find(cluster::TimerId id);
  void pop_heap();
  void drop_cancelled();

  std::vector<Entry> entries_;
  std::vector<uint32_t> free_;
  std::vector<Due> heap_;
  size_t live_ = 0;
  uint64_t next_order_ = 0;
};

}  // namespace server
