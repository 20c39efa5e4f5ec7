#include "cmd/cli/admin/offsets.h"

#include <vector>

#include "wire/api/delete_records.h"
#include "wire/api/list_offsets.h"

namespace cli {
namespace {

constexpr int32_t kTimeoutMs = 30'000;

// Who leads each of the partitions; kNoNode for one that has no leader or does not exist.
struct Led {
  wire::NodeId leader = wire::kNoNode;
  wire::ErrorCode error = wire::ErrorCode::kUnknownTopicOrPartition;
};

template <typename Value>
wire::Result<std::map<TopicPartition, Led>> leaders_of(
    Client& client, const std::map<TopicPartition, Value>& asked) {
  std::set<std::string> topics;
  std::map<TopicPartition, Led> led;
  for (const auto& [partition, value] : asked) {
    topics.insert(partition.topic);
    led[partition] = {};
  }
  const auto metadata = client.metadata(std::vector<std::string>(topics.begin(), topics.end()));
  if (!metadata.ok()) return metadata.error();
  for (const auto& topic : metadata->topics) {
    for (const auto& partition : topic.partitions) {
      const auto found = led.find({topic.name.value_or(""), partition.partition_index});
      if (found == led.end()) continue;
      const bool has_leader = partition.leader_id != wire::kNoNode;
      found->second = {partition.leader_id,
                       has_leader ? wire::ErrorCode::kNone : wire::ErrorCode::kLeaderNotAvailable};
    }
  }
  return led;
}

// Asks each leader for the partitions that it leads.  `fill` says what is asked of one; `take` is given the
// answer of one.
template <typename Response, typename Request, typename Fill, typename Take>
wire::Status ask_leaders(Client& client, const std::map<TopicPartition, Led>& led, Request request,
                         const Fill& fill, const Take& take) {
  std::map<wire::NodeId, Request> requests;
  for (const auto& [name, place] : led) {
    if (place.error != wire::ErrorCode::kNone) continue;
    auto& topics = requests.try_emplace(place.leader, request).first->second.topics;
    if (topics.empty() || topics.back().name != name.topic) topics.emplace_back().name = name.topic;
    auto& partition = topics.back().partitions.emplace_back();
    partition.partition_index = name.partition;
    fill(name, partition);
  }
  for (const auto& [leader, asked] : requests) {
    auto node = client.node(leader);
    if (!node.ok()) return node.error();
    auto response = (*node)->template call<Response>(asked);
    if (!response.ok()) return response.error();
    for (const auto& topic : response->topics) {
      for (const auto& partition : topic.partitions) {
        take(TopicPartition{topic.name, partition.partition_index}, partition);
      }
    }
  }
  return {};
}

}  // namespace

wire::Result<ListedOffsets> list_offsets(Client& client,
                                         const std::map<TopicPartition, wire::TimestampMs>& times,
                                         Isolation isolation) {
  ListedOffsets listed;
  if (times.empty()) return listed;
  const auto led = leaders_of(client, times);
  if (!led.ok()) return led.error();
  for (const auto& [partition, place] : *led) listed[partition].error = place.error;
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  request.isolation_level = static_cast<int8_t>(isolation);
  request.timeout_ms = kTimeoutMs;
  const auto asked = ask_leaders<wire::ListOffsetsResponse>(
      client, *led, std::move(request),
      [&](const TopicPartition& name, auto& partition) { partition.timestamp = times.at(name); },
      [&](const TopicPartition& name, const auto& partition) {
        listed[name] = {partition.error_code, partition.offset, partition.timestamp};
      });
  if (!asked.ok()) return asked.error();
  return listed;
}

wire::Result<ListedOffsets> list_offsets(Client& client, const std::set<TopicPartition>& partitions,
                                         wire::TimestampMs time, Isolation isolation) {
  std::map<TopicPartition, wire::TimestampMs> times;
  for (const TopicPartition& partition : partitions) times[partition] = time;
  return list_offsets(client, times, isolation);
}

wire::Result<std::set<TopicPartition>> partitions_of(Client& client, const std::string& topic) {
  const auto places = client.partitions(topic, Client::Create::kNo);
  if (!places.ok()) return places.error();
  std::set<TopicPartition> partitions;
  for (const PartitionPlace& place : *places) partitions.insert({topic, place.index});
  return partitions;
}

wire::Result<std::map<TopicPartition, Trimmed>> delete_records(
    Client& client, const std::map<TopicPartition, wire::Offset>& before) {
  const auto led = leaders_of(client, before);
  if (!led.ok()) return led.error();
  std::map<TopicPartition, Trimmed> trimmed;
  for (const auto& [partition, place] : *led) trimmed[partition].error = place.error;
  wire::DeleteRecordsRequest request;
  request.timeout_ms = kTimeoutMs;
  const auto asked = ask_leaders<wire::DeleteRecordsResponse>(
      client, *led, std::move(request),
      [&](const TopicPartition& name, auto& partition) { partition.offset = before.at(name); },
      [&](const TopicPartition& name, const auto& partition) {
        trimmed[name] = {partition.error_code, partition.low_watermark};
      });
  if (!asked.ok()) return asked.error();
  return trimmed;
}

}  // namespace cli
