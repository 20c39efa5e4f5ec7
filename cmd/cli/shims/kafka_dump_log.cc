// kafka-dump-log: DumpLogSegments of Apache Kafka.
#include <cstdio>

#include "cmd/cli/output.h"
#include "cmd/cli/records/segment_dump.h"
#include "cmd/cli/shims/tool.h"

namespace cli::shims {
namespace {

constexpr OptionRow kDumpLogOptions[] = {
    {"files", Takes::kText, "REQUIRED: the files, divided by commas."},
    {"print-data-log", Takes::kNothing, "Keys and values, too."},
    {"deep-iteration", Takes::kNothing, "Each record of a batch."},
    {"skip-record-metadata", Takes::kNothing, "Keys and values only."},
    {"cluster-metadata-decoder", Takes::kNothing, "Values are records of the metadata log."},
    {"max-bytes", Takes::kInteger, "So many bytes of a log."},
    {"max-message-size", Takes::kInteger, "Accepted."},
    {"index-sanity-check", Takes::kNothing, "Accepted."},
    {"verify-index-only", Takes::kNothing, "Accepted."},
    {"key-decoder-class", Takes::kText, "Accepted; keys are text."},
    {"value-decoder-class", Takes::kText, "Accepted; values are text."},
    {"offsets-decoder", Takes::kNothing, "Not here."},
    {"transaction-log-decoder", Takes::kNothing, "Not here."},
    {"share-group-state-decoder", Takes::kNothing, "Not here."},
    {"remote-log-metadata-decoder", Takes::kNothing, "Not here."},
    kHelpRow,
    kVersionRow,
};

}  // namespace

int kafka_dump_log(const Words& words) {
  const Parsed parsed =
      parse_tool(kDumpLogOptions, words,
                 "This tool helps to parse a log file and dump its contents to the "
                 "console, useful for debugging a seemingly corrupt log segment.");
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  if (const auto given = require_option(options, "files"); !given.ok()) {
    return usage(given.error().detail, kDumpLogOptions);
  }
  for (const char* decoder : {"offsets-decoder", "transaction-log-decoder",
                              "share-group-state-decoder", "remote-log-metadata-decoder"}) {
    if (options.has(decoder)) {
      std::fprintf(stderr, "--%s is not part of this tool; Apache's own has it\n", decoder);
      return 1;
    }
  }
  SegmentDumpOptions dumping;
  const bool metadata = options.has("cluster-metadata-decoder");
  dumping.payloads = options.has("print-data-log") || metadata;
  dumping.skip_record_metadata = options.has("skip-record-metadata");
  dumping.records =
      dumping.payloads || options.has("deep-iteration") || dumping.skip_record_metadata;
  if (metadata) dumping.payload = SegmentDumpOptions::Payload::kMetadata;
  dumping.bytes_max = options.number_or("max-bytes", INT32_MAX);
  for (const std::string& path : split(options.value_or("files", ""), ',')) {
    const auto dump = dump_segment_file(path, dumping);
    if (!dump.ok()) {
      std::fprintf(stderr, "%s\n", dump.error().detail.c_str());
      return 1;
    }
    std::fwrite(dump->text.data(), 1, dump->text.size(), stdout);
    std::fflush(stdout);
    for (const std::string& problem : dump->problems) std::fprintf(stderr, "%s\n", problem.c_str());
  }
  return 0;
}

}  // namespace cli::shims
