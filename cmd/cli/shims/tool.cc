#include "cmd/cli/shims/tool.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <fmt/core.h>
#include <unistd.h>

#include "cmd/cli/broker_options.h"
#include "cmd/cli/output.h"

namespace cli::shims {
namespace {

constexpr useconds_t kRetryMicroseconds = 100'000;

wire::Error refuse_as(wire::ErrorCode code, std::string why) {
  return {code, std::move(why)};
}

std::string trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

// In the words of Java's clients, and then why: without the hint that is for the verbs.
wire::Error timed_out(const wire::Error& last) {
  const size_t hint = last.detail.find("): ");
  return {wire::ErrorCode::kRequestTimedOut,
          "Timed out waiting for a node assignment. " +
              (hint == std::string::npos ? last.detail : last.detail.substr(0, hint + 1))};
}

}  // namespace

int failed(const std::string& why) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", why.c_str());
  return 1;
}

wire::TimestampMs now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int usage(std::string_view text, std::span<const OptionRow> rows) {
  std::fprintf(stderr, "%s\n%s", std::string(text).c_str(), help_text(rows).c_str());
  return 1;
}

Parsed parse_tool(std::span<const OptionRow> rows, const Words& words, std::string_view about) {
  auto parsed = ToolOptions::parse(rows, words);
  if (!parsed.ok()) return {ToolOptions(), usage(parsed.error().detail, rows)};
  if (words.empty() || parsed->has("help")) return {*parsed, usage(about, rows)};
  if (parsed->has("version")) {
    std::printf("%s\n", std::string(kToolsVersion).c_str());
    return {*parsed, 0};
  }
  return {std::move(*parsed), std::nullopt};
}

std::optional<std::string> bootstrap_of(const ToolOptions& options) {
  if (auto given = options.value("bootstrap-server")) return given;
  if (!options.has("zookeeper")) return std::nullopt;
  const char* const environment = std::getenv("ODRADEK_BOOTSTRAP");
  const std::string bootstrap = environment != nullptr ? environment : "localhost:9092";
  std::fprintf(
      stderr,
      "Warning: --zookeeper is of an earlier release, and there is no ZooKeeper: the broker "
      "at %s is asked. Use --bootstrap-server instead.\n",
      bootstrap.c_str());
  return bootstrap;
}

PropertyFile parse_pairs(const std::vector<std::string>& words) {
  PropertyFile pairs;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    pairs[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
  }
  return pairs;
}

wire::Result<PropertyFile> read_property_file(const std::string& path) {
  const auto text = read_text(path);
  if (!text.ok())
    return refuse_as(wire::ErrorCode::kInvalidConfig, path + " (No such file or directory)");
  PropertyFile properties;
  for (const std::string& line : split(*text, '\n')) {
    const std::string plain = trim(line);
    if (plain.empty() || plain[0] == '#' || plain[0] == '!') continue;
    const size_t divider = plain.find_first_of("=:");
    properties[trim(plain.substr(0, divider))] =
        divider == std::string::npos ? "" : trim(plain.substr(divider + 1));
  }
  return properties;
}

wire::Result<std::unique_ptr<Client>> connect(const std::string& bootstrap,
                                              const PropertyFile& configs,
                                              std::string_view client_id,
                                              wire::DurationMs timeout_ms) {
  const auto protocol = configs.find("security.protocol");
  if (protocol != configs.end() && protocol->second != "PLAINTEXT") {
    return refuse_as(
        wire::ErrorCode::kUnsupportedVersion,
        fmt::format("security.protocol={}: this tool speaks PLAINTEXT only; use Apache's "
                    "own tool for a listener with TLS or SASL",
                    protocol->second));
  }
  ConnectOptions options{.bootstrap = bootstrap, .client_id = std::string(client_id)};
  const auto own_id = configs.find("client.id");
  if (own_id != configs.end()) options.client_id = own_id->second;
  const auto timeout = configs.find("default.api.timeout.ms");
  const wire::DurationMs patience_ms =
      timeout == configs.end() ? timeout_ms
                               : parse_duration(timeout->second + "ms").value_or(timeout_ms);
  // An init container starts beside the broker: Java's clients ask again, too.  Not by wait_ms, which
  // would wait for topics and groups as well.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  for (;;) {
    auto client = Client::connect(options);
    const bool may_come = !client.ok() && client.error().code == wire::ErrorCode::kNetworkException;
    if (!may_come) return client;
    if (std::chrono::steady_clock::now() >= deadline) return timed_out(client.error());
    ::usleep(kRetryMicroseconds);
  }
}

wire::Result<std::unique_ptr<Client>> connect(const ToolOptions& options,
                                              std::string_view client_id,
                                              wire::DurationMs timeout_ms) {
  PropertyFile configs;
  if (const auto path = options.value("command-config")) {
    auto read = read_property_file(*path);
    if (!read.ok()) return read.error();
    configs = std::move(*read);
  }
  const auto bootstrap = bootstrap_of(options);
  if (!bootstrap) {
    return refuse_as(wire::ErrorCode::kInvalidRequest, "--bootstrap-server must be specified");
  }
  return connect(*bootstrap, configs, client_id, timeout_ms);
}

}  // namespace cli::shims
