// Gives log directories an identity and a fresh cluster its first metadata, as Apache's StorageTool does.
//
// Each directory without one gets `bootstrap.checkpoint` (feature levels) and then `meta.properties`, which says that it is
// formatted; with --standalone the metadata directory also gets the first snapshot, `0-0`, that names this node as the only
// voter (KIP-853).  What is there already is never changed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/fs/file_system.h"
#include "storage/meta_properties.h"
#include "wire/base/random.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace cluster {

struct FormatOptions {
  wire::NodeId node_id = wire::kNoNode;
  std::string cluster_id;
  std::vector<std::string> directories;     // log.dirs and metadata.log.dir
  std::string metadata_directory;           // one of them; empty if this node has none
  bool ignore_formatted = false;            // pass over what is formatted, instead of failing
  std::optional<int16_t> metadata_version;  // --release-version
  std::map<std::string, int16_t, std::less<>> features;  // --feature
  // controller.quorum.voters is empty: the quorum's voters are dynamic (kraft.version 1).
  bool dynamic_quorum = false;
  // --standalone: where this node, the only voter, listens.
  struct Standalone {
    std::string listener;
    std::string host;
    uint16_t port = 0;
  };
  std::optional<Standalone> standalone;
};

// The levels to finalise; an error names the feature that is unknown, or the level that is not supported.
wire::Result<std::map<std::string, int16_t, std::less<>>> effective_feature_levels(
    const FormatOptions& options);

// Formats what is not; returns the lines to print.
wire::Result<std::vector<std::string>> format_directories(storage::FileSystem& files,
                                                          const FormatOptions& options,
                                                          wire::Random& random,
                                                          wire::TimestampMs now_ms);

}  // namespace cluster
