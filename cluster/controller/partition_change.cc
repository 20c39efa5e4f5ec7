#include "cluster/controller/partition_change.h"

#include <algorithm>
#include <set>

#include "cluster/metadata/delta.h"

namespace cluster::controller {

using metadata::kNoLeaderChange;
using metadata::LeaderRecoveryState;
using wire::NodeId;

namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId id) {
  return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
}

bool contains_all(const std::vector<NodeId>& nodes, const std::vector<NodeId>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](NodeId id) { return contains(nodes, id); });
}

bool changes_nothing(const wire::PartitionChangeRecord& record) {
  return !record.isr && record.leader == kNoLeaderChange && !record.replicas &&
         !record.removing_replicas && !record.adding_replicas && record.leader_recovery_state < 0 &&
         !record.directories && !record.eligible_leader_replicas && !record.last_known_elr;
}

}  // namespace

std::vector<NodeId> without(const std::vector<NodeId>& nodes, const std::vector<NodeId>& gone) {
  std::vector<NodeId> rest;
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(rest),
               [&](NodeId id) { return !contains(gone, id); });
  return rest;
}

PartitionChange::PartitionChange(const ControllerState& state, const metadata::TopicImage& topic,
                                 wire::PartitionIndex index, AcceptableLeader acceptable)
    : state_(state),
      partition_(*topic.partition(index)),
      acceptable_(std::move(acceptable)),
      min_isr_(state.min_isr(topic)),
      elr_enabled_(state.features().elr_enabled()),
      isr_(partition_.isr),
      replicas_(partition_.replicas),
      removing_(partition_.removing_replicas),
      adding_(partition_.adding_replicas),
      elr_(partition_.elr),
      recovery_state_(partition_.leader_recovery_state) {
  record_.topic_id = topic.id;
  record_.partition_id = index;
  for (size_t i = 0; i < partition_.replicas.size(); ++i) {
    directories_[partition_.replicas[i]] = partition_.directories[i];
  }
}

bool PartitionChange::acceptable(NodeId replica) const {
  const metadata::BrokerImage* broker = state_.cluster().broker(replica);
  if (broker == nullptr) return false;
  if (acceptable_ ? !acceptable_(replica) : !broker->active()) return false;
  return broker->has_online_dir(partition_.directory(replica));
}

// A member of the ISR or, when that is empty, of the ELR.
bool PartitionChange::valid_leader(NodeId replica) const {
  const bool eligible = contains(isr_, replica) || (isr_.empty() && contains(elr_, replica));
  return eligible && acceptable(replica);
}

bool PartitionChange::can_elect_last_known_leader() const {
  return elr_enabled_ && elr_.empty() && isr_.empty() && partition_.last_known_elr.size() == 1 &&
         acceptable(partition_.last_known_elr.front());
}

PartitionChange::Elected PartitionChange::elect_leader() const {
  if (election_ == Election::kPreferred && valid_leader(replicas_.front())) {
    return {replicas_.front(), false};
  }
  // The present leader stays if it can.
  if (valid_leader(partition_.leader)) return {partition_.leader, false};
  for (NodeId replica : replicas_) {
    if (valid_leader(replica)) return {replica, false};
  }
  if (can_elect_last_known_leader()) return {partition_.last_known_elr.front(), true};
  if (election_ == Election::kUnclean) {
    for (NodeId replica : replicas_) {
      if (acceptable(replica)) return {replica, true};
    }
  }
  return {wire::kNoNode, false};
}

void PartitionChange::complete_reassignment() {
  if (removing_.empty() && adding_.empty()) return;
  const std::vector<NodeId> isr = without(isr_, removing_);
  const std::vector<NodeId> replicas = without(replicas_, removing_);
  if (!removing_.empty() && (isr.empty() || replicas.empty())) return;
  // All the new replicas must have caught up, as a new broker could be unhealthy.
  if (!contains_all(isr, adding_)) return;
  // When replicas get fewer, all that stay must be in sync, or completing would cost more in-sync
  // replicas than needed.
  if (adding_.size() < removing_.size() && !contains_all(isr, replicas)) return;
  isr_ = isr;
  replicas_ = replicas;
  removing_.clear();
  adding_.clear();
}

