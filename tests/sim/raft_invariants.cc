#include "sim/raft_invariants.h"

#include <fmt/core.h>

namespace sim {

std::string_view mark_name(Mark mark) {
  switch (mark) {
    case Mark::kElection:
      return "election";
    case Mark::kVoteSplit:
      return "split vote";
    case Mark::kTruncation:
      return "truncation";
    case Mark::kSnapshotInstalled:
      return "snapshot installed";
    case Mark::kPrefixDeleted:
      return "log prefix deleted";
    case Mark::kVoterAdded:
      return "voter added";
    case Mark::kVoterRemoved:
      return "voter removed";
    case Mark::kLeaderRemovedItself:
      return "leader removed itself";
    case Mark::kCheckQuorumResignation:
      return "check-quorum resignation";
    case Mark::kHandOver:
      return "hand-over";
    case Mark::kPowerCut:
      return "power cut";
    case Mark::kDataLostInPowerCut:
      return "data lost in a power cut";
    case Mark::kCount:
      break;
  }
  return "?";
}

void Invariants::on_leader(wire::NodeId node, wire::Epoch epoch, const SimLog& log) {
  const auto [found, inserted] = leaders_.emplace(epoch, node);
  if (found->second != node) {
    return fail(fmt::format("two leaders in epoch {}: {} and {}", epoch, found->second, node));
  }
  if (!inserted || committed_end_ == 0) return;
  const auto chain = log.chain_at(committed_end_);
  if (log.start() > committed_end_) return;
  if (!chain || *chain != committed_.at(committed_end_)) {
    fail(fmt::format("node {} leads epoch {} without the record committed below {}", node, epoch,
                     committed_end_));
  }
}

void Invariants::on_vote(wire::NodeId voter, wire::Epoch epoch, const raft::ReplicaKey& candidate) {
  const auto [found, inserted] = votes_.emplace(std::pair(voter, epoch), candidate);
  if (found->second != candidate) {
    fail(fmt::format("node {} voted for {} and for {} in epoch {}", voter, found->second.id,
                     candidate.id, epoch));
  }
}

void Invariants::on_append(wire::NodeId node, const StoredBatch& batch) {
  const auto [found, inserted] = history_.emplace(std::pair(batch.next, batch.epoch), batch.chain);
  if (found->second != batch.chain) {
    fail(fmt::format("logs differ below {} though both have epoch {} there (seen on node {})",
                     batch.next, batch.epoch, node));
  }
}

void Invariants::on_commit(wire::NodeId node, wire::Offset from, wire::Offset to,
                           const SimLog& log) {
  for (const StoredBatch& batch : log.batches()) {
    if (batch.next <= from) continue;
    if (batch.next > to) break;
    const auto [found, inserted] = committed_.emplace(batch.next, batch.chain);
    if (found->second != batch.chain) {
      return fail(fmt::format("node {} commits another record below {}", node, batch.next));
    }
    if (batch.next > committed_end_) {
      committed_end_ = batch.next;
    } else if (inserted) {
      return fail(fmt::format("node {} commits a batch that ends at {}, inside a committed one",
                              node, batch.next));
    }
  }
}

void Invariants::on_snapshot(wire::NodeId node, wire::Offset end, uint64_t chain) {
  const auto found = committed_.find(end);
  if (found == committed_.end() || found->second != chain) {
    fail(fmt::format("node {} has a snapshot of what was not committed below {}", node, end));
  }
}

void Invariants::on_leader_commit(wire::NodeId node, wire::Offset to, const SimLog& log,
                                  const raft::VoterSet& voters,
                                  const std::map<wire::NodeId, const SimDisk*>& disks) {
  const auto chain = log.chain_at(to);
  if (!chain) return fail(fmt::format("node {} commits to {}, inside a batch", node, to));
  size_t holders = 0;
  for (const raft::Voter& voter : voters) {
    const auto disk = disks.find(voter.key.id);
    if (disk == disks.end()) continue;
    const SimLog& durable = disk->second->durable();
    if (durable.start() > to || durable.chain_at(to) == chain) ++holders;
  }
  if (holders < voters.size() / 2 + 1) {
    fail(fmt::format("node {} commits to {}, which only {} of {} voters have on disk", node, to,
                     holders, voters.size()));
  }
}

void Invariants::on_voters(wire::Offset offset, const raft::VoterSet& before,
                           const raft::VoterSet& after) {
  size_t changed = 0;
  for (const raft::Voter& voter : before) changed += after.is_voter(voter.key) ? 0U : 1U;
  for (const raft::Voter& voter : after) changed += before.is_voter(voter.key) ? 0U : 1U;
  if (changed > 1) fail(fmt::format("{} voters change at once at offset {}", changed, offset));
}

void Invariants::on_truncate(wire::NodeId node, wire::Offset to, wire::Offset high_watermark) {
  if (to < high_watermark) {
    fail(fmt::format("node {} truncates to {}, below its high watermark {}", node, to,
                     high_watermark));
  }
}

}  // namespace sim
