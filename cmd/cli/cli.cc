#include "cmd/cli/cli.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include <CLI/CLI.hpp>

#include "cmd/cli/shims/shims.h"
#include "cmd/cli/suggestion.h"

namespace cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  odradek dev                                 a broker on 127.0.0.1:9092, data in ./odradek-data
  odradek dev --memory --port 0               one for a test: nothing on the disk, any free port
  odradek serve -c server.properties          a broker with Apache Kafka's properties
  odradek topic create tweets -p 3            a topic of three partitions
  echo 'key:hello' | odradek produce tweets -K :
  odradek consume tweets -o start -e          everything there is, then exit
  odradek group describe analytics            how far a group is behind

Exit codes: 0 done; 1 the cluster refused, or something else went wrong; 2 wrong usage; 3 no broker
answers; 4 there is no such topic, partition, group or transactional id.

-b HOST:PORT names the cluster (default: $ODRADEK_BOOTSTRAP, else localhost:9092); --wait 30s waits
for what is not there yet; -o json prints JSON. Every command has its own --help.
)";

// What the program says of a command line that it does not understand.
int refuse(const CLI::App& app, const CLI::ParseError& error,
           const std::vector<std::string>& words) {
  if (const auto meant = suggestion(app, words)) {
    std::fprintf(stderr, "error: %s\n", meant->c_str());
    return kWrongUsage;
  }
  return app.exit(error) == 0 ? kDone : kWrongUsage;
}

}  // namespace

int run(int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (const shims::Tool* tool = argc > 0 ? shims::find_tool(argv[0]) : nullptr) {
    return tool->run(words);
  }
  if (const shims::Tool* tool = words.empty() ? nullptr : shims::find_tool(words[0])) {
    return tool->run({words.begin() + 1, words.end()});
  }
  CLI::App app("Odradek: a broker that speaks Apache Kafka's protocol and keeps its files.",
               "odradek");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  app.set_version_flag("--version", std::string("odradek ") + kVersion);
  int exit_code = 0;
  add_dev(app, exit_code);
  add_up(app, exit_code);
  add_serve(app, exit_code);
  add_storage(app, exit_code);
  add_config(app, exit_code);
  add_topic(app, exit_code);
  add_produce(app, exit_code);
  add_consume(app, exit_code);
  add_group(app, exit_code);
  add_cluster(app, exit_code);
  add_txn(app, exit_code);
  add_quota(app, exit_code);
  add_user(app, exit_code);
  add_acl(app, exit_code);
  add_perf(app, exit_code);
  add_compose(app, exit_code);
  add_doctor(app, exit_code);
  add_log(app, exit_code);
  shims::add_shims(app, exit_code);
  add_completion(app, exit_code);
  add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return refuse(app, error, words);
  }
  return exit_code;
}

void add_version(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("version", "Print the version");
  command->callback([&exit_code] {
    std::printf("odradek %s (speaks the protocol of Apache Kafka 4.3)\n", kVersion);
    exit_code = 0;
  });
}

}  // namespace cli
