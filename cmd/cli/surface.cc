#include "cmd/cli/surface.h"

#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>

namespace cli {

ExitCode exit_code_of(wire::ErrorCode code) {
  switch (code) {
    case wire::ErrorCode::kNone:
      return kDone;
    case wire::ErrorCode::kNetworkException:
    case wire::ErrorCode::kBrokerNotAvailable:
      return kNoBroker;
    case wire::ErrorCode::kUnknownTopicOrPartition:
    case wire::ErrorCode::kUnknownTopicId:
    case wire::ErrorCode::kGroupIdNotFound:
    case wire::ErrorCode::kTransactionalIdNotFound:
    case wire::ErrorCode::kResourceNotFound:
      return kNotThere;
    case wire::ErrorCode::kInvalidRequest:
      return kWrongUsage;
    default:
      return kFailed;
  }
}

wire::Error wrong(std::string why) {
  return {wire::ErrorCode::kInvalidRequest, std::move(why)};
}

int fail(const std::string& text) {
  std::fprintf(stderr, "error: %s\n", text.c_str());
  return kFailed;
}

int fail(const wire::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.detail.c_str());
  return exit_code_of(error.code);
}

void add_connection(CLI::App& command, Surface& surface) {
  // Not CLI11's envname: verbs share the variable, and the environment would be read for each of them,
  // after the one that was given -b.
  const char* const environment = std::getenv("ODRADEK_BOOTSTRAP");
  surface.bootstrap = environment != nullptr ? environment : "localhost:9092";
  command
      .add_option("-b,--bootstrap-server,--bootstrap", surface.bootstrap,
                  "A broker, host:port; several separated by commas ($ODRADEK_BOOTSTRAP)")
      ->capture_default_str();
  command
      .add_option(
          "--wait", surface.wait,
          "How long to wait for a broker, a topic or a group that is not there yet: 30s, 2m")
      ->check([](const std::string& text) {
        return parse_duration(text) ? std::string()
                                    : "\"" + text + "\" is no duration; 30s, 500ms and 2m are";
      })
      ->capture_default_str();
}

void add_surface(CLI::App& command, Surface& surface) {
  add_connection(command, surface);
  command.add_option("-o,--output", surface.output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

int with_client(const Surface& surface, const std::function<int(Client&)>& action) {
  const ConnectOptions options{.bootstrap = surface.bootstrap,
                               .wait_ms = parse_duration(surface.wait).value_or(0)};
  auto client = Client::connect(options);
  return client.ok() ? action(**client) : fail(client.error());
}

}  // namespace cli
