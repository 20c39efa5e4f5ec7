// The command line: one file a command, each of which adds itself to the program.
#pragma once

#include <string>

#include "cmd/cli/surface.h"

namespace CLI {
class App;
}

namespace cli {

inline constexpr const char* kVersion = "0.1.0";

// Runs the program, as itself or, by the name that it was called by, as one of the tools of
// shims/shims.h.  What it returns is the exit code.
int run(int argc, char** argv);

// Each adds a command whose callback sets `exit_code`.
void add_serve(CLI::App& app, int& exit_code);
void add_dev(CLI::App& app, int& exit_code);
void add_up(CLI::App& app, int& exit_code);
void add_topic(CLI::App& app, int& exit_code);
void add_produce(CLI::App& app, int& exit_code);
void add_consume(CLI::App& app, int& exit_code);
void add_group(CLI::App& app, int& exit_code);
void add_config(CLI::App& app, int& exit_code);
void add_cluster(CLI::App& app, int& exit_code);
void add_txn(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_perf(CLI::App& app, int& exit_code);
void add_compose(CLI::App& app, int& exit_code);
void add_quota(CLI::App& app, int& exit_code);
void add_user(CLI::App& app, int& exit_code);
void add_acl(CLI::App& app, int& exit_code);
void add_log(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app, int& exit_code);
void add_storage(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

}  // namespace cli
