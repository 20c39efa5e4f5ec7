// `odradek cluster`: info, health, api-versions, quorum, log-dirs.
#include "cmd/cli/admin/cluster.h"

#include <chrono>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cmd/cli/admin/topics.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/verbs.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

struct ClusterOptions {
  Surface surface;
  std::vector<std::string> topics;
  std::vector<wire::NodeId> brokers;
};

int info(Client& client, const ClusterOptions& options) {
  const auto cluster = describe_cluster(client);
  if (!cluster.ok()) return fail(cluster.error());
  const auto topics = list_topics(client);
  if (!topics.ok()) return fail(topics.error());
  size_t partitions = 0;
  for (const TopicDescription& topic : *topics) partitions += topic.partitions.size();
  Table table({"BROKER", "ADDRESS", "RACK", ""});
  Json brokers = Json::array();
  for (const BrokerNode& broker : cluster->brokers) {
    const bool is_controller = broker.id == cluster->controller;
    table.add({std::to_string(broker.id), broker.address(), broker.rack.empty() ? "-" : broker.rack,
               broker.fenced ? "fenced" : (is_controller ? "controller" : "")});
    brokers.push_back({{"id", broker.id},
                       {"host", broker.host},
                       {"port", broker.port},
                       {"rack", broker.rack},
                       {"fenced", broker.fenced}});
  }
  if (options.surface.json()) {
    print_json({{"cluster", cluster->id},
                {"controller", cluster->controller},
                {"topics", topics->size()},
                {"partitions", partitions},
                {"brokers", std::move(brokers)}});
    return kDone;
  }
  std::printf("cluster %s, %zu topics, %zu partitions\n", cluster->id.c_str(), topics->size(),
              partitions);
  table.print();
  return kDone;
}

int health(Client& client, const ClusterOptions& options) {
  const auto ailments = cluster_ailments(client);
  if (!ailments.ok()) return fail(ailments.error());
  if (options.surface.json()) {
    print_json({{"healthy", ailments->empty()}, {"problems", *ailments}});
  } else {
    std::printf("%s\n", ailments->empty() ? "healthy" : "not healthy:");
    for (const std::string& ailment : *ailments) std::printf("  %s\n", ailment.c_str());
  }
  return ailments->empty() ? kDone : kFailed;
}

int versions(Client& client, const ClusterOptions& options) {
  const auto brokers = client.brokers();
  if (!brokers.ok()) return fail(brokers.error());
  Table table({"BROKER", "KEY", "API", "SERVED"});
  Json document = Json::array();
  for (const wire::NodeId id : *brokers) {
    const auto node = client.node(id);
    if (!node.ok()) return fail(node.error());
    for (const auto& [key, range] : (*node)->served()) {
      const auto number = static_cast<int16_t>(key);
      table.add({std::to_string(id), std::to_string(number), std::string(wire::api_name(key)),
                 std::to_string(range.min) + " to " + std::to_string(range.max)});
      document.push_back({{"broker", id},
                          {"key", number},
                          {"api", wire::api_name(key)},
                          {"min", range.min},
                          {"max", range.max}});
    }
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

int quorum(Client& client, const ClusterOptions& options) {
  const auto found = describe_quorum(client);
  if (!found.ok()) return fail(found.error());
  const auto& state = found->state;
  wire::Offset leader_end = 0;
  for (const auto& voter : state.current_voters) {
    if (voter.replica_id == state.leader_id) leader_end = voter.log_end_offset;
  }
  Table table({"NODE", "ROLE", "END", "LAG"});
  Json nodes = Json::array();
  const auto add = [&](const auto& replica, const char* role) {
    const wire::Offset lag = leader_end - replica.log_end_offset;
    table.add({std::to_string(replica.replica_id), role, std::to_string(replica.log_end_offset),
               std::to_string(lag)});
    nodes.push_back({{"node", replica.replica_id},
                     {"role", role},
                     {"end", replica.log_end_offset},
                     {"lag", lag}});
  };
  for (const auto& voter : state.current_voters) {
    add(voter, voter.replica_id == state.leader_id ? "leader" : "voter");
  }
  for (const auto& observer : state.observers) add(observer, "observer");
  if (options.surface.json()) {
    print_json({{"leader", state.leader_id},
                {"epoch", state.leader_epoch},
                {"high_watermark", state.high_watermark},
                {"nodes", std::move(nodes)}});
    return kDone;
  }
  std::printf("leader %d, epoch %d, high watermark %lld\n", state.leader_id, state.leader_epoch,
              static_cast<long long>(state.high_watermark));
  table.print();
  return kDone;
}

int log_dirs(Client& client, const ClusterOptions& options) {
  const auto directories = describe_log_dirs(client, options.brokers, options.topics);
  if (!directories.ok()) return fail(directories.error());
  Table table({"BROKER", "DIRECTORY", "PARTITION", "BYTES", "LAG"});
  Json document = Json::array();
  int exit_code = kDone;
  for (const auto& [broker, response] : *directories) {
    for (const auto& directory : response.results) {
      if (directory.error_code != wire::ErrorCode::kNone) {
        exit_code = fail(directory.log_dir + ": " + describe(directory.error_code));
      }
      for (const auto& topic : directory.topics) {
        for (const auto& partition : topic.partitions) {
          const TopicPartition name{topic.name, partition.partition_index};
          table.add({std::to_string(broker), directory.log_dir, name.to_string(),
                     std::to_string(partition.partition_size),
                     std::to_string(partition.offset_lag)});
          document.push_back({{"broker", broker},
                              {"directory", directory.log_dir},
                              {"topic", topic.name},
                              {"partition", partition.partition_index},
                              {"bytes", partition.partition_size},
                              {"lag", partition.offset_lag}});
        }
      }
    }
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return exit_code;
}

}  // namespace

void add_cluster(CLI::App& app, int& exit_code) {
  auto* cluster = app.add_subcommand("cluster", "The brokers, their health, quorum and disks");
  cluster->require_subcommand(1);
  cluster->footer(R"(
Examples:
  odradek cluster info
  odradek cluster health --wait 30s
)");
  Verbs<ClusterOptions> verbs(*cluster, exit_code);
  verbs.add("info", "Show brokers and controller",
            "  odradek cluster info\n  odradek cluster info -o json\n", info);
  verbs.add("health", "Say what keeps the cluster from being well; exit code 1 if something does",
            "  odradek cluster health\n"
            "  odradek cluster health --wait 30s && echo up\n",
            health);
  verbs.add("api-versions", "Show what each broker serves", "  odradek cluster api-versions\n",
            versions);
  verbs.add("quorum", "Show the leader of the metadata quorum and its followers",
            "  odradek cluster quorum\n", quorum);
  auto* directories = verbs.add("log-dirs", "Show what lies in which log directory",
                                "  odradek cluster log-dirs\n"
                                "  odradek cluster log-dirs -t tweets --broker 1\n",
                                log_dirs);
  directories
      ->add_option("-t,--topic", verbs.options().topics, "Only this topic; may be given again")
      ->take_all();
  directories
      ->add_option("--broker", verbs.options().brokers, "Only this broker; may be given again")
      ->take_all();
}

}  // namespace cli
