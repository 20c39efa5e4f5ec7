#include "cmd/api/produce_rules.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "wire/records/produced_batch.h"
#include "wire/records/record_batch.h"

namespace api {

namespace {

using wire::ErrorCode;

wire::ProduceResponse refuse_all(const wire::ProduceRequest& request, ErrorCode code,
                                 std::optional<std::string> message = std::nullopt) {
  wire::ProduceResponse response;
  for (const auto& topic : request.topic_data) {
    auto& refused = response.responses.emplace_back();
    refused.name = topic.name;
    refused.topic_id = topic.topic_id;
    for (const auto& partition : topic.partition_data) {
      const bool is_repeated =
          std::any_of(refused.partition_responses.begin(), refused.partition_responses.end(),
                      [&](const auto& each) { return each.index == partition.index; });
      if (is_repeated) continue;
      auto& entry = refused.partition_responses.emplace_back();
      entry.index = partition.index;
      entry.error_code = code;
      entry.error_message = message;
      entry.base_offset = wire::kNoOffset;
    }
  }
  return response;
}

template <typename Range, typename Key>
bool has_repeats(const Range& range, const Key& key_of) {
  if (range.size() < 2) return false;
  absl::InlinedVector<std::invoke_result_t<Key, const typename Range::value_type&>, 16> keys;
  for (const auto& each : range) keys.push_back(key_of(each));
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

using TopicData = wire::ProduceRequest::TopicProduceData;

std::pair<wire::Uuid, std::string_view> topic_key(const TopicData& topic) {
  return {topic.topic_id, topic.name};
}

}  // namespace

TransactionalShare transactional_share(const wire::ProduceRequest& request) {
  TransactionalShare share;
  for (const auto& topic : request.topic_data) {
    for (const auto& partition : topic.partition_data) {
      if (!partition.records) continue;
      const auto batch = partition.records->span();
      if (!share.any && !wire::is_batch(batch) && !wire::read_entry_extent(batch).ok()) {
        share.corrupt = true;
      }
      if (wire::is_batch(batch) && wire::is_transactional_batch(batch)) share.any = true;
    }
  }
  return share;
}

std::optional<wire::ProduceResponse> refuse_at_sight(const wire::ProduceRequest& request,
                                                     const TransactionalShare& transactional) {
  if (transactional.corrupt) {
    return refuse_all(request, ErrorCode::kCorruptMessage,
                      "The records do not begin with a batch.");
  }
  if (transactional.any && !request.transactional_id) {
    return refuse_all(request, ErrorCode::kTransactionalIdAuthorizationFailed);
  }
  return std::nullopt;
}

bool fails_unexpectedly(const wire::ProduceResponse& response) {
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partition_responses) {
      if (partition.error_code == ErrorCode::kUnknownServerError) return true;
    }
  }
  return false;
}

ErrorCode check_target(const RequestContext& context, std::string_view topic,
                       const wire::ProduceRequest::PartitionProduceData& data, bool is_here) {
  if (topic.empty() && context.api_version >= 13) return ErrorCode::kUnknownTopicId;
  if (!is_here) {
    const auto found = context.services.image->topic(topic);
    if (!found || found->partition(data.index) == nullptr)
      return ErrorCode::kUnknownTopicOrPartition;
  }
  if (context.api_version < kFirstProduceVersionOfBatches) return ErrorCode::kNone;
  const auto batch =
      wire::check_produced_batch(data.records ? *data.records : wire::Bytes(), context.api_version);
  return batch.ok() ? ErrorCode::kNone : batch.error().code;
}

void merge_topics(std::vector<TopicData>& topics) {
  // Apache answers partitions, not topics.
  std::erase_if(topics, [](const auto& topic) { return topic.partition_data.empty(); });
  if (!has_repeats(topics, topic_key)) return;
  std::vector<TopicData> merged;
  std::map<std::pair<wire::Uuid, std::string>, size_t> places;
  for (TopicData& topic : topics) {
    const auto [place, is_new] = places.try_emplace({topic.topic_id, topic.name}, merged.size());
    if (is_new) {
      merged.push_back(std::move(topic));
      continue;
    }
    auto& partitions = merged[place->second].partition_data;
    std::move(topic.partition_data.begin(), topic.partition_data.end(),
              std::back_inserter(partitions));
  }
  topics = std::move(merged);
}

std::map<wire::PartitionIndex, ErrorCode> merge_partitions(const RequestContext& context,
                                                           std::string_view name,
                                                           TopicData& topic) {
  std::map<wire::PartitionIndex, ErrorCode> errors;
  auto& all = topic.partition_data;
  if (!has_repeats(all, [](const auto& data) { return data.index; })) return errors;
  std::vector<wire::ProduceRequest::PartitionProduceData> merged;
  std::map<wire::PartitionIndex, std::pair<size_t, ErrorCode>> kept;
  for (auto& data : all) {
    const bool is_here = context.services.replicas->find(name, data.index) != nullptr;
    const ErrorCode error = check_target(context, name, data, is_here);
    if (error != ErrorCode::kNone) errors[data.index] = error;
    const auto [place, is_new] = kept.try_emplace(data.index, std::pair(merged.size(), error));
    if (is_new) {
      merged.push_back(std::move(data));
    } else if (error == ErrorCode::kNone || place->second.second != ErrorCode::kNone) {
      place->second.second = error;
      merged[place->second.first] = std::move(data);
    }
  }
  all = std::move(merged);
  return errors;
}

}  // namespace api
