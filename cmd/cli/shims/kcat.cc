// kcat (kafkacat): -P, -C, -L, -Q and -G with its formats.  Its options are getopt's: -Ct tweets, -qe.
#include "cmd/cli/shims/kcat.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <getopt.h>
#include <unistd.h>

#include "cmd/cli/interrupt.h"
#include "cmd/cli/output.h"
#include "cmd/cli/records/format.h"
#include "cmd/cli/records/group_reader.h"
#include "cmd/cli/records/line_source.h"
#include "cmd/cli/records/producer.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr const char* kUsage =
    "Usage: kcat <-P|-C|-L|-Q> -b host:port [options] [file...]\n"
    "       kcat -b host:port -G group topic...\n"
    "  -t topic, -p partition, -b brokers, -D delimiter, -K key delimiter, -k key, -H name=value,\n"
    "  -c count, -z codec, -Z (empty is null), -l (files are lists of lines), -T (tee),\n"
    "  -o beginning|end|stored|N|-N|s@ms|e@ms, -e (exit at the end), -f format, -J, -u, -q, -E,\n"
    "  -X name=value, -F file; -Q with -t topic:partition:timestamp\n";

template <typename Number>
bool parse_number(const std::string& text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

// The option that takes no value and sets this; nothing for another.
bool KcatOptions::*flag_of(int option) {
  switch (option) {
    case 'J':
      return &KcatOptions::json;
    case 'e':
      return &KcatOptions::exit_at_end;
    case 'Z':
      return &KcatOptions::empty_is_null;
    case 'q':
      return &KcatOptions::quiet;
    case 'l':
      return &KcatOptions::lines_of_file;
    case 'T':
      return &KcatOptions::tee;
    default:
      return nullptr;
  }
}

// One option; `value` is empty for one without.
wire::Status apply(int option, const std::string& value, KcatOptions& options) {
  if (bool KcatOptions::*const flag = flag_of(option)) {
    options.*flag = true;
    return {};
  }
  switch (option) {
    case 'P':
    case 'C':
    case 'L':
    case 'Q':
      options.mode = static_cast<char>(option);
      break;
    case 'G':
      options.mode = 'G';
      options.group = value;
      break;
    case 't':
      options.topics.push_back(value);
      break;
    case 'p':
      if (!parse_number(value, options.partition)) return wrong("-p takes a number");
      break;
    case 'b':
      options.brokers = value;
      break;
    case 'D':
    case 'K': {
      const auto text = unescape(value);
      if (!text || text->empty()) return wrong("a delimiter is text, with \\n, \\t or \\xNN");
      (option == 'D' ? options.delimiter : options.key_delimiter) = *text;
      break;
    }
    case 'k':
      options.key = value;
      break;
    case 'H':
      options.headers.push_back(value);
      break;
    case 'o':
      options.offsets.push_back(value);
      break;
    case 'c':
      if (!parse_number(value, options.count)) return wrong("-c takes a number");
      break;
    case 'z':
      options.codec = value;
      break;
    case 'f':
      options.format = value;
      break;
    case 'X':
      options.configs.push_back(value);
      break;
    case 'F':
      options.config_file = value;
      break;
    case 's':
      if (value != "s" && value != "key=s" && value != "value=s") {
        return wrong("of the deserializers of -s there is only s here");
      }
      break;
    default:
      break;  // -u, -E, -A, -O, -d, -v: accepted
  }
  return {};
}

void print_metadata_topic(const wire::MetadataResponse::MetadataResponseTopic& topic) {
  std::printf("  topic \"%s\" with %zu partitions:", topic.name.value_or("").c_str(),
              topic.partitions.size());
  if (topic.error_code != wire::ErrorCode::kNone) {
    std::printf(" %s", std::string(wire::error_name(topic.error_code)).c_str());
  }
  std::printf("\n");
  auto partitions = topic.partitions;
  std::sort(partitions.begin(), partitions.end(),
            [](const auto& a, const auto& b) { return a.partition_index < b.partition_index; });
  for (const auto& partition : partitions) {
    std::printf("    partition %d, leader %d, replicas: %s, isrs: %s", partition.partition_index,
                partition.leader_id, join(partition.replica_nodes).c_str(),
                join(partition.isr_nodes).c_str());
    if (partition.error_code != wire::ErrorCode::kNone) {
      std::printf(", %s", std::string(wire::error_name(partition.error_code)).c_str());
    }
    std::printf("\n");
  }
}

int list_metadata(Client& client, const KcatOptions& options) {
  std::optional<std::vector<std::string>> topics;
  if (!options.topics.empty()) topics = options.topics;
  auto metadata = client.metadata(topics);
  if (!metadata.ok()) return kcat_failed("Failed to acquire metadata: " + metadata.error().detail);
  const std::string about = options.topics.empty() ? "all topics" : options.topics.front();
  const auto& brokers = metadata->brokers;
  const auto from = std::find_if(brokers.begin(), brokers.end(), [&](const auto& broker) {
    return fmt::format("{}:{}", broker.host, broker.port) == client.any().peer();
  });
  // kcat asks through the bootstrap connection, which has no number.
  std::printf("Metadata for %s (from broker %d: %s/%s):\n", about.c_str(),
              from == brokers.end() ? -1 : from->node_id, client.any().peer().c_str(),
              from == brokers.end() ? "bootstrap" : std::to_string(from->node_id).c_str());
  std::printf(" %zu brokers:\n", brokers.size());
  for (const auto& broker : brokers) {
    std::printf("  broker %d at %s:%d%s\n", broker.node_id, broker.host.c_str(), broker.port,
                broker.node_id == metadata->controller_id ? " (controller)" : "");
  }
  std::printf(" %zu topics:\n", metadata->topics.size());
  for (const auto& topic : metadata->topics) print_metadata_topic(topic);
  return 0;
}

// -t topic:partition:timestamp
int query_offsets(Client& client, const KcatOptions& options) {
  std::map<TopicPartition, wire::TimestampMs> times;
  for (const std::string& text : options.topics) {
    const auto parts = split(text, ':');
    TopicPartition partition;
    wire::TimestampMs time = 0;
    if (parts.size() != 3 || !parse_number(parts[1], partition.partition) ||
        !parse_number(parts[2], time)) {
      return kcat_failed("-Q takes -t topic:partition:timestamp");
    }
    partition.topic = parts[0];
    times[partition] = time;
  }
  const auto listed = list_offsets(client, times);
  if (!listed.ok()) return kcat_failed("offsets_for_times failed: " + listed.error().detail);
  for (const auto& [partition, answer] : *listed) {
    if (answer.error != wire::ErrorCode::kNone) {
      return kcat_failed(
          fmt::format("{} [{}]: {}", partition.topic, partition.partition, describe(answer.error)));
    }
    std::printf("%s [%d] offset %lld\n", partition.topic.c_str(), partition.partition,
                static_cast<long long>(answer.offset));
  }
  return 0;
}

wire::Result<OutgoingRecord> record_of(const KcatOptions& options, const std::string& line) {
  OutgoingRecord record;
  record.partition = options.partition;
  if (!options.key.empty()) record.key = options.key;
  record.value = line;
  const size_t cut =
      options.key_delimiter.empty() ? std::string::npos : line.find(options.key_delimiter);
  if (cut != std::string::npos) {
    record.key = line.substr(0, cut);
    record.value = line.substr(cut + options.key_delimiter.size());
  }
  if (options.empty_is_null && record.value->empty()) record.value.reset();
  if (options.empty_is_null && record.key && record.key->empty()) record.key.reset();
  for (const std::string& header : options.headers) {
    const size_t equals = header.find('=');
    if (equals == std::string::npos) {
      record.headers.emplace_back(header, std::nullopt);
    } else {
      record.headers.emplace_back(header.substr(0, equals), header.substr(equals + 1));
    }
  }
  return record;
}

wire::Status send_lines(const KcatOptions& options, int input, Producer& producer) {
  LineSource lines(input, options.delimiter);
  std::string line;
  while (options.count < 0 || static_cast<int64_t>(producer.count()) < options.count) {
    if (lines.would_wait()) {
      if (auto flushed = producer.flush(); !flushed.ok()) return flushed;
    }
    if (!lines.next(line)) break;
    if (line.empty() && !options.empty_is_null) continue;  // as kcat
    const auto record = record_of(options, line);
    if (!record.ok()) return record.error();
    if (auto added = producer.add(*record); !added.ok()) return added;
    if (options.tee) std::printf("%s%s", line.c_str(), options.delimiter.c_str());
  }
  auto flushed = producer.flush();
  return flushed.ok() ? lines.end() : flushed;
}

// A file is one record.
wire::Status send_file(const KcatOptions& options, const std::string& path, Producer& producer) {
  const int input = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (input < 0) return wrong("Failed to open " + path + ": " + std::strerror(errno));
  std::string content;
  char part[64 << 10];
  ssize_t count = 0;
  while (content.size() <= kLineBytesMax && (count = ::read(input, part, sizeof(part))) > 0) {
    content.append(part, static_cast<size_t>(count));
  }
  const int why = errno;
  ::close(input);
  if (count < 0) return wrong("Failed to read " + path + ": " + std::strerror(why));
  if (content.size() > kLineBytesMax) return wrong(path + " is larger than any record may be");
  const auto record = record_of(options, content);
  if (!record.ok()) return record.error();
  if (auto added = producer.add(*record); !added.ok()) return added;
  return producer.flush();
}

int produce(Client& client, const KcatOptions& options, const PropertyFile& configs) {
  if (options.topics.empty()) return kcat_failed("-P takes -t topic");
  ProducerOptions settings{.topic = options.topics.front(), .partitioner = Partitioner::kCrc32};
  const auto codec = wire::compression_by_name(options.codec);
  if (!codec) return kcat_failed("Invalid compression codec: " + options.codec);
  settings.compression.type = *codec;
  for (const char* name : {"acks", "request.required.acks", "topic.acks"}) {
    const auto acks = configs.find(name);
    if (acks != configs.end() && acks->second != "all" &&
        !parse_number(acks->second, settings.acks)) {
      return kcat_failed("acks takes a number or all");
    }
  }
  auto producer = Producer::open(client, std::move(settings));
  if (!producer.ok()) return kcat_failed(producer.error().detail);
  wire::Status sent;
  if (options.rest.empty()) {
    sent = send_lines(options, STDIN_FILENO, **producer);
  }
  for (const std::string& path : options.rest) {
    if (!options.lines_of_file) {
      sent = send_file(options, path, **producer);
    } else {
      const int input = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (input < 0) return kcat_failed("Failed to open " + path + ": " + std::strerror(errno));
      sent = send_lines(options, input, **producer);
      ::close(input);
    }
    if (!sent.ok()) break;
  }
  std::fflush(stdout);
  if (sent.ok()) return 0;
  return kcat_failed("Message delivery failed: " + sent.error().detail);
}

}  // namespace

