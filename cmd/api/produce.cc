// Produce (key 0), v0-v13.  v0-v2: message sets.  v2: log append time.  v3: record batch v2,
// transactions.  v7: zstd.  v8: errors by record.  v9: flexible.  v10: the new leader's address.
// v11: TRANSACTION_ABORTABLE.  v12: a batch adds its partition to the transaction (KIP-890).
// v13: topic ids.
#include "wire/api/produce.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cluster/replica/transaction_verifier.h"
#include "cmd/api/handlers.h"
#include "cmd/api/leader_hint.h"
#include "cmd/api/topic_creation.h"
#include "wire/records/produced_batch.h"
#include "wire/records/record_batch.h"

namespace api {

namespace {

using cluster::replica::AppendOutcome;
using cluster::replica::Partition;
using cluster::replica::TransactionSupport;
using cluster::replica::Verified;
using wire::ErrorCode;

// The one client that may write to internal topics: Kafka's own tools, by this very client id.
constexpr std::string_view kAdminClientId = "__admin_client";
constexpr int16_t kFirstVersionOfBatches = 3;  // before: message sets

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

// The answer under construction: complete once every partition has said what became of its batch.
class ProduceAnswer {
 public:
  ProduceAnswer(RequestContext& context, wire::Reply<wire::ProduceResponse> reply)
      : services_(context.services),
        vantage_(context.connection.vantage),
        version_(context.api_version),
        reply_(std::move(reply)) {}

  wire::ProduceResponse& response() { return response_; }
  void expect_one() { ++pending_; }
  void complete(size_t topic, size_t partition, AppendOutcome outcome);
  // The transaction's coordinator did not let it be appended.
  void refuse_unverified(size_t topic, size_t partition, ErrorCode error,
                         TransactionSupport support);
  void complete_one() {
    if (--pending_ == 0) reply_(std::move(response_));
  }
  // Nothing has been appended, and nothing will be.
  void refuse_all(ErrorCode error, const std::string& message);

