// What Apache decides about a produce request before anything is appended: which requests fail as a
// whole, and what counts of a partition that is named more than once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/api/request_context.h"
#include "wire/api/produce.h"

namespace api {

inline constexpr int16_t kFirstProduceVersionOfBatches = 3;  // before: message sets

// What a request has to do with transactions, by the headers of its batches.
struct TransactionalShare {
  bool any = false;
  // The first entry of a partition's records cannot be one.  Apache comes upon it when it looks for
  // transactions, and then answers for all partitions; in what comes behind a transactional batch
  // it does not look.
  bool corrupt = false;
};
TransactionalShare transactional_share(const wire::ProduceRequest& request);

// What fails for all partitions, whatever they are.
std::optional<wire::ProduceResponse> refuse_at_sight(const wire::ProduceRequest& request,
                                                     const TransactionalShare& transactional);
// Before version 7 Apache asks every batch for its codec, and fails as a whole if it is unknown.
bool fails_unexpectedly(const wire::ProduceResponse& response);

// What is refused at once of records for `topic` (empty: an id that no topic has), before a
// transaction is asked about.  `is_here`: this broker has the partition.
wire::ErrorCode check_target(const RequestContext& context, std::string_view topic,
                             const wire::ProduceRequest::PartitionProduceData& data, bool is_here);

// Apache keeps the partitions of a request in maps.  Of a partition that is named twice the last
// sound records are appended; the answer is that of unsound ones, if there are any.
void merge_topics(std::vector<wire::ProduceRequest::TopicProduceData>& topics);
// Returns the errors to be answered for partitions that are appended to nevertheless.
std::map<wire::PartitionIndex, wire::ErrorCode> merge_partitions(
    const RequestContext& context, std::string_view name,
    wire::ProduceRequest::TopicProduceData& topic);

}  // namespace api
