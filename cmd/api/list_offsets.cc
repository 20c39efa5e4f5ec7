// ListOffsets (key 2), v0-v11.  v0: a list of offsets.  v1: KIP-79.  v2: isolation level.  v4: leader epochs.  v6: flexible.  v7: max
// timestamp (KIP-734). v8: earliest local (KIP-405).  v9: latest tiered (KIP-1005).  v10: timeout.
// v11: earliest pending upload (KIP-1023).
#include "wire/api/list_offsets.h"

#include <map>
#include <utility>

#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"

namespace api {

namespace {

using cluster::replica::Isolation;
using wire::ErrorCode;

constexpr wire::NodeId kConsumer = -1;
constexpr int16_t kVersionOfLists = 0;

// A version that does not know a special timestamp must not get an answer to it.
bool timestamp_is_unsupported(wire::TimestampMs timestamp, int16_t version) {
  switch (timestamp) {
    case cluster::replica::kMaxTimestamp:
      return version < 7;
    case cluster::replica::kEarliestLocalTimestamp:
      return version < 8;
    case cluster::replica::kLatestTieredTimestamp:
      return version < 9;
    case cluster::replica::kEarliestPendingUploadTimestamp:
      return version < 11;
    default:
      return timestamp < cluster::replica::kEarliestTimestamp;
  }
}

// Consumers see no further than their isolation allows; replicas (and the debugging id -2) see all.
std::optional<Isolation> isolation_of(const wire::ListOffsetsRequest& request) {
  if (request.replica_id != kConsumer) return std::nullopt;
  return static_cast<Isolation>(request.isolation_level);
}

// The partition, or why there is none here.
wire::Result<std::shared_ptr<cluster::replica::Partition>> find_partition(
    const RequestContext& context, const std::string& topic, wire::PartitionIndex index) {
  if (auto partition = context.services.replicas->find(topic, index)) return partition;
  const auto known = context.services.image->topic(topic);
  const bool exists = known && known->partition(index) != nullptr;
  return wire::Error{exists ? ErrorCode::kNotLeaderOrFollower : ErrorCode::kUnknownTopicOrPartition,
                     {}};
}

// v0: where segments begin.
ErrorCode list_segments(RequestContext& context, const wire::ListOffsetsRequest& request,
                        const std::string& topic,
                        const wire::ListOffsetsRequest::ListOffsetsPartition& asked,
                        wire::ListOffsetsResponse::ListOffsetsPartitionResponse& answer) {
  if (asked.timestamp < cluster::replica::kEarliestTimestamp) {
    return ErrorCode::kUnsupportedVersion;
  }
  const auto partition = find_partition(context, topic, asked.partition_index);
  if (!partition.ok()) return partition.error().code;
  // Apache makes an array of that size.
  if (asked.max_num_offsets < 0) return ErrorCode::kUnknownServerError;
  auto offsets =
      (*partition)
          ->segment_offsets_before(asked.timestamp, static_cast<size_t>(asked.max_num_offsets),
                                   request.replica_id == kConsumer);
  if (!offsets.ok()) return offsets.error().code;
  answer.old_style_offsets = *std::move(offsets);
  return ErrorCode::kNone;
}

ErrorCode list_offset(RequestContext& context, const wire::ListOffsetsRequest& request,
                      const std::string& topic,
                      const wire::ListOffsetsRequest::ListOffsetsPartition& asked,
                      wire::ListOffsetsResponse::ListOffsetsPartitionResponse& answer) {
  if (timestamp_is_unsupported(asked.timestamp, context.api_version))
    return ErrorCode::kUnsupportedVersion;
  const auto partition = find_partition(context, topic, asked.partition_index);
  if (!partition.ok()) return partition.error().code;
  const auto found =
      (*partition)->offset_for(asked.timestamp, asked.current_leader_epoch, isolation_of(request));
  if (!found.ok()) {
    // OFFSET_NOT_AVAILABLE is of v5; before, a consumer retried on this code (KIP-207).
    const bool unknown_code =
        found.error().code == ErrorCode::kOffsetNotAvailable && context.api_version < 5;
    return unknown_code ? ErrorCode::kLeaderNotAvailable : found.error().code;
  }
  answer.offset = found->offset;
  answer.timestamp = found->timestamp;
  answer.leader_epoch = found->leader_epoch;
  return ErrorCode::kNone;
}

// v0: topics and partitions as they were asked for.
wire::ListOffsetsResponse list_segments_of_all(RequestContext& context,
                                               const wire::ListOffsetsRequest& request) {
  wire::ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& answer = answered.partitions.emplace_back();
      answer.partition_index = asked.partition_index;
      answer.error_code = list_segments(context, request, topic.name, asked, answer);
    }
  }
  return response;
}

// v1 and later: Apache keeps them in a map, so each partition is answered once, and refused if it
// was named twice; a topic without partitions is not answered.
wire::ListOffsetsResponse list_offset_of_all(RequestContext& context,
                                             const wire::ListOffsetsRequest& request) {
  struct Asked {
    const wire::ListOffsetsRequest::ListOffsetsPartition* partition = nullptr;
    int times = 0;
  };
  std::map<std::string, std::map<wire::PartitionIndex, Asked>> topics;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      Asked& asked = topics[topic.name][partition.partition_index];
      asked.partition = &partition;
      ++asked.times;
    }
  }
  wire::ListOffsetsResponse response;
  for (const auto& [topic, partitions] : topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic;
    for (const auto& [index, asked] : partitions) {
      auto& answer = answered.partitions.emplace_back();
      answer.partition_index = index;
      answer.error_code = asked.times > 1
                              ? ErrorCode::kInvalidRequest
                              : list_offset(context, request, topic, *asked.partition, answer);
    }
  }
  return response;
}

// Every partition gets the code, as often as it was named.
wire::ListOffsetsResponse refuse_all(const wire::ListOffsetsRequest& request, ErrorCode code) {
  wire::ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& answer = answered.partitions.emplace_back();
      answer.partition_index = asked.partition_index;
      answer.error_code = code;
    }
  }
  return response;
}

bool is_isolation(int8_t level) {
  return level == static_cast<int8_t>(Isolation::kReadUncommitted) ||
         level == static_cast<int8_t>(Isolation::kReadCommitted);
}

}  // namespace

void handle_list_offsets(RequestContext& context, wire::ListOffsetsRequest request,
                         wire::Reply<wire::ListOffsetsResponse> reply) {
  if (!is_isolation(request.isolation_level)) {
    return reply(refuse_all(request, ErrorCode::kUnknownServerError));
  }
  reply(context.api_version == kVersionOfLists ? list_segments_of_all(context, request)
                                               : list_offset_of_all(context, request));
}

}  // namespace api
