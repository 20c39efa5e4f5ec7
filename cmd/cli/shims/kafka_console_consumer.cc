// kafka-console-consumer: ConsoleConsumer of Apache Kafka with its DefaultMessageFormatter.
#include <chrono>
#include <cstdio>
#include <set>

#include <fmt/core.h>
#include <unistd.h>

#include "cmd/cli/admin/topics.h"
#include "cmd/cli/interrupt.h"
#include "cmd/cli/records/group_reader.h"
#include "cmd/cli/shims/message_formatter.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/shims/topic_pattern.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr OptionRow kConsoleConsumerOptions[] = {
    {"topic", Takes::kText, "The topic to consume on."},
    {"include|whitelist", Takes::kText, "Regular expression of the topics to include."},
    {"partition", Takes::kInteger, "The partition to consume from; needs --topic."},
    {"offset", Takes::kText, "earliest, latest or an offset; needs --partition."},
    {"command-property|consumer-property", Takes::kText, "name=value of the consumer."},
    {"command-config|consumer.config", Takes::kText, "A file of the same."},
    {"formatter", Takes::kText, "DefaultMessageFormatter, NoOpMessageFormatter."},
    {"formatter-property|property", Takes::kText,
     "print.key, print.value, print.timestamp, print.offset, print.partition, print.headers, "
     "print.epoch, key.separator, line.separator, headers.separator, null.literal, "
     "key.deserializer, value.deserializer."},
    {"formatter-config", Takes::kText, "A file of the same."},
    {"from-beginning", Takes::kNothing, "From the earliest record where nothing is committed."},
    {"max-messages", Takes::kInteger, "Exit after so many."},
    {"timeout-ms", Takes::kLong, "Exit if nothing comes for so long."},
    {"skip-message-on-error", Takes::kNothing, "Accepted."},
    kBootstrapRow,
    kZookeeperRow,
    {"key-deserializer", Takes::kText, "Class of the keys."},
    {"value-deserializer", Takes::kText, "Class of the values."},
    {"enable-systest-events", Takes::kNothing, "Accepted."},
    {"isolation-level", Takes::kText, "read_uncommitted or read_committed."},
    {"group", Takes::kText, "The group to join."},
    {"new-consumer", Takes::kNothing, "Of earlier releases; ignored."},
    kHelpRow,
    kVersionRow,
};

// Kafka's tool warns of the names that 4.2 has replaced (KIP-1147), on the standard output.
void warn_of_old_consumer_names(const ToolOptions& options) {
  constexpr std::pair<const char*, const char*> kRenamed[] = {
      {"consumer-property", "command-property"},
      {"consumer.config", "command-config"},
      {"property", "formatter-property"}};
  for (const auto& [old_name, new_name] : kRenamed) {
    if (options.given_as(old_name)) {
      std::printf(
          "Option --%s is deprecated and will be removed in a future version. Use --%s "
          "instead.\n",
          old_name, new_name);
    }
  }
}

wire::Status check_consumer_options(const ToolOptions& options) {
  if (options.has("topic") == options.has("include")) {
    return wrong("Exactly one of the following arguments is required: [topic], [include]");
  }
  if (options.has("partition")) {
    if (!options.has("topic")) {
      return wrong("The topic is required when partition is specified.");
    }
    if (options.has("from-beginning") && options.has("offset")) {
      return wrong("Options from-beginning and offset cannot be specified together.");
    }
  } else if (options.has("offset")) {
    return wrong("The partition is required when offset is specified.");
  }
  if (!options.has("zookeeper")) return require_option(options, "bootstrap-server");
  return {};
}

// The properties of a file, and over them those of the command line.
wire::Result<PropertyFile> gathered(const ToolOptions& options, const char* file,
                                    const char* property) {
  PropertyFile properties;
  if (const auto path = options.value(file)) {
    auto read = read_property_file(*path);
    if (!read.ok()) return read.error();
    properties = std::move(*read);
  }
  for (const auto& [name, value] : parse_pairs(options.values(property))) properties[name] = value;
  return properties;
}

