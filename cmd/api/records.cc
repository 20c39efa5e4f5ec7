// DeleteRecords (key 21), v0-v2.  v2: flexible.  Moves the log start; offset -1 is the high
// watermark.  A partition that is named twice is answered once, for the offset named last, and a
// topic without partitions is not answered: Apache keeps them in a map.
#include <map>
#include <utility>

#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"
#include "cmd/api/topic_creation.h"
#include "wire/api/delete_records.h"

namespace api {
namespace {

using wire::ErrorCode;

constexpr wire::Offset kNoLowWatermark = -1;

void delete_before(const Services& services, const std::string& topic, wire::Offset offset,
                   wire::DeleteRecordsResponse::DeleteRecordsPartitionResult& answer) {
  answer.low_watermark = kNoLowWatermark;
  const auto partition = services.replicas->find(topic, answer.partition_index);
  if (partition == nullptr) {
    const auto known = services.image->topic(topic);
    const bool exists = known != nullptr && known->partition(answer.partition_index) != nullptr;
    answer.error_code =
        exists ? ErrorCode::kNotLeaderOrFollower : ErrorCode::kUnknownTopicOrPartition;
    return;
  }
  if (is_internal_topic(topic)) {
    answer.error_code = ErrorCode::kInvalidTopicException;
    return;
  }
  const auto low_watermark = partition->delete_records_before(offset);
  if (!low_watermark.ok()) {
    answer.error_code = low_watermark.error().code;
    return;
  }
  answer.low_watermark = *low_watermark;
}

}  // namespace

void handle_delete_records(RequestContext& context, wire::DeleteRecordsRequest request,
                           wire::Reply<wire::DeleteRecordsResponse> reply) {
  std::map<std::string, std::map<wire::PartitionIndex, wire::Offset>> asked;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions)
      asked[topic.name][partition.partition_index] = partition.offset;
  }
  wire::DeleteRecordsResponse response;
  for (const auto& [topic, partitions] : asked) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic;
    for (const auto& [index, offset] : partitions) {
      auto& answer = answered.partitions.emplace_back();
      answer.partition_index = index;
      delete_before(context.services, topic, offset, answer);
    }
  }
  reply(std::move(response));
}

}  // namespace api
