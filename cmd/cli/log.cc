// `odradek log dump`: what is in the files of a partition.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cmd/cli/cli.h"
#include "cmd/cli/records/segment_dump.h"

namespace cli {
namespace {

struct LogOptions {
  std::vector<std::string> files;
  bool batches_only = false;
  bool metadata = false;
};

int dump(const LogOptions& options) {
  SegmentDumpOptions dumping{.records = !options.batches_only, .payloads = !options.batches_only};
  if (options.metadata) dumping.payload = SegmentDumpOptions::Payload::kMetadata;
  int exit_code = kDone;
  for (const std::string& path : options.files) {
    const auto dumped = dump_segment_file(path, dumping);
    if (!dumped.ok()) return fail(dumped.error());
    std::fwrite(dumped->text.data(), 1, dumped->text.size(), stdout);
    for (const std::string& problem : dumped->problems) exit_code = fail(problem);
  }
  return exit_code;
}

}  // namespace

void add_log(CLI::App& app, int& exit_code) {
  auto* log = app.add_subcommand("log", "Look into the files of partitions");
  log->require_subcommand(1);
  auto* dumping = log->add_subcommand("dump", "Print what is in segments, indexes and snapshots");
  dumping->footer(R"(
The broker need not run. Exit code 1 if a file is damaged.

Examples:
  odradek log dump odradek-data/logs/tweets-0/00000000000000000000.log
  odradek log dump --batches odradek-data/logs/tweets-0/*.log
  odradek log dump --metadata odradek-data/logs/__cluster_metadata-0/*.log
)");
  auto options = std::make_shared<LogOptions>();
  dumping
      ->add_option("file", options->files,
                   ".log, .index, .timeindex, .txnindex, .snapshot, "
                   ".checkpoint")
      ->required();
  dumping->add_flag("--batches", options->batches_only, "Batches only, not their records");
  dumping->add_flag("--metadata", options->metadata, "The values are records of the metadata log");
  dumping->callback([options, &exit_code] { exit_code = dump(*options); });
}

}  // namespace cli
