#include "bench/load/requests.h"

#include "wire/api/api_versions.h"
#include "wire/api/create_topics.h"
#include "wire/api/fetch.h"
#include "wire/api/find_coordinator.h"
#include "wire/api/list_offsets.h"
#include "wire/api/metadata.h"
#include "wire/api/offset_commit.h"
#include "wire/api/produce.h"

namespace load {

namespace {

constexpr int32_t kTimeoutMs = 30'000;
constexpr size_t kHeaderSize = 8;  // length, correlation id
constexpr size_t kInt32 = 4;

std::string group_name(int group) {
  return "group-" + std::to_string(group);
}

// From an array of topics to behind the index of its first partition.
size_t partition_index_end(const Options& options) {
  const size_t name = 2 + options.topic.size();
  return kInt32 + name + kInt32 + kInt32;
}

}  // namespace

std::string produce_frame(const Options& options, wire::PartitionIndex partition,
                          const wire::Bytes& batch) {
  wire::ProduceRequest request;
  request.acks = static_cast<int16_t>(options.acks);
  request.timeout_ms = kTimeoutMs;
  auto& topic = request.topic_data.emplace_back();
  topic.name = options.topic;
  auto& data = topic.partition_data.emplace_back();
  data.index = partition;
  data.records = batch;
  return frame_of(request, kProduceVersion);
}

std::string fetch_frame(const Options& options, wire::PartitionIndex partition, wire::Offset offset,
                        int32_t max_wait_ms) {
  wire::FetchRequest request;
  request.max_wait_ms = max_wait_ms;
  request.min_bytes = 1;
  request.max_bytes = static_cast<int32_t>(options.fetch_bytes);
  auto& topic = request.topics.emplace_back();
  topic.topic = options.topic;
  auto& asked = topic.partitions.emplace_back();
  asked.partition = partition;
  asked.fetch_offset = offset;
  asked.partition_max_bytes = static_cast<int32_t>(options.fetch_bytes);
  return frame_of(request, kFetchVersion);
}

std::string commit_frame(const Options& options, int group) {
  wire::OffsetCommitRequest request;
  request.group_id = group_name(group);
  auto& topic = request.topics.emplace_back();
  topic.name = options.topic;
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = 0;
  partition.committed_offset = 42;
  return frame_of(request, kOffsetCommitVersion);
}

std::string api_versions_frame() {
  return frame_of(wire::ApiVersionsRequest(), kApiVersionsVersion);
}

std::string metadata_frame(const Options& options) {
  wire::MetadataRequest request;
  request.topics.emplace().emplace_back().name = options.topic;
  request.allow_auto_topic_creation = false;
  return frame_of(request, kMetadataVersion);
}

std::string find_coordinator_frame(int group) {
  wire::FindCoordinatorRequest request;
  request.key = group_name(group);
  return frame_of(request, kFindCoordinatorVersion);
}

std::string create_topic_frame(const Options& options) {
  wire::CreateTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  auto& topic = request.topics.emplace_back();
  topic.name = options.topic;
  topic.num_partitions = options.partitions;
  topic.replication_factor = 1;
  for (const std::string& pair : options.topic_configs) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos) continue;
    auto& config = topic.configs.emplace_back();
    config.name = pair.substr(0, equals);
    config.value = pair.substr(equals + 1);
  }
  return frame_of(request, kCreateTopicsVersion);
}

std::string list_offsets_frame(const Options& options, wire::PartitionIndex first, int count,
                               int64_t timestamp) {
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  auto& topic = request.topics.emplace_back();
  topic.name = options.topic;
  for (int i = 0; i < count; ++i) {
    auto& asked = topic.partitions.emplace_back();
    asked.partition_index = first + i;
    asked.timestamp = timestamp;
  }
  return frame_of(request, kListOffsetsVersion);
}

size_t produce_error_at(const Options& options) {
  return kHeaderSize + partition_index_end(options);
}

size_t fetch_error_at(const Options& options) {
  constexpr size_t kThrottleErrorSession = 4 + 2 + 4;
  return kHeaderSize + kThrottleErrorSession + partition_index_end(options);
}

size_t commit_error_at(const Options& options) {
  constexpr size_t kThrottle = 4;
  return kHeaderSize + kThrottle + partition_index_end(options);
}

}  // namespace load
