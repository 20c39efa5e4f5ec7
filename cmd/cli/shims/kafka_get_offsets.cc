// kafka-get-offsets: GetOffsetShell of Apache Kafka.
#include <charconv>
#include <climits>
#include <cstdio>

#include <fmt/core.h>

#include "cmd/cli/admin/offsets.h"
#include "cmd/cli/admin/topics.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/shims/topic_pattern.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr OptionRow kGetOffsetsOptions[] = {
    kBootstrapRow,
    kZookeeperRow,
    kCommandConfigRow,
    {"topic-partitions", Takes::kText, "topic:partitions,...: a number, N-M, N- or -M, or none."},
    {"topic", Takes::kText, "The topic; a regular expression. All if it is not given."},
    {"partitions", Takes::kText, "Partitions, divided by commas. All if they are not given."},
    {"time", Takes::kText,
     "A timestamp, or -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / "
     "-5 or latest-tiered / -6 or earliest-pending-upload."},
    {"exclude-internal-topics", Takes::kNothing, "Without internal topics."},
    {"offsets|max-wait-ms", Takes::kText, "Of earlier releases; ignored."},
    kHelpRow,
    kVersionRow,
};

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

wire::Result<wire::TimestampMs> parse_spec(const std::string& text) {
  constexpr std::pair<std::string_view, wire::TimestampMs> kNames[] = {
      {"latest", kLatestTime},
      {"earliest", kEarliestTime},
      {"max-timestamp", kMaxTimestampTime},
      {"earliest-local", kEarliestLocalTime},
      {"latest-tiered", kLatestTieredTime},
      {"earliest-pending-upload", kEarliestPendingTime}};
  for (const auto& [name, time] : kNames) {
    if (text == name) return time;
  }
  if (const auto time = number<int64_t>(text)) return *time;
  return wrong(
      "Malformed time argument " + text +
      ". Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or "
      "earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified "
      "long format timestamp");
}

// One alternative of --topic-partitions.
struct Rule {
  TopicPattern topic;
  int32_t from = 0;
  int32_t below = INT_MAX;
};

wire::Result<Rule> parse_rule(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string topic = text.substr(0, colon);
  Rule rule{.topic = TopicPattern(topic.empty() ? ".*" : topic)};
  if (colon == std::string::npos) return rule;
  const std::string range = text.substr(colon + 1);
  const size_t dash = range.find('-');
  const std::string first = range.substr(0, dash);
  const auto from = number<int32_t>(first);
  if (dash == std::string::npos && !first.empty() && from) {
    rule.from = *from;
    rule.below = *from + 1;
    return rule;
  }
  const std::string second = dash == std::string::npos ? "" : range.substr(dash + 1);
  const auto below = number<int32_t>(second);
  if ((!first.empty() && !from) || (!second.empty() && !below)) {
    return wrong("Invalid rule specification: " + text);
  }
  rule.from = from.value_or(0);
  rule.below = below.value_or(INT_MAX);
  return rule;
}

// Which partitions are asked for.
class Filter {
 public:
  static wire::Result<Filter> create(const ToolOptions& options) {
    Filter filter;
    if (const auto patterns = options.value("topic-partitions")) {
      for (const std::string& text : split(*patterns, ',')) {
        auto rule = parse_rule(text);
        if (!rule.ok()) return rule.error();
        filter.rules_.push_back(std::move(*rule));
      }
      return filter;
    }
    filter.rules_.push_back({.topic = TopicPattern(options.value_or("topic", ".*"))});
    const std::string partitions = options.value_or("partitions", "");
    if (partitions.empty()) return filter;
    for (const std::string& text : split(partitions, ',')) {
      const auto index = number<int32_t>(text);
      if (!index) {
        return wrong(
            "--partitions expects a comma separated list of numeric partition ids, but "
            "received: " +
            partitions);
      }
      filter.partitions_.insert(*index);
    }
    return filter;
  }

  bool admits(const std::string& topic, wire::PartitionIndex index) const {
    if (!partitions_.empty() && !partitions_.contains(index)) return false;
    for (const Rule& rule : rules_) {
      if (rule.topic.matches(topic) && index >= rule.from && index < rule.below) return true;
    }
    return false;
  }

 private:
  std::vector<Rule> rules_;
  std::set<wire::PartitionIndex> partitions_;
};

int offsets_failed(const std::string& why) {
  std::fprintf(stderr, "Error occurred: %s\n", why.c_str());
  return 1;
}

int print_offsets(Client& client, const ToolOptions& options, const Filter& filter,
                  wire::TimestampMs time) {
  const auto topics = list_topics(client);
  if (!topics.ok()) return offsets_failed(plain_detail(topics.error()));
  std::set<TopicPartition> wanted;
  for (const TopicDescription& topic : *topics) {
    if (topic.internal && options.has("exclude-internal-topics")) continue;
    for (const PartitionState& partition : topic.partitions) {
      if (filter.admits(topic.name, partition.index)) wanted.insert({topic.name, partition.index});
    }
  }
  if (wanted.empty()) {
    return offsets_failed("Could not match any topic-partitions with the specified filters");
  }
  const auto offsets = list_offsets(client, wanted, time);
  if (!offsets.ok()) return offsets_failed(plain_detail(offsets.error()));
  // By "topic-partition" as text, as Apache's tool sorts them.
  std::map<std::string, std::string> lines;
  for (const auto& [partition, answer] : *offsets) {
    if (answer.error != wire::ErrorCode::kNone) {
      std::fprintf(stderr, "Skip getting offsets for topic-partition %s due to error: %s: %s\n",
                   partition.to_string().c_str(), java_class(answer.error).c_str(),
                   java_message(answer.error).c_str());
    } else if (answer.offset != wire::kNoOffset) {
      lines[partition.to_string()] =
          fmt::format("{}:{}:{}", partition.topic, partition.partition, answer.offset);
    }
  }
  for (const auto& [name, line] : lines) std::printf("%s\n", line.c_str());
  return 0;
}

}  // namespace

int kafka_get_offsets(const Words& words) {
  constexpr std::string_view kAbout = "An interactive shell for getting topic-partition offsets.";
  const auto tried = ToolOptions::parse(kGetOffsetsOptions, words);
  if (!tried.ok()) return offsets_failed(tried.error().detail);
  const Parsed parsed = parse_tool(kGetOffsetsOptions, words, kAbout);
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  const auto bootstrap = bootstrap_of(options);
  if (!bootstrap)
    return usage("Missing required argument \"[bootstrap-server]\"", kGetOffsetsOptions);
  if (options.has("topic-partitions") && (options.has("topic") || options.has("partitions"))) {
    return offsets_failed("--topic-partitions cannot be used with --topic or --partitions");
  }
  const auto time = parse_spec(options.value_or("time", "latest"));
  if (!time.ok()) return offsets_failed(time.error().detail);
  const auto filter = Filter::create(options);
  if (!filter.ok()) return offsets_failed(filter.error().detail);
  auto client = connect(options, "GetOffsetShell");
  if (!client.ok()) return offsets_failed(client.error().detail);
  return print_offsets(**client, options, *filter, *time);
}

}  // namespace cli::shims
