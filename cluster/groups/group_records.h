// The records of `__consumer_offsets` that classic groups are made of, exactly as Apache Kafka 4.3
// writes them.
//
//   key 0, 1   int16 type | group string | topic string | partition int32    a committed offset
//              (0: written before 0.9)
//   key 2      int16 type | group string                                     a classic group
//
// Strings have an int16 length.  Values begin with their version: offsets are written as 4 (1 with
// an expiry time of the client's), groups as 3.  Keys sort by group, then topic, then partition,
// which is what prefix scans rely on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/coordinator/partition_runtime.h"
#include "cluster/coordinator/record.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"
#include "wire/coordinator/group_metadata.h"

namespace cluster::groups {

enum class RecordType : int16_t { kLegacyOffset = 0, kOffset = 1, kGroup = 2 };

struct OffsetKey {
  std::string group;
  std::string topic;
  wire::PartitionIndex partition = 0;

  bool operator==(const OffsetKey&) const = default;
};

struct CommittedOffset {
  wire::Offset offset = 0;
  wire::Epoch leader_epoch = wire::kNoEpoch;
  std::string metadata;
  wire::TimestampMs commit_timestamp_ms = 0;
  // Set by clients that bring their own retention (OffsetCommit 2 to 4).
  std::optional<wire::TimestampMs> expire_timestamp_ms;
  wire::Uuid topic_id;

  bool operator==(const CommittedOffset&) const = default;
};

std::string offset_key(std::string_view group, std::string_view topic,
                       wire::PartitionIndex partition);
std::string group_key(std::string_view group);
// What the keys of all offsets begin with; of one group's; of one group's of one topic.
std::string offset_key_prefix();
std::string offset_key_prefix(std::string_view group);
std::string offset_key_prefix(std::string_view group, std::string_view topic);
std::string group_key_prefix();
// The first key behind all keys with this prefix.
std::string key_behind(std::string prefix);

coordinator::Record offset_record(std::string_view group, std::string_view topic,
                                  wire::PartitionIndex partition, CommittedOffset committed);
coordinator::Record offset_tombstone(std::string_view group, std::string_view topic,
                                     wire::PartitionIndex partition);
coordinator::Record group_record(std::string_view group, const wire::GroupMetadataValue& value);
coordinator::Record group_tombstone(std::string_view group);

// Nothing if the bytes are not of that kind, or cut off, or of a version that is not known.
std::optional<OffsetKey> parse_offset_key(std::string_view key);
std::optional<std::string> parse_group_key(std::string_view key);
std::optional<CommittedOffset> parse_offset_value(std::string_view value);
std::optional<wire::GroupMetadataValue> parse_group_value(std::string_view value);

// Decides at load what becomes of a record; turns a legacy offset key into today's.
coordinator::PartitionRuntime::Verdict inspect_record(coordinator::Record& record);

}  // namespace cluster::groups
