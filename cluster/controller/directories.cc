// AssignReplicasToDirs: a broker with several log directories tells which one holds a replica
// (KIP-858).
#include <algorithm>

#include "cluster/controller/brokers.h"
#include "cluster/controller/partitions.h"

namespace cluster::controller {

using wire::ErrorCode;

namespace {

ErrorCode assign(const ControllerState& state, wire::NodeId broker, const wire::Uuid& directory,
                 const metadata::TopicImage* topic, int32_t index,
                 std::vector<metadata::MetadataRecord>& records) {
  if (topic == nullptr) return ErrorCode::kUnknownTopicId;
  const metadata::PartitionImage* partition = topic->partition(index);
  if (partition == nullptr) return ErrorCode::kUnknownTopicOrPartition;
  if (!partition->has_replica(broker)) return ErrorCode::kNotLeaderOrFollower;
  if (auto record = PartitionChange(state, *topic, index).directory(broker, directory).build()) {
    records.push_back(std::move(*record));
  }
  return ErrorCode::kNone;
}

}  // namespace

Decision<wire::AssignReplicasToDirsResponse> assign_replicas_to_dirs(
    const ControllerState& state, const OperationContext&,
    const wire::AssignReplicasToDirsRequest& request) {
  Decision<wire::AssignReplicasToDirsResponse> decision;
  decision.atomic = false;
  auto& response = decision.response;
  if (!state.version().directory_assignment_supported()) {
    response.error_code = ErrorCode::kUnsupportedVersion;
    return decision;
  }
  response.error_code = check_broker_epoch(state, request.broker_id, request.broker_epoch);
  if (response.error_code != ErrorCode::kNone) return decision;
  const metadata::BrokerImage& broker = *state.cluster().broker(request.broker_id);
  std::vector<const metadata::PartitionImage*> offline;
  for (const auto& directory : request.directories) {
    auto& directory_answer = response.directories.emplace_back();
    directory_answer.id = directory.id;
    for (const auto& topic_request : directory.topics) {
      auto& topic_answer = directory_answer.topics.emplace_back();
      topic_answer.topic_id = topic_request.topic_id;
      const metadata::TopicPtr topic = state.topics().find(topic_request.topic_id);
      for (const auto& partition : topic_request.partitions) {
        auto& answer = topic_answer.partitions.emplace_back();
        answer.partition_index = partition.partition_index;
        answer.error_code = assign(state, broker.id, directory.id, topic.get(),
                                   partition.partition_index, decision.records);
        if (answer.error_code == ErrorCode::kNone && !broker.has_online_dir(directory.id)) {
          offline.push_back(topic->partition(partition.partition_index));
        }
      }
    }
  }
  if (offline.empty()) return decision;
  // A replica in a directory that is gone neither leads nor is in sync.
  update_leaders(
      state, {.removed = broker.id},
      [&](const metadata::PartitionImage& partition) {
        return std::find(offline.begin(), offline.end(), &partition) != offline.end();
      },
      decision.records);
  return decision;
}

}  // namespace cluster::controller
