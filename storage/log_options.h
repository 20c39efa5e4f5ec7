// The topic configs that a log obeys, already resolved to numbers.  Names and defaults are Kafka's
// (cluster/config has the table).
#pragma once

#include <cstdint>

#include "wire/base/types.h"

namespace storage {

inline constexpr int64_t kUnlimited = -1;

struct LogOptions {
  int64_t segment_bytes = int64_t{1} << 30;
  wire::DurationMs segment_ms = int64_t{7} * 24 * 3600 * 1000;
  wire::DurationMs segment_jitter_ms = 0;
  int64_t segment_index_bytes = 10 << 20;
  int64_t index_interval_bytes = 4096;

  wire::DurationMs retention_ms = int64_t{7} * 24 * 3600 * 1000;  // kUnlimited: for ever
  int64_t retention_bytes = kUnlimited;
  bool delete_by_retention = true;  // cleanup.policy has "delete"
  bool compact = false;             // cleanup.policy has "compact"
  wire::DurationMs delete_retention_ms = int64_t{24} * 3600 * 1000;
  double min_cleanable_dirty_ratio = 0.5;
  wire::DurationMs min_compaction_lag_ms = 0;
  wire::DurationMs max_compaction_lag_ms = INT64_MAX;
  wire::DurationMs file_delete_delay_ms = 60'000;

  int64_t max_message_bytes = 1'048'588;
  bool log_append_time = false;  // message.timestamp.type
  bool preallocate = false;

  int64_t flush_messages = INT64_MAX;
  wire::DurationMs flush_ms = INT64_MAX;

  wire::DurationMs producer_id_expiration_ms = int64_t{24} * 3600 * 1000;
  wire::DurationMs producer_id_expiration_check_ms = 600'000;  // a sweep is the least
  bool verify_transactions = true;  // transaction.partition.verification.enable

  bool operator==(const LogOptions&) const = default;
};

}  // namespace storage
