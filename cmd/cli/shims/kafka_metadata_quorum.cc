// kafka-metadata-quorum: MetadataQuorumCommand of Apache Kafka.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include <fmt/core.h>

#include "cmd/cli/admin/cluster.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/pretty_table.h"
#include "cmd/cli/shims/tool.h"

namespace cli::shims {
namespace {

using Replica = wire::DescribeQuorumResponse::ReplicaState;

constexpr OptionRow kMetadataQuorumOptions[] = {
    {"bootstrap-server", Takes::kText, "The Kafka server to connect to."},
    {"bootstrap-controller", Takes::kText, "The Kafka controller to connect to."},
    kCommandConfigRow,
    {"status", Takes::kNothing, "describe: a short summary."},
    {"replication", Takes::kNothing, "describe: how far each node is."},
    {"human-readable", Takes::kNothing, "with --replication: times as durations."},
    kHelpRow,
};

const Replica* leader_of(const Quorum& quorum) {
  const auto& voters = quorum.state.current_voters;
  const auto found = std::find_if(voters.begin(), voters.end(), [&](const Replica& voter) {
    return voter.replica_id == quorum.state.leader_id;
  });
  return found == voters.end() ? nullptr : &*found;
}

std::string replicas_text(const Quorum& quorum, const std::vector<Replica>& replicas) {
  std::vector<std::string> texts;
  for (const Replica& replica : replicas) {
    std::string text = fmt::format("{{\"id\": {}", replica.replica_id);
    if (!replica.replica_directory_id.is_zero()) {
      text += fmt::format(", \"directoryId\": \"{}\"", replica.replica_directory_id.to_string());
    }
    std::vector<std::string> endpoints;
    for (const auto& node : quorum.nodes) {
      if (node.node_id != replica.replica_id) continue;
      for (const auto& listener : node.listeners) {
        const bool v6 = listener.host.find(':') != std::string::npos;
        endpoints.push_back(fmt::format("\"{}://{}{}{}:{}\"", listener.name, v6 ? "[" : "",
                                        listener.host, v6 ? "]" : "", listener.port));
      }
    }
    if (!endpoints.empty()) text += ", \"endpoints\": [" + join(endpoints, ", ") + "]";
    texts.push_back(text + "}");
  }
  return "[" + join(texts, ", ") + "]";
}

int describe_status(Client& client, const Quorum& quorum, const Replica& leader) {
  const auto cluster = describe_cluster(client);
  if (!cluster.ok()) return failed(plain_detail(cluster.error()));
  const auto& voters = quorum.state.current_voters;
  const Replica& behind = *std::min_element(
      voters.begin(), voters.end(),
      [](const Replica& a, const Replica& b) { return a.log_end_offset < b.log_end_offset; });
  wire::DurationMs lag_ms = -1;
  if (&behind == &leader) {
    lag_ms = 0;
  } else if (leader.last_caught_up_timestamp >= 0 && behind.last_caught_up_timestamp >= 0) {
    lag_ms = leader.last_caught_up_timestamp - behind.last_caught_up_timestamp;
  }
  fmt::print(
      "ClusterId:              {}\n"
      "LeaderId:               {}\n"
      "LeaderEpoch:            {}\n"
      "HighWatermark:          {}\n"
      "MaxFollowerLag:         {}\n"
      "MaxFollowerLagTimeMs:   {}\n"
      "CurrentVoters:          {}\n"
      "CurrentObservers:       {}\n",
      cluster->id, quorum.state.leader_id, quorum.state.leader_epoch, quorum.state.high_watermark,
      leader.log_end_offset - behind.log_end_offset, lag_ms, replicas_text(quorum, voters),
      replicas_text(quorum, quorum.state.observers));
  return 0;
}

std::string time_text(wire::TimestampMs time, bool human_readable) {
  if (time < 0) return "-1";
  if (!human_readable) return std::to_string(time);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  return fmt::format("{} ms ago", now - time);
}

int describe_replication(const Quorum& quorum, const Replica& leader, bool human_readable) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const Replica& replica, const char* status) {
    rows.push_back({std::to_string(replica.replica_id), replica.replica_directory_id.to_string(),
                    std::to_string(replica.log_end_offset),
                    std::to_string(leader.log_end_offset - replica.log_end_offset),
                    time_text(replica.last_fetch_timestamp, human_readable),
                    time_text(replica.last_caught_up_timestamp, human_readable), status});
  };
  add(leader, "Leader");
  for (const Replica& voter : quorum.state.current_voters) {
    if (&voter != &leader) add(voter, "Follower");
  }
  for (const Replica& observer : quorum.state.observers) add(observer, "Observer");
  print_pretty_table({"NodeId", "DirectoryId", "LogEndOffset", "Lag", "LastFetchTimestamp",
                      "LastCaughtUpTimestamp", "Status"},
                     rows);
  return 0;
}

}  // namespace

int kafka_metadata_quorum(const Words& words) {
  const auto options = ToolOptions::parse(kMetadataQuorumOptions, words);
  if (!options.ok()) return usage(options.error().detail, kMetadataQuorumOptions);
  if (options->has("help") || options->rest().empty()) {
    usage("kafka-metadata-quorum --bootstrap-server HOST:PORT describe --status|--replication",
          kMetadataQuorumOptions);
    return options->has("help") ? 0 : 1;
  }
  if (options->rest().front() != "describe") {
    return failed("this tool has describe only; the controllers' set is changed with Apache's own");
  }
  if (options->has("bootstrap-controller") || !options->has("bootstrap-server")) {
    return failed("use --bootstrap-server: a broker forwards the question");
  }
  const bool status = options->has("status");
  const bool replication = options->has("replication");
  if (status && replication) {
    return failed(
        "Only one of --status or --replication should be specified with describe sub-command");
  }
  if (!status && !replication) {
    return failed("One of --status or --replication must be specified with describe sub-command");
  }
  if (status && options->has("human-readable")) {
    return failed("The option --human-readable is only supported along with --replication");
  }
  auto client = connect(*options, "adminclient-1");
  if (!client.ok()) return failed(client.error().detail);
  const auto quorum = describe_quorum(**client);
  if (!quorum.ok()) return failed(plain_detail(quorum.error()));
  const Replica* const leader = leader_of(*quorum);
  if (leader == nullptr) return failed("the quorum has no leader");
  return status ? describe_status(**client, *quorum, *leader)
                : describe_replication(*quorum, *leader, options->has("human-readable"));
}

}  // namespace cli::shims
