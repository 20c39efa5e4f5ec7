#include "cluster/controller/partitions.h"

#include <algorithm>
#include <set>

#include "cluster/controller/placement.h"
#include "cluster/controller/refusals.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::controller {

using metadata::MetadataRecord;
using metadata::PartitionImage;
using wire::ErrorCode;
using wire::NodeId;

NewPartition new_partition(const ControllerState& state, std::vector<NodeId> replicas) {
  NewPartition partition{std::move(replicas), {}};
  for (NodeId replica : partition.replicas) {
    if (state.cluster().is_active(replica)) partition.isr.push_back(replica);
  }
  return partition;
}

PartitionImage image_of(const ControllerState& state, const NewPartition& partition) {
  PartitionImage image;
  image.replicas = partition.replicas;
  for (NodeId replica : partition.replicas) image.directories.push_back(state.default_dir(replica));
  image.isr = partition.isr;
  image.leader = partition.isr.front();
  image.leader_epoch = 0;
  image.partition_epoch = 0;
  return image;
}

ApiError check_assignment(const ControllerState& state, const std::vector<NodeId>& brokers,
                          std::optional<size_t> replicas) {
  const auto refuse = [](std::string what) {
    return ApiError(ErrorCode::kInvalidReplicaAssignment,
                    "The manual partition assignment includes " + std::move(what));
  };
  if (brokers.empty()) return refuse("an empty replica list.");
  std::vector<NodeId> sorted = brokers;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) {
    const std::string id = std::to_string(sorted[i]);
    const metadata::BrokerImage* broker = state.cluster().broker(sorted[i]);
    if (broker == nullptr) return refuse("broker " + id + ", but no such broker is registered.");
    if (!broker->has_uncordoned_dirs()) {
      return refuse("broker " + id + ", but all its log directories are cordoned.");
    }
    if (i > 0 && sorted[i - 1] == sorted[i]) {
      return refuse("the broker " + id + " more than once.");
    }
  }
  if (replicas && *replicas != brokers.size()) {
    return refuse("a partition with " + std::to_string(brokers.size()) +
                  " replica(s), but this is not consistent with previous partitions, which have " +
                  std::to_string(*replicas) + " replica(s).");
  }
  return {};
}

namespace {

using AddRequest = wire::CreatePartitionsRequest::CreatePartitionsTopic;
using AddResult = wire::CreatePartitionsResponse::CreatePartitionsTopicResult;

// The new partitions of one topic; on failure the error.
wire::Result<std::vector<NewPartition>> additional_partitions(const ControllerState& state,
                                                              const AddRequest& request,
                                                              const metadata::TopicImage& topic) {
  const size_t present = topic.partitions.size();
  const size_t additional = static_cast<size_t>(request.count) - present;
  const size_t factor = topic.partitions.front()->replicas.size();
  std::vector<NewPartition> partitions;
  if (request.assignments) {
    for (const auto& assignment : *request.assignments) {
      const ApiError error = check_assignment(state, assignment.broker_ids, factor);
      if (!error.ok()) return wire::Error{error.code, error.message.value_or("")};
      partitions.push_back(new_partition(state, assignment.broker_ids));
      if (partitions.back().isr.empty()) {
        return wire::Error{ErrorCode::kInvalidReplicaAssignment,
                           "All brokers specified in the manual partition assignment for "
                           "partition " +
                               std::to_string(present + partitions.size() - 1) +
                               " are fenced or in controlled shutdown."};
      }
    }
    return partitions;
  }
  auto placed =
      place_replicas(state, static_cast<int32_t>(additional), static_cast<int16_t>(factor));
  if (!placed) return placed.error();
  for (auto& replicas : *placed) {
    partitions.push_back(new_partition(state, std::move(replicas)));
    if (partitions.back().isr.empty()) {
      return wire::Error{ErrorCode::kInvalidReplicationFactor,
                         "Unable to replicate the partition " + std::to_string(factor) +
                             " time(s): All brokers are currently fenced or in controlled "
                             "shutdown."};
    }
  }
  return partitions;
}

ApiError add_partitions(const ControllerState& state, const AddRequest& request,
                        std::vector<MetadataRecord>& records) {
  const metadata::TopicPtr topic = state.topics().find(request.name);
  if (topic == nullptr) return ApiError(ErrorCode::kUnknownTopicOrPartition);
  const auto present = static_cast<int64_t>(topic->partitions.size());
  if (request.count == present) {
    return {ErrorCode::kInvalidPartitions,
            "Topic already has " + std::to_string(present) + " partition(s)."};
  }
  if (request.count < present) {
    return {ErrorCode::kInvalidPartitions,
            "The topic " + request.name + " currently has " + std::to_string(present) +
                " partition(s); " + std::to_string(request.count) + " would not be an increase."};
  }
  const auto additional = static_cast<size_t>(request.count - present);
  if (additional > kMaxRecordsPerOperation - std::min(records.size(), kMaxRecordsPerOperation)) {
    return {ErrorCode::kPolicyViolation, "Unable to perform excessively large batch operation."};
  }
  if (request.assignments && request.assignments->size() != additional) {
    return {ErrorCode::kInvalidReplicaAssignment, "Attempted to add " + std::to_string(additional) +
                                                      " additional partition(s), but only " +
                                                      std::to_string(request.assignments->size()) +
                                                      " assignment(s) were specified."};
  }
  if (topic->partitions.empty()) {
    return {ErrorCode::kUnknownServerError,
            "Invalid state: topic " + request.name + " appears to have no partitions."};
  }
  auto partitions = additional_partitions(state, request, *topic);
  if (!partitions) return ApiError(partitions.error());
  auto index = static_cast<wire::PartitionIndex>(present);
  for (const NewPartition& partition : *partitions) {
    records.push_back(metadata::partition_record(topic->id, index++, image_of(state, partition),
                                                 state.features()));
  }
  return {};
}

}  // namespace

