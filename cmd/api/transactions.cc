// Transactions, as producers and administrators see them.
//
// InitProducerId (key 22), v0-v5.       v2: flexible.  v3: producers that recover (KIP-360).
//                                       v4: PRODUCER_FENCED.
// AddPartitionsToTxn (24), v0-v5.       v2: PRODUCER_FENCED.  v3: flexible.  v4: from brokers, for
//                                       several transactions.  v5: TRANSACTION_ABORTABLE.
// AddOffsetsToTxn (25), v0-v4.          v2: PRODUCER_FENCED.  v3: flexible.
// EndTxn (26), v0-v5.                   v2: PRODUCER_FENCED.  v3: flexible.  v5: the epoch grows
//                                       with each transaction (KIP-890).
// DescribeTransactions (65), v0.
// ListTransactions (66), v0-v2.         v1: by duration.  v2: by a pattern of ids (KIP-1152).
// Not supported: two-phase commit (KIP-939), which is in versions that Apache 4.3 does not serve.

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "cluster/groups/group_coordinator.h"
#include "cluster/metadata/image.h"
#include "cluster/transactions/transaction_coordinator.h"
#include "cmd/api/handlers.h"
#include "cmd/api/request_context.h"
#include "cmd/api/topic_creation.h"

namespace api {
namespace {

using cluster::transactions::TransactionCoordinator;
using wire::ErrorCode;

// Since these versions clients know PRODUCER_FENCED; before, INVALID_PRODUCER_EPOCH says it.
constexpr int16_t kInitFencedVersion = 4;
constexpr int16_t kFencedVersion = 2;
// Versions below name one transaction at the top of the request.
constexpr int16_t kAddBatchVersion = 4;

ErrorCode known_to_client(ErrorCode error, int16_t version, int16_t fenced_version) {
  const bool is_new = error == ErrorCode::kProducerFenced && version < fenced_version;
  return is_new ? ErrorCode::kInvalidProducerEpoch : error;
}

// A reply whose error the client of that version knows.
template <typename Response>
wire::Reply<Response> for_version(wire::Reply<Response> reply, int16_t version,
                                  int16_t fenced_version) {
  return wire::Reply<Response>([reply = std::move(reply), version,
                                fenced_version](std::optional<Response> response) mutable {
    if (!response) return;  // the inner one is dropped with this
    response->error_code = known_to_client(response->error_code, version, fenced_version);
    reply(std::move(*response));
  });
}

bool has_partition(const cluster::metadata::MetadataImage& image, const std::string& topic,
                   wire::PartitionIndex partition) {
  const auto found = image.topic(topic);
  return found != nullptr && found->partition(partition) != nullptr;
}

// One partition that is unknown, or not for clients, refuses the whole transaction; nothing if there
// is none.
std::optional<TransactionCoordinator::AddResult> refuse_partitions(
    const cluster::metadata::MetadataImage& image, int16_t version,
    const TransactionCoordinator::AddTransaction& transaction) {
  TransactionCoordinator::AddResult refused;
  refused.transactional_id = transaction.transactional_id;
  bool refuses = false;
  for (const auto& topic : transaction.topics) {
    auto found = std::find_if(refused.topic_results.begin(), refused.topic_results.end(),
                              [&](const auto& each) { return each.name == topic.name; });
    if (found == refused.topic_results.end()) {
      refused.topic_results.emplace_back().name = topic.name;
      found = std::prev(refused.topic_results.end());
    }
    auto& results = found->results_by_partition;
    for (const int32_t partition : topic.partitions) {
      const bool is_repeated = std::any_of(results.begin(), results.end(), [&](const auto& each) {
        return each.partition_index == partition;
      });
      if (is_repeated) continue;
      ErrorCode error = ErrorCode::kOperationNotAttempted;
      if (version < kAddBatchVersion && is_internal_topic(topic.name)) {
        error = ErrorCode::kTopicAuthorizationFailed;
      } else if (!has_partition(image, topic.name, partition)) {
        error = ErrorCode::kUnknownTopicOrPartition;
      }
      refuses = refuses || error != ErrorCode::kOperationNotAttempted;
      results.push_back({partition, error});
    }
  }
  if (!refuses) return std::nullopt;
  std::erase_if(refused.topic_results,
                [](const auto& topic) { return topic.results_by_partition.empty(); });
  return refused;
}

// Gathers the results of the transactions of one request; the last one answers.
class AddResults {
 public:
  AddResults(size_t expected, int16_t version, wire::Reply<wire::AddPartitionsToTxnResponse> reply)
      : missing_(expected), version_(version), reply_(std::move(reply)) {}

