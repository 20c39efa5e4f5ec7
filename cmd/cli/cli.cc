#include "cmd/cli/cli.h"

#include <cstdio>

#include <CLI/CLI.hpp>

namespace cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  odradek dev                                 a broker on 127.0.0.1:9092, data in ./odradek-data
  odradek dev --memory --port 0               one for a test: nothing on the disk, any free port
  odradek serve -c server.properties          a broker with Apache Kafka's properties
  odradek topic create tweets -p 3            a topic of three partitions
  echo 'key:hello' | odradek produce tweets -K :
  odradek consume tweets --from-beginning -e  everything there is, then exit
)";

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Odradek: a broker that speaks Apache Kafka's protocol and keeps its files.",
               "odradek");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  app.set_version_flag("--version", std::string("odradek ") + kVersion);
  int exit_code = 0;
  add_dev(app, exit_code);
  add_serve(app, exit_code);
  add_storage(app, exit_code);
  add_config(app, exit_code);
  add_topic(app, exit_code);
  add_produce(app, exit_code);
  add_consume(app, exit_code);
  add_group(app, exit_code);
  add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}

int fail(const std::string& text) {
  std::fprintf(stderr, "error: %s\n", text.c_str());
  return 1;
}

void add_version(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("version", "Print the version");
  command->callback([&exit_code] {
    std::printf("odradek %s (speaks the protocol of Apache Kafka 4.3)\n", kVersion);
    exit_code = 0;
  });
}

}  // namespace cli
