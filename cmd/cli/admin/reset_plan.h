// Where a group's offsets are to be set to, before anything is.
//
// What Kafka's own tool does: an offset outside of what the partition holds becomes the nearest one
// inside, a time after the last record the end.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "cmd/cli/admin/topic_partition.h"
#include "cmd/cli/client.h"

namespace cli {

struct ResetTarget {
  enum class Kind {
    kEarliest,
    kLatest,
    kCurrent,    // what is committed; the end if nothing is
    kOffset,     // value
    kShiftBy,    // value beyond what is committed
    kFromEnd,    // value before the end
    kTimestamp,  // the first record at or after value
    kOffsets,    // what `offsets` says of each
  };
  Kind kind = Kind::kCurrent;
  int64_t value = 0;
  std::map<TopicPartition, wire::Offset> offsets = {};
};

// What is known of a partition.
struct ResetFacts {
  wire::Offset begin = 0;
  wire::Offset end = 0;
  std::optional<wire::Offset> committed = std::nullopt;
  std::optional<wire::Offset> at_time =
      std::nullopt;  // of kTimestamp; nothing: no record is that late
};

// INVALID_REQUEST if the target needs what there is not.
wire::Result<wire::Offset> reset_offset(const ResetTarget& target, const TopicPartition& partition,
                                        const ResetFacts& facts);

// Asks for the facts and plans for each partition.
wire::Result<std::map<TopicPartition, wire::Offset>> plan_reset(
    Client& client, const std::string& group, const std::set<TopicPartition>& partitions,
    const ResetTarget& target);

// "tweets" (all partitions) or "tweets:0,2".
wire::Result<std::set<TopicPartition>> parse_partitions(Client& client, const std::string& text);

// Lines "topic,partition,offset" or "group,topic,partition,offset", as --export writes them.
wire::Result<std::map<TopicPartition, wire::Offset>> parse_reset_file(const std::string& text,
                                                                      const std::string& group);

}  // namespace cli
