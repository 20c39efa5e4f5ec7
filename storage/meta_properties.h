// meta.properties at the root of every log dir: whose directory this is (KIP-631, KIP-858).
//
//   version=1
//   cluster.id=AAAAAAAAAAAAAAAAAAAAAA
//   node.id=1
//   directory.id=BBBBBBBBBBBBBBBBBBBBBB
//
// Version 0 (broker.id, no node.id) is from the time of ZooKeeper and is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/fs/file_system.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace storage {

inline constexpr std::string_view kMetaPropertiesFile = "meta.properties";

struct MetaProperties {
  std::string cluster_id;
  wire::NodeId node_id = 0;
  std::optional<wire::Uuid> directory_id;  // absent before Kafka 3.7

  bool operator==(const MetaProperties&) const = default;

  std::string to_text() const;
  // `path` is named in the error.
  static wire::Result<MetaProperties> parse(std::string_view text, const std::string& path);
};

// Nothing if the directory has no meta.properties (it is not formatted).
wire::Result<std::optional<MetaProperties>> read_meta_properties(FileSystem& files,
                                                                 const std::string& directory);
// Creates the directory if need be.
wire::Status write_meta_properties(FileSystem& files, const std::string& directory,
                                   const MetaProperties& properties);

}  // namespace storage
