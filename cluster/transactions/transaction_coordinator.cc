#include "cluster/transactions/transaction_coordinator.h"

#include <utility>
#include <vector>

#include "cluster/coordinator/partition_hash.h"
#include "cluster/transactions/transaction_listing.h"
#include "cluster/transactions/transaction_shard.h"
#include "wire/base/log.h"

namespace cluster::transactions {
namespace {

using coordinator::Outbox;
using wire::ErrorCode;

// The versions from which a client follows transaction.version 2 (KIP-890).
constexpr int16_t kAddBatchVersion = 4;
constexpr int16_t kEndBumpVersion = 5;
constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

// Answers when the turn ends.
template <typename T>
void answer(const std::shared_ptr<Outbox>& outbox, wire::Reply<T> reply, T response) {
  Outbox::Turn turn(*outbox);
  outbox->send(std::move(reply), std::move(response));
}

wire::InitProducerIdResponse init_response(ErrorCode error, ProducerIdAndEpoch producer) {
  wire::InitProducerIdResponse response;
  response.error_code = error;
  response.producer_id = producer.id;
  response.producer_epoch = producer.epoch;
  return response;
}

TransactionCoordinator::AddResult add_result(std::string transactional_id,
                                             const std::map<TopicPartition, ErrorCode>& errors) {
  TransactionCoordinator::AddResult result;
  result.transactional_id = std::move(transactional_id);
  for (const auto& [partition, error] : errors) {
    if (result.topic_results.empty() || result.topic_results.back().name != partition.topic) {
      result.topic_results.emplace_back().name = partition.topic;
    }
    result.topic_results.back().results_by_partition.push_back({partition.partition, error});
  }
  return result;
}

std::map<TopicPartition, ErrorCode> all_with(const std::set<TopicPartition>& partitions,
                                             ErrorCode error) {
  std::map<TopicPartition, ErrorCode> errors;
  for (const TopicPartition& partition : partitions) errors[partition] = error;
  return errors;
}

// Everything that the request lists, as it lists it: Apache's answer where something was to be added.
TransactionCoordinator::AddResult as_listed(
    const TransactionCoordinator::AddTransaction& transaction, ErrorCode error) {
  TransactionCoordinator::AddResult result;
  result.transactional_id = transaction.transactional_id;
  for (const auto& topic : transaction.topics) {
    auto& listed = result.topic_results.emplace_back();
    listed.name = topic.name;
    for (const int32_t partition : topic.partitions) {
      listed.results_by_partition.push_back({partition, error});
    }
  }
  return result;
}

}  // namespace

TransactionCoordinator::TransactionCoordinator(TransactionOptions options, TransactionPorts ports)
    : options_(options),
      ports_(ports),
      outbox_(std::make_shared<Outbox>()),
      markers_({ports.timers, ports.transport, ports.cluster}) {}

TransactionCoordinator::~TransactionCoordinator() {
  resign_all();
}

// Answers given now may bring requests: they must find no shard, not a dying one.
void TransactionCoordinator::resign_all() {
  const auto shards = std::exchange(shards_, {});
  for (const auto& [partition, shard] : shards) shard->close();
}

wire::PartitionIndex TransactionCoordinator::partition_for(
    std::string_view transactional_id) const {
  return coordinator::partition_for_key(
      transactional_id,
      ports_.cluster.transaction_partitions().value_or(options_.state_log_num_partitions));
}

void TransactionCoordinator::on_election(wire::PartitionIndex partition, wire::Epoch leader_epoch) {
  // A leader that stays may get a new epoch (a change of the ISR): its transactions notice nothing.
  const auto led = shards_.find(partition);
  if (led != shards_.end() && led->second->availability() != ErrorCode::kNotCoordinator) {
    return led->second->continue_in(leader_epoch);
  }
  on_resignation(partition);
  auto shard = std::make_unique<TransactionShard>(options_, ports_, *outbox_, markers_, partition,
                                                  leader_epoch);
  TransactionShard& started = *shard;
  shards_[partition] = std::move(shard);
  started.load();
}

void TransactionCoordinator::on_resignation(wire::PartitionIndex partition) {
  auto node = shards_.extract(partition);
  if (!node.empty()) node.mapped()->close();
}

void TransactionCoordinator::on_high_watermark(wire::PartitionIndex partition,
                                               wire::Offset high_watermark) {
  const auto shard = shards_.find(partition);
  if (shard != shards_.end()) shard->second->on_high_watermark(high_watermark);
}

TransactionCoordinator::Lookup TransactionCoordinator::shard_for(
    std::string_view transactional_id) {
  const auto found = shards_.find(partition_for(transactional_id));
  if (found == shards_.end()) return {nullptr, ErrorCode::kNotCoordinator};
  const ErrorCode error = found->second->availability();
  if (error != ErrorCode::kNone) return {nullptr, error};
  return {found->second.get(), ErrorCode::kNone};
}

ErrorCode TransactionCoordinator::check_init(const wire::InitProducerIdRequest& request) const {
  if (request.transactional_id->empty()) return ErrorCode::kInvalidRequest;
  // Two-phase commit (KIP-939) is in version 6, which Apache 4.3 does not serve either.
  const int32_t timeout = request.transaction_timeout_ms;
  if (timeout <= 0 || timeout > options_.transaction_max_timeout_ms) {
    return ErrorCode::kInvalidTransactionTimeout;
  }
  return ErrorCode::kNone;
}

void TransactionCoordinator::init_producer_id(wire::InitProducerIdRequest request,
                                              wire::Reply<wire::InitProducerIdResponse> reply) {
  const bool has_id = request.producer_id != wire::kNoProducerId;
  const bool has_epoch = request.producer_epoch != wire::kNoProducerEpoch;
  if (has_id != has_epoch) {
    return answer(outbox_, std::move(reply), init_response(ErrorCode::kInvalidRequest, {}));
  }
  if (!request.transactional_id) {
    return ports_.producer_ids.next(
        [outbox = outbox_, reply = std::move(reply)](wire::Result<wire::ProducerId> id) mutable {
          answer(outbox, std::move(reply),
                 id.ok() ? init_response(ErrorCode::kNone, {*id, 0})
                         : init_response(id.error().code, {}));
        });
  }
  ErrorCode error = check_init(request);
  const Lookup found =
      error == ErrorCode::kNone ? shard_for(*request.transactional_id) : Lookup{nullptr, error};
  if (found.shard == nullptr) {
    return answer(outbox_, std::move(reply), init_response(found.error, {}));
  }
  InitRequest init;
  init.timeout_ms = request.transaction_timeout_ms;
  if (has_id) init.expected = ProducerIdAndEpoch{request.producer_id, request.producer_epoch};
  found.shard->init(*request.transactional_id, init,
                    [outbox = outbox_, reply = std::move(reply)](
                        ErrorCode result, ProducerIdAndEpoch producer) mutable {
                      answer(outbox, std::move(reply), init_response(result, producer));
                    });
}

void TransactionCoordinator::add_partitions(AddTransaction transaction, int16_t api_version,
                                            wire::Callback<void(AddResult)> done) {
  const std::string id = transaction.transactional_id;
  AddRequest request;
  request.producer = {transaction.producer_id, transaction.producer_epoch};
  request.client_version = api_version >= kAddBatchVersion ? kEpochBumpVersion : int16_t{0};
  for (const auto& topic : transaction.topics) {
    for (const int32_t partition : topic.partitions) {
      request.partitions.insert({topic.name, partition});
    }
  }
  const Lookup found = id.empty() ? Lookup{nullptr, ErrorCode::kInvalidRequest} : shard_for(id);
  if (transaction.verify_only) {
    return done(found.shard == nullptr ? add_result(id, all_with(request.partitions, found.error))
                                       : add_result(id, found.shard->verify_added(id, request)));
  }
  if (found.shard == nullptr) return done(as_listed(transaction, found.error));
  found.shard->add(
      id, request,
      [outbox = outbox_, transaction = std::move(transaction),
       done = std::move(done)](ErrorCode error) mutable {
        Outbox::Turn turn(*outbox);
        outbox->post([done = std::move(done), result = as_listed(transaction, error)]() mutable {
          done(std::move(result));
        });
      });
}

void TransactionCoordinator::add_offsets(wire::AddOffsetsToTxnRequest request,
                                         wire::PartitionIndex offsets_partition,
                                         wire::Reply<wire::AddOffsetsToTxnResponse> reply) {
  auto respond = [outbox = outbox_, reply = std::move(reply)](ErrorCode error) mutable {
    wire::AddOffsetsToTxnResponse response;
    response.error_code = error;
    answer(outbox, std::move(reply), std::move(response));
  };
  const std::string& id = request.transactional_id;
  const Lookup found = id.empty() ? Lookup{nullptr, ErrorCode::kInvalidRequest} : shard_for(id);
  if (found.shard == nullptr) return respond(found.error);
  AddRequest added;
  added.producer = {request.producer_id, request.producer_epoch};
  added.partitions.insert({std::string(kOffsetsTopic), offsets_partition});
  found.shard->add(id, added, std::move(respond));
}

void TransactionCoordinator::end_transaction(wire::EndTxnRequest request, int16_t api_version,
                                             wire::Reply<wire::EndTxnResponse> reply) {
  auto respond = [outbox = outbox_, reply = std::move(reply)](EndAnswer ended) mutable {
    wire::EndTxnResponse response;
    response.error_code = ended.error;
    response.producer_id = ended.producer.id;
    response.producer_epoch = ended.producer.epoch;
    answer(outbox, std::move(reply), std::move(response));
  };
  const std::string& id = request.transactional_id;
  const Lookup found = id.empty() ? Lookup{nullptr, ErrorCode::kInvalidRequest} : shard_for(id);
  if (found.shard == nullptr) return respond({found.error, {}});
  EndRequest end;
  end.producer = {request.producer_id, request.producer_epoch};
  end.commit = request.committed;
  end.client_version = api_version >= kEndBumpVersion ? kEpochBumpVersion : int16_t{0};
  found.shard->end(id, end, std::move(respond));
}

void TransactionCoordinator::list(const wire::ListTransactionsRequest& request,
                                  wire::Reply<wire::ListTransactionsResponse> reply) {
  wire::ListTransactionsResponse response;
  const TransactionFilter filter(request, ports_.clock.wall_ms());
  response.unknown_state_filters = filter.unknown_states();
  if (!filter.is_valid()) response.error_code = ErrorCode::kInvalidRegularExpression;
  for (const auto& [partition, shard] : shards_) {
    const ErrorCode error = shard->availability();
    if (response.error_code != ErrorCode::kNone || error == ErrorCode::kNotCoordinator) continue;
    if (error != ErrorCode::kNone) {
      // A list that lacks what loads would be taken for complete.
      response.error_code = error;
      continue;
    }
    shard->transactions().view_all([&](const std::string& id, const TransactionMetadata& metadata) {
      if (!filter.matches(id, metadata)) return;
      response.transaction_states.push_back(
          {id, metadata.producer_id, std::string(state_name(metadata.state))});
    });
  }
  if (response.error_code != ErrorCode::kNone) {
    response.transaction_states.clear();
    response.unknown_state_filters.clear();
  }
  answer(outbox_, std::move(reply), std::move(response));
}

wire::DescribeTransactionsResponse::TransactionState TransactionCoordinator::describe(
    const std::string& transactional_id) {
  wire::DescribeTransactionsResponse::TransactionState described;
  described.transactional_id = transactional_id;
  const Lookup found = transactional_id.empty() ? Lookup{nullptr, ErrorCode::kInvalidRequest}
                                                : shard_for(transactional_id);
  described.error_code = found.error;
  if (found.shard == nullptr) return described;
  const bool is_known =
      found.shard->transactions().view(transactional_id, [&](const TransactionMetadata& metadata) {
        described.transaction_state = state_name(metadata.state);
        described.transaction_timeout_ms = metadata.timeout_ms;
        described.transaction_start_time_ms = metadata.start_ms;
        described.producer_id = metadata.producer_id;
        described.producer_epoch = metadata.producer_epoch;
        for (const TopicPartition& partition : metadata.partitions) {
          if (described.topics.empty() || described.topics.back().topic != partition.topic) {
            described.topics.emplace_back().topic = partition.topic;
          }
          described.topics.back().partitions.push_back(partition.partition);
        }
      });
  if (!is_known) described.error_code = ErrorCode::kTransactionalIdNotFound;
  return described;
}

}  // namespace cluster::transactions
