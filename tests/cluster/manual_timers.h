// Timers that fire when a test turns the clock.
#pragma once

#include <map>
#include <utility>

#include "cluster/timers.h"
#include "wire/base/clock.h"

namespace cluster {

class ManualTimers final : public Timers {
 public:
  explicit ManualTimers(wire::ManualClock& clock) : clock_(clock) {}

  TimerId schedule(wire::DurationMs delay_ms, wire::Callback<void()> action) override {
    const TimerId id = next_id_++;
    timers_.emplace(id, Timer{clock_.monotonic_ms() + delay_ms, std::move(action)});
    return id;
  }
  void cancel(TimerId id) override { timers_.erase(id); }

  // Turns the clock and fires what is due, in the order of deadlines.
  void advance(wire::DurationMs duration_ms) {
    const wire::DurationMs until = clock_.monotonic_ms() + duration_ms;
    for (;;) {
      auto next = timers_.end();
      for (auto at = timers_.begin(); at != timers_.end(); ++at) {
        if (at->second.deadline_ms > until) continue;
        if (next == timers_.end() || at->second.deadline_ms < next->second.deadline_ms) next = at;
      }
      if (next == timers_.end()) break;
      if (next->second.deadline_ms > clock_.monotonic_ms()) {
        clock_.advance(next->second.deadline_ms - clock_.monotonic_ms());
      }
      auto action = std::move(next->second.action);
      timers_.erase(next);
      action();
    }
    if (until > clock_.monotonic_ms()) clock_.advance(until - clock_.monotonic_ms());
  }

  size_t pending() const { return timers_.size(); }

 private:
  struct Timer {
    wire::DurationMs deadline_ms;
    wire::Callback<void()> action;
  };

  wire::ManualClock& clock_;
  TimerId next_id_ = 1;
  std::map<TimerId, Timer> timers_;
};

}  // namespace cluster
