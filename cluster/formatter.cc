#include "cluster/formatter.h"

#include <algorithm>
#include <set>

#include "cluster/controller/activation.h"
#include "cluster/metadata/bootstrap_checkpoint.h"
#include "cluster/metadata/features.h"
#include "cluster/raft/snapshot_store.h"

namespace cluster {

using metadata::kKRaftVersionFeature;
using metadata::kMetadataVersionFeature;

namespace {

using Levels = std::map<std::string, int16_t, std::less<>>;

wire::Error refuse(std::string why) {
  return {wire::ErrorCode::kInvalidConfig, std::move(why)};
}

const metadata::FeatureRange* find_feature(std::string_view name) {
  for (const metadata::FeatureRange& range : metadata::enforced_features()) {
    if (range.name == name) return &range;
  }
  return nullptr;
}

std::string supported_names() {
  std::string names;
  for (const metadata::FeatureRange& range : metadata::enforced_features()) {
    if (range.name == kMetadataVersionFeature) continue;
    names += (names.empty() ? "" : ", ") + std::string(range.name);
  }
  return names;
}

wire::Status check_kraft_version(const FormatOptions& options, int16_t level) {
  if (level == 0 && options.dynamic_quorum) {
    return refuse(
        "Cannot set kraft.version to 0 if controller.quorum.voters is empty and the quorum is "
        "dynamic. Try removing the --feature flag for kraft.version.");
  }
  if (level > 0 && !options.dynamic_quorum) {
    return refuse("Cannot set kraft.version to " + std::to_string(level) +
                  " unless controller.quorum.voters is empty and one of the flags --standalone or "
                  "--no-initial-controllers is used.");
  }
  return {};
}

wire::Status check_level(const FormatOptions& options, const std::string& name, int16_t level) {
  const metadata::FeatureRange* range = find_feature(name);
  if (range == nullptr) {
    return refuse("Unsupported feature: " + name +
                  ". Supported features are: " + supported_names());
  }
  if (level < range->min_version || level > range->max_version) {
    return refuse("No feature:" + name + " with feature level " + std::to_string(level));
  }
  if (name == kKRaftVersionFeature) return check_kraft_version(options, level);
  return {};
}

// The snapshot that a dynamic quorum begins with: nothing but who votes.
wire::Status write_first_snapshot(storage::FileSystem& files, const FormatOptions& options,
                                  const wire::Uuid& directory_id, int16_t kraft_version,
                                  wire::TimestampMs now_ms) {
  raft::Voter self;
  self.key = {options.node_id, directory_id};
  self.endpoints.push_back(
      {options.standalone->listener, options.standalone->host, options.standalone->port});
  raft::SnapshotControl control;
  control.last_append_time_ms = now_ms;
  control.voters = raft::VoterSet({self});
  control.kraft_version = kraft_version;
  const metadata::SnapshotId id{0, 0};
  const std::string directory =
      storage::join_path(options.metadata_directory, "__cluster_metadata-0");
  if (auto made = storage::make_durable_directory(files, directory); !made.ok()) return made;
  return storage::replace_file(files, storage::join_path(directory, raft::snapshot_file_name(id)),
                               raft::build_snapshot(id, control, {}, now_ms));
}

struct Found {
  std::vector<std::string> unformatted;
  std::vector<std::string> formatted;
};

// What is formatted must be this node's and this cluster's.
wire::Result<Found> look_at(storage::FileSystem& files, const FormatOptions& options) {
  Found found;
  const std::set<std::string> directories(options.directories.begin(), options.directories.end());
  for (const std::string& directory : directories) {
    const auto properties = storage::read_meta_properties(files, directory);
    if (!properties.ok()) return properties.error();
    if (!properties->has_value()) {
      found.unformatted.push_back(directory);
      continue;
    }
    found.formatted.push_back(directory);
    const storage::MetaProperties& present = **properties;
    if (present.cluster_id != options.cluster_id) {
      return refuse("Invalid cluster.id in: " + directory + "/meta.properties. Expected " +
                    options.cluster_id + ", but read " + present.cluster_id);
    }
    if (present.node_id != options.node_id) {
      return refuse(
          "Stored node id " + std::to_string(present.node_id) + " doesn't match previous node id " +
          std::to_string(options.node_id) + " in " + directory +
          "/meta.properties. If you moved your data, make sure your configured "
          "node id matches. If you intend to create a new node, you should remove all data "
          "in your data directories.");
    }
  }
  return found;
}

}  // namespace

wire::Result<Levels> effective_feature_levels(const FormatOptions& options) {
  int16_t version = options.metadata_version.value_or(metadata::kLatestMetadataVersion);
  if (const auto named = options.features.find(kMetadataVersionFeature);
      named != options.features.end()) {
    if (options.metadata_version) {
      return refuse(
          "Use --release-version instead of --feature metadata.version=X to avoid ambiguity.");
    }
    version = named->second;
  }
  if (metadata::metadata_version_name(version).empty()) {
    return refuse("No MetadataVersion with feature level " + std::to_string(version));
  }
  Levels levels = controller::default_feature_levels(version);
  levels[std::string(kKRaftVersionFeature)] = options.dynamic_quorum ? 1 : 0;
  for (const auto& [name, level] : options.features) {
    if (name == kMetadataVersionFeature) continue;
    if (auto checked = check_level(options, name, level); !checked.ok()) return checked.error();
    levels[name] = level;
  }
  constexpr int16_t kElrNeeds = 23;
  const auto elr = levels.find(metadata::kElrVersionFeature);
  if (elr != levels.end() && elr->second > 0 && version < kElrNeeds) {
    return refuse(
        "eligible.leader.replicas.version could not be set to 1 because it depends on "
        "metadata.version level " +
        std::to_string(kElrNeeds));
  }
  return levels;
}

wire::Result<std::vector<std::string>> format_directories(storage::FileSystem& files,
                                                          const FormatOptions& options,
                                                          wire::Random& random,
                                                          wire::TimestampMs now_ms) {
  if (options.node_id < 0) return refuse("You must specify a valid non-negative node ID.");
  if (options.cluster_id.empty()) return refuse("You must specify the cluster id.");
  if (options.directories.empty()) {
    return refuse("You must specify at least one directory to format");
  }
  const auto levels = effective_feature_levels(options);
  if (!levels.ok()) return levels.error();
  const auto found = look_at(files, options);
  if (!found.ok()) return found.error();
  if (!found->formatted.empty() && !options.ignore_formatted) {
    return refuse(
        "Log directory " + found->formatted.front() +
        " is already formatted. Use --ignore-formatted to ignore this directory and format "
        "the others.");
  }
  std::vector<std::string> lines;
  if (found->unformatted.empty())
    lines.push_back("All of the log directories are already formatted.");

  const int16_t version = levels->find(kMetadataVersionFeature)->second;
  const wire::Bytes bootstrap =
      metadata::encode_bootstrap_checkpoint(controller::bootstrap_records(*levels), now_ms);
  for (const std::string& directory : found->unformatted) {
    const bool is_metadata = directory == options.metadata_directory;
    const bool is_voter = is_metadata && options.standalone;
    const std::string what = is_voter      ? "dynamic metadata voter directory"
                             : is_metadata ? "metadata directory"
                                           : "data directory";
    lines.push_back("Formatting " + what + " " + directory + " with metadata.version " +
                    std::string(metadata::metadata_version_name(version)) + ".");
    if (auto made = storage::make_durable_directory(files, directory); !made.ok())
      return made.error();
    const std::string path = storage::join_path(directory, metadata::kBootstrapCheckpointFile);
    if (auto written = storage::replace_file(files, path, bootstrap); !written.ok()) {
      return written.error();
    }
    const wire::Uuid directory_id = wire::Uuid::random(random);
    if (is_voter) {
      auto written = write_first_snapshot(files, options, directory_id,
                                          levels->find(kKRaftVersionFeature)->second, now_ms);
      if (!written.ok()) return written.error();
    }
    // Last, because it says that the directory is formatted.
    const storage::MetaProperties properties{options.cluster_id, options.node_id, directory_id};
    if (auto written = storage::write_meta_properties(files, directory, properties);
        !written.ok()) {
      return written.error();
    }
  }
  return lines;
}

}  // namespace cluster
