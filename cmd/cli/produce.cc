// `odradek produce`: each line of a file or of standard input is a record.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/records/format.h"
#include "cmd/cli/records/line_source.h"
#include "cmd/cli/records/producer.h"
#include "cmd/cli/surface.h"

namespace cli {
namespace {

using ParsedJson = nlohmann::json;

struct ProduceOptions {
  Surface surface;
  std::string topic;
  std::string file;
  std::string key_separator;
  std::string key;
  std::vector<std::string> headers;
  std::string codec = "none";
  std::string acks = "all";
  std::string delimiter = "\\n";
  int32_t partition = -1;
  bool json = false;
};

wire::Result<ProducerOptions> producer_options(const ProduceOptions& options) {
  ProducerOptions producer{.topic = options.topic};
  const auto codec = wire::compression_by_name(options.codec);
  if (!codec) {
    return wrong("--codec takes none, gzip, snappy, lz4 or zstd, not \"" + options.codec + "\"");
  }
  producer.compression.type = *codec;
  if (options.acks == "all" || options.acks == "-1") {
    producer.acks = -1;
  } else if (options.acks == "1" || options.acks == "0") {
    producer.acks = options.acks == "1" ? 1 : 0;
  } else {
    return wrong("--acks takes all, 1 or 0, not \"" + options.acks + "\"");
  }
  return producer;
}

std::optional<std::string> text_of(const ParsedJson& document, const char* name) {
  const auto found = document.find(name);
  if (found == document.end() || found->is_null()) return std::nullopt;
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// What `consume -f json` prints.
wire::Result<OutgoingRecord> parse_json(const std::string& line) {
  const ParsedJson document = ParsedJson::parse(line, nullptr, false);
  if (!document.is_object()) return wrong("this line is no JSON object: " + line);
  OutgoingRecord record;
  record.key = text_of(document, "key");
  record.value = text_of(document, "value");
  const auto headers = document.find("headers");
  if (headers != document.end() && headers->is_array()) {
    for (const ParsedJson& header : *headers) {
      const auto name = header.is_object() ? text_of(header, "key") : std::nullopt;
      if (!name) return wrong("a header is {\"key\": ..., \"value\": ...}: " + line);
      record.headers.emplace_back(*name, text_of(header, "value"));
    }
  }
  return record;
}

wire::Result<OutgoingRecord> parse_line(const ProduceOptions& options, const std::string& line) {
  if (options.json) return parse_json(line);
  OutgoingRecord record;
  if (!options.key.empty()) record.key = options.key;
  record.value = line;
  const size_t cut =
      options.key_separator.empty() ? std::string::npos : line.find(options.key_separator);
  if (cut != std::string::npos) {
    record.key = line.substr(0, cut);
    record.value = line.substr(cut + options.key_separator.size());
  }
  return record;
}

wire::Status add_headers(const ProduceOptions& options, OutgoingRecord& record) {
  for (const std::string& header : options.headers) {
    const size_t equals = header.find('=');
    if (equals == std::string::npos) return wrong("a header is name=value, not \"" + header + "\"");
    record.headers.emplace_back(header.substr(0, equals), header.substr(equals + 1));
  }
  return {};
}

wire::Status send_lines(const ProduceOptions& options, LineSource& lines, Producer& producer) {
  std::string line;
  for (;;) {
    // Somebody types, or a program writes now and then: what is there goes out.
    if (lines.would_wait()) {
      if (auto flushed = producer.flush(); !flushed.ok()) return flushed;
    }
    if (!lines.next(line)) {
      auto flushed = producer.flush();
      return flushed.ok() ? lines.end() : flushed;
    }
    auto record = parse_line(options, line);
    if (!record.ok()) return record.error();
    record->partition = options.partition;
    if (auto added = add_headers(options, *record); !added.ok()) return added;
    if (auto added = producer.add(*record); !added.ok()) return added;
  }
}

int produce(Client& client, const ProduceOptions& options) {
  auto settings = producer_options(options);
  if (!settings.ok()) return fail(settings.error());
  const auto delimiter = unescape(options.delimiter);
  if (!delimiter || delimiter->empty()) {
    return fail(wrong("-D takes text, with \\n, \\t or \\xNN in it"));
  }
  int input = STDIN_FILENO;
  if (!options.file.empty() && options.file != "-") {
    input = ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
    if (input < 0) return fail("cannot read " + options.file + ": " + std::strerror(errno));
  }
  auto producer = Producer::open(client, std::move(*settings));
  if (!producer.ok()) return fail(producer.error());
  LineSource lines(input, *delimiter);
  const auto sent = send_lines(options, lines, **producer);
  if (input != STDIN_FILENO) ::close(input);
  if (!sent.ok()) return fail(sent.error());
  std::fprintf(stderr, "%zu record%s produced\n", (*producer)->count(),
               (*producer)->count() == 1 ? "" : "s");
  return kDone;
}

}  // namespace

void add_produce(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("produce", "Write each line of a file or the input as a record");
  command->footer(R"(
Examples:
  echo hello | odradek produce greetings
  printf 'anna:1\nbert:2\n' | odradek produce scores -K :
  odradek produce tweets tweets.jsonl --codec zstd -H source=file
  odradek consume tweets -f json -e | odradek produce copies --json
)");
  auto options = std::make_shared<ProduceOptions>();
  add_connection(*command, options->surface);
  command
      ->add_option("topic", options->topic,
                   "Topic; created if it does not exist and the broker allows it")
      ->required();
  command->add_option("file", options->file, "A file (default: standard input)");
  auto* separator = command->add_option("-K,--key-separator", options->key_separator,
                                        "What divides key and value in a line");
  command->add_option("-k,--key", options->key, "One key for every record");
  command->add_option("-H,--header", options->headers, "name=value; may be given again")
      ->take_all();
  command->add_option("-p,--partition", options->partition, "Partition (default: by key)");
  command->add_flag("--json", options->json, "Lines are JSON, as `consume -f json` prints them")
      ->excludes(separator);
  command->add_option("-D,--delimiter", options->delimiter, "What ends a record")
      ->capture_default_str();
  command->add_option("-z,--codec", options->codec, "none, gzip, snappy, lz4 or zstd")
      ->capture_default_str();
  command->add_option("--acks", options->acks, "all, 1 or 0")->capture_default_str();
  command->callback([options, &exit_code] {
    exit_code =
        with_client(options->surface, [&](Client& client) { return produce(client, *options); });
  });
}

}  // namespace cli
