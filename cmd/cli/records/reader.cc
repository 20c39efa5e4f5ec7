#include "cmd/cli/records/reader.h"

#include <algorithm>

#include <unistd.h>

#include "wire/records/control_record.h"

namespace cli {
namespace {

constexpr useconds_t kReadAgainMicroseconds = 100'000;
constexpr int16_t kLastWithNames = 12;  // later versions of Fetch name topics by their ids

// The batches of aborted transactions in one answer: a producer's transaction is aborted from the
// offset that the answer names on, until its marker (KIP-98).
class AbortedBatches {
 public:
  explicit AbortedBatches(
      const std::optional<std::vector<wire::FetchResponse::AbortedTransaction>>& aborted) {
    if (aborted) begins_ = *aborted;
    std::sort(begins_.begin(), begins_.end(),
              [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  }

  bool contain(const wire::RecordBatchView& batch) {
    while (at_ < begins_.size() && begins_[at_].first_offset <= batch.last_offset()) {
      open_.insert(begins_[at_++].producer_id);
    }
    if (!open_.contains(batch.producer_id())) return false;
    // The one control batch that a producer's transaction has is its marker.
    if (batch.is_control()) open_.erase(batch.producer_id());
    return batch.is_transactional();
  }

 private:
  std::vector<wire::FetchResponse::AbortedTransaction> begins_;
  size_t at_ = 0;
  std::set<wire::ProducerId> open_;
};

}  // namespace

void RecordReader::assign(const std::map<TopicPartition, wire::Offset>& positions) {
  partitions_.clear();
  for (const auto& [name, offset] : positions) partitions_[name].next = offset;
}

std::map<TopicPartition, wire::Offset> RecordReader::positions() const {
  std::map<TopicPartition, wire::Offset> positions;
  for (const auto& [name, partition] : partitions_) positions[name] = partition.next;
  return positions;
}

wire::Status RecordReader::find_leaders() {
  std::set<std::string> topics;
  for (const auto& [name, partition] : partitions_) {
    if (partition.leader == wire::kNoNode) topics.insert(name.topic);
  }
  if (topics.empty()) return {};
  const auto metadata = client_.metadata(std::vector<std::string>(topics.begin(), topics.end()));
  if (!metadata.ok()) return metadata.error();
  for (const auto& topic : metadata->topics) {
    for (const auto& found : topic.partitions) {
      const auto partition = partitions_.find({topic.name.value_or(""), found.partition_index});
      if (partition != partitions_.end()) partition->second.leader = found.leader_id;
    }
  }
  return {};
}

wire::Status RecordReader::poll(absl::FunctionRef<bool(const FetchedRecord&)> visit) {
  if (auto found = find_leaders(); !found.ok()) return found;
  std::map<wire::NodeId, std::vector<TopicPartition>> by_leader;
  for (const auto& [name, partition] : partitions_) {
    if (!partition.paused && partition.leader != wire::kNoNode) {
      by_leader[partition.leader].push_back(name);
    }
  }
  if (by_leader.empty()) {
    usleep(kReadAgainMicroseconds);
    return {};
  }
  const auto share = options_.max_wait_ms / static_cast<int32_t>(by_leader.size());
  bool go_on = true;
  for (const auto& [leader, names] : by_leader) {
    if (auto fetched = fetch(leader, names, share, visit, go_on); !fetched.ok()) return fetched;
    if (!go_on) break;
  }
  return {};
}

wire::Status RecordReader::fetch(wire::NodeId leader, const std::vector<TopicPartition>& names,
                                 int32_t max_wait_ms,
                                 absl::FunctionRef<bool(const FetchedRecord&)> visit, bool& go_on) {
  auto connection = client_.node(leader);
  if (!connection.ok()) return connection.error();
  wire::FetchRequest request;
  request.max_wait_ms = max_wait_ms;
  request.min_bytes = 1;
  request.max_bytes = options_.fetch_bytes;
  request.isolation_level = static_cast<int8_t>(options_.isolation);
  for (const TopicPartition& name : names) {
    if (request.topics.empty() || request.topics.back().topic != name.topic) {
      request.topics.emplace_back().topic = name.topic;
    }
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition = name.partition;
    partition.fetch_offset = partitions_.at(name).next;
    partition.partition_max_bytes = options_.fetch_bytes;
  }
  auto response = (*connection)->call<wire::FetchResponse>(request, kLastWithNames);
  if (!response.ok()) {
    client_.drop(leader);
    return response.error();
  }
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code, describe(response->error_code)};
  }
  for (const auto& topic : response->responses) {
    for (const auto& data : topic.partitions) {
      const TopicPartition name{topic.topic, data.partition_index};
      if (!partitions_.contains(name)) continue;
      const auto done = data.error_code == wire::ErrorCode::kNone ? show(name, data, visit, go_on)
                                                                  : recover(name, data.error_code);
      if (!done.ok() || !go_on) return done;
    }
  }
  return {};
}

wire::Status RecordReader::recover(const TopicPartition& name, wire::ErrorCode error) {
  switch (error) {
    case wire::ErrorCode::kOffsetOutOfRange: {
      const auto offsets = start_offsets(client_, {name}, options_.reset, options_.isolation);
      if (!offsets.ok()) return offsets.error();
      partitions_.at(name).next = offsets->at(name);
      return {};
    }
    case wire::ErrorCode::kNotLeaderOrFollower:
    case wire::ErrorCode::kLeaderNotAvailable:
    case wire::ErrorCode::kUnknownTopicOrPartition:
    case wire::ErrorCode::kFencedLeaderEpoch:
    case wire::ErrorCode::kUnknownLeaderEpoch:
    case wire::ErrorCode::kKafkaStorageError:
    case wire::ErrorCode::kReplicaNotAvailable:
    case wire::ErrorCode::kOffsetNotAvailable:
      partitions_.at(name).leader = wire::kNoNode;
      usleep(kReadAgainMicroseconds);
      return {};
    default:
      return wire::Error{error, name.to_string() + ": " + describe(error)};
  }
}

wire::Status RecordReader::show(const TopicPartition& name,
                                const wire::FetchResponse::PartitionData& data,
                                absl::FunctionRef<bool(const FetchedRecord&)> visit, bool& go_on) {
  if (!data.records) return {};
  Partition& partition = partitions_.at(name);
  const bool committed_only = options_.isolation == Isolation::kReadCommitted;
  AbortedBatches aborted(data.aborted_transactions);
  wire::BatchIterator batches(*data.records);
  while (go_on && batches.next()) {
    const wire::RecordBatchView& batch = batches.batch();
    const bool hidden = committed_only && aborted.contain(batch);
    partition.leader_epoch = batch.partition_leader_epoch();
    if (!batch.is_control() && !hidden) {
      auto walked = wire::for_each_record_view(
          batch, wire::kDefaultInflateLimit, [&](const wire::RecordView& record) {
            if (record.offset < partition.next) return true;
            go_on = visit({name, record, batch.timestamp_type(), partition.leader});
            partition.next = record.offset + 1;
            return go_on;
          });
      if (!walked.ok()) return walked;
    }
    if (go_on) partition.next = std::max(partition.next, batch.next_offset());
  }
  return batches.status();
}

}  // namespace cli
