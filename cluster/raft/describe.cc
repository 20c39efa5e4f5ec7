// DescribeQuorum: who leads, who votes, who watches, and how far each of them is.
#include "cluster/raft/core.h"

namespace cluster::raft {
namespace {

using Partition = wire::DescribeQuorumResponse::PartitionData;
using Replica = wire::DescribeQuorumResponse::ReplicaState;

struct Times {
  Instant now;
  wire::TimestampMs wall(const std::optional<wire::DurationMs>& monotonic) const {
    return monotonic ? now.wall_ms - (now.monotonic_ms - *monotonic) : -1;
  }
};

Replica describe_replica(const ReplicaProgress& progress, const Times& times) {
  Replica replica;
  replica.replica_id = progress.key.id;
  replica.replica_directory_id = progress.key.directory_id;
  replica.log_end_offset = progress.end_offset.value_or(-1);
  replica.last_fetch_timestamp = times.wall(progress.last_fetch);
  replica.last_caught_up_timestamp = times.wall(progress.last_caught_up);
  return replica;
}

void describe_replicas(const State& state, const Leader& leading, const Times& times,
                       Partition& partition) {
  for (const auto& [id, progress] : leading.voters) {
    Replica replica = describe_replica(progress, times);
    if (id == state.config.node_id) {
      replica.log_end_offset = state.log.end();
      replica.last_fetch_timestamp = times.now.wall_ms;
      replica.last_caught_up_timestamp = times.now.wall_ms;
    }
    partition.current_voters.push_back(replica);
  }
  for (const auto& [key, progress] : leading.observers) {
    partition.observers.push_back(describe_replica(progress, times));
  }
}

// The one partition there is, and nothing else with it.
bool asks_for_the_quorum(const wire::DescribeQuorumRequest& request) {
  return request.topics.size() == 1 && request.topics[0].topic_name == kTopicName &&
         request.topics[0].partitions.size() == 1 &&
         request.topics[0].partitions[0].partition_index == 0;
}

void refuse(wire::ErrorCode code, Partition& partition) {
  partition.error_code = code;
  partition.error_message = std::string(wire::error_message(code));
}

}  // namespace

wire::DescribeQuorumResponse Core::describe(Instant now,
                                            const wire::DescribeQuorumRequest& request) const {
  const auto* leading = state_.as<Leader>();
  const bool is_answered = asks_for_the_quorum(request);
  wire::DescribeQuorumResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.topic_name = asked.topic_name;
    for (const auto& index : asked.partitions) {
      Partition& partition = topic.partitions.emplace_back();
      partition.partition_index = index.partition_index;
      if (!is_answered) {
        refuse(wire::ErrorCode::kUnknownTopicOrPartition, partition);
      } else if (leading == nullptr) {
        refuse(wire::ErrorCode::kNotLeaderOrFollower, partition);
      } else {
        partition.leader_id = state_.config.node_id;
        partition.leader_epoch = state_.epoch;
        partition.high_watermark = leading->high_watermark.value_or(-1);
        describe_replicas(state_, *leading, {now}, partition);
      }
    }
  }
  if (!is_answered || leading == nullptr) return response;
  for (const Voter& voter : voters()) {
    auto& node = response.nodes.emplace_back();
    node.node_id = voter.key.id;
    for (const Endpoint& endpoint : voter.endpoints) {
      auto& listener = node.listeners.emplace_back();
      listener.name = endpoint.name;
      listener.host = endpoint.host;
      listener.port = endpoint.port;
    }
  }
  return response;
}

}  // namespace cluster::raft
