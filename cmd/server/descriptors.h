// How the process's file descriptors are shared out (RLIMIT_NOFILE, which `serve` has raised to what
// the system allows).
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/resource.h>

namespace server {

// SIZE_MAX if there is no limit.
inline size_t descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return limit.rlim_cur;
}

// A quarter is kept for segments and indexes.
inline size_t descriptors_for_connections() {
  return descriptor_limit() / 4 * 3;
}

// Logs whose files may stay open from their recovery to their first sync: three files each, of that
// quarter.
inline size_t unsynced_logs_max() {
  return descriptor_limit() / 4 / 3;
}

}  // namespace server
