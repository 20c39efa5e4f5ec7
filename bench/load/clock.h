// The one clock of a measurement.
#pragma once

#include <cstdint>

#include <time.h>

namespace load {

inline constexpr int64_t kNsPerSecond = 1'000'000'000;

inline int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * kNsPerSecond + now.tv_nsec;
}

inline int64_t ns_of(double seconds) {
  return static_cast<int64_t>(seconds * static_cast<double>(kNsPerSecond));
}

}  // namespace load
