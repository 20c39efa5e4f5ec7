#include "cmd/api/produce_answer.h"

#include "cluster/metadata/image.h"
#include "cmd/api/leader_hint.h"

namespace api {

namespace {

using cluster::replica::AppendOutcome;
using cluster::replica::TransactionSupport;
using wire::ErrorCode;

// What is larger is rare, and is not kept.
constexpr size_t kTopicsKeptMax = 16;
constexpr size_t kPartitionsKeptMax = 64;
constexpr size_t kNameKeptMax = 256;
constexpr size_t kAnswersKeptMax = 1024;

template <typename Topics, typename Partitions>
bool is_small(const Topics& topics, Partitions partitions_of) {
  if (topics.capacity() > kTopicsKeptMax) return false;
  for (const auto& topic : topics) {
    if (partitions_of(topic).capacity() > kPartitionsKeptMax) return false;
    if (topic.name.capacity() > kNameKeptMax) return false;
  }
  return true;
}

// What Kafka reports without a log start offset: the append did not get as far as looking at the
// log.
bool hides_log_start(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnknownTopicOrPartition:
    case ErrorCode::kUnknownTopicId:
    case ErrorCode::kNotLeaderOrFollower:
    case ErrorCode::kMessageTooLarge:
    case ErrorCode::kRecordListTooLarge:
    case ErrorCode::kCorruptMessage:
    case ErrorCode::kKafkaStorageError:
      return true;
    default:
      return false;
  }
}

AppendOutcome refused_with(ErrorCode error) {
  AppendOutcome outcome;
  outcome.error = error;
  return outcome;
}

}  // namespace

void ProduceAnswer::begin(RequestContext& context, ProduceReply reply, size_t topics) {
  services_ = &context.services;
  vantage_ = context.connection.vantage;
  version_ = context.api_version;
  reply_ = std::move(reply);
  response_.responses.resize(topics);
  response_.node_endpoints.clear();
  appends_.clear();
  pending_ = 1;  // the handler itself, until it has started every append
  answered_ = false;
}

void ProduceAnswer::add_partitions(size_t topic, size_t count) {
  auto& entries = response_.responses[topic].partition_responses;
  entries.clear();
  entries.resize(count);
}

void ProduceAnswer::fill_in(size_t topic, size_t partition, AppendOutcome outcome) {
  auto& entry = response_.responses[topic].partition_responses[partition];
  entry.error_code = outcome.error;
  entry.base_offset = outcome.base_offset;
  entry.log_append_time_ms = outcome.log_append_time_ms;
  entry.log_start_offset =
      hides_log_start(outcome.error) ? wire::kNoOffset : outcome.log_start_offset;
  if (!outcome.record_errors.empty()) {
    // Only refused records come with words: other codes speak for themselves, as in Apache's
    // answers.
    entry.error_message = std::move(outcome.message);
    for (wire::RecordError& error : outcome.record_errors) {
      auto& added = entry.record_errors.emplace_back();
      added.batch_index = error.batch_index;
      added.batch_index_error_message = std::move(error.message);
    }
  }
  if (outcome.error == ErrorCode::kNotLeaderOrFollower && version_ >= 10) {
    const auto& image = *services_->image;
    const LeaderHint hint = leader_of(image, response_.responses[topic].name, entry.index);
    entry.current_leader.leader_id = hint.leader_id;
    entry.current_leader.leader_epoch = hint.leader_epoch;
    add_endpoint(response_.node_endpoints, image, hint.leader_id, *vantage_);
  }
}

void ProduceAnswer::refuse(size_t topic, size_t partition, ErrorCode error) {
  fill_in(topic, partition, refused_with(error));
}

void ProduceAnswer::complete(size_t append, AppendOutcome outcome) {
  const WaitingAppend& what = appends_[append];
  if (what.unsound != ErrorCode::kNone) outcome = refused_with(what.unsound);
  fill_in(what.topic, what.index, std::move(outcome));
  complete_one();
}

void ProduceAnswer::refuse_unverified(size_t append, ErrorCode error, TransactionSupport support) {
  const WaitingAppend& what = appends_[append];
  if (what.unsound != ErrorCode::kNone) return complete(append, {});
  auto& entry = response_.responses[what.topic].partition_responses[what.index];
  const bool is_concurrent = error == ErrorCode::kConcurrentTransactions;
  entry.error_code = error;
  switch (error) {
    case ErrorCode::kInvalidTxnState:
      entry.error_message = "Partition was not added to the transaction";
      break;
    case ErrorCode::kNetworkException:
    case ErrorCode::kCoordinatorLoadInProgress:
    case ErrorCode::kCoordinatorNotAvailable:
    case ErrorCode::kNotCoordinator:
    case ErrorCode::kConcurrentTransactions:
      // Every client retries NOT_ENOUGH_REPLICAS, and without looking for another leader first.
      if (is_concurrent && support == TransactionSupport::kAddsPartitions) break;
      entry.error_code = ErrorCode::kNotEnoughReplicas;
      entry.error_message =
          "Unable to verify the partition has been added to the transaction. Underlying error: " +
          std::string(wire::error_name(error));
      break;
    default:
      break;
  }
  complete_one();
}

void ProduceAnswer::refuse_all(ErrorCode error, const std::string& message) {
  for (auto& topic : response_.responses) {
    for (auto& entry : topic.partition_responses) {
      const wire::PartitionIndex index = entry.index;
      entry = {};
      entry.index = index;
      entry.error_code = error;
      entry.base_offset = wire::kNoOffset;
      entry.error_message = message;
    }
  }
  answer();
}

void ProduceAnswer::answer() {
  answered_ = true;
  reply_(&response_);
}

ProduceMemory::~ProduceMemory() {
  for (ProduceAnswer* answer : free_) delete answer;
}

void ProduceMemory::keep(wire::ProduceRequest request) {
  if (!is_small(
          request.topic_data, [](const auto& topic) -> auto& { return topic.partition_data; })) {
    return;
  }
  // What the next request's version does not have must be found empty.
  request.transactional_id.reset();
  for (auto& topic : request.topic_data) {
    topic.name.clear();
    topic.topic_id = {};
    for (auto& partition : topic.partition_data) partition.records.reset();
  }
  request_ = std::move(request);
}

ProduceAnswerRef ProduceMemory::take_answer() {
  if (free_.empty()) return ProduceAnswerRef(*new ProduceAnswer(*this));
  ProduceAnswer* const answer = free_.back();
  free_.pop_back();
  return ProduceAnswerRef(*answer);
}

void ProduceMemory::recycle(ProduceAnswer* answer) {
  const bool is_kept = free_.size() < kAnswersKeptMax &&
                       answer->appends_.capacity() <= kPartitionsKeptMax &&
                       is_small(
                           answer->response_.responses,
                           [](const auto& topic) -> auto& { return topic.partition_responses; });
  if (!is_kept) {
    delete answer;
    return;
  }
  answer->appends_.clear();
  free_.push_back(answer);
}

}  // namespace api