Decision<wire::CreatePartitionsResponse> create_partitions(
    const ControllerState& state, const OperationContext&,
    const wire::CreatePartitionsRequest& request) {
  Decision<wire::CreatePartitionsResponse> decision;
  std::set<std::string> seen;
  std::set<std::string> twice;
  for (const AddRequest& topic : request.topics) {
    if (!seen.insert(topic.name).second) twice.insert(topic.name);
  }
  const auto answer = [&](const std::string& name, const ApiError& error) {
    AddResult result;
    result.name = name;
    result.error_code = error.code;
    result.error_message = error.message;
    decision.response.results.push_back(std::move(result));
  };
  for (const std::string& name : twice) {
    answer(name, {ErrorCode::kInvalidRequest, "Duplicate topic name."});
  }
  for (const AddRequest& topic : request.topics) {
    if (twice.contains(topic.name)) continue;
    answer(topic.name, add_partitions(state, topic, decision.records));
  }
  if (request.validate_only) decision.records.clear();
  return decision;
}

namespace {

// Every partition that `concerns` picks, with its topic.
template <typename Visit>
void for_each_partition(const ControllerState& state, const PartitionFilter& concerns,
                        Visit visit) {
  for (const auto& [id, topic] : state.topics().by_id()) {
    for (size_t i = 0; i < topic->partitions.size(); ++i) {
      const PartitionImage& partition = *topic->partitions[i];
      if (!concerns(partition)) continue;
      if (!visit(*topic, static_cast<wire::PartitionIndex>(i), partition)) return;
    }
  }
}

}  // namespace

void update_leaders(const ControllerState& state, const LeadershipCause& cause,
                    const PartitionFilter& concerns, std::vector<MetadataRecord>& records) {
  const auto acceptable = [&](NodeId id) {
    if (id == cause.removed || id == cause.unclean_shutdown) return false;
    return id == cause.added || state.cluster().is_active(id);
  };
  for_each_partition(state, concerns, [&](const auto& topic, auto index, const auto& partition) {
    std::vector<NodeId> isr;
    for (NodeId member : partition.isr) {
      if (member != cause.removed && member != cause.unclean_shutdown) isr.push_back(member);
    }
    PartitionChange change(state, topic, index, acceptable);
    if (state.unclean_election_enabled(topic.name)) change.elect(Election::kUnclean);
    if (cause.unclean_shutdown) change.unclean_shutdown(*cause.unclean_shutdown);
    if (auto record = change.target_isr(std::move(isr)).build()) {
      records.push_back(std::move(*record));
    }
    return true;
  });
}

bool leads_any_partition(const ControllerState& state, NodeId broker) {
  bool leads = false;
  for_each_partition(
      state, [&](const PartitionImage& partition) { return partition.leader == broker; },
      [&](const auto&, auto, const auto&) {
        leads = true;
        return false;
      });
  return leads;
}

