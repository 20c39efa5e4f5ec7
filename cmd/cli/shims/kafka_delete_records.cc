// kafka-delete-records: DeleteRecordsCommand of Apache Kafka.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cmd/cli/admin/offsets.h"
#include "cmd/cli/broker_options.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr OptionRow kDeleteRecordsOptions[] = {
    kBootstrapRow,
    kZookeeperRow,
    kCommandConfigRow,
    {"offset-json-file", Takes::kText,
     "REQUIRED: {\"partitions\": [{\"topic\": \"foo\", \"partition\": 1, \"offset\": 1}], "
     "\"version\":1}"},
    kHelpRow,
    kVersionRow,
};

wire::Result<std::map<TopicPartition, wire::Offset>> parse_file(const std::string& text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object()) return wrong("The input string is not a valid JSON");
  if (document.value("version", 1) != 1) {
    return wrong("Not supported version field value " + document["version"].dump());
  }
  const auto partitions = document.find("partitions");
  if (partitions == document.end() || !partitions->is_array()) {
    return wrong("Missing partitions field");
  }
  std::map<TopicPartition, wire::Offset> offsets;
  std::vector<std::string> duplicates;
  for (const auto& entry : *partitions) {
    const bool complete = entry.is_object() && entry.contains("topic") &&
                          entry["topic"].is_string() && entry.contains("partition") &&
                          entry["partition"].is_number_integer() && entry.contains("offset") &&
                          entry["offset"].is_number_integer();
    if (!complete) return wrong("a partition lacks topic, partition or offset: " + entry.dump());
    const TopicPartition partition{entry["topic"].get<std::string>(),
                                   entry["partition"].get<int32_t>()};
    const bool fresh = offsets.emplace(partition, entry["offset"].get<int64_t>()).second;
    if (!fresh) duplicates.push_back(partition.to_string());
  }
  if (!duplicates.empty()) {
    return wrong("Offset json file contains duplicate topic partitions: " + join(duplicates, ","));
  }
  return offsets;
}

}  // namespace

int kafka_delete_records(const Words& words) {
  const Parsed parsed = parse_tool(
      kDeleteRecordsOptions, words,
      "This tool helps to delete records of the given partitions down to the specified offset.");
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  for (const char* needed : {"bootstrap-server", "offset-json-file"}) {
    if (needed == std::string_view("bootstrap-server") && options.has("zookeeper")) continue;
    if (const auto given = require_option(options, needed); !given.ok()) {
      return usage(given.error().detail, kDeleteRecordsOptions);
    }
  }
  const auto text = read_text(options.value_or("offset-json-file", ""));
  if (!text.ok()) return failed(text.error().detail);
  const auto offsets = parse_file(*text);
  if (!offsets.ok()) return failed(offsets.error().detail);
  auto client = connect(options, "adminclient-1");
  if (!client.ok()) return failed(client.error().detail);
  std::printf("Executing records delete operation\n");
  std::fflush(stdout);
  const auto trimmed = delete_records(**client, *offsets);
  if (!trimmed.ok()) return failed(plain_detail(trimmed.error()));
  std::printf("Records delete operation completed:\n");
  for (const auto& [partition, result] : *trimmed) {
    if (result.error == wire::ErrorCode::kNone) {
      std::printf("partition: %s\tlow_watermark: %lld\n", partition.to_string().c_str(),
                  static_cast<long long>(result.low_watermark));
    } else {
      std::printf("partition: %s\terror: %s: %s\n", partition.to_string().c_str(),
                  java_class(result.error).c_str(), java_message(result.error).c_str());
    }
  }
  return 0;
}

}  // namespace cli::shims
