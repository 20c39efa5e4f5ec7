#include "cmd/cli/shims/shims.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cmd/cli/cli.h"

namespace cli::shims {
namespace {

constexpr Tool kTools[] = {
    {"cub", "Confluent's `cub kafka-ready`", cub},
    {"kafka-broker-api-versions", "What each broker serves", kafka_broker_api_versions},
    {"kafka-cluster", "The cluster's id and endpoints", kafka_cluster},
    {"kafka-configs", "Configs, quotas and SCRAM credentials", kafka_configs},
    {"kafka-console-consumer", "Prints records", kafka_console_consumer},
    {"kafka-console-producer", "Writes lines as records", kafka_console_producer},
    {"kafka-consumer-groups", "Groups, their lag and their offsets", kafka_consumer_groups},
    {"kafka-delete-records", "Deletes records before offsets", kafka_delete_records},
    {"kafka-dump-log", "What is in segments and indexes", kafka_dump_log},
    {"kafka-features", "Feature levels", kafka_features},
    {"kafka-get-offsets", "Where partitions begin and end", kafka_get_offsets},
    {"kafka-log-dirs", "What lies in which log directory", kafka_log_dirs},
    {"kafka-metadata-quorum", "The controllers' quorum", kafka_metadata_quorum},
    {"kafka-run-class", "A tool or the broker by its Java class", kafka_run_class},
    {"kafka-server-start", "`serve` with a properties file", kafka_server_start},
    {"kafka-storage", "Formats log directories", kafka_storage},
    {"kafka-topics", "Topics", kafka_topics},
    {"kafka-transactions", "Transactions", kafka_transactions},
    {"kafkacat", "kcat by its old name", kcat},
    {"kcat", "Produces, consumes, lists; kcat's formats", kcat},
    {"rpk", "Redpanda's topic, group and cluster verbs", rpk},
    {"ub", "Confluent's `ub kafka-ready`", cub},
    {"zookeeper-server-start", "Waits, for scripts that start a ZooKeeper", zookeeper_server_start},
};

std::string_view plain_name(std::string_view name) {
  name.remove_prefix(std::min(name.rfind('/') + 1, name.size()));
  if (name.ends_with(".sh")) name.remove_suffix(3);
  return name;
}

// This program's own file, which the links point to.
std::string own_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "" : path.string();
}

int link_tools(const std::string& directory) {
  const std::string program = own_path();
  if (program.empty()) return fail("cannot tell where this program is: /proc/self/exe");
  const std::filesystem::path bin = std::filesystem::path(directory) / "bin";
  std::error_code error;
  std::filesystem::create_directories(bin, error);
  if (error) return fail("cannot make " + bin.string() + ": " + error.message());
  for (const Tool& tool : kTools) {
    for (const char* suffix : {"", ".sh"}) {
      const std::filesystem::path link = bin / (std::string(tool.name) + suffix);
      // Somebody's own program of that name.
      if (std::filesystem::exists(link, error) && !std::filesystem::is_symlink(link, error)) {
        std::printf("%s is no link, and left alone\n", link.c_str());
        continue;
      }
      std::filesystem::remove(link, error);
      std::filesystem::create_symlink(program, link, error);
      if (error) return fail("cannot make " + link.string() + ": " + error.message());
    }
  }
  std::printf("%zu tools in %s\n", std::size(kTools), bin.c_str());
  return kDone;
}

}  // namespace

std::span<const Tool> tools() {
  return kTools;
}

const Tool* find_tool(std::string_view name) {
  const std::string_view plain = plain_name(name);
  const auto* found = std::find_if(std::begin(kTools), std::end(kTools),
                                   [&](const Tool& tool) { return tool.name == plain; });
  return found == std::end(kTools) ? nullptr : found;
}

void add_shims(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "shims", "Make a directory of links that answer to the names of Kafka's tools");
  std::string names = "\nThe tools, which are also verbs: `odradek kafka-topics --list`.\n";
  for (const Tool& tool : kTools) {
    names += "  " + std::string(tool.name) + std::string(28 - tool.name.size(), ' ') +
             std::string(tool.about) + "\n";
  }
  names +=
      "\nExamples:\n  odradek shims /opt/kafka\n  /opt/kafka/bin/kafka-topics.sh "
      "--bootstrap-server localhost:9092 --list\n";
  command->footer(names);
  auto directory = std::make_shared<std::string>();
  command->add_option("directory", *directory, "Where; the links are in its bin")->required();
  command->callback([directory, &exit_code] { exit_code = link_tools(*directory); });
}

}  // namespace cli::shims
