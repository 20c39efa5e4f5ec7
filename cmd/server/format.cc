#include "cmd/server/format.h"

#include <algorithm>

#include <fmt/core.h>

#include "storage/meta_properties.h"
#include "wire/base/log.h"

namespace server {
namespace {

bool is_alone(const cluster::config::BrokerConfig& config) {
  const auto& voters = config.quorum_voters();
  if (!config.is_controller()) return false;
  if (!voters.empty()) return voters.size() == 1 && voters.front().id == config.node_id();
  return config.get_list("controller.quorum.bootstrap.servers").size() <= 1;
}

std::vector<std::string> all_directories(const cluster::config::BrokerConfig& config) {
  std::vector<std::string> directories = config.log_dirs();
  const std::string metadata = config.metadata_log_dir();
  if (std::find(directories.begin(), directories.end(), metadata) == directories.end())
    directories.push_back(metadata);
  return directories;
}

wire::Error refuse(std::string detail) {
  return {wire::ErrorCode::kInconsistentClusterId, std::move(detail)};
}

}  // namespace

wire::Result<Identity> read_or_format(storage::FileSystem& files,
                                      const cluster::config::BrokerConfig& config,
                                      wire::Random& random) {
  Identity identity;
  std::vector<std::string> unformatted;
  for (const std::string& directory : all_directories(config)) {
    const auto found = storage::read_meta_properties(files, directory);
    if (!found.ok()) return found.error();
    if (!found->has_value()) {
      unformatted.push_back(directory);
      continue;
    }
    const storage::MetaProperties& properties = **found;
    if (properties.node_id != config.node_id()) {
      return refuse(
          fmt::format("{}/meta.properties is of node.id {}, and this node's is {}: correct "
                      "node.id, or log.dirs",
                      directory, properties.node_id, config.node_id()));
    }
    if (!identity.cluster_id.empty() && identity.cluster_id != properties.cluster_id) {
      return refuse(
          fmt::format("{}/meta.properties is of cluster {}, and another log directory of cluster "
                      "{}: correct log.dirs",
                      directory, properties.cluster_id, identity.cluster_id));
    }
    identity.cluster_id = properties.cluster_id;
    if (directory == config.metadata_log_dir())
      identity.metadata_directory_id = properties.directory_id.value_or(wire::kZeroUuid);
  }
  const auto wished = config.find("odradek.cluster.id");
  if (wished && !identity.cluster_id.empty() && identity.cluster_id != *wished) {
    wire::log::warn(
        "odradek.cluster.id is {}, and the log directories are of cluster {}: they keep it",
        *wished, identity.cluster_id);
  }
  if (unformatted.empty()) return identity;
  if (identity.cluster_id.empty()) {
    if (!is_alone(config)) {
      return refuse(
          fmt::format("{} is not formatted, and this node is one of several: run `odradek storage "
                      "format` with the "
                      "cluster's id on each of them first",
                      unformatted.front()));
    }
    identity.cluster_id = wished ? *wished : wire::Uuid::random(random).to_string();
  }
  for (const std::string& directory : unformatted) {
    const storage::MetaProperties properties{.cluster_id = identity.cluster_id,
                                             .node_id = config.node_id(),
                                             .directory_id = wire::Uuid::random(random)};
    if (auto written = storage::write_meta_properties(files, directory, properties); !written.ok())
      return written.error();
    if (directory == config.metadata_log_dir())
      identity.metadata_directory_id = *properties.directory_id;
  }
  return identity;
}

}  // namespace server
