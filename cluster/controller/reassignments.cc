#include "cluster/controller/reassignments.h"

#include <algorithm>
#include <set>

#include "cluster/controller/partition_change.h"
#include "cluster/controller/partitions.h"

namespace cluster::controller {

using metadata::MetadataRecord;
using metadata::PartitionImage;
using wire::ErrorCode;
using wire::NodeId;

namespace {

using Target = wire::AlterPartitionReassignmentsRequest::ReassignablePartition;
using Nodes = std::vector<NodeId>;

// In ascending order, as Apache's sets yield them.
Nodes difference(const Nodes& from, const Nodes& without) {
  std::set<NodeId> rest(from.begin(), from.end());
  for (NodeId id : without) rest.erase(id);
  return {rest.begin(), rest.end()};
}

// How many replicas the partition has when the move under way, if any, is done.
size_t target_replication_factor(const PartitionImage& partition) {
  std::set<NodeId> replicas(partition.replicas.begin(), partition.replicas.end());
  replicas.insert(partition.adding_replicas.begin(), partition.adding_replicas.end());
  for (NodeId id : partition.removing_replicas) replicas.erase(id);
  return replicas.size();
}

ApiError cancel(const ControllerState& state, const metadata::TopicImage& topic,
                wire::PartitionIndex index, const PartitionImage& partition,
                std::vector<MetadataRecord>& records) {
  if (!partition.is_reassigning()) return ApiError(ErrorCode::kNoReassignmentInProgress);
  const Nodes replicas = without(partition.replicas, partition.adding_replicas);
  if (replicas.empty()) {
    return {ErrorCode::kInvalidReplicaAssignment,
            "Invalid replica assignment: addingReplicas contains all replicas."};
  }
  Nodes isr = without(partition.isr, partition.adding_replicas);
  const bool unclean_allowed = state.unclean_election_enabled(topic.name);
  if (isr.empty()) {
    // Only replicas that came with the move are in sync: any of those before would lead uncleanly.
    if (!unclean_allowed) {
      return {ErrorCode::kInvalidReplicaAssignment,
              "Unable to revert partition assignment for " + topic.name + ":" +
                  std::to_string(index) + " because it would require an unclean leader election."};
    }
    isr.push_back(replicas.front());
  }
  PartitionChange change(state, topic, index);
  if (unclean_allowed) change.elect(Election::kUnclean);
  if (auto record = change.target_isr(isr).target_replicas(replicas, {}, {}).build()) {
    records.push_back(std::move(*record));
  }
  return {};
}

ApiError reassign(const ControllerState& state, const metadata::TopicImage& topic,
                  wire::PartitionIndex index, const PartitionImage& partition, const Nodes& target,
                  bool may_change_factor, std::vector<MetadataRecord>& records) {
  if (ApiError error = check_assignment(state, target, std::nullopt); !error.ok()) return error;
  if (const size_t factor = target_replication_factor(partition);
      !may_change_factor && factor != target.size()) {
    return {ErrorCode::kInvalidReplicationFactor, "The replication factor is changed from " +
                                                      std::to_string(factor) + " to " +
                                                      std::to_string(target.size())};
  }
  Nodes removing = difference(partition.replicas, target);
  Nodes adding = difference(target, partition.replicas);
  Nodes replicas = target;
  replicas.insert(replicas.end(), removing.begin(), removing.end());
  // A list that would be empty keeps what a move under way has in it.
  if (removing.empty()) removing = partition.removing_replicas;
  if (adding.empty()) adding = partition.adding_replicas;
  PartitionChange change(state, topic, index);
  change.target_replicas(std::move(replicas), std::move(removing), std::move(adding));
  if (auto record = change.build()) records.push_back(std::move(*record));
  return {};
}

ApiError alter_target(const ControllerState& state, const std::string& name, const Target& target,
                      bool may_change_factor, std::vector<MetadataRecord>& records) {
  const metadata::TopicPtr topic = state.topics().find(name);
  if (topic == nullptr) {
    return {ErrorCode::kUnknownTopicOrPartition, "Unable to find a topic named " + name + "."};
  }
  const wire::PartitionIndex index = target.partition_index;
  const PartitionImage* partition = topic->partition(index);
  if (partition == nullptr) {
    return {ErrorCode::kUnknownTopicOrPartition,
            "Unable to find partition " + name + ":" + std::to_string(index) + "."};
  }
  if (!target.replicas) return cancel(state, *topic, index, *partition, records);
  return reassign(state, *topic, index, *partition, *target.replicas, may_change_factor, records);
}

void list_partition(const metadata::TopicImage& topic, wire::PartitionIndex index,
                    wire::ListPartitionReassignmentsResponse::OngoingTopicReassignment& listed) {
  const PartitionImage* partition = topic.partition(index);
  if (partition == nullptr || !partition->is_reassigning()) return;
  auto& moving = listed.partitions.emplace_back();
  moving.partition_index = index;
  moving.replicas = partition->replicas;
  moving.adding_replicas = partition->adding_replicas;
  moving.removing_replicas = partition->removing_replicas;
}

}  // namespace

Decision<wire::AlterPartitionReassignmentsResponse> alter_partition_reassignments(
    const ControllerState& state, const OperationContext&,
    const wire::AlterPartitionReassignmentsRequest& request) {
  Decision<wire::AlterPartitionReassignmentsResponse> decision;
  auto& response = decision.response;
  if (request.topics.empty()) {
    // Apache answers this without its controller, from an untouched message.
    response.error_message = "";
    return decision;
  }
  const bool may_change_factor = request.allow_replication_factor_change;
  response.allow_replication_factor_change = may_change_factor;
  response.error_message.reset();
  for (const auto& topic : request.topics) {
    auto& result = response.responses.emplace_back();
    result.name = topic.name;
    for (const Target& target : topic.partitions) {
      const ApiError error =
          alter_target(state, topic.name, target, may_change_factor, decision.records);
      auto& answer = result.partitions.emplace_back();
      answer.partition_index = target.partition_index;
      answer.error_code = error.code;
      answer.error_message = error.message;
    }
  }
  return decision;
}

Decision<wire::ListPartitionReassignmentsResponse> list_partition_reassignments(
    const ControllerState& state, const OperationContext&,
    const wire::ListPartitionReassignmentsRequest& request) {
  Decision<wire::ListPartitionReassignmentsResponse> decision;
  auto& response = decision.response;
  response.error_message.reset();
  const auto list = [&](const metadata::TopicImage& topic, auto list_partitions) {
    wire::ListPartitionReassignmentsResponse::OngoingTopicReassignment listed;
    listed.name = topic.name;
    list_partitions(listed);
    if (!listed.partitions.empty()) response.topics.push_back(std::move(listed));
  };
  if (!request.topics) {
    for (const auto& entry : state.topics().by_id()) {
      const metadata::TopicPtr& topic = entry.second;
      list(*topic, [&](auto& listed) {
        for (size_t i = 0; i < topic->partitions.size(); ++i) {
          list_partition(*topic, static_cast<wire::PartitionIndex>(i), listed);
        }
      });
    }
    return decision;
  }
  for (const auto& asked : *request.topics) {
    const metadata::TopicPtr topic = state.topics().find(asked.name);
    if (topic == nullptr) continue;
    list(*topic, [&](auto& listed) {
      for (const int32_t index : asked.partition_indexes) list_partition(*topic, index, listed);
    });
  }
  return decision;
}

}  // namespace cluster::controller
