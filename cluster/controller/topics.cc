#include "cluster/controller/topics.h"

#include <algorithm>
#include <map>
#include <set>

#include "cluster/controller/api_error.h"
#include "cluster/controller/configs.h"
#include "cluster/controller/partitions.h"
#include "cluster/controller/placement.h"
#include "cluster/controller/topic_name.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::controller {

using metadata::MetadataRecord;
using wire::ErrorCode;

namespace {

using Topic = wire::CreateTopicsRequest::CreatableTopic;
using TopicResult = wire::CreateTopicsResponse::CreatableTopicResult;
using DeleteResult = wire::DeleteTopicsResponse::DeletableTopicResult;

constexpr int64_t kMaxPartitionsPerRequest = 10'000;

int64_t total_partitions(const ControllerState& state, const wire::CreateTopicsRequest& request) {
  int64_t total = 0;
  for (const Topic& topic : request.topics) {
    if (!topic.assignments.empty()) {
      total += static_cast<int64_t>(topic.assignments.size());
    } else if (topic.num_partitions == -1) {
      total += state.options.default_partitions;
    } else if (topic.num_partitions > 0) {
      total += topic.num_partitions;
    }
  }
  return total;
}

ApiError check_name(const ControllerState& state, const Topic& topic) {
  if (state.topics().find(topic.name) != nullptr) {
    return {ErrorCode::kTopicAlreadyExists, "Topic '" + topic.name + "' already exists."};
  }
  if (const auto* colliding = state.topics().colliding_with(topic.name)) {
    return {ErrorCode::kInvalidTopicException,
            "Topic '" + topic.name + "' collides with existing topic: " + colliding->front()};
  }
  if (auto reason = invalid_topic_name(topic.name)) {
    return {ErrorCode::kInvalidTopicException, std::move(*reason)};
  }
  return {};
}

// The replicas that the request names.
wire::Result<std::vector<NewPartition>> assigned_partitions(const ControllerState& state,
                                                            const Topic& topic) {
  if (topic.replication_factor != -1) {
    return wire::Error{ErrorCode::kInvalidRequest,
                       "A manual partition assignment was specified, but replication factor was "
                       "not set to -1."};
  }
  if (topic.num_partitions != -1) {
    return wire::Error{ErrorCode::kInvalidRequest,
                       "A manual partition assignment was specified, but numPartitions was not "
                       "set to -1."};
  }
  std::map<int32_t, NewPartition> partitions;
  std::optional<size_t> replicas;
  for (const auto& assignment : topic.assignments) {
    if (partitions.contains(assignment.partition_index)) {
      return wire::Error{ErrorCode::kInvalidReplicaAssignment,
                         "Found multiple manual partition assignments for partition " +
                             std::to_string(assignment.partition_index)};
    }
    const ApiError error = check_assignment(state, assignment.broker_ids, replicas);
    if (!error.ok()) return wire::Error{error.code, error.message.value_or("")};
    replicas = assignment.broker_ids.size();
    NewPartition partition = new_partition(state, assignment.broker_ids);
    if (partition.isr.empty()) {
      return wire::Error{ErrorCode::kInvalidReplicaAssignment,
                         "All brokers specified in the manual partition assignment for "
                         "partition " +
                             std::to_string(assignment.partition_index) +
                             " are fenced or in controlled shutdown."};
    }
    partitions.emplace(assignment.partition_index, std::move(partition));
  }
  std::vector<NewPartition> result;
  for (auto& [index, partition] : partitions) {
    if (index != static_cast<int32_t>(result.size())) {
      return wire::Error{ErrorCode::kInvalidReplicaAssignment,
                         "partitions should be a consecutive 0-based integer sequence"};
    }
    result.push_back(std::move(partition));
  }
  return result;
}

// The replicas that we choose.
wire::Result<std::vector<NewPartition>> placed_partitions(const ControllerState& state,
                                                          const Topic& topic) {
  if (topic.replication_factor < -1 || topic.replication_factor == 0) {
    return wire::Error{ErrorCode::kInvalidReplicationFactor,
                       "Replication factor must be larger than 0, or -1 to use the default value."};
  }
  if (topic.num_partitions < -1 || topic.num_partitions == 0) {
    return wire::Error{ErrorCode::kInvalidPartitions,
                       "Number of partitions was set to an invalid non-positive value."};
  }
  const int32_t count =
      topic.num_partitions == -1 ? state.options.default_partitions : topic.num_partitions;
  const int16_t factor = topic.replication_factor == -1 ? state.options.default_replication_factor
                                                        : topic.replication_factor;
  const std::string unable =
      "Unable to replicate the partition " + std::to_string(factor) + " time(s): ";
  auto placed = place_replicas(state, count, factor);
  if (!placed) return wire::Error{placed.error().code, unable + placed.error().detail};
  std::vector<NewPartition> result;
  for (auto& replicas : *placed) {
    result.push_back(new_partition(state, std::move(replicas)));
    if (result.back().isr.empty()) {
      return wire::Error{ErrorCode::kInvalidReplicationFactor,
                         unable + "All brokers are currently fenced or in controlled shutdown."};
    }
  }
  return result;
}

// The records of the topic's configs; on failure the error.
ApiError topic_configs(const ControllerState& state, const Topic& topic,
                       std::vector<MetadataRecord>& records) {
  std::vector<ConfigChange> changes;
  std::string without_value;
  bool all_have_values = true;  // a name may be empty
  for (const auto& config : topic.configs) {
    if (config.value) {
      changes.push_back({config.name, ConfigOperation::kSet, config.value});
    } else {
      without_value += (all_have_values ? "" : ",") + config.name;
      all_have_values = false;
    }
  }
  if (!all_have_values) {
    return {ErrorCode::kInvalidConfig,
            "Null value not supported for topic configs: " + without_value};
  }
  if (changes.empty()) return {};
  return alter_resource(state, {metadata::ConfigResourceType::kTopic, topic.name}, changes,
                        /*new_resource=*/true, records);
}

void describe_configs(const ControllerState& state, const Topic& topic, TopicResult& result) {
  metadata::ConfigMap own;
  for (const auto& config : topic.configs) own[config.name] = config.value.value_or("");
  result.configs.emplace();
  for (EffectiveConfig& config :
       state.configs.effective_topic_configs(own, state.config_layers())) {
    auto& entry = result.configs->emplace_back();
    entry.name = std::move(config.name);
    if (!config.sensitive) entry.value = std::move(config.value);
    entry.read_only = config.read_only;
    entry.config_source = config.source;
    entry.is_sensitive = config.sensitive;
  }
}

TopicResult create_topic(const ControllerState& state, const OperationContext& context,
                         const Topic& topic, std::vector<MetadataRecord>& records) {
  TopicResult result;
  result.name = topic.name;
  const auto refuse = [&](const ApiError& error) {
    result.error_code = error.code;
    result.error_message = error.message;
    return result;
  };
  if (const ApiError error = check_name(state, topic); !error.ok()) return refuse(error);
  std::vector<MetadataRecord> config_records;
  if (const ApiError error = topic_configs(state, topic, config_records); !error.ok()) {
    return refuse(error);
  }
  result.error_message.reset();
  auto partitions = topic.assignments.empty() ? placed_partitions(state, topic)
                                              : assigned_partitions(state, topic);
  if (!partitions) return refuse(ApiError(partitions.error()));

  do {
    result.topic_id = wire::Uuid::random(state.random);
  } while (state.topics().find(result.topic_id) != nullptr);
  if (context.describes_configs(topic.name)) {
    describe_configs(state, topic, result);
    result.num_partitions = static_cast<int32_t>(partitions->size());
    result.replication_factor = static_cast<int16_t>(partitions->front().replicas.size());
  } else {
    result.topic_config_error_code = ErrorCode::kTopicAuthorizationFailed;
  }
  wire::TopicRecord record;
  record.name = topic.name;
  record.topic_id = result.topic_id;
  records.push_back({std::move(record), 0});
  std::move(config_records.begin(), config_records.end(), std::back_inserter(records));
  int32_t index = 0;
  for (const NewPartition& partition : *partitions) {
    records.push_back(metadata::partition_record(result.topic_id, index++,
                                                 image_of(state, partition), state.features()));
  }
  return result;
}

TopicResult refused_topic(const std::string& name, ErrorCode code, std::string message) {
  TopicResult result;
  result.name = name;
  result.error_code = code;
  result.error_message = std::move(message);
  return result;
}

std::set<std::string> duplicate_names(const std::vector<Topic>& topics) {
  std::set<std::string> seen;
  std::set<std::string> twice;
  for (const Topic& topic : topics) {
    if (!seen.insert(topic.name).second) twice.insert(topic.name);
  }
  return twice;
}

}  // namespace

