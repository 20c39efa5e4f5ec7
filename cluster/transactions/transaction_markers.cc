#include "cluster/transactions/transaction_markers.h"

#include <algorithm>
#include <utility>

#include "wire/base/log.h"

namespace cluster::transactions {
namespace {

using wire::ErrorCode;

constexpr wire::DurationMs kRetryDelayMinMs = 20;
constexpr wire::DurationMs kRetryDelayMaxMs = 1'000;
// Of one request, so that it stays far below any socket.request.max.bytes.
constexpr size_t kPartitionsPerRequestMax = 10'000;

// Each producer's errors in an answer.
using Errors = std::map<wire::ProducerId, std::map<TopicPartition, ErrorCode>>;

Errors errors_of(const wire::WriteTxnMarkersResponse& response) {
  Errors errors;
  for (const auto& marker : response.markers) {
    for (const auto& topic : marker.topics) {
      for (const auto& partition : topic.partitions) {
        errors[marker.producer_id][{topic.name, partition.partition_index}] = partition.error_code;
      }
    }
  }
  return errors;
}

}  // namespace

TransactionMarkers::TransactionMarkers(Ports ports)
    : ports_(ports),
      retry_delay_ms_(kRetryDelayMinMs),
      self_(std::make_shared<TransactionMarkers*>(this)) {}

TransactionMarkers::~TransactionMarkers() {
  *self_ = nullptr;
  ports_.timers.cancel(retry_timer_);
  ports_.timers.cancel(settle_timer_);
}

void TransactionMarkers::send(wire::PartitionIndex coordinator_partition, TransactionMarker marker,
                              const std::set<TopicPartition>& partitions,
                              wire::Callback<void(const TopicPartition&)> settled) {
  if (partitions.empty()) return;
  const JobId job = ++last_job_;
  jobs_.emplace(
      job, Job{coordinator_partition, std::move(marker), partitions.size(), std::move(settled)});
  route(job, {partitions.begin(), partitions.end()});
}

void TransactionMarkers::forget(wire::PartitionIndex coordinator_partition) {
  absl::erase_if(jobs_, [&](const auto& entry) {
    return entry.second.coordinator_partition == coordinator_partition;
  });
}

void TransactionMarkers::on_leaders_changed() {
  if (!waiting_.empty()) retry_now();
}

// Each partition to the queue of its leader.
void TransactionMarkers::route(JobId job, const std::vector<TopicPartition>& partitions) {
  std::map<wire::NodeId, std::vector<TopicPartition>> by_leader;
  for (const TopicPartition& partition : partitions) {
    const std::optional<wire::NodeId> leader = ports_.cluster.leader_of(partition);
    if (leader) {
      by_leader[*leader].push_back(partition);
    } else {
      settle_later(job, partition);
    }
  }
  for (auto& [leader, led] : by_leader) {
    if (leader == wire::kNoNode) {
      retry_later(job, std::move(led));
      continue;
    }
    brokers_[leader].queue.push_back({job, std::move(led)});
    flush(leader);
  }
}

void TransactionMarkers::flush(wire::NodeId node) {
  Broker& broker = brokers_[node];
  if (broker.in_flight) return;
  std::vector<Entry> entries;
  size_t count = 0;
  while (!broker.queue.empty() && count < kPartitionsPerRequestMax) {
    Entry entry = std::move(broker.queue.front());
    broker.queue.pop_front();
    if (!jobs_.contains(entry.job)) continue;
    count += entry.partitions.size();
    entries.push_back(std::move(entry));
  }
  if (entries.empty()) return;
  broker.in_flight = true;
  wire::WriteTxnMarkersRequest request = request_of(entries);
  ports_.transport.send(node, std::move(request),
                        [self = self_, node,
                         entries = std::move(entries)](wire::Result<PeerResponse> answer) mutable {
                          if (*self != nullptr)
                            (*self)->on_answer(node, std::move(entries), std::move(answer));
                        });
}

wire::WriteTxnMarkersRequest TransactionMarkers::request_of(
    const std::vector<Entry>& entries) const {
  wire::WriteTxnMarkersRequest request;
  request.markers.reserve(entries.size());
  for (const Entry& entry : entries) {
    const TransactionMarker& marker = jobs_.at(entry.job).marker;
    auto& written = request.markers.emplace_back();
    written.producer_id = marker.producer_id;
    written.producer_epoch = marker.producer_epoch;
    written.transaction_result = marker.committed;
    written.coordinator_epoch = marker.coordinator_epoch;
    written.transaction_version = static_cast<int8_t>(marker.transaction_version);
    for (const TopicPartition& partition : entry.partitions) {
      if (written.topics.empty() || written.topics.back().name != partition.topic) {
        written.topics.emplace_back().name = partition.topic;
      }
      written.topics.back().partition_indexes.push_back(partition.partition);
    }
  }
  return request;
}

void TransactionMarkers::on_answer(wire::NodeId node, std::vector<Entry> entries,
                                   wire::Result<PeerResponse> answer) {
  brokers_[node].in_flight = false;
  if (!answer.ok()) {
    wire::log::debug("transaction markers did not reach broker {}: {}", node,
                     answer.error().detail);
    for (Entry& entry : entries) retry_later(entry.job, std::move(entry.partitions));
    return flush(node);
  }
  const Errors errors = errors_of(std::get<wire::WriteTxnMarkersResponse>(*answer));
  bool failed = false;
  for (const Entry& entry : entries) {
    const auto job = jobs_.find(entry.job);
    if (job == jobs_.end()) continue;
    const auto found = errors.find(job->second.marker.producer_id);
    std::vector<TopicPartition> again =
        found == errors.end() ? entry.partitions : sort_out(entry, found->second);
    if (again.empty()) continue;
    failed = true;
    retry_later(entry.job, std::move(again));
  }
  if (!failed) retry_delay_ms_ = kRetryDelayMinMs;
  flush(node);
}

std::vector<TopicPartition> TransactionMarkers::sort_out(
    const Entry& entry, const std::map<TopicPartition, ErrorCode>& errors) {
  std::vector<TopicPartition> again;
  bool refused = false;
  for (const TopicPartition& partition : entry.partitions) {
    const auto job = jobs_.find(entry.job);
    if (job == jobs_.end()) return {};
    const auto found = errors.find(partition);
    const ErrorCode error = found == errors.end() ? ErrorCode::kUnknownServerError : found->second;
    const std::string id = wire::log::printable(job->second.marker.transactional_id);
    switch (error) {
      case ErrorCode::kNone:
      // The producer cannot have written there either.
      case ErrorCode::kUnsupportedForMessageFormat:
      case ErrorCode::kUnsupportedVersion:
        settle(entry.job, partition);
        break;
      case ErrorCode::kInvalidProducerEpoch:
      case ErrorCode::kTransactionCoordinatorFenced:
        // Somebody newer has taken over; as in Kafka the outcome is not written any further.
        wire::log::warn("the marker of transaction {} is refused by {}: {}; it is sent no more", id,
                        partition.to_string(), wire::error_name(error));
        refused = true;
        break;
      case ErrorCode::kUnknownTopicOrPartition:
      case ErrorCode::kNotLeaderOrFollower:
      case ErrorCode::kNotEnoughReplicas:
      case ErrorCode::kNotEnoughReplicasAfterAppend:
      case ErrorCode::kRequestTimedOut:
      case ErrorCode::kKafkaStorageError:
        wire::log::debug("the marker of transaction {} for {} is sent again: {}", id,
                         partition.to_string(), wire::error_name(error));
        again.push_back(partition);
        break;
      default:
        // Kafka's sender dies of these and the transaction hangs.  Here it is tried again: the
        // decision is made, and only the marker frees the readers.
        wire::log::error("the marker of transaction {} for {} failed: {}; it is sent again", id,
                         partition.to_string(), wire::error_name(error));
        again.push_back(partition);
    }
  }
  if (!refused) return again;
  jobs_.erase(entry.job);
  return {};
}

void TransactionMarkers::settle(JobId id, const TopicPartition& partition) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  // Out of the table first: the receiver may send the next one, or forget this.
  if (--found->second.unsettled == 0) {
    auto last = jobs_.extract(found);
    return last.mapped().settled(partition);
  }
  // Its receiver may forget the job while it runs, so it runs from here.
  auto settled = std::move(found->second.settled);
  settled(partition);
  if (const auto still = jobs_.find(id); still != jobs_.end()) {
    still->second.settled = std::move(settled);
  }
}

