// AlterPartition: a leader tells which replicas are in sync (KIP-497), or that it has recovered
// from an unclean election.
#include <algorithm>
#include <set>

#include "cluster/controller/partitions.h"
#include "cluster/metadata/delta.h"
#include "wire/base/log.h"

namespace cluster::controller {

using metadata::LeaderRecoveryState;
using metadata::PartitionImage;
using wire::ErrorCode;
using wire::NodeId;

namespace {

using PartitionData = wire::AlterPartitionRequest::PartitionData;
using PartitionAnswer = wire::AlterPartitionResponse::PartitionData;

struct IsrMember {
  NodeId id;
  int64_t epoch;  // -1: not told
};

std::vector<IsrMember> proposed_isr(const PartitionData& request, int16_t version) {
  std::vector<IsrMember> members;
  if (version < 3) {
    for (NodeId id : request.new_isr) members.push_back({id, -1});
  } else {
    for (const auto& broker : request.new_isr_with_epochs) {
      members.push_back({broker.broker_id, broker.broker_epoch});
    }
  }
  return members;
}

// No doubles, and replicas all of them; may be empty only in name.
bool valid_isr(const PartitionImage& partition, const std::vector<IsrMember>& isr) {
  std::set<NodeId> seen;
  for (const IsrMember& member : isr) {
    if (!partition.has_replica(member.id) || !seen.insert(member.id).second) return false;
  }
  return !isr.empty();
}

// May this broker, in the incarnation the leader knows, be in an ISR?
bool eligible(const ControllerState& state, const IsrMember& member) {
  const metadata::BrokerImage* broker = state.cluster().broker(member.id);
  return broker != nullptr && broker->active() &&
         (member.epoch == -1 || member.epoch == broker->epoch);
}

ErrorCode check(const ControllerState& state, NodeId sender, const PartitionImage* partition,
                const PartitionData& request, const std::vector<IsrMember>& isr) {
  if (partition == nullptr) return ErrorCode::kUnknownTopicOrPartition;
  // It knows of a later election or change than we do: we are not the controller any more and have
  // not noticed.
  if (request.leader_epoch > partition->leader_epoch) return ErrorCode::kNotController;
  if (request.partition_epoch > partition->partition_epoch) return ErrorCode::kNotController;
  if (request.leader_epoch < partition->leader_epoch) return ErrorCode::kFencedLeaderEpoch;
  if (sender != partition->leader) return ErrorCode::kInvalidRequest;
  if (request.partition_epoch < partition->partition_epoch) return ErrorCode::kInvalidUpdateVersion;
  if (!valid_isr(*partition, isr)) return ErrorCode::kInvalidRequest;
  const bool has_leader = std::any_of(isr.begin(), isr.end(),
                                      [&](const IsrMember& member) { return member.id == sender; });
  if (!has_leader) return ErrorCode::kInvalidRequest;
  const auto recovery = static_cast<LeaderRecoveryState>(request.leader_recovery_state);
  if (recovery == LeaderRecoveryState::kRecovering) {
    if (isr.size() > 1) return ErrorCode::kInvalidRequest;
    if (partition->leader_recovery_state == LeaderRecoveryState::kRecovered) {
      return ErrorCode::kInvalidRequest;
    }
  }
  for (const IsrMember& member : isr) {
    if (!eligible(state, member)) return ErrorCode::kIneligibleReplica;
  }
  return ErrorCode::kNone;
}

PartitionAnswer alter_one(const ControllerState& state, NodeId sender, int16_t version,
                          const metadata::TopicImage& topic, const PartitionData& request,
                          std::vector<metadata::MetadataRecord>& records) {
  PartitionAnswer answer;
  answer.partition_index = request.partition_index;
  const PartitionImage* partition = topic.partition(request.partition_index);
  const std::vector<IsrMember> isr = proposed_isr(request, version);
  answer.error_code = check(state, sender, partition, request, isr);
  if (answer.error_code != ErrorCode::kNone) {
    wire::log::info("AlterPartition of broker {} for {}-{} refused: {}", sender, topic.name,
                    request.partition_index, wire::error_name(answer.error_code));
    return answer;
  }
  std::vector<NodeId> ids;
  for (const IsrMember& member : isr) ids.push_back(member.id);
  PartitionChange change(state, topic, request.partition_index);
  if (state.unclean_election_enabled(topic.name)) change.elect(Election::kUnclean);
  auto record =
      change.target_isr(std::move(ids))
          .target_recovery_state(static_cast<LeaderRecoveryState>(request.leader_recovery_state))
          .build();
  PartitionImage next = *partition;
  if (record) {
    const auto& message = std::get<wire::PartitionChangeRecord>(record->message);
    const NodeId leader = message.leader;
    next = metadata::merged(*partition, message).value();
    records.push_back(std::move(*record));
    if (leader != metadata::kNoLeaderChange && leader != sender) {
      // The change completed a reassignment and with it moved the leader: the sender must read the
      // metadata first.
      answer.error_code = ErrorCode::kNewLeaderElected;
      return answer;
    }
  }
  answer.leader_id = next.leader;
  answer.leader_epoch = next.leader_epoch;
  answer.isr = next.isr;
  answer.leader_recovery_state = static_cast<int8_t>(next.leader_recovery_state);
  answer.partition_epoch = next.partition_epoch;
  return answer;
}

}  // namespace

Decision<wire::AlterPartitionResponse> alter_partition(const ControllerState& state,
                                                       const OperationContext& context,
                                                       const wire::AlterPartitionRequest& request) {
  Decision<wire::AlterPartitionResponse> decision;
  decision.atomic = false;
  decision.response.error_code = check_broker_epoch(state, request.broker_id, request.broker_epoch);
  if (decision.response.error_code != ErrorCode::kNone) return decision;
  for (const auto& topic_request : request.topics) {
    auto& topic_answer = decision.response.topics.emplace_back();
    topic_answer.topic_id = topic_request.topic_id;
    const metadata::TopicPtr topic = state.topics().find(topic_request.topic_id);
    for (const PartitionData& partition : topic_request.partitions) {
      if (topic == nullptr) {
        PartitionAnswer& answer = topic_answer.partitions.emplace_back();
        answer.partition_index = partition.partition_index;
        answer.error_code = ErrorCode::kUnknownTopicId;
        continue;
      }
      topic_answer.partitions.push_back(alter_one(state, request.broker_id, context.version, *topic,
                                                  partition, decision.records));
    }
  }
  return decision;
}

}  // namespace cluster::controller
