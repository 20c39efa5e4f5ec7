// kafka-storage: StorageTool of Apache Kafka, whose options the verb `storage` has.
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "cmd/cli/cli.h"
#include "cmd/cli/shims/shims.h"

namespace cli::shims {

int kafka_storage(const Words& words) {
  CLI::App app("Formats log directories.", "kafka-storage");
  int exit_code = 0;
  add_storage(app, exit_code);
  // CLI11 takes them from the end.
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  reversed.emplace_back("storage");
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  return exit_code == 0 ? 0 : 1;
}

}  // namespace cli::shims
