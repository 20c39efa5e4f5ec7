// Where partitions begin and end, and what lies at a time.
#pragma once

#include <map>
#include <set>

#include "cmd/cli/admin/topic_partition.h"
#include "cmd/cli/client.h"

namespace cli {

// Instead of a time in ListOffsets.
inline constexpr wire::TimestampMs kLatestTime = -1;
inline constexpr wire::TimestampMs kEarliestTime = -2;
inline constexpr wire::TimestampMs kMaxTimestampTime = -3;     // KIP-734
inline constexpr wire::TimestampMs kEarliestLocalTime = -4;    // KIP-405
inline constexpr wire::TimestampMs kLatestTieredTime = -5;     // KIP-1005
inline constexpr wire::TimestampMs kEarliestPendingTime = -6;  // KIP-1023

enum class Isolation : int8_t { kReadUncommitted = 0, kReadCommitted = 1 };

struct ListedOffset {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  wire::Offset offset = wire::kNoOffset;  // none: nothing lies at or after that time
  wire::TimestampMs timestamp = wire::kNoTimestamp;
};
using ListedOffsets = std::map<TopicPartition, ListedOffset>;

// For each partition the offset of the first record at or after its time, or what one of the numbers
// above asks for.  Asks each leader once; a partition without one has LEADER_NOT_AVAILABLE.
wire::Result<ListedOffsets> list_offsets(Client& client,
                                         const std::map<TopicPartition, wire::TimestampMs>& times,
                                         Isolation isolation = Isolation::kReadUncommitted);
// The same time for all.
wire::Result<ListedOffsets> list_offsets(Client& client, const std::set<TopicPartition>& partitions,
                                         wire::TimestampMs time,
                                         Isolation isolation = Isolation::kReadUncommitted);

// All partitions of a topic.
wire::Result<std::set<TopicPartition>> partitions_of(Client& client, const std::string& topic);

struct Trimmed {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  wire::Offset low_watermark = wire::kNoOffset;
};
// Deletes the records before each offset (-1: all).
wire::Result<std::map<TopicPartition, Trimmed>> delete_records(
    Client& client, const std::map<TopicPartition, wire::Offset>& before);

}  // namespace cli