 private:
  Services& services_;
  VantagePtr vantage_;
  int16_t version_;
  wire::Reply<wire::ProduceResponse> reply_;
  wire::ProduceResponse response_;
  size_t pending_ = 1;  // the handler itself, until it has started every append
};

void ProduceAnswer::complete(size_t topic, size_t partition, AppendOutcome outcome) {
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
    const auto& image = *services_.image;
    const LeaderHint hint = leader_of(image, response_.responses[topic].name, entry.index);
    entry.current_leader.leader_id = hint.leader_id;
    entry.current_leader.leader_epoch = hint.leader_epoch;
    add_endpoint(response_.node_endpoints, image, hint.leader_id, *vantage_);
  }
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
  reply_(std::move(response_));
}

void ProduceAnswer::refuse_unverified(size_t topic, size_t partition, ErrorCode error,
                                      TransactionSupport support) {
  auto& entry = response_.responses[topic].partition_responses[partition];
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
}

// What a request has to do with transactions, by the headers of its batches.
struct TransactionalShare {
  bool any = false;
  bool corrupt = false;  // see begins_corrupt()
};

// Whether the first entry of a partition's records cannot be one.  Apache comes upon it when it
// looks for transactions, and then answers for all partitions; in what comes behind a transactional
// batch it does not look.
bool begins_corrupt(const wire::Bytes& records) {
  return !wire::read_entry_extent(records.span()).ok();
}

TransactionalShare transactional_share(const wire::ProduceRequest& request) {
  TransactionalShare share;
  for (const auto& topic : request.topic_data) {
    for (const auto& partition : topic.partition_data) {
      if (!partition.records) continue;
      if (!share.any && begins_corrupt(*partition.records)) share.corrupt = true;
      const auto batch = wire::RecordBatchView::parse(*partition.records);
      if (batch.ok() && batch->is_transactional()) share.any = true;
    }
  }
  return share;
}

// A batch without a producer id is refused before its transaction matters.
bool is_verifiable(const wire::Bytes& records) {
  const auto batch = wire::RecordBatchView::parse(records);
  return batch.ok() && batch->is_transactional() && batch->has_producer_id();
}

// What is refused at once, before a transaction is asked about.
ErrorCode check_target(const RequestContext& context, std::string_view topic,
                       const wire::ProduceRequest::PartitionProduceData& data) {
  if (context.api_version >= 13 && topic.empty()) return ErrorCode::kUnknownTopicId;
  const auto found = context.services.image->topic(topic);
  if (!found || found->partition(data.index) == nullptr) return ErrorCode::kUnknownTopicOrPartition;
  if (context.api_version < kFirstVersionOfBatches) return ErrorCode::kNone;
  const auto batch =
      wire::only_produced_batch(data.records.value_or(wire::Bytes()), context.api_version);
  return batch.ok() ? ErrorCode::kNone : batch.error().code;
}

// One partition's share of a request, until it is appended.
struct WaitingAppend {
  size_t topic;
  size_t index;
  std::shared_ptr<Partition> partition;
  wire::Bytes records;
  // What is found only after its transaction was verified.
  ErrorCode refusal = ErrorCode::kNone;
  // Told instead of what became of it: other records for the partition, which were unsound.
  ErrorCode unsound = ErrorCode::kNone;
};

WaitingAppend prepare(const RequestContext& context, std::string_view topic, int16_t acks,
                      wire::ProduceRequest::PartitionProduceData& data) {
  WaitingAppend what{.topic = 0, .index = 0, .partition = nullptr, .records = {}};
  what.partition = context.services.replicas->find(topic, data.index);
  if (data.records) what.records = std::move(*data.records);
  if (acks < -1 || acks > 1) {
    what.refusal = ErrorCode::kInvalidRequiredAcks;
  } else if (is_internal_topic(topic) && context.client_id_or_empty() != kAdminClientId) {
    what.refusal = ErrorCode::kInvalidTopicException;
  } else if (!what.partition) {
    what.refusal = ErrorCode::kNotLeaderOrFollower;
  }
  return what;
}

AppendOutcome refused_with(ErrorCode error) {
  AppendOutcome outcome;
  outcome.error = error;
  return outcome;
}

void append(const std::shared_ptr<ProduceAnswer>& answer,
            const cluster::replica::AppendRequest& request, WaitingAppend what) {
  const auto complete = [answer, t = what.topic, p = what.index,
                         unsound = what.unsound](AppendOutcome outcome) {
    if (unsound != ErrorCode::kNone) outcome = refused_with(unsound);
    answer->complete(t, p, std::move(outcome));
    answer->complete_one();
  };
  if (what.refusal != ErrorCode::kNone) return complete(refused_with(what.refusal));
  what.partition->append(std::move(what.records), request, complete);
}

// The transaction's coordinator did not let it be appended.
void refuse_unverified(const std::shared_ptr<ProduceAnswer>& answer, const WaitingAppend& what,
                       ErrorCode error, TransactionSupport support) {
  if (what.unsound == ErrorCode::kNone) {
    answer->refuse_unverified(what.topic, what.index, error, support);
  } else {
    answer->complete(what.topic, what.index, refused_with(what.unsound));
  }
  answer->complete_one();
}

TransactionSupport support_of(int16_t version) {
  return version >= 12   ? TransactionSupport::kAddsPartitions
         : version == 11 ? TransactionSupport::kAbortableError
                         : TransactionSupport::kOldErrors;
}

// REQUIRES: `waiting` are batches of one producer's transaction.
void verify_and_append(Services& services, const std::string& transactional_id, int16_t version,
                       const std::shared_ptr<ProduceAnswer>& answer,
                       cluster::replica::AppendRequest request,
                       std::vector<WaitingAppend> waiting) {
  const TransactionSupport support = support_of(version);
  cluster::replica::TransactionalProducer producer;
  std::vector<cluster::replica::VerificationTarget> targets;
  for (const WaitingAppend& each : waiting) {
    const auto batch = wire::RecordBatchView::parse(each.records);
    producer.id = batch->producer_id();
    producer.epoch = batch->producer_epoch();
    targets.push_back({each.partition, batch->base_sequence()});
  }
  producer.transactional_id = transactional_id;
  producer.support = support;
  services.transaction_verifier->verify(
      std::move(producer), std::move(targets),
      [answer, request, support,
       waiting = std::move(waiting)](std::vector<Verified> verified) mutable {
        for (size_t i = 0; i < waiting.size(); ++i) {
          if (verified[i].error != ErrorCode::kNone) {
            refuse_unverified(answer, waiting[i], verified[i].error, support);
            continue;
          }
          request.guard = verified[i].guard;
          append(answer, request, std::move(waiting[i]));
        }
      });
}

wire::ProduceResponse refuse_all(const wire::ProduceRequest& request, ErrorCode code,
                                 std::optional<std::string> message = std::nullopt) {
  wire::ProduceResponse response;
  for (const auto& topic : request.topic_data) {
    auto& refused = response.responses.emplace_back();
    refused.name = topic.name;
    refused.topic_id = topic.topic_id;
    for (const auto& partition : topic.partition_data) {
      const bool is_repeated =
          std::any_of(refused.partition_responses.begin(), refused.partition_responses.end(),
                      [&](const auto& each) { return each.index == partition.index; });
      if (is_repeated) continue;
      auto& entry = refused.partition_responses.emplace_back();
      entry.index = partition.index;
      entry.error_code = code;
      entry.error_message = message;
      entry.base_offset = wire::kNoOffset;
    }
  }
  return response;
}

// What fails for all partitions, whatever they are.
std::optional<wire::ProduceResponse> refuse_at_sight(const wire::ProduceRequest& request,
                                                     const TransactionalShare& transactional) {
  if (transactional.corrupt) {
    return refuse_all(request, ErrorCode::kCorruptMessage,
                      "The records do not begin with a batch.");
  }
  if (transactional.any && !request.transactional_id) {
    return refuse_all(request, ErrorCode::kTransactionalIdAuthorizationFailed);
  }
  return std::nullopt;
}

// Before version 7 Apache asks every batch for its codec, and fails as a whole if it is unknown.
bool fails_unexpectedly(const wire::ProduceResponse& response) {
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partition_responses) {
      if (partition.error_code == ErrorCode::kUnknownServerError) return true;
    }
  }
  return false;
}

