// The offset checkpoints at the root of a log dir:
//
//   recovery-point-offset-checkpoint   below it everything is on the disk
//   log-start-offset-checkpoint        only logs whose start lies above their first segment's base
//   replication-offset-checkpoint      high watermarks
//   cleaner-offset-checkpoint          compaction's progress
//
//   0                     version
//   2                     number of lines that follow
//   tweets 0 1742         topic, partition, offset
//   tweets 1 1801
//
// and .kafka_cleanshutdown, which says that the last stop was orderly:
// {"version":0,"brokerEpoch":7}.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "storage/fs/file_system.h"
#include "storage/topic_partition.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace storage {

inline constexpr std::string_view kRecoveryPointFile = "recovery-point-offset-checkpoint";
inline constexpr std::string_view kLogStartOffsetFile = "log-start-offset-checkpoint";
inline constexpr std::string_view kHighWatermarkFile = "replication-offset-checkpoint";
inline constexpr std::string_view kCleanerOffsetFile = "cleaner-offset-checkpoint";
inline constexpr std::string_view kCleanShutdownFile = ".kafka_cleanshutdown";

using OffsetCheckpoint = std::map<TopicPartition, wire::Offset>;

std::string to_checkpoint_text(const OffsetCheckpoint& offsets);
wire::Result<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text,
                                                       const std::string& path);
// Empty if there is no such file.
wire::Result<OffsetCheckpoint> read_offset_checkpoint(FileSystem& files, const std::string& path);
wire::Status write_offset_checkpoint(FileSystem& files, const std::string& path,
                                     const OffsetCheckpoint& offsets);

std::string to_clean_shutdown_text(int64_t broker_epoch);
// -1 for a flag without an epoch.
wire::Result<int64_t> parse_clean_shutdown(std::string_view text, const std::string& path);

// partition.metadata: which topic a partition directory belongs to (KIP-516).
//
//   version: 0
//   topic_id: <22 characters>
inline constexpr std::string_view kPartitionMetadataFile = "partition.metadata";
inline constexpr size_t kPartitionMetadataSize = 11 + 10 + 22;
std::string to_partition_metadata_text(wire::Uuid topic_id);
wire::Result<wire::Uuid> parse_partition_metadata(std::string_view text, const std::string& path);

}  // namespace storage