int kcat_failed(const std::string& why) {
  std::fflush(stdout);
  std::fprintf(stderr, "%% ERROR: %s\n", why.c_str());
  return 1;
}

wire::Result<KcatOptions> parse_kcat(const Words& words) {
  std::vector<std::string> owned = words;
  owned.insert(owned.begin(), "kcat");
  std::vector<char*> pointers;
  for (std::string& word : owned) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  KcatOptions options;
  optind = 0;  // GNU: begin anew
  opterr = 0;
  constexpr const char* kOptions = ":PCLG:Qt:p:b:z:o:eED:K:k:H:Od:qvF:X:c:Tuf:ZlVhs:JAU";
  for (int option = 0;
       (option = getopt(static_cast<int>(owned.size()), pointers.data(), kOptions)) != -1;) {
    if (option == '?') return wrong(fmt::format("Unknown option: -{}", static_cast<char>(optopt)));
    if (option == ':')
      return wrong(fmt::format("Option -{} takes a value", static_cast<char>(optopt)));
    if (option == 'V' || option == 'h') options.mode = static_cast<char>(option);
    if (auto applied = apply(option, optarg == nullptr ? "" : optarg, options); !applied.ok()) {
      return applied.error();
    }
  }
  for (size_t i = static_cast<size_t>(optind); i + 1 < pointers.size(); ++i) {
    options.rest.emplace_back(pointers[i]);
  }
  if (options.mode == 'G')
    options.topics.insert(options.topics.end(), options.rest.begin(), options.rest.end());
  // Without a mode: who pipes in, produces.
  if (options.mode == '\0') options.mode = ::isatty(STDIN_FILENO) == 1 ? 'C' : 'P';
  return options;
}

