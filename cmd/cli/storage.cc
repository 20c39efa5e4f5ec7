// `odradek storage`: what must happen to log directories before a cluster of several nodes first starts.
//
// The flags are those of Apache's kafka-storage.  A single node needs none of it: `serve` formats an empty directory itself.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "cluster/config/broker_config.h"
#include "cluster/formatter.h"
#include "cluster/metadata/features.h"
#include "cmd/cli/broker_options.h"
#include "cmd/cli/cli.h"
#include "cmd/server/system_random.h"
#include "storage/fs/posix_file_system.h"

namespace cli {
namespace {

using cluster::config::BrokerConfig;

// As `serve` would have it, environment included.
wire::Result<BrokerConfig> read_config(const std::string& path) {
  const auto sources = gather({.files = {path}, .settings = {}});
  if (!sources.ok()) return sources.error();
  std::vector<std::string> warnings;
  return BrokerConfig::load(sources->properties(), warnings);
}

// log.dirs and metadata.log.dir, sorted, each once.
std::vector<std::string> all_directories(const BrokerConfig& config) {
  std::vector<std::string> directories = config.log_dirs();
  directories.push_back(config.metadata_log_dir());
  std::sort(directories.begin(), directories.end());
  directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
  return directories;
}

struct FormatFlags {
  std::string config;
  std::string cluster_id;
  std::string release_version;
  std::vector<std::string> features;
  bool ignore_formatted = false;
  bool standalone = false;
  bool no_initial_controllers = false;
};

wire::Error refuse(std::string why) {
  return {wire::ErrorCode::kInvalidConfig, std::move(why)};
}

wire::Status read_features(const FormatFlags& flags, cluster::FormatOptions& options) {
  if (!flags.release_version.empty()) {
    options.metadata_version = cluster::metadata::metadata_version_level(flags.release_version);
    if (!options.metadata_version) {
      return refuse("Version " + flags.release_version + " is not a valid version");
    }
  }
  for (const std::string& text : flags.features) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return refuse("Can't parse feature=level string " + text + ": equals sign not found.");
    }
    int16_t level = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + equals + 1, end, level);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
      return refuse("Can't parse feature=level string " + text + ": unable to parse " +
                    text.substr(equals + 1) + " as a short.");
    }
    options.features[text.substr(0, equals)] = level;
  }
  return {};
}

wire::Status read_quorum(const FormatFlags& flags, const BrokerConfig& config,
                         cluster::FormatOptions& options) {
  options.dynamic_quorum =
      config.quorum_voters().empty() && (flags.standalone || flags.no_initial_controllers);
  if (!config.quorum_voters().empty() && flags.standalone) {
    return refuse(
        "You cannot specify controller.quorum.voters and format the node with --standalone. If you "
        "want to use dynamic quorum, please remove controller.quorum.voters and specify "
        "controller.quorum.bootstrap.servers instead.");
  }
  if (!flags.standalone) return {};
  if (!config.is_controller()) return refuse("You can only use --standalone on a controller.");
  for (const auto& endpoint : config.listeners()) {
    if (!config.is_controller_listener(endpoint.listener)) continue;
    options.standalone = cluster::FormatOptions::Standalone{
        endpoint.listener, endpoint.host.empty() ? "localhost" : endpoint.host, endpoint.port};
    return {};
  }
  return refuse("No controller listeners found.");
}

int format(const FormatFlags& flags) {
  const auto config = read_config(flags.config);
  if (!config.ok()) return fail(config.error().detail);
  cluster::FormatOptions options;
  options.node_id = config->node_id();
  options.cluster_id = flags.cluster_id;
  options.directories = all_directories(*config);
  options.metadata_directory = config->metadata_log_dir();
  options.ignore_formatted = flags.ignore_formatted;
  if (auto read = read_features(flags, options); !read.ok()) return fail(read.error().detail);
  if (auto read = read_quorum(flags, *config, options); !read.ok()) {
    return fail(read.error().detail);
  }
  storage::PosixFileSystem files;
  server::SystemRandom random;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const auto lines = cluster::format_directories(files, options, random, now.count());
  if (!lines.ok()) return fail(lines.error().detail);
  for (const std::string& line : *lines) std::printf("%s\n", line.c_str());
  return 0;
}

