// The broker itself, as the verbs and the tools that start one run it.
#pragma once

#include <functional>

#include "cluster/config/properties.h"

namespace cli {

// Runs a node until it is told to stop, or fails; what it returns is the exit code.  `when_ready` is
// called on the node's shard, once, when clients are served and its own lines are printed.
int run_broker(cluster::config::Properties properties,
               const std::function<void()>& when_ready = {});

}  // namespace cli
