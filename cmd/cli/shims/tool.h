// What Kafka's tools have in common: how they find the cluster, wait for it, and complain.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cmd/cli/client.h"
#include "cmd/cli/shims/shims.h"
#include "cmd/cli/shims/tool_options.h"

namespace cli::shims {

// The release whose tools these are.
inline constexpr std::string_view kToolsVersion = "4.3.1";

// The rows that every tool has.
inline constexpr OptionRow kBootstrapRow = {"bootstrap-server|broker-list|brokers", Takes::kText,
                                            "The Kafka server to connect to."};
inline constexpr OptionRow kZookeeperRow = {
    "zookeeper", Takes::kText, "Of earlier releases; the broker at localhost:9092 is asked."};
inline constexpr OptionRow kCommandConfigRow = {"command-config", Takes::kText,
                                                "Property file with configs of the client."};
inline constexpr OptionRow kHelpRow = {"help|h", Takes::kNothing, "Print usage information."};
inline constexpr OptionRow kVersionRow = {"version", Takes::kNothing, "Display Kafka version."};

// Prints the text and the table of options on the standard error; 1, as Kafka's tools end.
int usage(std::string_view text, std::span<const OptionRow> rows);

// Prints what went wrong on the standard error, behind what the tool has printed; 1.
int failed(const std::string& why);

// By the system clock.
wire::TimestampMs now_ms();

// Parses; an exit code if the tool ends here: help, version, wrong usage.  `about` is what --help says.
struct Parsed {
  ToolOptions options;
  std::optional<int> exit_code;
};
Parsed parse_tool(std::span<const OptionRow> rows, const Words& words, std::string_view about);

// --bootstrap-server, or what takes its place (a line on the standard error says so); nothing if the
// tool was not told.
std::optional<std::string> bootstrap_of(const ToolOptions& options);

// A properties file: name=value a line.  INVALID_CONFIG if it cannot be read.
using PropertyFile = std::map<std::string, std::string>;
wire::Result<PropertyFile> read_property_file(const std::string& path);
// name=value words.
PropertyFile parse_pairs(const std::vector<std::string>& words);

// Connects as Kafka's clients do: tries for as long as `default.api.timeout.ms`, or a minute.
// UNSUPPORTED_FEATURE in one sentence if the configs ask for TLS or SASL.
wire::Result<std::unique_ptr<Client>> connect(const std::string& bootstrap,
                                              const PropertyFile& configs,
                                              std::string_view client_id,
                                              wire::DurationMs timeout_ms = 60'000);
// With --command-config.
wire::Result<std::unique_ptr<Client>> connect(const ToolOptions& options,
                                              std::string_view client_id,
                                              wire::DurationMs timeout_ms = 60'000);

// How Java names and words an error.
std::string java_class(wire::ErrorCode code);    // "org.apache.kafka...TopicExistsException"
std::string java_message(wire::ErrorCode code);  // Kafka's words of the code
// The broker's words if it sent some, else Kafka's words of the code.
std::string java_message(wire::ErrorCode code, const std::string& broker_message);
// Without the code's name, with which the verbs begin it.
std::string plain_detail(const wire::Error& error);

}  // namespace cli::shims
