// Other people's tools, by their names: what scripts, health checks and init containers call.
//
// The program is one of them when it is called by its name (with or without .sh, by a link that `odradek
// shims` makes) or when the name is its first word.  A tool has a file of its own; what Kafka's tools
// print, these print.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace cli::shims {

using Words = std::vector<std::string>;

struct Tool {
  std::string_view name;   // "kafka-topics"
  std::string_view about;  // a line for the list of tools
  // The words behind the tool's name; what it returns is the exit code.
  int (*run)(const Words& words);
};

// By name.
std::span<const Tool> tools();
// Also of a path, and with .sh; nothing if it is none.
const Tool* find_tool(std::string_view name);

// `odradek shims DIR`: a directory with bin/ as Kafka's own.
void add_shims(CLI::App& app, int& exit_code);

int kafka_topics(const Words& words);
int kafka_broker_api_versions(const Words& words);
int kafka_console_producer(const Words& words);
int kafka_console_consumer(const Words& words);
int kafka_consumer_groups(const Words& words);
int kafka_configs(const Words& words);
int kafka_storage(const Words& words);
int kafka_get_offsets(const Words& words);
int kafka_delete_records(const Words& words);
int cub(const Words& words);
int kcat(const Words& words);
int rpk(const Words& words);
int kafka_log_dirs(const Words& words);
int kafka_transactions(const Words& words);
int kafka_metadata_quorum(const Words& words);
int kafka_features(const Words& words);
int kafka_cluster(const Words& words);
int kafka_dump_log(const Words& words);
int kafka_server_start(const Words& words);
int kafka_run_class(const Words& words);
int zookeeper_server_start(const Words& words);

}  // namespace cli::shims