wire::Result<std::string> group_of(const ToolOptions& options, const PropertyFile& configs) {
  const auto found = configs.find("group.id");
  const std::string in_configs = found == configs.end() ? "" : found->second;
  const std::string given = options.value_or("group", in_configs);
  if (!in_configs.empty() && given != in_configs) {
    return wrong(
        fmt::format("The group ids provided in different places (directly using "
                    "'--group', via '--consumer-property', or via '--consumer.config') do "
                    "not match. Detected group ids: '{}', '{}'",
                    given, in_configs));
  }
  if (!given.empty() && options.has("partition")) {
    return wrong("Options group and partition cannot be specified together.");
  }
  return given;
}

wire::Result<StartPosition> start_of(const ToolOptions& options, const PropertyFile& configs) {
  using Kind = StartPosition::Kind;
  if (const auto text = options.value("offset")) {
    const auto start = parse_start(*text);
    const bool named = *text == "earliest" || *text == "latest";
    if (start && (named || start->kind == Kind::kOffset)) return *start;
    return wrong(
        fmt::format("The provided offset value '{}' is incorrect. Valid values are "
                    "'earliest', 'latest', or a non-negative long.",
                    *text));
  }
  const auto reset = configs.find("auto.offset.reset");
  if (reset != configs.end() && options.has("from-beginning") && reset->second != "earliest") {
    return wrong("Can't simultaneously specify --from-beginning and 'auto.offset.reset=" +
                 reset->second + "', please remove one option");
  }
  const bool earliest =
      options.has("from-beginning") || (reset != configs.end() && reset->second == "earliest");
  return StartPosition{.kind = earliest ? Kind::kEarliest : Kind::kLatest};
}

// Prints until there have been enough records, or none for the time that was given.
class RecordPrinter {
 public:
  RecordPrinter(const MessageFormatter& formatter, const ToolOptions& options)
      : formatter_(formatter),
        max_(options.number_or("max-messages", -1)),
        timeout_ms_(options.number_or("timeout-ms", -1)),
        last_(std::chrono::steady_clock::now()) {}

  bool done() const { return enough() || timed_out() || interrupted(); }
  bool enough() const { return max_ >= 0 && count_ >= max_; }
  bool timed_out() const {
    const auto idle = std::chrono::steady_clock::now() - last_;
    return timeout_ms_ >= 0 && idle > std::chrono::milliseconds(timeout_ms_);
  }
  bool show(const FetchedRecord& fetched) {
    line_.clear();
    formatter_.append(fetched, line_);
    std::fwrite(line_.data(), 1, line_.size(), stdout);
    ++count_;
    last_ = std::chrono::steady_clock::now();
    return !enough();
  }
  int64_t count() const { return count_; }
  int32_t max_wait_ms() const {
    return timeout_ms_ < 0 ? 500 : static_cast<int32_t>(std::clamp<int64_t>(timeout_ms_, 1, 500));
  }

 private:
  const MessageFormatter& formatter_;
  const int64_t max_;
  const int64_t timeout_ms_;
  std::string line_;
  int64_t count_ = 0;
  std::chrono::steady_clock::time_point last_;
};

// The topics that --topic or --include means; waits for one that is not there yet.
wire::Result<std::vector<std::string>> topics_of(Client& client, const ToolOptions& options,
                                                 const RecordPrinter& printer) {
  if (const auto include = options.value("include")) {
    const TopicPattern pattern(*include);
    if (!pattern.ok()) return wrong(*include + " is an invalid regex.");
    const auto all = list_topics(client);
    if (!all.ok()) return all.error();
    std::vector<std::string> topics;
    for (const TopicDescription& topic : *all) {
      if (!topic.internal && pattern.matches(topic.name)) topics.push_back(topic.name);
    }
    return topics;
  }
  const std::string topic = options.value_or("topic", "");
  bool warned = false;
  for (;;) {
    const auto places = client.partitions(topic, Client::Create::kYes);
    if (places.ok()) return std::vector<std::string>{topic};
    if (places.error().code != wire::ErrorCode::kUnknownTopicOrPartition || printer.done()) {
      return places.error();
    }
    if (!warned) std::fprintf(stderr, "WARN topic %s is not there (yet)\n", topic.c_str());
    warned = true;
  }
}

template <typename Reader>
wire::Status print_all(Reader& reader, RecordPrinter& printer) {
  while (!printer.done()) {
    const auto polled =
        reader.poll([&](const FetchedRecord& fetched) { return printer.show(fetched); });
    if (!polled.ok()) return polled;
    if (std::fflush(stdout) != 0) {
      std::fprintf(stderr, "Unable to write to standard out, closing consumer.\n");
      return {};
    }
  }
  return {};
}

