// CHECK(condition): an invariant of our own code.  On in release builds; a breach prints where, and
// aborts. One condition each, so that the message names the one that failed.
#pragma once

namespace wire {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace wire

#define CHECK(condition)                                    \
  do {                                                      \
    if (!(condition)) [[unlikely]] {                        \
      ::wire::check_failed(#condition, __FILE__, __LINE__); \
    }                                                       \
  } while (false)
