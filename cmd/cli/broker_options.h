// Where a broker's configuration comes from, as `serve` and `config` take it from the command line.
#pragma once

#include <string>
#include <vector>

#include "cluster/config/config_sources.h"
#include "wire/base/result.h"

namespace CLI {
class App;
}

namespace cli {

struct BrokerOptions {
  std::vector<std::string> files;
  std::vector<std::string> settings;
  bool environment = true;
};

// -c, --set and --no-environment.
void add_broker_options(CLI::App& command, BrokerOptions& options);
// The environment of this process.
cluster::config::Environment process_environment();
// The content of a file; an error tells what -c takes.
wire::Result<std::string> read_text(const std::string& path);
// Files, environment and command line, brought up to date.
wire::Result<cluster::config::ConfigSources> gather(const BrokerOptions& options);

}  // namespace cli
