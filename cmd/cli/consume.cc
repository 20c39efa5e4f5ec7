// `odradek consume`: prints the records of a topic, without a group.
#include <cstdio>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "cmd/cli/cli.h"
#include "cmd/cli/client.h"
#include "wire/api/fetch.h"
#include "wire/api/list_offsets.h"
#include "wire/records/record.h"

namespace cli {
namespace {

constexpr int64_t kLatest = -1;
constexpr int64_t kEarliest = -2;
constexpr int32_t kFetchWaitMs = 500;
constexpr int32_t kFetchBytes = 8 * 1024 * 1024;

struct Options {
  std::string bootstrap;
  std::string topic;
  int32_t partition = -1;
  bool from_beginning = false;
  int64_t offset = -1;
  int64_t count = -1;
  bool exit_at_end = false;
  bool keys = false;
  bool offsets = false;
};

// Where a partition is read: next is moved on, end is where -e stops.
struct Position {
  wire::NodeId leader = wire::kNoNode;
  wire::Offset next = 0;
  wire::Offset end = 0;
};
using Positions = std::map<wire::PartitionIndex, Position>;

wire::Result<wire::Offset> list_offset(Client& client, const Options& options,
                                       const PartitionPlace& place, int64_t timestamp) {
  auto leader = client.node(place.leader);
  if (!leader.ok()) return leader.error();
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  auto& topic = request.topics.emplace_back();
  topic.name = options.topic;
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = place.index;
  partition.timestamp = timestamp;
  auto response = (*leader)->call<wire::ListOffsetsResponse>(request, 6);
  if (!response.ok()) return response.error();
  const auto& answer = response->topics.at(0).partitions.at(0);
  if (answer.error_code != wire::ErrorCode::kNone)
    return wire::Error{answer.error_code, describe(answer.error_code)};
  return answer.offset;
}

wire::Result<Positions> begin(Client& client, const Options& options) {
  auto places = client.partitions(options.topic, Client::Create::kNo);
  if (!places.ok()) return places.error();
  Positions positions;
  for (const PartitionPlace& place : *places) {
    if (options.partition >= 0 && place.index != options.partition) continue;
    const auto earliest = list_offset(client, options, place, kEarliest);
    const auto latest = list_offset(client, options, place, kLatest);
    if (!earliest.ok()) return earliest.error();
    if (!latest.ok()) return latest.error();
    wire::Offset next = options.from_beginning ? *earliest : *latest;
    if (options.offset >= 0) next = std::max(options.offset, *earliest);
    positions[place.index] = {place.leader, next, *latest};
  }
  if (positions.empty()) {
    return wire::Error{
        wire::ErrorCode::kUnknownTopicOrPartition,
        "topic \"" + options.topic + "\" has no partition " + std::to_string(options.partition)};
  }
  return positions;
}

void print(const Options& options, wire::PartitionIndex partition, const wire::RecordView& record) {
  if (options.offsets) std::printf("%d:%lld\t", partition, static_cast<long long>(record.offset));
  if (options.keys) {
    const std::string_view key = record.key.value_or("null");
    std::fwrite(key.data(), 1, key.size(), stdout);
    std::fputc('\t', stdout);
  }
  const std::string_view value = record.value.value_or("null");
  std::fwrite(value.data(), 1, value.size(), stdout);
  std::fputc('\n', stdout);
}

class Consumer {
 public:
  Consumer(Client& client, const Options& options, Positions positions)
      : client_(client), options_(options), positions_(std::move(positions)) {}

  wire::Status run() {
    while (!done()) {
      std::map<wire::NodeId, std::vector<wire::PartitionIndex>> by_leader;
      for (const auto& [index, position] : positions_) {
        if (!options_.exit_at_end || position.next < position.end)
          by_leader[position.leader].push_back(index);
      }
      for (const auto& [leader, partitions] : by_leader) {
        if (auto fetched = fetch(leader, partitions); !fetched.ok()) return fetched;
      }
      std::fflush(stdout);
    }
    return {};
  }

