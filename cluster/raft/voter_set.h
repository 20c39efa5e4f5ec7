// Who votes in the metadata quorum, and how that changed along the log (KIP-853).
//
// Values without I/O.  At kraft.version 0 the set comes from controller.quorum.voters and names no
// directories; at kraft.version 1 it comes from Voters control records, and the last one in the log
// is in force though it may not be committed yet, so the history is kept by offset to undo it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wire/base/types.h"
#include "wire/base/uuid.h"
#include "wire/control/voters_record.h"

namespace cluster::raft {

// A replica's identity: its id and the disk it keeps its vote on.  A zero directory is unknown.
struct ReplicaKey {
  wire::NodeId id = wire::kNoNode;
  wire::Uuid directory_id;

  auto operator<=>(const ReplicaKey&) const = default;
};

struct Endpoint {
  std::string name;  // listener, upper case
  std::string host;
  uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
};

struct Voter {
  ReplicaKey key;
  std::vector<Endpoint> endpoints;
  int16_t min_kraft_version = 0;
  int16_t max_kraft_version = 1;

  // Whether a replica that calls itself `other` is this voter.
  bool matches(const ReplicaKey& other) const;
  bool operator==(const Voter&) const = default;
};

class VoterSet {
 public:
  VoterSet() = default;
  explicit VoterSet(std::vector<Voter> voters);

  bool empty() const { return voters_.empty(); }
  size_t size() const { return voters_.size(); }
  auto begin() const { return voters_.begin(); }
  auto end() const { return voters_.end(); }
  const Voter* find(wire::NodeId id) const;
  bool is_voter(const ReplicaKey& key) const;
  // Whether `key` is all the voters there are.
  bool is_only_voter(const ReplicaKey& key) const { return size() == 1 && is_voter(key); }

  // Nothing if the id is taken / the exact key is absent.
  std::optional<VoterSet> with_added(Voter voter) const;
  std::optional<VoterSet> without(const ReplicaKey& key) const;
  std::optional<VoterSet> with_updated(Voter voter) const;
  // kraft.version 0: whoever has the id is replaced.
  std::optional<VoterSet> with_updated_by_id(Voter voter) const;

  static VoterSet from_record(const wire::VotersRecord& record);
  wire::VotersRecord to_record() const;

  bool operator==(const VoterSet&) const = default;

 private:
  std::vector<Voter> voters_;  // by id
};

// The voter set and kraft.version at each offset of the log.
class VoterHistory {
 public:
  explicit VoterHistory(VoterSet static_voters = {}) : static_voters_(std::move(static_voters)) {}

  // The set in force: the last record's, else the static one.
  const VoterSet& current() const;
  // The set that the one in force replaced.
  const VoterSet& previous() const;
  int16_t kraft_version() const;
  // Where the set in force was written; -1 for the bootstrap checkpoint, nothing if static.
  std::optional<wire::Offset> current_offset() const;

  void add_voters(wire::Offset offset, VoterSet voters) { voters_[offset] = std::move(voters); }
  void add_version(wire::Offset offset, int16_t version) { versions_[offset] = version; }
  // Undoes what stands at or beyond `end_offset`, which is no longer in the log.
  void truncate_to(wire::Offset end_offset);
  // A snapshot up to `offset` is there: only what it contains is needed of earlier records.
  void forget_before(wire::Offset offset);
  void clear();

  // What a snapshot that ends at `end_offset` must carry.
  std::optional<VoterSet> voters_before(wire::Offset end_offset) const;
  int16_t version_before(wire::Offset end_offset) const;

 private:
  VoterSet static_voters_;
  std::map<wire::Offset, VoterSet> voters_;
  std::map<wire::Offset, int16_t> versions_;
};

}  // namespace cluster::raft
