// `odradek compose`: print, convert.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include <CLI/CLI.hpp>

#include "cmd/cli/broker_options.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/compose/compose_file.h"

namespace cli {
namespace {

struct ConvertOptions {
  std::string file;
  std::string image = "odradek";
};

int convert_file(const ConvertOptions& options) {
  std::string text;
  if (options.file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    auto read = read_text(options.file);
    if (!read.ok()) return fail(read.error().detail);
    text = *std::move(read);
  }
  const auto converted = compose::convert(text, options.image);
  if (!converted.ok()) return fail(options.file + ": " + converted.error().detail);
  for (const std::string& change : converted->changes) std::fprintf(stderr, "%s\n", change.c_str());
  std::printf("%s", converted->text.c_str());
  return kDone;
}

}  // namespace

void add_compose(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("compose", "Compose files: one that works, and old ones made to");
  command->require_subcommand(1);
  command->footer(R"(
Examples:
  odradek compose print > docker-compose.yml
  odradek compose convert old/docker-compose.yml > docker-compose.yml
)");
  auto printed = std::make_shared<compose::ServiceOptions>();
  auto* print = command->add_subcommand(
      "print", "Print a file with a broker that is reached from everywhere");
  print->footer(
      "\nExamples:\n  odradek compose print\n  odradek compose print --port 19092 --service "
      "broker\n");
  print->add_option("--service", printed->service, "Its name, by which other containers reach it")
      ->capture_default_str();
  print->add_option("--image", printed->image, "The image")->capture_default_str();
  print->add_option("--port", printed->port, "Port on the host")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  print->callback([printed, &exit_code] {
    std::printf("%s", compose::compose_file(*printed).c_str());
    exit_code = kDone;
  });
  auto told = std::make_shared<ConvertOptions>();
  auto* convert = command->add_subcommand(
      "convert", "Print a file with this broker in the place of Kafka and its ZooKeeper");
  convert->footer(R"(
What was changed is told on the standard error. Comments are not kept, anchors are written out.

Examples:
  odradek compose convert docker-compose.yml > docker-compose.odradek.yml
)");
  convert->add_option("file", told->file, "A compose file; - is the standard input")->required();
  convert->add_option("--image", told->image, "The image")->capture_default_str();
  convert->callback([told, &exit_code] { exit_code = convert_file(*told); });
}

}  // namespace cli
