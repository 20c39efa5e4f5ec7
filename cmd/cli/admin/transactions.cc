#include "cmd/cli/admin/transactions.h"

#include <algorithm>

#include "wire/api/describe_transactions.h"
#include "wire/api/list_transactions.h"
#include "wire/api/write_txn_markers.h"

namespace cli {
namespace {

wire::Result<BrokerConnection*> leader_of(Client& client, const TopicPartition& partition) {
  const auto places = client.partitions(partition.topic, Client::Create::kNo);
  if (!places.ok()) return places.error();
  for (const PartitionPlace& place : *places) {
    if (place.index == partition.partition) return client.node(place.leader);
  }
  return wire::Error{wire::ErrorCode::kUnknownTopicOrPartition,
                     "there is no partition " + partition.to_string()};
}

wire::Error refused(wire::ErrorCode code, const std::optional<std::string>& message = {}) {
  return {code, describe(code, message)};
}

}  // namespace

wire::Result<std::vector<TransactionListing>> list_transactions(Client& client,
                                                                const TransactionFilter& filter) {
  const auto brokers = client.brokers();
  if (!brokers.ok()) return brokers.error();
  wire::ListTransactionsRequest request;
  request.state_filters = filter.states;
  request.producer_id_filters = filter.producer_ids;
  request.duration_filter = filter.running_longer_than_ms;
  if (!filter.id_pattern.empty()) request.transactional_id_pattern = filter.id_pattern;
  std::vector<TransactionListing> transactions;
  for (const wire::NodeId id : *brokers) {
    auto broker = client.node(id);
    if (!broker.ok()) return broker.error();
    auto response = (*broker)->call<wire::ListTransactionsResponse>(request);
    if (!response.ok()) return response.error();
    if (response->error_code != wire::ErrorCode::kNone) return refused(response->error_code);
    for (const auto& state : response->transaction_states) {
      transactions.push_back(
          {state.transactional_id, id, state.producer_id, state.transaction_state});
    }
  }
  std::sort(transactions.begin(), transactions.end(),
            [](const auto& a, const auto& b) { return a.transactional_id < b.transactional_id; });
  return transactions;
}

wire::Result<TransactionDescription> describe_transaction(Client& client, const std::string& id) {
  const auto coordinator = client.find_coordinator(id, Client::CoordinatorType::kTransaction);
  if (!coordinator.ok()) return coordinator.error();
  auto node = client.node(*coordinator);
  if (!node.ok()) return node.error();
  wire::DescribeTransactionsRequest request;
  request.transactional_ids.push_back(id);
  auto response = (*node)->call<wire::DescribeTransactionsResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& state : response->transaction_states) {
    if (state.error_code != wire::ErrorCode::kNone) return refused(state.error_code);
    TransactionDescription description;
    description.transactional_id = state.transactional_id;
    description.coordinator = *coordinator;
    description.producer_id = state.producer_id;
    description.producer_epoch = state.producer_epoch;
    description.state = state.transaction_state;
    description.timeout_ms = state.transaction_timeout_ms;
    description.start_ms = state.transaction_start_time_ms;
    for (const auto& topic : state.topics) {
      for (const int32_t index : topic.partitions) {
        description.partitions.push_back({topic.topic, index});
      }
    }
    return description;
  }
  return refused(wire::ErrorCode::kUnknownServerError);
}

wire::Result<std::vector<ProducerState>> describe_producers(Client& client,
                                                            const TopicPartition& partition,
                                                            wire::NodeId broker) {
  auto node = broker == wire::kNoNode ? leader_of(client, partition) : client.node(broker);
  if (!node.ok()) return node.error();
  wire::DescribeProducersRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = partition.topic;
  topic.partition_indexes.push_back(partition.partition);
  auto response = (*node)->call<wire::DescribeProducersResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& answered : response->topics) {
    for (const auto& state : answered.partitions) {
      if (state.error_code != wire::ErrorCode::kNone) {
        return refused(state.error_code, state.error_message);
      }
      return state.active_producers;
    }
  }
  return refused(wire::ErrorCode::kUnknownServerError);
}

wire::Status abort_transaction(Client& client, const TransactionAbort& abort) {
  auto node = leader_of(client, abort.partition);
  if (!node.ok()) return node.error();
  wire::WriteTxnMarkersRequest request;
  auto& marker = request.markers.emplace_back();
  marker.producer_id = abort.producer_id;
  marker.producer_epoch = abort.producer_epoch;
  marker.coordinator_epoch = abort.coordinator_epoch;
  marker.transaction_result = false;
  auto& topic = marker.topics.emplace_back();
  topic.name = abort.partition.topic;
  topic.partition_indexes.push_back(abort.partition.partition);
  auto response = (*node)->call<wire::WriteTxnMarkersResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& answered : response->markers) {
    for (const auto& of_topic : answered.topics) {
      for (const auto& result : of_topic.partitions) {
        if (result.error_code != wire::ErrorCode::kNone) return refused(result.error_code);
      }
    }
  }
  return {};
}

}  // namespace cli
