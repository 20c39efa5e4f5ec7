// Produce (key 0), v0-v13.  v0-v2: message sets.  v2: log append time.  v3: record batch v2,
// transactions.  v7: zstd.  v8: errors by record.  v9: flexible.  v10: the new leader's address.
// v11: TRANSACTION_ABORTABLE.  v12: a batch adds its partition to the transaction (KIP-890).
// v13: topic ids.
#include "cmd/api/produce.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cluster/replica/transaction_verifier.h"
#include "cmd/api/api_dispatch.h"
#include "cmd/api/produce_rules.h"
#include "cmd/api/topic_creation.h"
#include "wire/records/record_batch.h"

namespace api {

namespace {

using cluster::replica::AppendOutcome;
using cluster::replica::TransactionSupport;
using cluster::replica::Verified;
using wire::ErrorCode;

// The one client that may write to internal topics: Kafka's own tools, by this very client id.
constexpr std::string_view kAdminClientId = "__admin_client";

// A batch without a producer id is refused before its transaction matters.
bool is_verifiable(const wire::Bytes& records) {
  const auto batch = wire::RecordBatchView::parse(records);
  return batch.ok() && batch->is_transactional() && batch->has_producer_id();
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

ErrorCode refusal_of(const RequestContext& context, std::string_view topic, int16_t acks,
                     bool is_here) {
  if (acks < -1 || acks > 1) return ErrorCode::kInvalidRequiredAcks;
  if (is_internal_topic(topic) && context.client_id_or_empty() != kAdminClientId) {
    return ErrorCode::kInvalidTopicException;
  }
  return is_here ? ErrorCode::kNone : ErrorCode::kNotLeaderOrFollower;
}

// Fills in the entries of a topic's partitions, refused ones with their error, and notes what is to
// be appended.
void take_apart(const RequestContext& context, int16_t acks, size_t t,
                wire::ProduceRequest::TopicProduceData& topic, ProduceAnswer& answer) {
  auto& response = answer.response().responses[t];
  response.topic_id = topic.topic_id;
  response.name.swap(topic.name);
  if (context.api_version >= 13) {
    const auto known = context.services.image->topic(topic.topic_id);
    response.name.assign(known ? std::string_view(known->name) : std::string_view());
  }
  const auto errors = merge_partitions(context, response.name, topic);
  answer.add_partitions(t, topic.partition_data.size());
  for (size_t p = 0; p < topic.partition_data.size(); ++p) {
    auto& data = topic.partition_data[p];
    auto& entry = response.partition_responses[p];
    entry.index = data.index;
    entry.base_offset = wire::kNoOffset;
    auto partition = context.services.replicas->find(response.name, data.index);
    const bool is_here = partition != nullptr;
    const ErrorCode error = check_target(context, response.name, data, is_here);
    if (error != ErrorCode::kNone) {
      answer.refuse(t, p, error);
      continue;
    }
    WaitingAppend& what = answer.add_append();
    what.topic = static_cast<uint32_t>(t);
    what.index = static_cast<uint32_t>(p);
    what.partition = std::move(partition);
    if (data.records) what.records = *std::move(data.records);
    what.refusal = refusal_of(context, response.name, acks, is_here);
    if (const auto found = errors.find(data.index); found != errors.end()) {
      what.unsound = found->second;
    }
  }
}

void append(const ProduceAnswerRef& answer, size_t number,
            const cluster::replica::AppendRequest& request) {
  WaitingAppend& what = answer->appends()[number];
  // Who waits in a partition must not keep it.
  const auto partition = std::move(what.partition);
  if (what.refusal != ErrorCode::kNone) {
    AppendOutcome refused;
    refused.error = what.refusal;
    return answer->complete(number, std::move(refused));
  }
  // Small enough for a callback to hold without an allocation.
  partition->append(std::move(what.records), request,
                    [answer = answer, number = static_cast<uint32_t>(number)](
                        AppendOutcome outcome) { answer->complete(number, std::move(outcome)); });
}

TransactionSupport support_of(int16_t version) {
  return version >= 12   ? TransactionSupport::kAddsPartitions
         : version == 11 ? TransactionSupport::kAbortableError
                         : TransactionSupport::kOldErrors;
}

// REQUIRES: `waiting`, numbers of appends, are batches of one producer's transaction.
void verify_and_append(Services& services, const std::string& transactional_id,
                       const ProduceAnswerRef& answer, cluster::replica::AppendRequest request,
                       std::vector<size_t> waiting) {
  const TransactionSupport support = support_of(request.produce_version);
  cluster::replica::TransactionalProducer producer;
  std::vector<cluster::replica::VerificationTarget> targets;
  for (const size_t number : waiting) {
    const WaitingAppend& each = answer->appends()[number];
    const auto batch = wire::RecordBatchView::parse(each.records);
    producer.id = batch->producer_id();
    producer.epoch = batch->producer_epoch();
    targets.push_back({each.partition, batch->base_sequence()});
  }
  producer.transactional_id = transactional_id;
  producer.support = support;
  services.transaction_verifier->verify(
      std::move(producer), std::move(targets),
      [answer = answer, request, support,
       waiting = std::move(waiting)](std::vector<Verified> verified) mutable {
        for (size_t i = 0; i < waiting.size(); ++i) {
          if (verified[i].error != ErrorCode::kNone) {
            answer->refuse_unverified(waiting[i], verified[i].error, support);
            continue;
          }
          request.guard = verified[i].guard;
          append(answer, waiting[i], request);
        }
      });
}

void start_appends(RequestContext& context, const wire::ProduceRequest& request,
                   const ProduceAnswerRef& answer, bool any_transactional) {
  cluster::replica::AppendRequest how;
  how.produce_version = context.api_version;
  how.required_acks = request.acks;
  how.timeout_ms = request.timeout_ms;
  std::vector<size_t> waiting;
  for (size_t number = 0; number < answer->appends().size(); ++number) {
    const WaitingAppend& what = answer->appends()[number];
    if (any_transactional && what.partition && is_verifiable(what.records)) {
      waiting.push_back(number);
    } else {
      append(answer, number, how);
    }
  }
  if (waiting.empty()) return;
  verify_and_append(context.services, *request.transactional_id, answer, how, std::move(waiting));
}

ProduceMemory& memory_of(Services& services) {
  if (!services.produce_memory) services.produce_memory = std::make_shared<ProduceMemory>();
  return *services.produce_memory;
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

void handle_produce(RequestContext& context, wire::ProduceRequest& request, ProduceReply reply) {
  if (request.acks == 0) context.expect_no_answer();
  const TransactionalShare transactional = transactional_share(request);
  merge_topics(request.topic_data);
  if (const auto refused = refuse_at_sight(request, transactional)) return reply(&*refused);

  const ProduceAnswerRef answer = memory_of(context.services).take_answer();
  // Every entry stands before the first append: an append may complete at once.
  answer->begin(context, std::move(reply), request.topic_data.size());
  for (size_t t = 0; t < request.topic_data.size(); ++t) {
    take_apart(context, request.acks, t, request.topic_data[t], *answer);
  }
  if (fails_unexpectedly(answer->response())) {
    return answer->refuse_all(
        ErrorCode::kUnknownServerError,
        "The server experienced an unexpected error when processing the request.");
  }
  if (transactional.any && have_several_producers(answer->appends())) {
    return answer->refuse_all(ErrorCode::kInvalidProducerIdMapping,
                              "Transactional records contained more than one producer ID");
  }
  start_appends(context, request, answer, transactional.any);
  answer->all_started();
}

void serve_produce(RequestContext& context, wire::Reader& reader) {
  ProduceMemory& memory = memory_of(context.services);
  wire::ProduceRequest request = memory.take_request();
  request.decode(reader, context.api_version);
  if (!reader.ok()) return context.slot.fail("its body does not parse");
  const AnswerDelivery delivery = delivery_to(context);
  handle_produce(context, request,
                 ProduceReply([delivery](std::optional<const wire::ProduceResponse*> response) {
                   response ? delivery.deliver(**response) : delivery.fail();
                 }));
  memory.keep(std::move(request));
}

}  // namespace api
