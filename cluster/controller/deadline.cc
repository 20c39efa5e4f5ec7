#include "cluster/controller/deadline.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "cluster/controller/topic_name.h"

namespace cluster::controller {
namespace {

// What is named twice is refused before the controller's turn.
template <typename Key>
bool has_single(const std::map<Key, int>& counts) {
  return std::any_of(counts.begin(), counts.end(),
                     [](const auto& entry) { return entry.second == 1; });
}

template <typename Topics>
std::map<std::string, int> counts_of(const Topics& topics) {
  std::map<std::string, int> counts;
  for (const auto& topic : topics) ++counts[topic.name];
  return counts;
}

}  // namespace

bool is_out_of_time(const wire::CreateTopicsRequest& request) {
  if (request.timeout_ms > 0) return false;
  std::map<std::string, int> counts = counts_of(request.topics);
  counts.erase(std::string(kMetadataTopicName));  // which is refused at sight, too
  return has_single(counts);
}

bool is_out_of_time(const wire::DeleteTopicsRequest& request) {
  if (request.timeout_ms > 0) return false;
  std::map<std::string, int> names;
  std::map<wire::Uuid, int> ids;
  for (const std::string& name : request.topic_names) ++names[name];
  for (const auto& topic : request.topics) {
    if (topic.name && topic.topic_id.is_zero()) ++names[*topic.name];
    if (!topic.name && !topic.topic_id.is_zero()) ++ids[topic.topic_id];
  }
  return has_single(names) || has_single(ids);
}

bool is_out_of_time(const wire::CreatePartitionsRequest& request) {
  return request.timeout_ms <= 0 && has_single(counts_of(request.topics));
}

bool is_out_of_time(const wire::ElectLeadersRequest& request) {
  return request.timeout_ms <= 0 &&
         !(request.topic_partitions && request.topic_partitions->empty());
}

bool is_out_of_time(const wire::AlterPartitionReassignmentsRequest& request) {
  return request.timeout_ms <= 0 && !request.topics.empty();
}

}  // namespace cluster::controller
