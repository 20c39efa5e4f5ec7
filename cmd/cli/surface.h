// What the verbs have in common: where the cluster is, how an answer is printed, how long to wait.
#pragma once

#include <functional>
#include <string>

#include "cmd/cli/client.h"
#include "wire/base/result.h"

namespace CLI {
class App;
}

namespace cli {

// What the program ends with, so that a script need not read what it printed.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,      // the cluster refused, or something else went wrong
  kWrongUsage = 2,  // the command line makes no sense
  kNoBroker = 3,    // no broker answers, or the connection was lost
  kNotThere = 4,    // there is no such topic, partition, group or transactional id
};
ExitCode exit_code_of(wire::ErrorCode code);

// Prints `error: <text>` and returns kFailed.
int fail(const std::string& text);
// The same with the exit code that belongs to the error.
int fail(const wire::Error& error);

// What is wrong with a command line, or with what it asks for (INVALID_REQUEST).
wire::Error wrong(std::string why);

struct Surface {
  std::string bootstrap;
  std::string wait = "0s";
  std::string output = "table";

  bool json() const { return output == "json"; }
};

// -b / --bootstrap-server, default $ODRADEK_BOOTSTRAP or localhost:9092, and --wait.
void add_connection(CLI::App& command, Surface& surface);
// The same and -o / --output.
void add_surface(CLI::App& command, Surface& surface);

// Connects as it was told and lets `action` work, whose exit code is returned.
int with_client(const Surface& surface, const std::function<int(Client&)>& action);

}  // namespace cli
