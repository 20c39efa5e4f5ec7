// Timers, as a port: libuv in the program, a queue of simulated events in tests.
#pragma once

#include <cstdint>

#include "wire/base/callback.h"
#include "wire/base/types.h"

namespace cluster {

using TimerId = uint64_t;  // 0 is never issued
inline constexpr TimerId kNoTimer = 0;

class Timers {
 public:
  virtual ~Timers() = default;

  // Calls `action` once on this shard after `delay_ms` (0: on the next turn of the loop).
  virtual TimerId schedule(wire::DurationMs delay_ms, wire::Callback<void()> action) = 0;
  // Forgets the timer; nothing happens if it has fired already or is kNoTimer.
  virtual void cancel(TimerId id) = 0;
};

}  // namespace cluster
