// kafka-log-dirs: LogDirsCommand of Apache Kafka.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cmd/cli/admin/cluster.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/java_order.h"
#include "cmd/cli/shims/tool.h"

namespace cli::shims {
namespace {

using Json = nlohmann::ordered_json;

// --broker-list means brokers by number here, so it is no old name of --bootstrap-server.
constexpr OptionRow kLogDirsOptions[] = {
    {"bootstrap-server", Takes::kText, "REQUIRED: The Kafka server to connect to."},
    kZookeeperRow,
    kCommandConfigRow,
    {"describe", Takes::kNothing, "REQUIRED: Describe the log directories."},
    {"topic-list", Takes::kText, "topic1,topic2; all if it is not given."},
    {"broker-list", Takes::kText, "0,1,2; all if it is not given."},
    kHelpRow,
    kVersionRow,
};

// The keys of each object in the order of a HashMap.
Json partition_json(const std::string& topic,
                    const wire::DescribeLogDirsResponse::DescribeLogDirsPartition& partition) {
  return {{"partition", TopicPartition{topic, partition.partition_index}.to_string()},
          {"size", partition.partition_size},
          {"offsetLag", partition.offset_lag},
          {"isFuture", partition.is_future_key}};
}

Json directories_json(const wire::DescribeLogDirsResponse& response,
                      const std::set<std::string>& topics) {
  Json directories = Json::array();
  for (const auto& result : response.results) {
    std::vector<std::pair<TopicPartition, Json>> rows;
    for (const auto& topic : result.topics) {
      if (!topics.empty() && !topics.contains(topic.name)) continue;
      for (const auto& partition : topic.partitions) {
        rows.emplace_back(TopicPartition{topic.name, partition.partition_index},
                          partition_json(topic.name, partition));
      }
    }
    sort_as_java(rows, [](const auto& row) { return row.first; });
    Json partitions = Json::array();
    for (auto& [partition, row] : rows) partitions.push_back(std::move(row));
    const bool failed_directory = result.error_code != wire::ErrorCode::kNone;
    directories.push_back(
        {{"partitions", std::move(partitions)},
         {"error", failed_directory ? Json(java_class(result.error_code)) : Json(nullptr)},
         {"logDir", result.log_dir}});
  }
  return directories;
}

}  // namespace

int kafka_log_dirs(const Words& words) {
  const Parsed parsed =
      parse_tool(kLogDirsOptions, words,
                 "This tool helps to query log directory usage on the specified brokers.");
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  for (const char* needed : {"bootstrap-server", "describe"}) {
    if (needed == std::string_view("bootstrap-server") && options.has("zookeeper")) continue;
    if (const auto given = require_option(options, needed); !given.ok()) {
      return usage(given.error().detail, kLogDirsOptions);
    }
  }
  std::vector<wire::NodeId> wanted;
  for (const std::string& text : split(options.value_or("broker-list", ""), ',')) {
    if (text.empty()) continue;
    wire::NodeId id = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
    if (read.ec != std::errc()) return failed(fmt::format("For input string: \"{}\"", text));
    wanted.push_back(id);
  }
  std::set<std::string> topics;
  for (const std::string& topic : split(options.value_or("topic-list", ""), ',')) {
    if (!topic.empty()) topics.insert(topic);
  }
  auto client = connect(options, "log-dirs-tool");
  if (!client.ok()) return failed(client.error().detail);
  auto known = (*client)->brokers();
  if (!known.ok()) return failed(plain_detail(known.error()));
  std::sort(known->begin(), known->end());
  if (wanted.empty()) wanted = *known;
  std::vector<wire::NodeId> strangers;
  for (const wire::NodeId id : wanted) {
    if (!std::binary_search(known->begin(), known->end(), id)) strangers.push_back(id);
  }
  if (!strangers.empty()) {
    return failed(
        fmt::format("ERROR: The given brokers do not exist from --broker-list: {}. Current "
                    "existent brokers: {}",
                    join(strangers), join(*known)));
  }
  std::printf("Querying brokers for log directories information\n");
  std::fflush(stdout);
  const auto directories = describe_log_dirs(**client, wanted, {});
  if (!directories.ok()) return failed(plain_detail(directories.error()));
  std::printf("Received log directory information from brokers %s\n", join(wanted).c_str());
  Json brokers = Json::array();
  for (const auto& [id, response] : *directories) {
    brokers.push_back({{"broker", id}, {"logDirs", directories_json(response, topics)}});
  }
  const Json document = {{"brokers", std::move(brokers)}, {"version", 1}};
  std::printf("%s\n", document.dump().c_str());
  return 0;
}

}  // namespace cli::shims
