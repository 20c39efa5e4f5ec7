// `odradek doctor`: why a client cannot work with a broker, and what to set.
#include <charconv>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/doctor/examine.h"
#include "cmd/cli/doctor/judge.h"
#include "cmd/cli/output.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

struct DoctorOptions {
  Surface surface;
  bool read_only = false;
};

// Colours are for a terminal.
void print_step(const std::string& what, bool ok, const std::string& detail) {
  const bool colours = ::isatty(STDOUT_FILENO) == 1;
  const char* const begin = colours ? (ok ? "\033[32m" : "\033[31m") : "";
  std::printf("%s%-4s%s %s%s%s\n", begin, ok ? "ok" : "NO", colours ? "\033[0m" : "", what.c_str(),
              detail.empty() ? "" : ": ", detail.c_str());
  std::fflush(stdout);
}

void print_verdicts(const std::vector<doctor::Verdict>& verdicts,
                    const doctor::Findings& findings) {
  if (verdicts.empty()) {
    std::printf("\nA client here can work with %s.\n", findings.bootstrap.text().c_str());
    return;
  }
  bool is_compose = false;
  for (const doctor::Verdict& verdict : verdicts) {
    is_compose = is_compose || (verdict.fatal && doctor::is_configured_by_compose(verdict.trouble));
    std::printf("\n%s", verdict.fatal ? "PROBLEM" : "NOTE");
    if (verdict.number() != 0) std::printf(" (class %d)", verdict.number());
    std::printf(": %s\n  %s\n", verdict.what.c_str(), verdict.fix.c_str());
  }
  if (is_compose) {
    std::printf("\nA compose file that works from inside and outside:\n\n%s",
                doctor::compose_snippet(findings).c_str());
  }
}

int examine(const DoctorOptions& options) {
  const std::string first = split(options.surface.bootstrap, ',').front();
  const auto [host, port_text] = split_address(first);
  doctor::ExamineOptions examination{.host = host, .round_trip = !options.read_only};
  const char* const end = port_text.data() + port_text.size();
  const auto parsed = std::from_chars(port_text.data(), end, examination.port);
  if (parsed.ec != std::errc() || parsed.ptr != end || examination.port < 1 ||
      examination.port > UINT16_MAX) {
    return fail(wrong("-b takes host:port"));
  }
  if (options.surface.wait != "0s") {
    // Only that somebody answers is waited for; what it is, is looked at below.
    const auto client = Client::connect(ConnectOptions{
        .bootstrap = first, .wait_ms = parse_duration(options.surface.wait).value_or(0)});
    if (!client.ok()) std::fprintf(stderr, "%s\n", client.error().detail.c_str());
  }
  const bool json = options.surface.json();
  const auto findings = doctor::examine(
      examination, [json](const std::string& what, bool ok, const std::string& detail) {
        if (!json) print_step(what, ok, detail);
      });
  const auto verdicts = doctor::judge(findings);
  const bool healthy = verdicts.empty() || !verdicts.front().fatal;
  if (!json) {
    print_verdicts(verdicts, findings);
    return healthy ? kDone : kFailed;
  }
  Json document = {{"bootstrap", findings.bootstrap.text()}, {"healthy", healthy}};
  document["problems"] = Json::array();
  for (const doctor::Verdict& verdict : verdicts) {
    document["problems"].push_back({{"class", verdict.number()},
                                    {"fatal", verdict.fatal},
                                    {"what", verdict.what},
                                    {"fix", verdict.fix}});
  }
  if (!healthy) document["compose"] = doctor::compose_snippet(findings);
  print_json(document);
  return healthy ? kDone : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("doctor", "Find out why clients here cannot work with a broker");
  command->footer(R"(
Resolves and dials the address, asks versions and metadata, goes to every address that the brokers
advertise, writes and reads a record in a topic of its own, and says what is wrong and what to set.
Run it where the client runs: on the host, or in its container's network. Exit code 1 if a client
cannot work.

Examples:
  odradek doctor -b localhost:9092
  odradek doctor -b kafka:9092 --read-only
  docker run --rm --network mynet odradek odradek doctor -b kafka:9092
)");
  auto options = std::make_shared<DoctorOptions>();
  add_surface(*command, options->surface);
  command->add_flag("--read-only", options->read_only, "Without the scratch topic");
  command->callback([options, &exit_code] { exit_code = examine(*options); });
}

}  // namespace cli
