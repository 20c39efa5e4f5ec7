#include "cmd/cli/broker_options.h"

#include <fstream>
#include <sstream>
#include <string_view>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace cli {

void add_broker_options(CLI::App& command, BrokerOptions& options) {
  command
      .add_option("-c,--config", options.files,
                  "A properties file, as Apache Kafka's server.properties; may be given again")
      ->take_all();
  command
      .add_option("--set", options.settings,
                  "key=value, over files and environment; may be given again")
      ->take_all();
  command.add_flag("!--no-environment", options.environment, "Take nothing from KAFKA_* variables");
}

cluster::config::Environment process_environment() {
  cluster::config::Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

wire::Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path);
  if (!file) return wire::Error{wire::ErrorCode::kInvalidConfig, "cannot read " + path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

wire::Result<cluster::config::ConfigSources> gather(const BrokerOptions& options) {
  cluster::config::ConfigSources sources;
  for (const std::string& path : options.files) {
    const auto text = read_text(path);
    if (!text.ok())
      return wire::Error{text.error().code,
                         text.error().detail + ": give the path of a properties file with -c"};
    if (auto added = sources.add_file(path, *text); !added.ok()) return added.error();
  }
  if (options.environment) {
    const auto reading = cluster::config::read_environment(process_environment(), read_text);
    if (!reading.ok()) return reading.error();
    sources.add_environment(*reading);
  }
  for (const std::string& setting : options.settings) {
    if (auto added = sources.add_assignment(setting); !added.ok()) return added.error();
  }
  sources.bring_up_to_date();
  return sources;
}

}  // namespace cli
