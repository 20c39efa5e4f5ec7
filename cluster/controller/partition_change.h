// One change of a partition: from what is wanted (an ISR, replicas, a directory, an election) to
// the record that says so.
//
// The one place where leaders are chosen and ISR, ELR (KIP-966), reassignments and epochs are kept
// consistent.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "cluster/controller/state.h"
#include "cluster/metadata/record.h"
#include "cluster/metadata/topics.h"

namespace cluster::controller {

enum class Election {
  kPreferred,  // the first replica, if it can
  kOnline,     // keep the leader, else any member of ISR or ELR
  kUnclean,    // else anyone alive: may lose records
};

// The nodes that are not `gone`, in their order.
std::vector<wire::NodeId> without(const std::vector<wire::NodeId>& nodes,
                                  const std::vector<wire::NodeId>& gone);

class PartitionChange {
 public:
  using AcceptableLeader = std::function<bool(wire::NodeId)>;

  // `acceptable` narrows who may lead beyond what the state says; null: any active broker.  In any
  // case its directory must be online.
  PartitionChange(const ControllerState& state, const metadata::TopicImage& topic,
                  wire::PartitionIndex index, AcceptableLeader acceptable = nullptr);

  PartitionChange& elect(Election election) {
    election_ = election;
    return *this;
  }
  PartitionChange& target_isr(std::vector<wire::NodeId> isr) {
    isr_ = std::move(isr);
    return *this;
  }
  PartitionChange& target_replicas(std::vector<wire::NodeId> replicas,
                                   std::vector<wire::NodeId> removing,
                                   std::vector<wire::NodeId> adding) {
    replicas_ = std::move(replicas);
    removing_ = std::move(removing);
    adding_ = std::move(adding);
    return *this;
  }
  PartitionChange& target_recovery_state(metadata::LeaderRecoveryState state) {
    recovery_state_ = state;
    return *this;
  }
  // Brokers that lost what was not on their disks: neither ISR nor ELR holds them.
  PartitionChange& unclean_shutdown(wire::NodeId broker) {
    unclean_shutdown_ = broker;
    return *this;
  }
  PartitionChange& directory(wire::NodeId broker, const wire::Uuid& directory) {
    directories_[broker] = directory;
    return *this;
  }

  // Nothing if nothing would change.
  std::optional<metadata::MetadataRecord> build();

 private:
  struct Elected {
    wire::NodeId leader;
    bool unclean;
  };

  bool acceptable(wire::NodeId replica) const;
  bool valid_leader(wire::NodeId replica) const;
  bool can_elect_last_known_leader() const;
  Elected elect_leader() const;
  void complete_reassignment();
  void populate_elr();
  void try_election(wire::PartitionChangeRecord& record);
  void bump_epoch_if_replica_removed(wire::PartitionChangeRecord& record) const;
  void bump_epoch_if_isr_shrank(wire::PartitionChangeRecord& record) const;
  void write_elr(wire::PartitionChangeRecord& record);
  void write_last_known_leader(wire::PartitionChangeRecord& record) const;
  void write_assignment(wire::PartitionChangeRecord& record) const;

  const ControllerState& state_;
  const metadata::PartitionImage& partition_;
  const AcceptableLeader acceptable_;
  const int32_t min_isr_;
  const bool elr_enabled_;
  wire::PartitionChangeRecord record_;

  Election election_ = Election::kOnline;
  std::vector<wire::NodeId> isr_;
  std::vector<wire::NodeId> replicas_;
  std::vector<wire::NodeId> removing_;
  std::vector<wire::NodeId> adding_;
  std::vector<wire::NodeId> elr_;
  metadata::LeaderRecoveryState recovery_state_;
  std::optional<wire::NodeId> unclean_shutdown_;
  std::map<wire::NodeId, wire::Uuid> directories_;
};

}  // namespace cluster::controller
