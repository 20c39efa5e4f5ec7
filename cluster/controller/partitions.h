// Decisions: partitions are added, change their in-sync sets, and get leaders.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "cluster/controller/api_error.h"
#include "cluster/controller/decision.h"
#include "cluster/controller/partition_change.h"
#include "cluster/controller/state.h"
#include "wire/api/alter_partition.h"
#include "wire/api/create_partitions.h"
#include "wire/api/elect_leaders.h"

namespace cluster::controller {

struct NewPartition {
  std::vector<wire::NodeId> replicas;
  std::vector<wire::NodeId> isr;  // the active ones; empty: it cannot be created now
};

NewPartition new_partition(const ControllerState& state, std::vector<wire::NodeId> replicas);
// REQUIRES: the ISR is not empty.
metadata::PartitionImage image_of(const ControllerState& state, const NewPartition& partition);
// Whether a client may name these brokers for a partition; `replicas`: how many the other
// partitions have.
ApiError check_assignment(const ControllerState& state, const std::vector<wire::NodeId>& brokers,
                          std::optional<size_t> replicas);

Decision<wire::CreatePartitionsResponse> create_partitions(
    const ControllerState& state, const OperationContext& context,
    const wire::CreatePartitionsRequest& request);
Decision<wire::AlterPartitionResponse> alter_partition(const ControllerState& state,
                                                       const OperationContext& context,
                                                       const wire::AlterPartitionRequest& request);
Decision<wire::ElectLeadersResponse> elect_leaders(const ControllerState& state,
                                                   const OperationContext& context,
                                                   const wire::ElectLeadersRequest& request);

// A change of brokers and what it means for partitions.
struct LeadershipCause {
  std::optional<wire::NodeId> removed =
      std::nullopt;  // fenced or leaving: leads nothing, is in no ISR
  std::optional<wire::NodeId> added = std::nullopt;  // about to be unfenced: may lead
  std::optional<wire::NodeId> unclean_shutdown =
      std::nullopt;  // came back without what it had not written
};
using PartitionFilter = std::function<bool(const metadata::PartitionImage&)>;
// New leaders and ISRs of the partitions that `concerns` picks.
void update_leaders(const ControllerState& state, const LeadershipCause& cause,
                    const PartitionFilter& concerns,
                    std::vector<metadata::MetadataRecord>& records);

bool leads_any_partition(const ControllerState& state, wire::NodeId broker);

// Periodic: gives leadership back to the first replicas, and leaderless partitions a leader where a
// topic allows an unclean one.  At most so many changes a call.
inline constexpr size_t kMaxElectionsPerRun = 1'000;
std::vector<metadata::MetadataRecord> rebalance_leaders(const ControllerState& state);
std::vector<metadata::MetadataRecord> elect_unclean_leaders(const ControllerState& state);

}  // namespace cluster::controller
