#include "cmd/cli/records/producer.h"

#include <chrono>

#include <fmt/core.h>
#include <unistd.h>

#include "wire/api/produce.h"

namespace cli {
namespace {

// Of a refusal that passes: a new leader is found within these.
constexpr int kSendAttempts = 100;
constexpr useconds_t kSendAgainMicroseconds = 100'000;

// Java's hash.
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

// zlib's CRC-32, which is what librdkafka hashes with; bit by bit, for keys are short.
uint32_t crc32(std::string_view text) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char character : text) {
    crc ^= static_cast<uint8_t>(character);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

wire::TimestampMs now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Nothing was written, and another broker or moment may do better.
bool is_passing_refusal(wire::ErrorCode code) {
  switch (code) {
    case wire::ErrorCode::kNotLeaderOrFollower:
    case wire::ErrorCode::kLeaderNotAvailable:
    case wire::ErrorCode::kUnknownTopicOrPartition:
    case wire::ErrorCode::kFencedLeaderEpoch:
    case wire::ErrorCode::kNotEnoughReplicas:
      return true;
    default:
      return false;
  }
}

}  // namespace

wire::PartitionIndex partition_of_key(Partitioner partitioner, std::string_view key,
                                      size_t partition_count) {
  const uint32_t hash =
      partitioner == Partitioner::kMurmur2 ? murmur2(key) & 0x7FFFFFFF : crc32(key);
  return static_cast<wire::PartitionIndex>(hash % partition_count);
}

wire::Result<std::unique_ptr<Producer>> Producer::open(Client& client, ProducerOptions options) {
  auto places = client.partitions(options.topic, Client::Create::kYes);
  if (!places.ok()) return places.error();
  return std::unique_ptr<Producer>(new Producer(client, std::move(options), std::move(*places)));
}

wire::Result<wire::PartitionIndex> Producer::partition_for(const OutgoingRecord& record) {
  if (record.partition >= 0) {
    if (static_cast<size_t>(record.partition) < places_.size()) return record.partition;
    return wire::Error{wire::ErrorCode::kUnknownTopicOrPartition,
                       fmt::format("topic \"{}\" has no partition {}, only {}", options_.topic,
                                   record.partition, places_.size())};
  }
  if (record.key && !record.key->empty()) {
    return partition_of_key(options_.partitioner, *record.key, places_.size());
  }
  return static_cast<wire::PartitionIndex>(sticky_ % places_.size());
}

wire::Status Producer::add(const OutgoingRecord& record) {
  const auto index = partition_for(record);
  if (!index.ok()) return index.error();
  auto& builder = builders_[*index];
  if (builder == nullptr) {
    wire::BatchOptions batch;
    batch.compression = options_.compression;
    builder = std::make_unique<wire::RecordBatchBuilder>(batch);
  }
  std::vector<wire::RecordHeader> headers;
  for (const auto& [key, value] : record.headers) headers.push_back({key, value});
  builder->append(record.timestamp == wire::kNoTimestamp ? now_ms() : record.timestamp, record.key,
                  record.value, headers);
  ++count_;
  if (builder->plain_size() >= options_.batch_bytes) return send(*index);
  return {};
}

wire::Status Producer::flush() {
  while (!builders_.empty()) {
    if (auto sent = send(builders_.begin()->first); !sent.ok()) return sent;
  }
  return {};
}

wire::Status Producer::send(wire::PartitionIndex index) {
  const auto builder = std::move(builders_.extract(index).mapped());
  if (static_cast<size_t>(index) == sticky_ % places_.size()) ++sticky_;
  const wire::Bytes batch = builder->build();
  ++batches_;
  wire::ErrorCode refused = wire::ErrorCode::kNone;
  for (int attempt = 0; attempt < kSendAttempts; ++attempt) {
    const auto answer = send_once(index, batch);
    if (!answer.ok()) return answer.error();
    refused = *answer;
    if (refused == wire::ErrorCode::kNone) return {};
    if (!is_passing_refusal(refused)) break;
    usleep(kSendAgainMicroseconds);
    auto places = client_.partitions(options_.topic, Client::Create::kNo);
    if (places.ok() && places->size() >= places_.size()) places_ = std::move(*places);
  }
  return wire::Error{refused, refusal_};
}

wire::Result<wire::ErrorCode> Producer::send_once(wire::PartitionIndex index,
                                                  const wire::Bytes& batch) {
  auto leader = client_.node(places_[static_cast<size_t>(index)].leader);
  if (!leader.ok()) return leader.error();
  wire::ProduceRequest request;
  request.acks = options_.acks;
  request.timeout_ms = options_.timeout_ms;
  auto& topic = request.topic_data.emplace_back();
  topic.name = options_.topic;
  auto& partition = topic.partition_data.emplace_back();
  partition.index = index;
  partition.records = batch;
  constexpr int16_t kLastWithNames = 12;
  if (options_.acks == 0) {
    if (auto sent = (*leader)->send(request, kLastWithNames); !sent.ok()) return sent.error();
    return wire::ErrorCode::kNone;
  }
  auto response = (*leader)->call<wire::ProduceResponse>(request, kLastWithNames);
  if (!response.ok()) return response.error();
  for (const auto& answered : response->responses) {
    for (const auto& result : answered.partition_responses) {
      refusal_ = describe(result.error_code, result.error_message);
      written_ = {index, result.base_offset};
      return result.error_code;
    }
  }
  return wire::Error{wire::ErrorCode::kNetworkException, "the answer has no partition"};
}

}  // namespace cli
