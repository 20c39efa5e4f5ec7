// What the kernel says of this process, for the metrics that every Prometheus client library gives.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace console {

struct ProcessFacts {
  double cpu_seconds = 0;  // user and system
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t threads = 0;
  double start_seconds = 0;  // since 1970
  uint64_t open_descriptors = 0;
  uint64_t descriptors_max = 0;
};

// Reads /proc/self: with many descriptors that takes its time, so not on a shard.  Nothing where
// there is none.
std::optional<ProcessFacts> read_process_facts();

// Of /proc/self/stat and the line "btime" of /proc/stat.  Exposed for its test.
std::optional<ProcessFacts> parse_process_stat(std::string_view stat, std::string_view system_stat,
                                               int64_t ticks_per_second, uint64_t page_bytes);

}  // namespace console
