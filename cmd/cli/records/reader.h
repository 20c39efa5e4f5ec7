// Reads records of partitions, from where it is told on, in offset order within each.
//
// A partition whose leader moves is followed; one whose offset is out of range begins anew where
// `reset` says.  Control records are never shown, records of aborted transactions not to a reader of
// committed ones.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "cmd/cli/admin/offsets.h"
#include "cmd/cli/client.h"
#include "wire/api/fetch.h"
#include "wire/records/record.h"

namespace cli {

// Where to begin.
struct StartPosition {
  enum class Kind { kEarliest, kLatest, kOffset, kFromEnd, kTimestamp };
  Kind kind = Kind::kLatest;
  int64_t value = 0;  // the offset, how many before the end, or the time
};
// start | end | an offset | -N (N before the end) | @ms or @2026-01-31T12:00:00Z; kcat's and rpk's
// words for the same, too.  Nothing if it is none of these.
std::optional<StartPosition> parse_start(const std::string& text);
// 2026-01-31[T12:00[:00[.000]]][Z|+01:00], UTC if it does not say.
std::optional<wire::TimestampMs> parse_time(const std::string& text);

// The offsets that `start` means now.
wire::Result<std::map<TopicPartition, wire::Offset>> start_offsets(
    Client& client, const std::set<TopicPartition>& partitions, const StartPosition& start,
    Isolation isolation);

struct FetchedRecord {
  const TopicPartition& partition;
  const wire::RecordView& record;
  wire::TimestampType timestamp_type = wire::TimestampType::kCreateTime;
  wire::NodeId broker = wire::kNoNode;
};

struct ReaderOptions {
  Isolation isolation = Isolation::kReadUncommitted;
  int32_t max_wait_ms = 500;
  int32_t fetch_bytes = 8 << 20;
  StartPosition reset{.kind = StartPosition::Kind::kLatest};
};

class RecordReader {
 public:
  RecordReader(Client& client, ReaderOptions options) : client_(client), options_(options) {}

  // Replaces what was assigned.
  void assign(const std::map<TopicPartition, wire::Offset>& positions);
  // Asks each leader once and shows what has come; waits at most max_wait_ms if there is nothing.
  // `visit` returns false to stop: the record that it saw counts as read.
  wire::Status poll(absl::FunctionRef<bool(const FetchedRecord&)> visit);
  // The offset of the next record of each partition.
  std::map<TopicPartition, wire::Offset> positions() const;
  wire::Offset position(const TopicPartition& partition) const {
    return partitions_.at(partition).next;
  }
  // Of the last batch that was read; kNoEpoch before the first.
  wire::Epoch leader_epoch(const TopicPartition& partition) const {
    return partitions_.at(partition).leader_epoch;
  }
  // Not asked for until it is assigned again.
  void pause(const TopicPartition& partition) { partitions_.at(partition).paused = true; }

 private:
  struct Partition {
    wire::Offset next = 0;
    wire::NodeId leader = wire::kNoNode;
    wire::Epoch leader_epoch = wire::kNoEpoch;
    bool paused = false;
  };

  // Finds the leaders of the partitions that have none known.
  wire::Status find_leaders();
  wire::Status fetch(wire::NodeId leader, const std::vector<TopicPartition>& partitions,
                     int32_t max_wait_ms, absl::FunctionRef<bool(const FetchedRecord&)> visit,
                     bool& go_on);
  wire::Status show(const TopicPartition& name, const wire::FetchResponse::PartitionData& data,
                    absl::FunctionRef<bool(const FetchedRecord&)> visit, bool& go_on);
  // Deals with a partition's error; an error of the reader if it cannot.
  wire::Status recover(const TopicPartition& name, wire::ErrorCode error);

  Client& client_;
  const ReaderOptions options_;
  std::map<TopicPartition, Partition> partitions_;
};

}  // namespace cli
