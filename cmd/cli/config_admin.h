// `odradek config get|set|unset`: configs as a running cluster has them.
#pragma once

namespace CLI {
class App;
}

namespace cli {

void add_config_admin(CLI::App& config, int& exit_code);

}  // namespace cli
