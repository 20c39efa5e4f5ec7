// The cluster as a whole: its brokers, their features, its quorum, its disks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/admin/topic_partition.h"
#include "cmd/cli/client.h"
#include "wire/api/api_versions.h"
#include "wire/api/describe_log_dirs.h"
#include "wire/api/describe_quorum.h"

namespace cli {

struct BrokerNode {
  wire::NodeId id = wire::kNoNode;
  std::string host;
  int32_t port = 0;
  std::string rack;  // empty: none
  bool fenced = false;

  std::string address() const { return host + ":" + std::to_string(port); }
};
struct ClusterDescription {
  std::string id;
  wire::NodeId controller = wire::kNoNode;
  std::vector<BrokerNode> brokers;  // by id
};
wire::Result<ClusterDescription> describe_cluster(Client& client);

// Versions and features, from the broker that the client bootstrapped from or another.
wire::Result<wire::ApiVersionsResponse> api_versions(BrokerConnection& connection);

// The quorum of __cluster_metadata.
struct Quorum {
  wire::DescribeQuorumResponse::PartitionData state;
  std::vector<wire::DescribeQuorumResponse::Node> nodes;  // none before version 2
};
wire::Result<Quorum> describe_quorum(Client& client);

// What each of the brokers' directories holds; all brokers if none is named, all topics if none is.
using LogDirectories = std::map<wire::NodeId, wire::DescribeLogDirsResponse>;
wire::Result<LogDirectories> describe_log_dirs(Client& client, std::vector<wire::NodeId> brokers,
                                               const std::vector<std::string>& topics);

// What keeps the cluster from being well, a sentence each; none: it is healthy.
wire::Result<std::vector<std::string>> cluster_ailments(Client& client);

}  // namespace cli