  void add(TransactionCoordinator::AddResult result) {
    for (auto& topic : result.topic_results) {
      for (auto& partition : topic.results_by_partition) {
        partition.partition_error_code =
            known_to_client(partition.partition_error_code, version_, kFencedVersion);
      }
    }
    if (version_ < kAddBatchVersion) {
      response_.results_by_topic_v3_and_below = std::move(result.topic_results);
    } else {
      response_.results_by_transaction.push_back(std::move(result));
    }
    if (--missing_ == 0) reply_(std::move(response_));
  }

 private:
  size_t missing_;
  int16_t version_;
  wire::AddPartitionsToTxnResponse response_;
  wire::Reply<wire::AddPartitionsToTxnResponse> reply_;
};

// Versions below 4 as a batch of one.
std::vector<TransactionCoordinator::AddTransaction> transactions_of(
    wire::AddPartitionsToTxnRequest request, int16_t version) {
  if (version >= kAddBatchVersion) return std::move(request.transactions);
  TransactionCoordinator::AddTransaction one;
  one.transactional_id = std::move(request.v3_and_below_transactional_id);
  one.producer_id = request.v3_and_below_producer_id;
  one.producer_epoch = request.v3_and_below_producer_epoch;
  one.topics = std::move(request.v3_and_below_topics);
  std::vector<TransactionCoordinator::AddTransaction> transactions;
  transactions.push_back(std::move(one));
  return transactions;
}

}  // namespace

void handle_init_producer_id(RequestContext& context, wire::InitProducerIdRequest request,
                             wire::Reply<wire::InitProducerIdResponse> reply) {
  context.services.transactions->init_producer_id(
      std::move(request), for_version(std::move(reply), context.api_version, kInitFencedVersion));
}

void handle_add_partitions_to_txn(RequestContext& context, wire::AddPartitionsToTxnRequest request,
                                  wire::Reply<wire::AddPartitionsToTxnResponse> reply) {
  const int16_t version = context.api_version;
  auto transactions = transactions_of(std::move(request), version);
  // Where nothing is added Apache answers partitions, and a topic without any is not there.
  for (auto& transaction : transactions) {
    if (!transaction.verify_only) continue;
    std::erase_if(transaction.topics, [](const auto& topic) { return topic.partitions.empty(); });
  }
  // Apache never answers an empty batch.
  if (transactions.empty()) return reply({});
  const auto image = context.services.image;
  const auto results = std::make_shared<AddResults>(transactions.size(), version, std::move(reply));
  for (auto& transaction : transactions) {
    if (auto refused = refuse_partitions(*image, version, transaction)) {
      results->add(std::move(*refused));
      continue;
    }
    context.services.transactions->add_partitions(
        std::move(transaction), version,
        [results](TransactionCoordinator::AddResult result) { results->add(std::move(result)); });
  }
}

void handle_add_offsets_to_txn(RequestContext& context, wire::AddOffsetsToTxnRequest request,
                               wire::Reply<wire::AddOffsetsToTxnResponse> reply) {
  const auto offsets_partition = context.services.groups->partition_for(request.group_id);
  context.services.transactions->add_offsets(
      std::move(request), offsets_partition,
      for_version(std::move(reply), context.api_version, kFencedVersion));
}

void handle_end_txn(RequestContext& context, wire::EndTxnRequest request,
                    wire::Reply<wire::EndTxnResponse> reply) {
  const int16_t version = context.api_version;
  context.services.transactions->end_transaction(
      std::move(request), version, for_version(std::move(reply), version, kFencedVersion));
}

void handle_describe_transactions(RequestContext& context,
                                  wire::DescribeTransactionsRequest request,
                                  wire::Reply<wire::DescribeTransactionsResponse> reply) {
  wire::DescribeTransactionsResponse response;
  for (const std::string& id : request.transactional_ids) {
    response.transaction_states.push_back(context.services.transactions->describe(id));
  }
  reply(std::move(response));
}

void handle_list_transactions(RequestContext& context, wire::ListTransactionsRequest request,
                              wire::Reply<wire::ListTransactionsResponse> reply) {
  context.services.transactions->list(request, std::move(reply));
}

}  // namespace api
