// The time, as a port: the program reads the kernel's clocks, tests and the simulator turn their
// own.
#pragma once

#include "wire/base/types.h"

namespace wire {

class Clock {
 public:
  virtual ~Clock() = default;

  // Wall clock; may jump.  For what is stored or shown: record timestamps, retention, commit times.
  virtual TimestampMs wall_ms() const = 0;
  // Never goes back; its zero means nothing.  For every timeout and deadline.
  virtual DurationMs monotonic_ms() const = 0;
};

// A clock that stands still until it is turned.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimestampMs wall_ms = 1'700'000'000'000) : wall_ms_(wall_ms) {}

  TimestampMs wall_ms() const override { return wall_ms_; }
  DurationMs monotonic_ms() const override { return monotonic_ms_; }

  void advance(DurationMs duration_ms) {
    wall_ms_ += duration_ms;
    monotonic_ms_ += duration_ms;
  }

 private:
  TimestampMs wall_ms_;
  DurationMs monotonic_ms_ = 0;
};

}  // namespace wire
