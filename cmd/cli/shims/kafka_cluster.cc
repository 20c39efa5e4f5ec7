// kafka-cluster: ClusterTool of Apache Kafka.
#include <cstdio>

#include <fmt/core.h>

#include "cmd/cli/admin/cluster.h"
#include "cmd/cli/shims/tool.h"
#include "wire/api/describe_cluster.h"
#include "wire/api/unregister_broker.h"

namespace cli::shims {
namespace {

constexpr OptionRow kClusterOptions[] = {
    {"bootstrap-server|b", Takes::kText, "The Kafka server to connect to."},
    {"bootstrap-controller|C", Takes::kText, "The Kafka controller to connect to."},
    {"command-config|c|config", Takes::kText, "Property file with configs of the client."},
    {"id|i", Takes::kInteger, "unregister: the ID of the broker."},
    {"include-fenced-brokers", Takes::kNothing, "list-endpoints: fenced brokers, too."},
    kHelpRow,
};

int cluster_failed(const wire::Error& error) {
  return failed(java_class(error.code) + ": " + plain_detail(error));
}

int unregister(Client& client, const ToolOptions& options) {
  wire::UnregisterBrokerRequest request;
  request.broker_id = static_cast<int32_t>(options.number("id"));
  const auto response = client.any().call<wire::UnregisterBrokerResponse>(request);
  if (!response.ok()) return cluster_failed(response.error());
  if (response->error_code != wire::ErrorCode::kNone) {
    return cluster_failed(
        wire::Error{response->error_code,
                    java_message(response->error_code, response->error_message.value_or(""))});
  }
  std::printf("Broker %d is no longer registered.\n", request.broker_id);
  return 0;
}

int list_endpoints(Client& client, bool with_fenced) {
  wire::DescribeClusterRequest request;
  request.include_fenced_brokers = with_fenced;
  const auto response = client.any().call<wire::DescribeClusterResponse>(request);
  if (!response.ok()) return cluster_failed(response.error());
  size_t host_width = response->brokers.empty() ? 100 : 0;
  size_t rack_width = 0;
  for (const auto& broker : response->brokers) {
    host_width = std::max(host_width, broker.host.size());
    rack_width = std::max(rack_width, broker.rack.value_or("").size());
  }
  if (rack_width == 0) rack_width = 10;
  const auto row = [&](const std::string& id, const std::string& host, const std::string& port,
                       const std::string& rack, const std::string& state, const std::string& type) {
    fmt::print("{:<10} {:<{}} {:<10} {:<{}} {:<10} {:<15}\n", id, host, host_width, port, rack,
               rack_width, state, type);
  };
  row("ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE");
  for (const auto& broker : response->brokers) {
    row(std::to_string(broker.broker_id), broker.host, std::to_string(broker.port),
        broker.rack.value_or("null"), broker.is_fenced ? "fenced" : "unfenced", "broker");
  }
  return 0;
}

}  // namespace

int kafka_cluster(const Words& words) {
  const auto options = ToolOptions::parse(kClusterOptions, words);
  if (!options.ok()) return usage(options.error().detail, kClusterOptions);
  const std::string command = options->rest().empty() ? "" : options->rest().front();
  if (options->has("help") || command.empty()) {
    return usage("kafka-cluster cluster-id | unregister | list-endpoints", kClusterOptions);
  }
  if (options->has("bootstrap-controller")) {
    return failed("--bootstrap-controller is not part of this tool; use --bootstrap-server");
  }
  if (!options->has("bootstrap-server")) {
    return usage("one of the arguments --bootstrap-server/-b --bootstrap-controller/-C is required",
                 kClusterOptions);
  }
  if (options->given_as("config")) {
    std::printf(
        "Option --config has been deprecated and will be removed in a future version. Use "
        "--command-config instead.\n");
  }
  auto client = connect(*options, "adminclient-1");
  if (!client.ok()) return cluster_failed(client.error());
  if (command == "cluster-id" || command == "id") {
    const auto cluster = describe_cluster(**client);
    if (!cluster.ok()) return cluster_failed(cluster.error());
    std::printf("Cluster ID: %s\n", cluster->id.c_str());
    return 0;
  }
  if (command == "unregister") {
    if (!options->has("id")) return usage("argument --id/-i is required", kClusterOptions);
    return unregister(**client, *options);
  }
  if (command == "list-endpoints") {
    return list_endpoints(**client, options->has("include-fenced-brokers"));
  }
  return usage("invalid choice: '" + command + "'", kClusterOptions);
}

}  // namespace cli::shims
