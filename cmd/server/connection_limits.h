// The limits of a shard's connections, from the broker's properties.
#pragma once

#include "cluster/config/config_layers.h"
#include "cmd/server/connections.h"

namespace server {

// max.connections and those per address may be changed while the broker runs; the others are as in
// the file.
ConnectionLimits connection_limits(const cluster::config::Layers& layers);

}  // namespace server
