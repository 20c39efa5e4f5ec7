// What the group coordinator can be told, under Kafka's names and with Kafka's defaults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "wire/base/types.h"
#include "wire/records/compression.h"

namespace cluster::groups {

struct GroupOptions {
  int32_t group_min_session_timeout_ms = 6'000;
  int32_t group_max_session_timeout_ms = 1'800'000;
  int32_t group_initial_rebalance_delay_ms = 3'000;
  int32_t group_max_size = std::numeric_limits<int32_t>::max();
  // Not a setting in Kafka either: how long a member that has never heartbeat may wait in a join.
  int32_t new_member_join_timeout_ms = 5 * 60 * 1'000;

  int32_t offset_metadata_max_bytes = 4'096;
  wire::DurationMs offsets_retention_ms = 7LL * 24 * 60 * 60 * 1'000;  // offsets.retention.minutes
  wire::DurationMs offsets_retention_check_interval_ms = 600'000;
  wire::DurationMs offsets_commit_timeout_ms = 5'000;
  int32_t offsets_topic_num_partitions = 50;
  wire::Compression
      offsets_topic_compression;  // offsets.topic.compression.codec, at its default level
  size_t offsets_load_buffer_size = 5 * 1024 * 1024;
  // delete.retention.ms of the offsets topic: rows older than this that missed part of the log may
  // have missed a tombstone.
  wire::DurationMs offsets_topic_delete_retention_ms = 86'400'000;
};

}  // namespace cluster::groups
