#include "cmd/cli/admin/topics.h"

#include <algorithm>

#include "wire/api/create_partitions.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_topics.h"
#include "wire/api/describe_topic_partitions.h"
#include "wire/api/list_partition_reassignments.h"
#include "wire/api/metadata.h"

namespace cli {
namespace {

constexpr int32_t kAlterTimeoutMs = 30'000;
constexpr int32_t kPartitionsPerAnswer = 2000;

void sort_partitions(TopicDescription& topic) {
  std::sort(topic.partitions.begin(), topic.partitions.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
}

// What Metadata and DescribeTopicPartitions both say of a partition.
template <typename Partition>
PartitionState state_of(const Partition& partition) {
  PartitionState state;
  state.index = partition.partition_index;
  state.leader = partition.leader_id;
  state.leader_epoch = partition.leader_epoch;
  state.replicas = partition.replica_nodes;
  state.isr = partition.isr_nodes;
  state.offline = partition.offline_replicas;
  return state;
}

TopicDescription from_metadata(const wire::MetadataResponse::MetadataResponseTopic& topic) {
  TopicDescription description{.name = topic.name.value_or(""),
                               .error = topic.error_code,
                               .id = topic.topic_id,
                               .internal = topic.is_internal,
                               .partitions = {}};
  for (const auto& partition : topic.partitions) {
    description.partitions.push_back(state_of(partition));
  }
  sort_partitions(description);
  return description;
}

// The partitions of a large topic come in several answers.
using Described = std::map<std::string, TopicDescription>;
void add_answer(const wire::DescribeTopicPartitionsResponse& response, Described& described) {
  for (const auto& topic : response.topics) {
    TopicDescription& description = described[topic.name.value_or("")];
    description.name = topic.name.value_or("");
    description.error = topic.error_code;
    description.id = topic.topic_id;
    description.internal = topic.is_internal;
    for (const auto& partition : topic.partitions) {
      PartitionState state = state_of(partition);
      state.eligible_leaders = partition.eligible_leader_replicas;
      state.last_known_eligible_leaders = partition.last_known_elr;
      description.partitions.push_back(std::move(state));
    }
  }
}

wire::Result<Described> describe_in_parts(Client& client, const std::vector<std::string>& names) {
  Described described;
  wire::DescribeTopicPartitionsRequest request;
  request.response_partition_limit = kPartitionsPerAnswer;
  for (const std::string& name : names) request.topics.emplace_back().name = name;
  for (;;) {
    auto response = client.any().call<wire::DescribeTopicPartitionsResponse>(request);
    if (!response.ok()) return response.error();
    add_answer(*response, described);
    if (!response->next_cursor) return described;
    request.cursor = {.topic_name = response->next_cursor->topic_name,
                      .partition_index = response->next_cursor->partition_index};
  }
}

template <typename Results, typename NameOf>
std::vector<Outcome> outcomes_of(const Results& results, NameOf name_of) {
  std::vector<Outcome> outcomes;
  for (const auto& result : results) {
    outcomes.push_back({name_of(result), result.error_code, result.error_message.value_or("")});
  }
  return outcomes;
}

}  // namespace

wire::Result<std::vector<TopicDescription>> list_topics(Client& client) {
  auto response = client.metadata(std::nullopt);
  if (!response.ok()) return response.error();
  std::vector<TopicDescription> topics;
  for (const auto& topic : response->topics) topics.push_back(from_metadata(topic));
  std::sort(topics.begin(), topics.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return topics;
}

wire::Result<std::vector<TopicDescription>> describe_topics(Client& client,
                                                            const std::vector<std::string>& names) {
  if (names.empty()) return std::vector<TopicDescription>();
  Described described;
  if (client.any().serves(wire::ApiKey::kDescribeTopicPartitions)) {
    auto answered = describe_in_parts(client, names);
    if (!answered.ok()) return answered.error();
    described = std::move(*answered);
  } else {
    auto response = client.metadata(names);
    if (!response.ok()) return response.error();
    for (const auto& topic : response->topics) {
      described[topic.name.value_or("")] = from_metadata(topic);
    }
  }
  std::vector<TopicDescription> topics;
  for (const std::string& name : names) {
    TopicDescription& topic = described[name];
    if (topic.name.empty()) {
      topic.name = name;
      topic.error = wire::ErrorCode::kUnknownTopicOrPartition;
    }
    sort_partitions(topic);
    topics.push_back(topic);
  }
  return topics;
}

wire::Result<std::vector<Outcome>> create_topics(Client& client,
                                                 const std::vector<NewTopic>& topics) {
  wire::CreateTopicsRequest request;
  request.timeout_ms = kAlterTimeoutMs;
  for (const NewTopic& topic : topics) {
    auto& created = request.topics.emplace_back();
    created.name = topic.name;
    created.num_partitions = topic.partitions;
    created.replication_factor = topic.replication_factor;
    for (const auto& [index, replicas] : topic.assignment) {
      auto& assignment = created.assignments.emplace_back();
      assignment.partition_index = index;
      assignment.broker_ids = replicas;
    }
    for (const auto& [name, value] : topic.configs) {
      auto& config = created.configs.emplace_back();
      config.name = name;
      config.value = value;
    }
  }
  auto response = client.any().call<wire::CreateTopicsResponse>(request);
  if (!response.ok()) return response.error();
  return outcomes_of(response->topics, [](const auto& result) { return result.name; });
}

wire::Result<std::vector<Outcome>> delete_topics(Client& client,
                                                 const std::vector<std::string>& names) {
  wire::DeleteTopicsRequest request;
  request.timeout_ms = kAlterTimeoutMs;
  request.topic_names = names;
  for (const std::string& name : names) request.topics.emplace_back().name = name;
  auto response = client.any().call<wire::DeleteTopicsResponse>(request);
  if (!response.ok()) return response.error();
  return outcomes_of(response->responses,
                     [](const auto& result) { return result.name.value_or(""); });
}

wire::Result<std::vector<Outcome>> add_partitions(Client& client,
                                                  const std::vector<PartitionIncrease>& topics) {
  wire::CreatePartitionsRequest request;
  request.timeout_ms = kAlterTimeoutMs;
  for (const PartitionIncrease& topic : topics) {
    auto& grown = request.topics.emplace_back();
    grown.name = topic.topic;
    grown.count = topic.count;
    grown.assignments = std::nullopt;
    if (topic.assignment.empty()) continue;
    grown.assignments.emplace();
    for (const auto& replicas : topic.assignment) {
      grown.assignments->emplace_back().broker_ids = replicas;
    }
  }
  auto response = client.any().call<wire::CreatePartitionsResponse>(request);
  if (!response.ok()) return response.error();
  return outcomes_of(response->results, [](const auto& result) { return result.name; });
}

wire::Result<std::map<TopicPartition, Reassignment>> list_reassignments(Client& client) {
  wire::ListPartitionReassignmentsRequest request;
  request.topics = std::nullopt;
  auto response = client.any().call<wire::ListPartitionReassignmentsResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code,
                       describe(response->error_code, response->error_message)};
  }
  std::map<TopicPartition, Reassignment> reassignments;
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      reassignments[{topic.name, partition.partition_index}] = {
          partition.replicas, partition.adding_replicas, partition.removing_replicas};
    }
  }
  return reassignments;
}

}  // namespace cli
