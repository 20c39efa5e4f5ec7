// ListOffsets (key 2), v1-v11.  v2: isolation level.  v4: leader epochs.  v6: flexible.  v7: max
// timestamp (KIP-734). v8: earliest local (KIP-405).  v9: latest tiered (KIP-1005).  v10: timeout.
// v11: earliest pending upload (KIP-1023). Not supported: v0's lists of segment offsets.
#include "wire/api/list_offsets.h"

#include <set>
#include <utility>

#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"

namespace api {

namespace {

using cluster::replica::Isolation;
using wire::ErrorCode;

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
  constexpr wire::NodeId kConsumer = -1;
  if (request.replica_id != kConsumer) return std::nullopt;
  return static_cast<Isolation>(request.isolation_level);
}

ErrorCode list_offset(RequestContext& context, const wire::ListOffsetsRequest& request,
                      const std::string& topic,
                      const wire::ListOffsetsRequest::ListOffsetsPartition& asked,
                      wire::ListOffsetsResponse::ListOffsetsPartitionResponse& answer) {
  if (timestamp_is_unsupported(asked.timestamp, context.api_version))
    return ErrorCode::kUnsupportedVersion;
  const auto partition = context.services.replicas->find(topic, asked.partition_index);
  if (!partition) {
    const auto known = context.services.image->topic(topic);
    const bool exists = known && known->partition(asked.partition_index) != nullptr;
    return exists ? ErrorCode::kNotLeaderOrFollower : ErrorCode::kUnknownTopicOrPartition;
  }
  const auto found =
      partition->offset_for(asked.timestamp, asked.current_leader_epoch, isolation_of(request));
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

}  // namespace

void handle_list_offsets(RequestContext& context, wire::ListOffsetsRequest request,
                         wire::Reply<wire::ListOffsetsResponse> reply) {
  std::set<std::pair<std::string, wire::PartitionIndex>> seen;
  std::set<std::pair<std::string, wire::PartitionIndex>> twice;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      if (!seen.emplace(topic.name, partition.partition_index).second)
        twice.emplace(topic.name, partition.partition_index);
    }
  }

  wire::ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& answer = answered.partitions.emplace_back();
      answer.partition_index = asked.partition_index;
      answer.error_code = twice.contains({topic.name, asked.partition_index})
                              ? ErrorCode::kInvalidRequest
                              : list_offset(context, request, topic.name, asked, answer);
    }
  }
  reply(std::move(response));
}

}  // namespace api
