// Produce (key 0), v3-v13.  v3: record batch v2, transactions.  v7: zstd.  v8: errors by record.
// v9: flexible. v10: the new leader's address.  v13: topic ids. Not supported: message sets
// (v0-v2), transactions.
#include "wire/api/produce.h"

#include <memory>
#include <utility>

#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"
#include "cmd/api/leader_hint.h"
#include "wire/records/record_batch.h"

namespace api {

namespace {

using cluster::replica::AppendOutcome;
using cluster::replica::Partition;
using wire::ErrorCode;

// The one client that may write to internal topics: Kafka's own tools, by this very client id.
constexpr std::string_view kAdminClientId = "__admin_client";

bool is_internal(std::string_view topic) {
  return topic == "__consumer_offsets" || topic == "__transaction_state" ||
         topic == "__share_group_state";
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

// The answer under construction: complete once every partition has said what became of its batch.
class ProduceAnswer {
 public:
  ProduceAnswer(RequestContext& context, wire::Reply<wire::ProduceResponse> reply)
      : services_(context.services),
        listener_(context.connection.listener),
        version_(context.api_version),
        reply_(std::move(reply)) {}

  wire::ProduceResponse& response() { return response_; }
  void expect_one() { ++pending_; }
  void complete(size_t topic, size_t partition, AppendOutcome outcome);
  void complete_one() {
    if (--pending_ == 0) reply_(std::move(response_));
  }

 private:
  Services& services_;
  std::string listener_;
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
    add_endpoint(response_.node_endpoints, image, hint.leader_id, listener_);
  }
}

bool is_transactional(const wire::Bytes& records) {
  const auto batch = wire::RecordBatchView::parse(records);
  return batch.ok() && batch->is_transactional();
}

bool has_transactional_records(const wire::ProduceRequest& request) {
  for (const auto& topic : request.topic_data) {
    for (const auto& partition : topic.partition_data) {
      if (partition.records && is_transactional(*partition.records)) return true;
    }
  }
  return false;
}

struct Target {
  ErrorCode error = ErrorCode::kNone;
  std::shared_ptr<Partition> partition;
};

// Where one partition's records go, or why they go nowhere.
Target find_target(const RequestContext& context, const wire::ProduceRequest& request,
                   std::string_view topic, const wire::ProduceRequest::PartitionProduceData& data) {
  const auto found = context.services.image->topic(topic);
  if (!found || found->partition(data.index) == nullptr)
    return {ErrorCode::kUnknownTopicOrPartition, nullptr};
  if (request.acks < -1 || request.acks > 1) return {ErrorCode::kInvalidRequiredAcks, nullptr};
  if (is_internal(topic) && context.client_id_or_empty() != kAdminClientId) {
    return {ErrorCode::kInvalidTopicException, nullptr};
  }
  // No transactional id is ever known here yet, so no transaction can hold this partition.
  if (data.records && is_transactional(*data.records))
    return {ErrorCode::kInvalidProducerIdMapping, nullptr};
  auto partition = context.services.replicas->find(topic, data.index);
  if (!partition) return {ErrorCode::kNotLeaderOrFollower, nullptr};
  return {ErrorCode::kNone, std::move(partition)};
}

wire::ProduceResponse refuse_all(const wire::ProduceRequest& request, ErrorCode code) {
  wire::ProduceResponse response;
  for (const auto& topic : request.topic_data) {
    auto& refused = response.responses.emplace_back();
    refused.name = topic.name;
    refused.topic_id = topic.topic_id;
    for (const auto& partition : topic.partition_data) {
      auto& entry = refused.partition_responses.emplace_back();
      entry.index = partition.index;
      entry.error_code = code;
      entry.base_offset = wire::kNoOffset;
    }
  }
  return response;
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
  if (!request.transactional_id && has_transactional_records(request)) {
    return reply(refuse_all(request, ErrorCode::kTransactionalIdAuthorizationFailed));
  }

  const auto answer = std::make_shared<ProduceAnswer>(context, std::move(reply));
  auto& responses = answer->response().responses;
  // Every entry stands before the first append: an append may complete at once.
  responses.resize(request.topic_data.size());
  for (size_t t = 0; t < request.topic_data.size(); ++t) {
    const auto& topic = request.topic_data[t];
    responses[t].name = topic.name;
    responses[t].topic_id = topic.topic_id;
    if (context.api_version >= 13) {
      const auto known = context.services.image->topic(topic.topic_id);
      if (known) responses[t].name = known->name;
    }
    responses[t].partition_responses.resize(topic.partition_data.size());
    for (size_t p = 0; p < topic.partition_data.size(); ++p) {
      responses[t].partition_responses[p].index = topic.partition_data[p].index;
      responses[t].partition_responses[p].base_offset = wire::kNoOffset;
    }
  }

  cluster::replica::AppendRequest append;
  append.produce_version = context.api_version;
  append.required_acks = request.acks;
  append.timeout_ms = request.timeout_ms;
  for (size_t t = 0; t < request.topic_data.size(); ++t) {
    for (size_t p = 0; p < request.topic_data[t].partition_data.size(); ++p) {
      auto& data = request.topic_data[t].partition_data[p];
      AppendOutcome refused;
      Target target;
      if (context.api_version >= 13 && responses[t].name.empty()) {
        target.error = ErrorCode::kUnknownTopicId;
      } else {
        target = find_target(context, request, responses[t].name, data);
      }
      if (target.error != ErrorCode::kNone) {
        refused.error = target.error;
        answer->complete(t, p, std::move(refused));
        continue;
      }
      answer->expect_one();
      wire::Bytes records = data.records ? std::move(*data.records) : wire::Bytes();
      target.partition->append(std::move(records), append, [answer, t, p](AppendOutcome outcome) {
        answer->complete(t, p, std::move(outcome));
        answer->complete_one();
      });
    }
  }
  answer->complete_one();
}

}  // namespace api
