// Simulated time: events in a heap, run one by one in the order of their time.
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "wire/base/callback.h"
#include "wire/base/types.h"

namespace sim {

class Scheduler {
 public:
  wire::DurationMs now() const { return now_; }

  void after(wire::DurationMs delay, wire::Callback<void()> action) {
    events_.push({now_ + delay, next_sequence_++, std::move(action)});
  }

  // Runs the next event if it is due before `end`; false if there is none.
  bool run_one(wire::DurationMs end) {
    if (events_.empty() || events_.top().time > end) return false;
    // top() is const because its order matters, which moving the action out does not change.
    Event event = std::move(const_cast<Event&>(events_.top()));
    events_.pop();
    now_ = event.time;
    event.action();
    return true;
  }

 private:
  struct Event {
    wire::DurationMs time = 0;
    uint64_t sequence = 0;  // equal times keep their order
    wire::Callback<void()> action;

    bool operator<(const Event& other) const {
      return std::pair(time, sequence) > std::pair(other.time, other.sequence);
    }
  };

  wire::DurationMs now_ = 1'000;
  uint64_t next_sequence_ = 0;
  std::priority_queue<Event> events_;
};

}  // namespace sim