Decision<wire::CreateTopicsResponse> create_topics(const ControllerState& state,
                                                   const OperationContext& context,
                                                   const wire::CreateTopicsRequest& request) {
  Decision<wire::CreateTopicsResponse> decision;
  auto& results = decision.response.topics;
  if (total_partitions(state, request) > kMaxPartitionsPerRequest) {
    for (const Topic& topic : request.topics) {
      results.push_back(refused_topic(topic.name, ErrorCode::kPolicyViolation,
                                      "Excessively large number of partitions per request."));
    }
    return decision;
  }
  const std::set<std::string> duplicates = duplicate_names(request.topics);
  for (const Topic& topic : request.topics) {
    if (duplicates.contains(topic.name) || topic.name == kMetadataTopicName) continue;
    results.push_back(create_topic(state, context, topic, decision.records));
  }
  for (const std::string& name : duplicates) {
    results.push_back(refused_topic(name, ErrorCode::kInvalidRequest, "Duplicate topic name."));
  }
  const bool names_metadata =
      std::any_of(request.topics.begin(), request.topics.end(),
                  [](const Topic& t) { return t.name == kMetadataTopicName; });
  if (names_metadata && !duplicates.contains(std::string(kMetadataTopicName))) {
    results.push_back(
        refused_topic(std::string(kMetadataTopicName), ErrorCode::kInvalidRequest,
                      "Creation of internal topic __cluster_metadata is prohibited."));
  }
  if (request.validate_only) decision.records.clear();
  return decision;
}

