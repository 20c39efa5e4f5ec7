#include "cmd/cli/admin/cluster.h"

#include <algorithm>

#include <fmt/core.h>

#include "cmd/cli/admin/topics.h"
#include "wire/api/describe_cluster.h"

namespace cli {

wire::Result<ClusterDescription> describe_cluster(Client& client) {
  ClusterDescription description;
  if (!client.any().serves(wire::ApiKey::kDescribeCluster)) {
    auto metadata = client.metadata(std::vector<std::string>());
    if (!metadata.ok()) return metadata.error();
    description.id = metadata->cluster_id.value_or("");
    description.controller = metadata->controller_id;
    for (const auto& broker : metadata->brokers) {
      description.brokers.push_back(
          {broker.node_id, broker.host, broker.port, broker.rack.value_or(""), false});
    }
  } else {
    auto response =
        client.any().call<wire::DescribeClusterResponse>(wire::DescribeClusterRequest());
    if (!response.ok()) return response.error();
    if (response->error_code != wire::ErrorCode::kNone) {
      return wire::Error{response->error_code,
                         describe(response->error_code, response->error_message)};
    }
    description.id = response->cluster_id;
    description.controller = response->controller_id;
    for (const auto& broker : response->brokers) {
      description.brokers.push_back(
          {broker.broker_id, broker.host, broker.port, broker.rack.value_or(""), broker.is_fenced});
    }
  }
  std::sort(description.brokers.begin(), description.brokers.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return description;
}

wire::Result<wire::ApiVersionsResponse> api_versions(BrokerConnection& connection) {
  wire::ApiVersionsRequest request;
  request.client_software_name = "odradek-cli";
  request.client_software_version = "1";
  auto response = connection.call<wire::ApiVersionsResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code, describe(response->error_code)};
  }
  return response;
}

wire::Result<Quorum> describe_quorum(Client& client) {
  wire::DescribeQuorumRequest request;
  auto& topic = request.topics.emplace_back();
  topic.topic_name = "__cluster_metadata";
  topic.partitions.emplace_back().partition_index = 0;
  auto response = client.any().call<wire::DescribeQuorumResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code,
                       describe(response->error_code, response->error_message)};
  }
  for (const auto& answered : response->topics) {
    for (const auto& partition : answered.partitions) {
      if (partition.error_code != wire::ErrorCode::kNone) {
        return wire::Error{partition.error_code,
                           describe(partition.error_code, partition.error_message)};
      }
      return Quorum{partition, response->nodes};
    }
  }
  return wire::Error{wire::ErrorCode::kUnknownServerError, "the answer has no partition"};
}

wire::Result<LogDirectories> describe_log_dirs(Client& client, std::vector<wire::NodeId> brokers,
                                               const std::vector<std::string>& topics) {
  if (brokers.empty()) {
    auto all = client.brokers();
    if (!all.ok()) return all.error();
    brokers = std::move(*all);
  }
  wire::DescribeLogDirsRequest request;
  request.topics = std::nullopt;
  if (!topics.empty()) {
    const auto described = describe_topics(client, topics);
    if (!described.ok()) return described.error();
    request.topics.emplace();
    for (const TopicDescription& topic : *described) {
      auto& asked = request.topics->emplace_back();
      asked.topic = topic.name;
      for (const PartitionState& partition : topic.partitions) {
        asked.partitions.push_back(partition.index);
      }
    }
  }
  LogDirectories directories;
  for (const wire::NodeId id : brokers) {
    auto node = client.node(id);
    if (!node.ok()) return node.error();
    auto response = (*node)->call<wire::DescribeLogDirsResponse>(request);
    if (!response.ok()) return response.error();
    directories[id] = std::move(*response);
  }
  return directories;
}

wire::Result<std::vector<std::string>> cluster_ailments(Client& client) {
  std::vector<std::string> ailments;
  const auto cluster = describe_cluster(client);
  if (!cluster.ok()) return cluster.error();
  if (cluster->controller == wire::kNoNode) ailments.emplace_back("there is no controller");
  for (const BrokerNode& broker : cluster->brokers) {
    if (broker.fenced) ailments.push_back(fmt::format("broker {} is fenced", broker.id));
    const auto node = client.node(broker.id);
    if (!node.ok()) {
      ailments.push_back(fmt::format("broker {} does not answer at {}: {}", broker.id,
                                     broker.address(), node.error().detail));
    }
  }
  const auto topics = list_topics(client);
  if (!topics.ok()) return topics.error();
  for (const TopicDescription& topic : *topics) {
    for (const PartitionState& partition : topic.partitions) {
      const TopicPartition name{topic.name, partition.index};
      if (partition.leader == wire::kNoNode) {
        ailments.push_back(fmt::format("{} has no leader", name.to_string()));
      } else if (partition.isr.size() < partition.replicas.size()) {
        ailments.push_back(fmt::format("{} is under-replicated: {} of {} replicas in sync",
                                       name.to_string(), partition.isr.size(),
                                       partition.replicas.size()));
      }
    }
  }
  return ailments;
}

}  // namespace cli