int kcat(const Words& words) {
  const auto options = parse_kcat(words);
  if (!options.ok()) {
    std::fprintf(stderr, "Error: %s\n%s", options.error().detail.c_str(), kUsage);
    return 1;
  }
  if (options->mode == 'h' || options->mode == 'V') {
    std::printf("kcat - the consumer and producer of Odradek under kcat's name\n%s",
                options->mode == 'h' ? kUsage : "Version 1.7.1 (compatible)\n");
    return 0;
  }
  PropertyFile configs;
  if (!options->config_file.empty()) {
    auto read = read_property_file(options->config_file);
    if (!read.ok()) return kcat_failed(read.error().detail);
    configs = std::move(*read);
  }
  for (const auto& [name, value] : parse_pairs(options->configs)) configs[name] = value;
  std::string brokers = options->brokers;
  for (const char* name : {"bootstrap.servers", "metadata.broker.list"}) {
    if (brokers.empty() && configs.contains(name)) brokers = configs.at(name);
  }
  if (brokers.empty()) {
    std::fprintf(stderr, "Error: -b <broker,..> missing\n%s", kUsage);
    return 1;
  }
  // kcat gives up on a metadata request after 5 s.
  auto client = connect(brokers, configs, "rdkafka", options->mode == 'L' ? 5'000 : 60'000);
  if (!client.ok()) return kcat_failed(client.error().detail);
  switch (options->mode) {
    case 'L':
      return list_metadata(**client, *options);
    case 'Q':
      return query_offsets(**client, *options);
    case 'P':
      return produce(**client, *options, configs);
    default:
      return kcat_consume(**client, *options, configs);
  }
}

}  // namespace cli::shims