 private:
  bool enough() const { return options_.count >= 0 && printed_ >= options_.count; }
  bool done() const {
    if (enough()) return true;
    if (!options_.exit_at_end) return false;
    for (const auto& [index, position] : positions_) {
      if (position.next < position.end) return false;
    }
    return true;
  }

  wire::Status fetch(wire::NodeId leader, const std::vector<wire::PartitionIndex>& partitions) {
    auto connection = client_.node(leader);
    if (!connection.ok()) return connection.error();
    wire::FetchRequest request;
    request.max_wait_ms = kFetchWaitMs;
    request.min_bytes = 1;
    request.max_bytes = kFetchBytes;
    auto& topic = request.topics.emplace_back();
    topic.topic = options_.topic;
    for (const wire::PartitionIndex index : partitions) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition = index;
      partition.fetch_offset = positions_[index].next;
      partition.partition_max_bytes = kFetchBytes;
    }
    // Version 12 is the last that names topics.
    auto response = (*connection)->call<wire::FetchResponse>(request, 12);
    if (!response.ok()) return response.error();
    if (response->error_code != wire::ErrorCode::kNone) {
      return wire::Error{response->error_code, describe(response->error_code)};
    }
    for (const auto& answered : response->responses) {
      for (const auto& partition : answered.partitions) {
        if (partition.error_code != wire::ErrorCode::kNone) {
          return wire::Error{partition.error_code, describe(partition.error_code)};
        }
        if (auto shown = show(partition); !shown.ok()) return shown;
      }
    }
    return {};
  }

  wire::Status show(const wire::FetchResponse::PartitionData& partition) {
    if (!partition.records) return {};
    Position& position = positions_[partition.partition_index];
    wire::BatchIterator batches(*partition.records);
    while (batches.next()) {
      const wire::RecordBatchView& batch = batches.batch();
      if (!batch.is_control()) {
        auto walked = wire::for_each_record_view(
            batch, wire::kDefaultInflateLimit, [&](const wire::RecordView& record) {
              if (record.offset < position.next) return true;
              if (enough() || (options_.exit_at_end && record.offset >= position.end)) return false;
              print(options_, partition.partition_index, record);
              ++printed_;
              return true;
            });
        if (!walked.ok()) return walked;
      }
      position.next = std::max(position.next, batch.next_offset());
    }
    return batches.status();
  }

  Client& client_;
  const Options& options_;
  Positions positions_;
  int64_t printed_ = 0;
};

int consume(const Options& options) {
  auto client = Client::connect(options.bootstrap);
  if (!client.ok()) return fail(client.error().detail);
  auto positions = begin(**client, options);
  if (!positions.ok()) return fail(positions.error().detail);
  const auto ran = Consumer(**client, options, std::move(*positions)).run();
  return ran.ok() ? 0 : fail(ran.error().detail);
}

}  // namespace

void add_consume(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("consume", "Print the records of a topic, one a line");
  command->footer(R"(
Examples:
  odradek consume tweets                          what comes from now on
  odradek consume tweets --from-beginning -e      everything there is, then exit
  odradek consume tweets -p 0 --offset 100 -n 10 --keys --offsets
)");
  auto options = std::make_shared<Options>();
  add_bootstrap_option(*command, options->bootstrap);
  command->add_option("topic", options->topic, "Topic")->required();
  command->add_option("-p,--partition", options->partition, "Only this partition");
  auto* beginning =
      command->add_flag("--from-beginning", options->from_beginning, "From the oldest record on");
  command->add_option("--offset", options->offset, "From this offset on")->excludes(beginning);
  command->add_option("-n,--count", options->count, "Exit after so many records");
  command->add_flag("-e,--exit", options->exit_at_end, "Exit at the end of what is there");
  command->add_flag("--keys", options->keys, "Print key, tab, value");
  command->add_flag("--offsets", options->offsets, "Print partition:offset first");
  command->callback([options, &exit_code] { exit_code = consume(*options); });
}

}  // namespace cli