void print_list(const char* one, const char* many, const std::vector<std::string>& items) {
  if (items.empty()) return;
  std::printf("%s\n", items.size() == 1 ? one : many);
  for (const std::string& item : items) std::printf("  %s\n", item.c_str());
  std::printf("\n");
}

int info(const std::string& path) {
  const auto config = read_config(path);
  if (!config.ok()) return fail(config.error().detail);
  storage::PosixFileSystem files;
  std::vector<std::string> found;
  std::vector<std::string> problems;
  std::optional<storage::MetaProperties> first;
  for (const std::string& directory : all_directories(*config)) {
    if (!files.exists(directory)) {
      problems.push_back(directory + " does not exist");
      continue;
    }
    found.push_back(directory);
    const auto properties = storage::read_meta_properties(files, directory);
    if (!properties.ok()) {
      problems.push_back(properties.error().detail);
    } else if (!properties->has_value()) {
      problems.push_back(directory + " is not formatted.");
    } else if (!first) {
      first = **properties;
    } else if (first->cluster_id != (*properties)->cluster_id) {
      problems.push_back("Mismatched cluster IDs between storage directories.");
    } else if (first->node_id != (*properties)->node_id) {
      problems.push_back("Mismatched node IDs between storage directories.");
    }
  }
  print_list("Found log directory:", "Found log directories:", found);
  if (first) {
    std::printf("Found metadata: {cluster.id=%s, directory.id=%s, node.id=%d, version=1}\n\n",
                first->cluster_id.c_str(),
                first->directory_id.value_or(wire::kZeroUuid).to_string().c_str(), first->node_id);
  }
  print_list("Found problem:", "Found problems:", problems);
  return problems.empty() ? 0 : 1;
}

}  // namespace

void add_storage(CLI::App& app, int& exit_code) {
  CLI::App* storage = app.add_subcommand("storage", "Format log directories, and look at them");
  storage->require_subcommand(1);
  storage->footer(R"examples(
Examples:
  odradek storage format -c server.properties -t "$(odradek storage random-uuid)" --standalone
  odradek storage format -c server.properties -t MkU3OEVBNTcwNTJENDM2Qg -g
  odradek storage info -c server.properties
)examples");

  const auto flags = std::make_shared<FormatFlags>();
  CLI::App* formatting = storage->add_subcommand("format", "Give log directories an identity");
  formatting->add_option("-c,--config", flags->config, "The node's properties")->required();
  formatting->add_option("-t,--cluster-id", flags->cluster_id, "The id of the cluster")->required();
  formatting->add_flag("-g,--ignore-formatted", flags->ignore_formatted,
                       "Pass over directories that are formatted");
  formatting->add_option("-r,--release-version", flags->release_version,
                         "The release whose feature levels the cluster begins with");
  formatting->add_option("-f,--feature", flags->features, "A level of its own: feature=level");
  auto* standalone = formatting->add_flag("-s,--standalone", flags->standalone,
                                          "This node is the only voter of a dynamic quorum");
  formatting
      ->add_flag("-N,--no-initial-controllers", flags->no_initial_controllers,
                 "A dynamic quorum whose voters are named elsewhere")
      ->excludes(standalone);
  formatting->callback([flags, &exit_code] { exit_code = format(*flags); });

  const auto config = std::make_shared<std::string>();
  CLI::App* looking = storage->add_subcommand("info", "What is in the log directories");
  looking->add_option("-c,--config", *config, "The node's properties")->required();
  looking->callback([config, &exit_code] { exit_code = info(*config); });

  CLI::App* drawing = storage->add_subcommand("random-uuid", "Print an id for a new cluster");
  drawing->callback([&exit_code] {
    server::SystemRandom random;
    std::printf("%s\n", wire::Uuid::random(random).to_string().c_str());
    exit_code = 0;
  });
}

}  // namespace cli
