// DeleteRecords (key 21), v0-v2.  v2: flexible.  Moves the log start; offset -1 is the high
// watermark.
#include <utility>

#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"
#include "wire/api/delete_records.h"

namespace api {
namespace {

using wire::ErrorCode;

constexpr wire::Offset kNoLowWatermark = -1;

void delete_before(const Services& services, const std::string& topic,
                   const wire::DeleteRecordsRequest::DeleteRecordsPartition& asked,
                   wire::DeleteRecordsResponse::DeleteRecordsPartitionResult& answer) {
  answer.partition_index = asked.partition_index;
  answer.low_watermark = kNoLowWatermark;
  const auto partition = services.replicas->find(topic, asked.partition_index);
  if (partition == nullptr) {
    const auto known = services.image->topic(topic);
    const bool exists = known != nullptr && known->partition(asked.partition_index) != nullptr;
    answer.error_code =
        exists ? ErrorCode::kNotLeaderOrFollower : ErrorCode::kUnknownTopicOrPartition;
    return;
  }
  const auto low_watermark = partition->delete_records_before(asked.offset);
  if (!low_watermark.ok()) {
    answer.error_code = low_watermark.error().code;
    return;
  }
  answer.low_watermark = *low_watermark;
}

}  // namespace

void handle_delete_records(RequestContext& context, wire::DeleteRecordsRequest request,
                           wire::Reply<wire::DeleteRecordsResponse> reply) {
  wire::DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      delete_before(context.services, topic.name, partition, answer.partitions.emplace_back());
    }
  }
  reply(std::move(response));
}

}  // namespace api
