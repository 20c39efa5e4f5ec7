// Differences of timestamps that a client or a file may have chosen.
#pragma once

#include <limits>

#include "wire/base/types.h"

namespace wire {

// From one time to another; saturates, as a timestamp may be any 64-bit number.
inline DurationMs elapsed_ms(TimestampMs from, TimestampMs to) {
  DurationMs elapsed = 0;
  if (!__builtin_sub_overflow(to, from, &elapsed)) return elapsed;
  return from < 0 ? std::numeric_limits<DurationMs>::max() : std::numeric_limits<DurationMs>::min();
}

}  // namespace wire
