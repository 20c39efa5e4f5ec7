#include "cluster/raft/voter_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cluster::raft {
namespace {

// Drops all entries before `offset` but the last of them, which is still in force at `offset`.
template <typename T>
void forget_entries_before(std::map<wire::Offset, T>& entries, wire::Offset offset) {
  auto keep = entries.lower_bound(offset);
  if (keep == entries.begin()) return;
  entries.erase(entries.begin(), std::prev(keep));
}

}  // namespace

bool Voter::matches(const ReplicaKey& other) const {
  if (key.id != other.id) return false;
  return key.directory_id.is_zero() || key.directory_id == other.directory_id;
}

VoterSet::VoterSet(std::vector<Voter> voters) : voters_(std::move(voters)) {
  std::sort(voters_.begin(), voters_.end(),
            [](const Voter& a, const Voter& b) { return a.key.id < b.key.id; });
}

const Voter* VoterSet::find(wire::NodeId id) const {
  for (const Voter& voter : voters_) {
    if (voter.key.id == id) return &voter;
  }
  return nullptr;
}

bool VoterSet::is_voter(const ReplicaKey& key) const {
  const Voter* voter = find(key.id);
  return voter != nullptr && voter->matches(key);
}

std::optional<VoterSet> VoterSet::with_added(Voter voter) const {
  if (find(voter.key.id) != nullptr) return std::nullopt;
  std::vector<Voter> voters = voters_;
  voters.push_back(std::move(voter));
  return VoterSet(std::move(voters));
}

std::optional<VoterSet> VoterSet::without(const ReplicaKey& key) const {
  std::vector<Voter> voters;
  for (const Voter& voter : voters_) {
    if (voter.key != key) voters.push_back(voter);
  }
  if (voters.size() == voters_.size()) return std::nullopt;
  return VoterSet(std::move(voters));
}

std::optional<VoterSet> VoterSet::with_updated(Voter voter) const {
  const Voter* old = find(voter.key.id);
  if (old == nullptr || !old->matches(voter.key)) return std::nullopt;
  return with_updated_by_id(std::move(voter));
}

std::optional<VoterSet> VoterSet::with_updated_by_id(Voter voter) const {
  std::vector<Voter> voters = voters_;
  for (Voter& old : voters) {
    if (old.key.id != voter.key.id) continue;
    old = std::move(voter);
    return VoterSet(std::move(voters));
  }
  return std::nullopt;
}

VoterSet VoterSet::from_record(const wire::VotersRecord& record) {
  std::vector<Voter> voters;
  for (const auto& from : record.voters) {
    Voter voter;
    voter.key = {from.voter_id, from.voter_directory_id};
    for (const auto& endpoint : from.endpoints) {
      voter.endpoints.push_back({endpoint.name, endpoint.host, endpoint.port});
    }
    voter.min_kraft_version = from.k_raft_version_feature.min_supported_version;
    voter.max_kraft_version = from.k_raft_version_feature.max_supported_version;
    voters.push_back(std::move(voter));
  }
  return VoterSet(std::move(voters));
}

wire::VotersRecord VoterSet::to_record() const {
  wire::VotersRecord record;
  record.version = 0;
  for (const Voter& voter : voters_) {
    auto& to = record.voters.emplace_back();
    to.voter_id = voter.key.id;
    to.voter_directory_id = voter.key.directory_id;
    for (const Endpoint& endpoint : voter.endpoints) {
      auto& slot = to.endpoints.emplace_back();
      slot.name = endpoint.name;
      slot.host = endpoint.host;
      slot.port = endpoint.port;
    }
    to.k_raft_version_feature.min_supported_version = voter.min_kraft_version;
    to.k_raft_version_feature.max_supported_version = voter.max_kraft_version;
  }
  return record;
}

const VoterSet& VoterHistory::current() const {
  return voters_.empty() ? static_voters_ : voters_.rbegin()->second;
}

const VoterSet& VoterHistory::previous() const {
  return voters_.size() < 2 ? static_voters_ : std::next(voters_.rbegin())->second;
}

int16_t VoterHistory::kraft_version() const {
  return versions_.empty() ? int16_t{0} : versions_.rbegin()->second;
}

std::optional<wire::Offset> VoterHistory::current_offset() const {
  if (voters_.empty()) return std::nullopt;
  return voters_.rbegin()->first;
}

void VoterHistory::truncate_to(wire::Offset end_offset) {
  voters_.erase(voters_.lower_bound(end_offset), voters_.end());
  versions_.erase(versions_.lower_bound(end_offset), versions_.end());
}

void VoterHistory::forget_before(wire::Offset offset) {
  forget_entries_before(voters_, offset);
  forget_entries_before(versions_, offset);
}

void VoterHistory::clear() {
  voters_.clear();
  versions_.clear();
}

std::optional<VoterSet> VoterHistory::voters_before(wire::Offset end_offset) const {
  auto next = voters_.lower_bound(end_offset);
  if (next == voters_.begin()) return std::nullopt;
  return std::prev(next)->second;
}

int16_t VoterHistory::version_before(wire::Offset end_offset) const {
  auto next = versions_.lower_bound(end_offset);
  return next == versions_.begin() ? int16_t{0} : std::prev(next)->second;
}

}  // namespace cluster::raft
