// DescribeProducers (key 61), v0: who writes to a partition, and which transactions are open there.
#include <algorithm>
#include <utility>

#include "cluster/controller/topic_name.h"
#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"
#include "wire/api/describe_producers.h"

namespace api {
namespace {

using wire::ErrorCode;
using PartitionAnswer = wire::DescribeProducersResponse::PartitionResponse;

void describe(const cluster::replica::Partition& partition, PartitionAnswer& answer) {
  answer.error_code = partition.check_leader(wire::kNoEpoch);
  if (answer.error_code != ErrorCode::kNone) return;
  for (const auto& [id, state] : partition.log().producers().all()) {
    auto& producer = answer.active_producers.emplace_back();
    producer.producer_id = id;
    producer.producer_epoch = state.epoch;
    producer.last_sequence = state.last_sequence();
    producer.last_timestamp = state.last_timestamp;
    producer.coordinator_epoch = state.coordinator_epoch;
    producer.current_txn_start_offset = state.open_transaction_offset;
  }
  std::sort(answer.active_producers.begin(), answer.active_producers.end(),
            [](const auto& a, const auto& b) { return a.producer_id < b.producer_id; });
}

}  // namespace

void handle_describe_producers(RequestContext& context, wire::DescribeProducersRequest request,
                               wire::Reply<wire::DescribeProducersResponse> reply) {
  wire::DescribeProducersResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    const auto known = context.services.image->topic(topic.name);
    const auto invalid = cluster::controller::invalid_topic_name(topic.name);
    for (const wire::PartitionIndex index : topic.partition_indexes) {
      auto& answer = answered.partitions.emplace_back();
      answer.partition_index = index;
      if (invalid) {
        answer.error_code = ErrorCode::kInvalidTopicException;
        answer.error_message = *invalid;
        continue;
      }
      const auto partition = context.services.replicas->find(topic.name, index);
      if (partition) {
        describe(*partition, answer);
      } else {
        const bool exists = known && known->partition(index) != nullptr;
        answer.error_code =
            exists ? ErrorCode::kNotLeaderOrFollower : ErrorCode::kUnknownTopicOrPartition;
        if (!known) answer.error_message = std::string(wire::error_message(answer.error_code));
      }
    }
  }
  reply(std::move(response));
}

}  // namespace api
