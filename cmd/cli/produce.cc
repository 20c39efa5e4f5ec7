// `odradek produce`: each line of standard input is a record.
#include "wire/api/produce.h"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "cmd/cli/cli.h"
#include "cmd/cli/client.h"
#include "wire/base/big_endian.h"
#include "wire/records/record_batch_builder.h"

namespace cli {
namespace {

// Of one request: what is waiting goes out when it has grown to this, or at the end.
constexpr size_t kBatchBytes = 512 * 1024;
constexpr int32_t kTimeoutMs = 30'000;

struct Options {
  std::string bootstrap;
  std::string topic;
  std::string key_separator;
  std::string key;
  std::string codec = "none";
  std::string acks = "all";
  int32_t partition = -1;
};

// Java's partitioner: the same key goes to the same partition whatever the client.
uint32_t murmur2(std::string_view text) {
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  const auto byte = [&](size_t at) {
    return static_cast<uint32_t>(static_cast<uint8_t>(text[at]));
  };
  uint32_t hash = 0x9747b28c ^ static_cast<uint32_t>(text.size());
  size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    uint32_t word = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    hash = (hash * kMultiplier) ^ (word * kMultiplier);
  }
  const size_t rest = text.size() - at;
  if (rest >= 3) hash ^= byte(at + 2) << 16;
  if (rest >= 2) hash ^= byte(at + 1) << 8;
  if (rest >= 1) hash = (hash ^ byte(at)) * kMultiplier;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ (hash >> 15);
}

wire::TimestampMs now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Gathers records by partition and sends them.
class Producer {
 public:
  Producer(Client& client, const Options& options, std::vector<PartitionPlace> places,
           wire::CompressionType codec)
      : client_(client), options_(options), places_(std::move(places)), codec_(codec) {}

  wire::Status add(std::optional<std::string_view> key, std::string_view value) {
    const auto index = static_cast<size_t>(partition_for(key));
    auto& builder = builders_[index];
    if (builder == nullptr) {
      wire::BatchOptions batch;
      batch.compression.type = codec_;
      builder = std::make_unique<wire::RecordBatchBuilder>(batch);
    }
    builder->append(now_ms(), key, value);
    ++count_;
    if (builder->plain_size() >= kBatchBytes) return send(index);
    return {};
  }

  wire::Status finish() {
    while (!builders_.empty()) {
      if (auto sent = send(builders_.begin()->first); !sent.ok()) return sent;
    }
    return {};
  }
  size_t count() const { return count_; }

 private:
  wire::PartitionIndex partition_for(std::optional<std::string_view> key) const {
    if (options_.partition >= 0) return options_.partition;
    const size_t chosen =
        key ? (murmur2(*key) & 0x7FFFFFFF) % places_.size() : count_ / 1000 % places_.size();
    return static_cast<wire::PartitionIndex>(chosen);
  }

  wire::Status send(size_t index) {
    const auto builder = std::move(builders_.extract(index).mapped());
    if (index >= places_.size()) {
      return wire::Error{wire::ErrorCode::kUnknownTopicOrPartition,
                         "the topic has no partition " + std::to_string(index) + ", only " +
                             std::to_string(places_.size())};
    }
    auto leader = client_.node(places_[index].leader);
    if (!leader.ok()) return leader.error();
    wire::ProduceRequest request;
    request.acks = options_.acks == "1" ? int16_t{1} : int16_t{-1};
    request.timeout_ms = kTimeoutMs;
    auto& topic = request.topic_data.emplace_back();
    topic.name = options_.topic;
    auto& partition = topic.partition_data.emplace_back();
    partition.index = static_cast<int32_t>(index);
    partition.records = builder->build();
    auto response = (*leader)->call<wire::ProduceResponse>(request, 9);
    if (!response.ok()) return response.error();
    const auto& result = response->responses.at(0).partition_responses.at(0);
    if (result.error_code != wire::ErrorCode::kNone) {
      return wire::Error{result.error_code, describe(result.error_code, result.error_message)};
    }
    return {};
  }

  Client& client_;
  const Options& options_;
  const std::vector<PartitionPlace> places_;
  const wire::CompressionType codec_;
  std::map<size_t, std::unique_ptr<wire::RecordBatchBuilder>> builders_;
  size_t count_ = 0;
};

int produce(const Options& options) {
  const auto codec = wire::compression_by_name(options.codec);
  if (!codec)
    return fail("--codec takes none, gzip, snappy, lz4 or zstd, not \"" + options.codec + "\"");
  if (options.acks != "all" && options.acks != "1")
    return fail("--acks takes all or 1, not \"" + options.acks + "\"");
  auto client = Client::connect(options.bootstrap);
  if (!client.ok()) return fail(client.error().detail);
  auto places = (*client)->partitions(options.topic, Client::Create::kYes);
  if (!places.ok()) return fail(places.error().detail);
  Producer producer(**client, options, std::move(*places), *codec);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::optional<std::string_view> key;
    std::string_view value = line;
    if (!options.key.empty()) key = options.key;
    const size_t cut =
        options.key_separator.empty() ? std::string::npos : line.find(options.key_separator);
    if (cut != std::string::npos) {
      key = value.substr(0, cut);
      value = value.substr(cut + options.key_separator.size());
    }
    if (auto added = producer.add(key, value); !added.ok()) return fail(added.error().detail);
  }
  if (auto finished = producer.finish(); !finished.ok()) return fail(finished.error().detail);
  std::fprintf(stderr, "%zu record%s produced\n", producer.count(),
               producer.count() == 1 ? "" : "s");
  return 0;
}

}  // namespace

void add_produce(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("produce", "Write each line of standard input as a record");
  command->footer(R"(
Examples:
  echo hello | odradek produce greetings
  printf 'anna:1\nbert:2\n' | odradek produce scores -K :
  odradek produce tweets --codec zstd < tweets.jsonl
)");
  auto options = std::make_shared<Options>();
  add_bootstrap_option(*command, options->bootstrap);
  command
      ->add_option("topic", options->topic,
                   "Topic; created if it does not exist and the broker allows it")
      ->required();
  command->add_option("-K,--key-separator", options->key_separator,
                      "What divides key and value in a line");
  command->add_option("-k,--key", options->key, "One key for every record");
  command->add_option("-p,--partition", options->partition, "Partition (default: by key)");
  command->add_option("--codec", options->codec, "none, gzip, snappy, lz4 or zstd")
      ->capture_default_str();
  command->add_option("--acks", options->acks, "all or 1")->capture_default_str();
  command->callback([options, &exit_code] { exit_code = produce(*options); });
}

}  // namespace cli