namespace {

// The topics that a DeleteTopics names, each in one way only.
class DeletionList {
 public:
  DeletionList(const ControllerState& state, std::vector<DeleteResult>& results)
      : state_(state), results_(results) {}

  void add_name(const std::string& name) {
    if (!names_.insert(name).second) twice_named_.insert(name);
  }
  void add_id(const wire::Uuid& id) {
    if (!ids_.insert(id).second) twice_identified_.insert(id);
  }
  void refuse(std::optional<std::string> name, const wire::Uuid& id, const ApiError& error) {
    DeleteResult result;
    result.name = std::move(name);
    result.topic_id = id;
    result.error_code = error.code;
    result.error_message = error.message;
    results_.push_back(std::move(result));
  }

  // What is to be deleted, once what is wrong has been answered.
  std::map<wire::Uuid, std::string> resolve() {
    std::map<wire::Uuid, std::string> found;
    for (const std::string& name : twice_named_) {
      refuse(name, {}, {ErrorCode::kInvalidRequest, "Duplicate topic name."});
      names_.erase(name);
    }
    for (const wire::Uuid& id : twice_identified_) {
      refuse(std::nullopt, id, {ErrorCode::kInvalidRequest, "Duplicate topic id."});
      ids_.erase(id);
    }
    for (const wire::Uuid& id : ids_) {
      if (const metadata::TopicPtr topic = state_.topics().find(id)) {
        found.emplace(id, topic->name);
      } else {
        refuse(std::nullopt, id, default_error(ErrorCode::kUnknownTopicId));
      }
    }
    for (const std::string& name : names_) resolve_name(name, found);
    return found;
  }

 private:
  void resolve_name(const std::string& name, std::map<wire::Uuid, std::string>& found) {
    const metadata::TopicPtr topic = state_.topics().find(name);
    if (topic == nullptr) {
      refuse(name, {}, default_error(ErrorCode::kUnknownTopicOrPartition));
    } else if (twice_identified_.contains(topic->id) || !found.emplace(topic->id, name).second) {
      found.erase(topic->id);
      refuse(name, topic->id,
             {ErrorCode::kInvalidRequest,
              "The provided topic name maps to an ID that was already supplied."});
    }
  }

  const ControllerState& state_;
  std::vector<DeleteResult>& results_;
  std::set<std::string> names_;
  std::set<std::string> twice_named_;
  std::set<wire::Uuid> ids_;
  std::set<wire::Uuid> twice_identified_;
};

}  // namespace

Decision<wire::DeleteTopicsResponse> delete_topics(const ControllerState& state,
                                                   const OperationContext&,
                                                   const wire::DeleteTopicsRequest& request) {
  Decision<wire::DeleteTopicsResponse> decision;
  DeletionList list(state, decision.response.responses);
  for (const std::string& name : request.topic_names) list.add_name(name);
  for (const auto& topic : request.topics) {
    if (topic.name && !topic.topic_id.is_zero()) {
      list.refuse(
          topic.name, topic.topic_id,
          {ErrorCode::kInvalidRequest, "You may not specify both topic name and topic id."});
    } else if (topic.name) {
      list.add_name(*topic.name);
    } else if (topic.topic_id.is_zero()) {
      list.refuse(std::nullopt, {},
                  {ErrorCode::kInvalidRequest, "Neither topic name nor id were specified."});
    } else {
      list.add_id(topic.topic_id);
    }
  }
  for (const auto& [id, name] : list.resolve()) {
    wire::RemoveTopicRecord record;
    record.topic_id = id;
    decision.records.push_back({record, 0});
    list.refuse(name, id, {});
  }
  return decision;
}

}  // namespace cluster::controller