// The ELR is whoever was in ISR or ELR and is no longer in the ISR, as long as the ISR is below its
// minimum: high watermark and min.insync.replicas say that these have every committed record.
void PartitionChange::populate_elr() {
  if (!elr_enabled_) return;
  if (static_cast<int32_t>(isr_.size()) >= min_isr_) {
    elr_.clear();
    return;
  }
  std::set<NodeId> candidates(elr_.begin(), elr_.end());
  candidates.insert(partition_.isr.begin(), partition_.isr.end());
  elr_.clear();
  for (NodeId candidate : candidates) {
    if (!contains(isr_, candidate) && candidate != unclean_shutdown_) elr_.push_back(candidate);
  }
}

void PartitionChange::try_election(wire::PartitionChangeRecord& record) {
  const Elected elected = elect_leader();
  if (elected.leader == partition_.leader) return;
  if (contains(elr_, elected.leader)) {
    isr_ = {elected.leader};
    std::erase(elr_, elected.leader);
  }
  record.leader = elected.leader;
  if (!elected.unclean) return;
  // The log of the new leader is the truth now, whatever the others have.
  record.isr = {elected.leader};
  if (partition_.leader_recovery_state != LeaderRecoveryState::kRecovering) {
    record.leader_recovery_state = static_cast<int8_t>(LeaderRecoveryState::kRecovering);
  }
}

void PartitionChange::bump_epoch_if_replica_removed(wire::PartitionChangeRecord& record) const {
  if (record.leader != kNoLeaderChange) return;
  if (!contains_all(replicas_, partition_.replicas)) record.leader = partition_.leader;
}

void PartitionChange::bump_epoch_if_isr_shrank(wire::PartitionChangeRecord& record) const {
  if (!state_.version().leader_epoch_bump_on_isr_shrink()) return;
  if (record.leader != kNoLeaderChange || !record.isr) return;
  if (!contains_all(*record.isr, partition_.isr)) record.leader = partition_.leader;
}

void PartitionChange::write_elr(wire::PartitionChangeRecord& record) {
  const bool clean = !record.isr;
  if (!clean || !elr_enabled_) elr_.clear();
  if (elr_ != partition_.elr) record.eligible_leader_replicas = elr_;
}

// last_known_elr holds the last leader of a partition that has lost all of ISR and ELR.
void PartitionChange::write_last_known_leader(wire::PartitionChangeRecord& record) const {
  if (!elr_enabled_) return;
  if (record.leader == wire::kNoNode && partition_.last_known_elr.empty()) {
    record.last_known_elr = {partition_.leader};
  } else if (record.leader >= 0 && !partition_.last_known_elr.empty()) {
    record.last_known_elr = std::vector<NodeId>();
  }
}

void PartitionChange::write_assignment(wire::PartitionChangeRecord& record) const {
  if (!replicas_.empty()) {
    if (state_.version().directory_assignment_supported()) {
      std::vector<wire::Uuid> directories;
      for (NodeId replica : replicas_) {
        const auto known = directories_.find(replica);
        directories.push_back(known == directories_.end() ? state_.default_dir(replica)
                                                          : known->second);
      }
      if (directories != partition_.directories) record.directories = std::move(directories);
    }
    if (replicas_ != partition_.replicas) record.replicas = replicas_;
  }
  if (removing_ != partition_.removing_replicas) record.removing_replicas = removing_;
  if (adding_ != partition_.adding_replicas) record.adding_replicas = adding_;
}

std::optional<metadata::MetadataRecord> PartitionChange::build() {
  wire::PartitionChangeRecord record = record_;
  complete_reassignment();
  populate_elr();
  try_election(record);
  bump_epoch_if_replica_removed(record);
  write_elr(record);
  // Only with ELR may the ISR become empty.
  if (!record.isr && (!isr_.empty() || elr_enabled_) && isr_ != partition_.isr) record.isr = isr_;
  bump_epoch_if_isr_shrank(record);
  write_last_known_leader(record);
  write_assignment(record);
  if (recovery_state_ != partition_.leader_recovery_state) {
    record.leader_recovery_state = static_cast<int8_t>(recovery_state_);
  }
  if (changes_nothing(record)) return std::nullopt;
  return metadata::MetadataRecord{std::move(record), state_.version().partition_record_version()};
}

}  // namespace cluster::controller
