// kafka-console-producer: ConsoleProducer of Apache Kafka with its LineMessageReader.
#include <cstdio>

#include <fmt/core.h>
#include <strings.h>
#include <unistd.h>

#include "cmd/cli/records/line_source.h"
#include "cmd/cli/records/producer.h"
#include "cmd/cli/shims/line_message.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr OptionRow kConsoleProducerOptions[] = {
    {"topic", Takes::kText, "REQUIRED: The topic name to produce messages to."},
    kBootstrapRow,
    kZookeeperRow,
    {"sync", Takes::kNothing, "Each record is acknowledged before the next is sent."},
    {"compression-codec", Takes::kOptionalText,
     "'none', 'gzip', 'snappy', 'lz4' or 'zstd'; gzip without a value."},
    {"batch-size|max-partition-memory-bytes", Takes::kInteger, "Bytes of a batch."},
    {"message-send-max-retries", Takes::kInteger, "Accepted; refusals that pass are tried again."},
    {"retry-backoff-ms", Takes::kLong, "Accepted."},
    {"timeout", Takes::kLong, "Accepted; what has been read is sent when nothing more is there."},
    {"request-required-acks", Takes::kText, "all, -1, 1 or 0."},
    {"request-timeout-ms", Takes::kInteger, "How long the broker may take."},
    {"metadata-expiry-ms", Takes::kLong, "Accepted."},
    {"max-block-ms", Takes::kLong, "How long to wait for a broker."},
    {"max-memory-bytes", Takes::kLong, "Accepted."},
    {"line-reader", Takes::kText, "Accepted if it is LineMessageReader."},
    {"socket-buffer-size", Takes::kInteger, "Accepted."},
    {"reader-property|property", Takes::kText,
     "parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, "
     "headers.key.separator, ignore.error, null.marker."},
    {"reader-config", Takes::kText, "A file of the same."},
    {"command-property|producer-property", Takes::kText, "name=value of the producer."},
    {"command-config|producer.config", Takes::kText, "A file of the same."},
    {"old-producer|new-producer", Takes::kNothing, "Of earlier releases; ignored."},
    kHelpRow,
    kVersionRow,
};

// Kafka's tools warn of the names that 4.2 has replaced (KIP-1147), on the standard output.
void warn_of_old_producer_names(const ToolOptions& options) {
  constexpr std::pair<const char*, const char*> kRenamed[] = {
      {"producer-property", "command-property"},
      {"producer.config", "command-config"},
      {"property", "reader-property"}};
  for (const auto& [old_name, new_name] : kRenamed) {
    if (options.given_as(old_name)) {
      std::printf(
          "Warning: --%s is deprecated and will be removed in a future version. Use --%s "
          "instead.\n",
          old_name, new_name);
    }
  }
  if (options.given_as("max-partition-memory-bytes")) {
    std::printf(
        "Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka "
        "5.0. Use --batch-size instead.\n");
  }
}

std::string text_or(const PropertyFile& properties, const char* name, std::string otherwise) {
  const auto found = properties.find(name);
  return found == properties.end() ? otherwise : found->second;
}

wire::Result<ProducerOptions> producer_options(const ToolOptions& options,
                                               const PropertyFile& configs) {
  ProducerOptions producer{.topic = options.value_or("topic", "")};
  const std::string codec =
      options.has("compression-codec") ? options.value_or("compression-codec", "gzip") : "none";
  const auto type = wire::compression_by_name(codec);
  if (!type) {
    return wrong("Unknown compression name: " + codec);
  }
  producer.compression.type = *type;
  const std::string acks = options.has("request-required-acks")
                               ? options.value_or("request-required-acks", "-1")
                               : text_or(configs, "acks", "-1");
  if (acks != "all" && acks != "-1" && acks != "1" && acks != "0") {
    return wrong(
        fmt::format("Invalid value {} for configuration acks: String must be one of: "
                    "all, -1, 0, 1",
                    acks));
  }
  producer.acks = static_cast<int16_t>(acks == "all" || acks == "-1" ? -1 : acks == "1" ? 1 : 0);
  return producer;
}

// A prompt is for somebody who types.
bool is_interactive() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

wire::Status send_messages(const LineMessageFormat& format, bool sync, Producer& producer) {
  LineSource lines(STDIN_FILENO);
  const bool prompt = is_interactive();
  std::string line;
  for (int64_t number = 1;; ++number) {
    if (prompt) {
      std::printf(">");
      std::fflush(stdout);
    }
    if (lines.would_wait()) {
      if (auto flushed = producer.flush(); !flushed.ok()) return flushed;
    }
    if (!lines.next(line)) {
      auto flushed = producer.flush();
      return flushed.ok() ? lines.end() : flushed;
    }
    if (line.ends_with('\r')) line.pop_back();  // as Java's readLine
    auto record = format.parse(line, number);
    if (!record.ok()) {
      // What came before it is sent.
      auto flushed = producer.flush();
      return flushed.ok() ? wire::Status(record.error()) : flushed;
    }
    if (auto added = producer.add(*record); !added.ok()) return added;
    if (!sync) continue;
    if (auto flushed = producer.flush(); !flushed.ok()) return flushed;
  }
}

}  // namespace

int kafka_console_producer(const Words& words) {
  const Parsed parsed =
      parse_tool(kConsoleProducerOptions, words,
                 "This tool helps to read data from standard input and publish it to Kafka.");
  if (parsed.exit_code) return *parsed.exit_code;
  const ToolOptions& options = parsed.options;
  if (const auto given = require_option(options, "topic"); !given.ok()) {
    return usage(given.error().detail, kConsoleProducerOptions);
  }
  warn_of_old_producer_names(options);
  const auto bootstrap = bootstrap_of(options);
  if (!bootstrap)
    return usage("Error while validating the bootstrap address\n", kConsoleProducerOptions);
  PropertyFile configs;
  if (const auto path = options.value("command-config")) {
    auto read = read_property_file(*path);
    if (!read.ok()) return failed(read.error().detail);
    configs = std::move(*read);
  }
  for (const auto& [name, value] : parse_pairs(options.values("command-property"))) {
    configs[name] = value;
  }
  PropertyFile reader;
  if (const auto path = options.value("reader-config")) {
    auto read = read_property_file(*path);
    if (!read.ok()) return failed(read.error().detail);
    reader = std::move(*read);
  }
  for (const auto& [name, value] : parse_pairs(options.values("reader-property"))) {
    reader[name] = value;
  }
  const auto format = LineMessageFormat::create(reader);
  if (!format.ok())
    return failed("org.apache.kafka.common.KafkaException: " + format.error().detail);
  auto settings = producer_options(options, configs);
  if (!settings.ok()) {
    return failed("org.apache.kafka.common.config.ConfigException: " + settings.error().detail);
  }
  auto client =
      connect(*bootstrap, configs, "console-producer", options.number_or("max-block-ms", 60'000));
  if (!client.ok()) return failed(client.error().detail);
  auto producer = Producer::open(**client, std::move(*settings));
  if (!producer.ok()) return failed(producer.error().detail);
  const auto sent = send_messages(*format, options.has("sync"), **producer);
  if (sent.ok()) return 0;
  if (sent.error().code == wire::ErrorCode::kInvalidRequest) {
    return failed("org.apache.kafka.common.KafkaException: " + sent.error().detail);
  }
  return failed(fmt::format("ERROR Error when sending message to topic {} with error: {}: {}",
                            options.value_or("topic", ""), java_class(sent.error().code),
                            plain_detail(sent.error())));
}

}  // namespace cli::shims
