// What an unformatted directory gets at the first start of a single node: an identity, so that
// `serve` on an empty machine just works.  A cluster of several nodes is formatted by `odradek
// storage format`, since all must share one cluster id.
#pragma once

#include <string>
#include <vector>

#include "cluster/config/broker_config.h"
#include "storage/fs/file_system.h"
#include "wire/base/random.h"
#include "wire/base/result.h"
#include "wire/base/uuid.h"

namespace server {

struct Identity {
  std::string cluster_id;
  wire::Uuid metadata_directory_id;
};

// Reads the identity from the directories' meta.properties.  Those that have none are formatted if
// this node is alone; an error names the directory and the way out.
wire::Result<Identity> read_or_format(storage::FileSystem& files,
                                      const cluster::config::BrokerConfig& config,
                                      wire::Random& random);

}  // namespace server