void TransactionMarkers::settle_later(JobId job, const TopicPartition& partition) {
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return;
  wire::log::info("{} is gone: transaction {} needs no marker there", partition.to_string(),
                  wire::log::printable(found->second.marker.transactional_id));
  gone_.emplace_back(job, partition);
  if (settle_timer_ != kNoTimer) return;
  settle_timer_ = ports_.timers.schedule(0, [this] {
    settle_timer_ = kNoTimer;
    for (const auto& [id, settled] : std::exchange(gone_, {})) settle(id, settled);
  });
}

void TransactionMarkers::retry_later(JobId job, std::vector<TopicPartition> partitions) {
  if (!jobs_.contains(job)) return;
  waiting_.push_back({job, std::move(partitions)});
  if (retry_timer_ != kNoTimer) return;
  retry_timer_ = ports_.timers.schedule(retry_delay_ms_, [this] { on_timer(); });
  retry_delay_ms_ = std::min(2 * retry_delay_ms_, kRetryDelayMaxMs);
}

void TransactionMarkers::on_timer() {
  retry_timer_ = kNoTimer;
  retry_now();
}

void TransactionMarkers::retry_now() {
  for (Entry& entry : std::exchange(waiting_, {})) {
    if (jobs_.contains(entry.job)) route(entry.job, entry.partitions);
  }
}

}  // namespace cluster::transactions
