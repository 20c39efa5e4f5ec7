// Timers that fire when the test turns the clock.
#pragma once

#include <map>
#include <utility>

#include "cluster/timers.h"
#include "wire/base/clock.h"

namespace cluster {

class FakeTimers final : public Timers {
 public:
  explicit FakeTimers(wire::ManualClock& clock) : clock_(clock) {}

  TimerId schedule(wire::DurationMs delay_ms, wire::Callback<void()> action) override {
    const TimerId id = ++last_id_;
    queue_.emplace(std::pair(clock_.monotonic_ms() + delay_ms, id), std::move(action));
    return id;
  }
  void cancel(TimerId id) override {
    for (auto entry = queue_.begin(); entry != queue_.end(); ++entry) {
      if (entry->first.second != id) continue;
      queue_.erase(entry);
      return;
    }
  }

  // Lets the time pass, firing each timer at its own moment.
  void advance(wire::DurationMs duration_ms) {
    const wire::DurationMs end_ms = clock_.monotonic_ms() + duration_ms;
    while (!queue_.empty() && queue_.begin()->first.first <= end_ms) {
      auto [when, action] =
          std::pair(queue_.begin()->first.first, std::move(queue_.begin()->second));
      queue_.erase(queue_.begin());
      if (when > clock_.monotonic_ms()) clock_.advance(when - clock_.monotonic_ms());
      action();
    }
    if (end_ms > clock_.monotonic_ms()) clock_.advance(end_ms - clock_.monotonic_ms());
  }
  // What is due on the next turn of the loop, and what that schedules for it.
  void run_due() { advance(0); }
  size_t pending() const { return queue_.size(); }

 private:
  wire::ManualClock& clock_;
  TimerId last_id_ = kNoTimer;
  std::map<std::pair<wire::DurationMs, TimerId>, wire::Callback<void()>> queue_;
};

}  // namespace cluster
