// What a compaction of a log would do, as the log's shard saw it when it began.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/log_options.h"
#include "storage/retention_rules.h"
#include "storage/transaction_index.h"
#include "wire/base/types.h"

namespace storage {

// How much of a log is worth compacting (Kafka's LogToClean).
struct Cleanable {
  wire::Offset first_dirty_offset = 0;  // compacted below
  wire::Offset upper_bound_offset = 0;  // not to be compacted from here on: a segment's base
  int64_t clean_bytes = 0;
  int64_t dirty_bytes = 0;
  bool overdue = false;  // max.compaction.lag.ms says that it must be now

  int64_t total_bytes() const { return clean_bytes + dirty_bytes; }
  double dirty_ratio() const {
    return total_bytes() == 0
               ? 0.0
               : static_cast<double>(dirty_bytes) / static_cast<double>(total_bytes());
  }
};

struct CompactionSource {
  wire::Offset base_offset = 0;
  wire::Offset next_base_offset = 0;
  int64_t size = 0;
};

struct CompactionPlan {
  std::string path;  // of the partition's directory
  wire::Offset first_dirty_offset = 0;
  wire::Offset upper_bound_offset = 0;
  wire::TimestampMs now_ms = 0;
  LogOptions options = {};
  std::vector<CompactionSource> sources = {};    // every segment below the upper bound
  std::vector<AbortedTransaction> aborted = {};  // that have records in the sources
  LastRecords last_records = {};
  uint64_t truncations = 0;  // of the log, so far: another one spoils the plan
};

}  // namespace storage