// A sound request writes to the transaction of one producer.
bool have_several_producers(const std::vector<WaitingAppend>& appends) {
  std::optional<std::pair<wire::ProducerId, wire::ProducerEpoch>> first;
  for (const WaitingAppend& each : appends) {
    if (!is_verifiable(each.records)) continue;
    const auto batch = wire::RecordBatchView::parse(each.records);
    const std::pair producer(batch->producer_id(), batch->producer_epoch());
    if (!first) first = producer;
    if (*first != producer) return true;
  }
  return false;
}

template <typename Range, typename Key>
bool has_repeats(const Range& range, const Key& key_of) {
  if (range.size() < 2) return false;
  absl::InlinedVector<std::invoke_result_t<Key, const typename Range::value_type&>, 16> keys;
  for (const auto& each : range) keys.push_back(key_of(each));
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

using TopicData = wire::ProduceRequest::TopicProduceData;

std::pair<wire::Uuid, std::string_view> topic_key(const TopicData& topic) {
  return {topic.topic_id, topic.name};
}

// Apache keeps the partitions of a request in maps.  Of a partition that is named twice the last
// sound records are appended; the answer is that of unsound ones, if there are any.
void merge_topics(std::vector<TopicData>& topics) {
  // Apache answers partitions, not topics.
  std::erase_if(topics, [](const auto& topic) { return topic.partition_data.empty(); });
  if (!has_repeats(topics, topic_key)) return;
  std::vector<TopicData> merged;
  std::map<std::pair<wire::Uuid, std::string>, size_t> places;
  for (TopicData& topic : topics) {
    const auto [place, is_new] = places.try_emplace({topic.topic_id, topic.name}, merged.size());
    if (is_new) {
      merged.push_back(std::move(topic));
      continue;
    }
    auto& partitions = merged[place->second].partition_data;
    std::move(topic.partition_data.begin(), topic.partition_data.end(),
              std::back_inserter(partitions));
  }
  topics = std::move(merged);
}

// Returns the errors to be answered for partitions that are appended to nevertheless.
std::map<wire::PartitionIndex, ErrorCode> merge_partitions(const RequestContext& context,
                                                           std::string_view name,
                                                           TopicData& topic) {
  std::map<wire::PartitionIndex, ErrorCode> errors;
  auto& all = topic.partition_data;
  if (!has_repeats(all, [](const auto& data) { return data.index; })) return errors;
  std::vector<wire::ProduceRequest::PartitionProduceData> merged;
  std::map<wire::PartitionIndex, std::pair<size_t, ErrorCode>> kept;
  for (auto& data : all) {
    const ErrorCode error = check_target(context, name, data);
    if (error != ErrorCode::kNone) errors[data.index] = error;
    const auto [place, is_new] = kept.try_emplace(data.index, std::pair(merged.size(), error));
    if (is_new) {
      merged.push_back(std::move(data));
    } else if (error == ErrorCode::kNone || place->second.second != ErrorCode::kNone) {
      place->second.second = error;
      merged[place->second.first] = std::move(data);
    }
  }
  all = std::move(merged);
  return errors;
}

// Fills in an entry for each partition, refused ones with their error; what is to be appended is
// returned.
std::vector<WaitingAppend> take_apart(const RequestContext& context, wire::ProduceRequest& request,
                                      ProduceAnswer& answer) {
  auto& responses = answer.response().responses;
  std::vector<WaitingAppend> appends;
  for (size_t t = 0; t < request.topic_data.size(); ++t) {
    auto& topic = request.topic_data[t];
    responses[t].name = topic.name;
    responses[t].topic_id = topic.topic_id;
    if (context.api_version >= 13) {
      const auto known = context.services.image->topic(topic.topic_id);
      if (known) responses[t].name = known->name;
    }
    const std::string& name = responses[t].name;
    const auto errors = merge_partitions(context, name, topic);
    responses[t].partition_responses.resize(topic.partition_data.size());
    for (size_t p = 0; p < topic.partition_data.size(); ++p) {
      auto& data = topic.partition_data[p];
      auto& entry = responses[t].partition_responses[p];
      entry.index = data.index;
      entry.base_offset = wire::kNoOffset;
      const ErrorCode error = check_target(context, name, data);
      if (error != ErrorCode::kNone) {
        answer.complete(t, p, refused_with(error));
        continue;
      }
      answer.expect_one();
      appends.push_back(prepare(context, name, request.acks, data));
      appends.back().topic = t;
      appends.back().index = p;
      if (const auto found = errors.find(data.index); found != errors.end()) {
        appends.back().unsound = found->second;
      }
    }
  }
  return appends;
}

}  // namespace