std::vector<MetadataRecord> rebalance_leaders(const ControllerState& state) {
  std::vector<MetadataRecord> records;
  for_each_partition(
      state, [](const PartitionImage& partition) { return !partition.has_preferred_leader(); },
      [&](const auto& topic, auto index, const auto&) {
        auto record = PartitionChange(state, topic, index).elect(Election::kPreferred).build();
        if (record) records.push_back(std::move(*record));
        return records.size() < kMaxElectionsPerRun;
      });
  return records;
}

std::vector<MetadataRecord> elect_unclean_leaders(const ControllerState& state) {
  std::vector<MetadataRecord> records;
  for_each_partition(
      state, [](const PartitionImage& partition) { return !partition.has_leader(); },
      [&](const auto& topic, auto index, const auto&) {
        if (!state.unclean_election_enabled(topic.name)) return true;
        auto record = PartitionChange(state, topic, index).elect(Election::kUnclean).build();
        if (record) records.push_back(std::move(*record));
        return records.size() < kMaxElectionsPerRun;
      });
  return records;
}

namespace {

constexpr int8_t kPreferredElection = 0;
constexpr int8_t kUncleanElection = 1;

ApiError elect_leader(const ControllerState& state, const std::string& name,
                      wire::PartitionIndex index, int8_t type,
                      std::vector<MetadataRecord>& records) {
  const metadata::TopicPtr topic = state.topics().find(name);
  if (topic == nullptr) {
    return {ErrorCode::kUnknownTopicOrPartition, "No such topic as " + name};
  }
  const PartitionImage* partition = topic->partition(index);
  if (partition == nullptr) {
    return {ErrorCode::kUnknownTopicOrPartition,
            "No such partition as " + name + "-" + std::to_string(index)};
  }
  const bool unclean = type == kUncleanElection;
  if (unclean ? partition->has_leader() : partition->has_preferred_leader()) {
    return {ErrorCode::kElectionNotNeeded, "Leader election not needed for topic partition."};
  }
  auto record = PartitionChange(state, *topic, index)
                    .elect(unclean ? Election::kUnclean : Election::kPreferred)
                    .build();
  if (!record) {
    return default_error(unclean ? ErrorCode::kEligibleLeadersNotAvailable
                                 : ErrorCode::kPreferredLeaderNotAvailable);
  }
  records.push_back(std::move(*record));
  return {};
}

}  // namespace

Decision<wire::ElectLeadersResponse> elect_leaders(const ControllerState& state,
                                                   const OperationContext&,
                                                   const wire::ElectLeadersRequest& request) {
  Decision<wire::ElectLeadersResponse> decision;
  decision.atomic = false;
  // Nothing to elect: the type is not even looked at.
  if (request.topic_partitions && request.topic_partitions->empty()) return decision;
  if (request.election_type != kPreferredElection && request.election_type != kUncleanElection) {
    decision.response = refused(request, ErrorCode::kInvalidRequest,
                                "Unknown election type " + std::to_string(request.election_type));
    return decision;
  }
  const auto elect = [&](const std::string& name, wire::PartitionIndex index,
                         bool answer_not_needed, auto& result) {
    const ApiError error =
        elect_leader(state, name, index, request.election_type, decision.records);
    if (error.code == ErrorCode::kElectionNotNeeded && !answer_not_needed) return;
    auto& partition = result.partition_result.emplace_back();
    partition.partition_id = index;
    partition.error_code = error.code;
    partition.error_message = error.message;
  };
  auto& results = decision.response.replica_election_results;
  if (request.topic_partitions) {
    for (const auto& topic : *request.topic_partitions) {
      auto& result = results.emplace_back();
      result.topic = topic.topic;
      for (int32_t index : topic.partitions) elect(topic.topic, index, true, result);
    }
    return decision;
  }
  // Every partition of the cluster, those that need nothing left out.
  for (const auto& [name, id] : state.topics().by_name()) {
    auto& result = results.emplace_back();
    result.topic = name;
    const metadata::TopicPtr topic = state.topics().find(id);
    for (size_t i = 0; i < topic->partitions.size(); ++i) {
      elect(name, static_cast<wire::PartitionIndex>(i), false, result);
    }
  }
  return decision;
}

}  // namespace cluster::controller