struct Reading {
  ReaderOptions options;
  wire::DurationMs commit_interval_ms = 5'000;
  StartPosition start;
  std::string group;
};

wire::Status consume(Client& client, const ToolOptions& options, const Reading& reading,
                     RecordPrinter& printer) {
  const auto topics = topics_of(client, options, printer);
  if (!topics.ok()) return topics.error();
  if (!reading.group.empty()) {
    GroupReader reader(
        client, reading.group, *topics,
        {.reader = reading.options, .commit_interval_ms = reading.commit_interval_ms});
    const auto read = print_all(reader, printer);
    const auto closed = reader.close();
    return read.ok() ? closed : read;
  }
  std::set<TopicPartition> partitions;
  for (const std::string& topic : *topics) {
    const auto all = partitions_of(client, topic);
    if (!all.ok()) return all.error();
    partitions.insert(all->begin(), all->end());
  }
  if (options.has("partition")) {
    const auto index = static_cast<wire::PartitionIndex>(options.number("partition"));
    partitions = {{topics->front(), index}};
  }
  const auto positions =
      start_offsets(client, partitions, reading.start, reading.options.isolation);
  if (!positions.ok()) return positions.error();
  RecordReader reader(client, reading.options);
  reader.assign(*positions);
  return print_all(reader, printer);
}

}  // namespace

int kafka_console_consumer(const Words& words) {
  const Parsed parsed = parse_tool(
      kConsoleConsumerOptions, words,
      "This tool helps to read data from Kafka topics and outputs it to standard output.");
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  if (const auto checked = check_consumer_options(options); !checked.ok()) {
    return usage(checked.error().detail, kConsoleConsumerOptions);
  }
  warn_of_old_consumer_names(options);
  const auto configs = gathered(options, "command-config", "command-property");
  if (!configs.ok()) return usage(configs.error().detail, kConsoleConsumerOptions);
  auto properties = gathered(options, "formatter-config", "formatter-property");
  if (!properties.ok()) return usage(properties.error().detail, kConsoleConsumerOptions);
  for (const char* name : {"key-deserializer", "value-deserializer"}) {
    std::string property = name;
    property[property.find('-')] = '.';
    if (const auto given = options.value(name)) (*properties)[property] = *given;
  }
  const auto formatter = MessageFormatter::create(options.value_or("formatter", ""), *properties);
  if (!formatter.ok()) return usage(formatter.error().detail, kConsoleConsumerOptions);
  Reading reading;
  const auto group = group_of(options, *configs);
  if (!group.ok()) return usage(group.error().detail, kConsoleConsumerOptions);
  reading.group = *group;
  const auto start = start_of(options, *configs);
  if (!start.ok()) return usage(start.error().detail, kConsoleConsumerOptions);
  reading.start = *start;
  const bool committed =
      options.value_or("isolation-level", "") == "read_committed" ||
      (configs->contains("isolation.level") && configs->at("isolation.level") == "read_committed");
  RecordPrinter printer(*formatter, options);
  reading.options = {
      .isolation = committed ? Isolation::kReadCommitted : Isolation::kReadUncommitted,
      .max_wait_ms = printer.max_wait_ms()};
  reading.options.reset = start->kind == StartPosition::Kind::kEarliest ? *start : StartPosition();
  if (const auto interval = configs->find("auto.commit.interval.ms"); interval != configs->end()) {
    reading.commit_interval_ms = parse_duration(interval->second + "ms").value_or(5'000);
  }
  watch_for_interrupt();
  auto client = connect(*bootstrap_of(options), *configs, "console-consumer");
  const auto read =
      client.ok() ? consume(**client, options, reading, printer) : wire::Status(client.error());
  if (!read.ok() && !printer.timed_out()) {
    std::fprintf(stderr, "ERROR Error processing message, terminating consumer process: %s: %s\n",
                 java_class(read.error().code).c_str(), plain_detail(read.error()).c_str());
  }
  std::fflush(stdout);
  std::fprintf(stderr, "Processed a total of %lld messages\n",
               static_cast<long long>(printer.count()));
  return client.ok() ? 0 : 1;
}

}  // namespace cli::shims