bool closes_silent_connection(const wire::ProduceResponse& response) {
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partition_responses) {
      if (partition.error_code != ErrorCode::kNone) return true;
    }
  }
  return false;
}

void handle_produce(RequestContext& context, wire::ProduceRequest request,
                    wire::Reply<wire::ProduceResponse> reply) {
  if (request.acks == 0) context.expect_no_answer();
  const TransactionalShare transactional = transactional_share(request);
  merge_topics(request.topic_data);
  if (auto refused = refuse_at_sight(request, transactional)) return reply(*std::move(refused));

  const auto answer = std::make_shared<ProduceAnswer>(context, std::move(reply));
  // Every entry stands before the first append: an append may complete at once.
  answer->response().responses.resize(request.topic_data.size());
  std::vector<WaitingAppend> appends = take_apart(context, request, *answer);
  if (fails_unexpectedly(answer->response())) {
    return answer->refuse_all(
        ErrorCode::kUnknownServerError,
        "The server experienced an unexpected error when processing the request.");
  }
  if (transactional.any && have_several_producers(appends)) {
    return answer->refuse_all(ErrorCode::kInvalidProducerIdMapping,
                              "Transactional records contained more than one producer ID");
  }

  cluster::replica::AppendRequest how;
  how.produce_version = context.api_version;
  how.required_acks = request.acks;
  how.timeout_ms = request.timeout_ms;
  std::vector<WaitingAppend> waiting;
  for (WaitingAppend& what : appends) {
    if (transactional.any && what.partition && is_verifiable(what.records)) {
      waiting.push_back(std::move(what));
    } else {
      append(answer, how, std::move(what));
    }
  }
  if (!waiting.empty()) {
    verify_and_append(context.services, *request.transactional_id, context.api_version, answer, how,
                      std::move(waiting));
  }
  answer->complete_one();
}

}  // namespace api
