// The quorum protocol's state, shared by the steps in election.*, replication.*, snapshot.* and
// voters.*.
//
// Plain data plus the few operations that all of them need: sending, waking up, changing role.
// Nothing here does I/O or reads a clock; what is to be done is left in State::out.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "cluster/metadata/metadata_log.h"
#include "cluster/raft/log_view.h"
#include "cluster/raft/messages.h"
#include "cluster/raft/voter_set.h"
#include "wire/base/bytes.h"
#include "wire/base/random.h"
#include "wire/base/types.h"

namespace cluster::raft {

using metadata::LeaderAndEpoch;

// Bugs that a test plants to see that the simulation finds them.  Never set by the program.
enum class PlantedBug {
  kNone,
  kVoteNotPersisted,
  kVoteGrantedTwice,
  kCommitOnMinority,
  kTruncationSkipped,
  kCommitEarlierEpoch,
  kLeaderCountsUnflushed,
};

struct Config {
  wire::NodeId node_id = wire::kNoNode;
  wire::Uuid directory_id;
  std::string cluster_id;
  // The process role "controller": may vote.  A mere broker only observes.
  bool can_be_voter = true;
  VoterSet static_voters;                     // controller.quorum.voters
  std::vector<wire::NodeId> bootstrap_nodes;  // controller.quorum.bootstrap.servers, as the
                                              // transport names them; the voters if empty
  std::vector<Endpoint> endpoints;            // our controller listeners, the default one first
  bool auto_join = false;                     // controller.quorum.auto.join.enable (KIP-1186)

  wire::DurationMs election_timeout_ms = 1000;
  wire::DurationMs fetch_timeout_ms = 2000;
  wire::DurationMs election_backoff_max_ms = 1000;
  wire::DurationMs request_timeout_ms = 2000;
  wire::DurationMs retry_backoff_ms = 20;
  int32_t fetch_max_wait_ms = 500;
  int32_t fetch_max_bytes = 1 << 20;  // controller.quorum.fetch.max.bytes
  int32_t snapshot_chunk_bytes = 1 << 20;

  uint64_t seed = 0;  // of the election jitter
  PlantedBug planted_bug = PlantedBug::kNone;
};

struct Instant {
  wire::DurationMs monotonic_ms = 0;
  wire::TimestampMs wall_ms = 0;
};

// What the quorum-state file holds.
struct Election {
  wire::Epoch epoch = 0;
  std::optional<wire::NodeId> leader;
  std::optional<ReplicaKey> voted;

  bool operator==(const Election&) const = default;
};

// --- Actions -----------------------------------------------------------------------------------

struct Outgoing {
  RequestId id = 0;
  wire::NodeId to = wire::kNoNode;
  Request request;
};
struct Answer {
  CallId call = 0;
  Response response;
};
// Answers that want bytes from the disk: the driver fills in the records.
struct ServedFetch {
  CallId call = 0;
  wire::FetchResponse response;
  wire::Offset offset = 0;
  int32_t max_bytes = 0;
};
struct ServedSnapshot {
  CallId call = 0;
  wire::FetchSnapshotResponse response;
  SnapshotId id;
  int64_t position = 0;
  int32_t max_bytes = 0;
};
struct SnapshotChunk {
  SnapshotId id;
  int64_t position = 0;
  wire::Bytes bytes;
  bool last = false;  // then verify, sync, rename and report SnapshotStored
};
struct KnownEndpoint {
  wire::NodeId node = wire::kNoNode;
  std::string host;
  uint16_t port = 0;
};

// Performed by the driver in exactly this order; those of one step before those of the next.
struct Actions {
  std::optional<Election> store_vote;  // durable before anything below
  std::optional<wire::Offset> truncate_to;
  std::optional<SnapshotChunk> store_chunk;
  std::optional<SnapshotId> restart_log_at;  // drop the whole log, go on behind this snapshot
  std::vector<wire::Bytes> append;           // answered later by LogFlushed
  std::vector<KnownEndpoint> endpoints;      // where nodes are, before something is sent to them
  std::vector<Outgoing> send;
  std::vector<Answer> answers;
  std::vector<ServedFetch> fetches;
  std::vector<ServedSnapshot> snapshots;
  std::optional<wire::Offset> commit_to;  // exclusive
  std::optional<LeaderAndEpoch> leader;   // of ourselves: only when all before is committed
};

// --- Roles -------------------------------------------------------------------------------------

class Ballots {
 public:
  Ballots() = default;
  explicit Ballots(const VoterSet& voters);

  void record(wire::NodeId voter, bool granted);
  bool won() const;
  bool lost() const;
  std::vector<wire::NodeId> unheard() const;
  std::vector<wire::NodeId> granting() const;

 private:
  size_t majority() const { return votes_.size() / 2 + 1; }
  std::map<wire::NodeId, std::optional<bool>> votes_;
};

struct Unattached {
  wire::DurationMs election_deadline = 0;
};
struct Prospective {
  Ballots ballots;
  wire::DurationMs election_deadline = 0;
};
struct Candidate {
  Ballots ballots;
  wire::DurationMs election_deadline = 0;
};
struct Resigned {
  wire::DurationMs election_deadline = 0;
  std::set<wire::NodeId> unacknowledged;
  std::vector<ReplicaKey> preferred_candidates;
};
struct Follower {
  wire::DurationMs fetch_deadline = 0;
  wire::DurationMs update_voter_at = 0;
  bool has_fetched = false;         // successfully, from this leader
  bool has_updated_leader = false;  // told it of our directory and endpoints
  struct Download {
    SnapshotId id;
    int64_t position = 0;
    bool storing = false;  // all bytes are here; the driver is making them durable
  };
  std::optional<Download> download;
};

struct ReplicaProgress {
  ReplicaKey key;
  std::optional<wire::Offset> end_offset;
  std::optional<wire::DurationMs> last_fetch;
  std::optional<wire::DurationMs> last_caught_up;
  wire::Offset leader_end_at_last_fetch = -1;
};
struct WaitingFetch {
  CallId call = 0;
  ReplicaKey replica;
  wire::FetchRequest::FetchPartition request;
  int32_t max_bytes = 0;
  wire::DurationMs deadline = 0;
};
struct PendingAdd {
  CallId call = 0;
  Voter voter;
  bool ack_when_committed = true;
  bool answered = false;
  std::optional<RequestId> probe;             // ApiVersions in flight
  std::optional<wire::Offset> record_offset;  // last of the Voters batch
  wire::DurationMs deadline = 0;
};
struct PendingRemove {
  CallId call = 0;
  bool answered = false;
  wire::Offset record_offset = 0;
  wire::DurationMs deadline = 0;
};
struct Leader {
  wire::Offset epoch_start = 0;
  std::optional<wire::Offset> high_watermark;  // once a record of this epoch is committed
  std::map<wire::NodeId, ReplicaProgress> voters;
  std::map<ReplicaKey, ReplicaProgress> observers;
  std::set<wire::NodeId> fetched_voters;  // since the check-quorum timer began
  wire::DurationMs check_quorum_deadline = 0;
  wire::DurationMs begin_epoch_at = 0;
  VoterSet volatile_voters;  // kraft.version 0: what UpdateRaftVoter told us
  std::vector<WaitingFetch> waiting;
  std::optional<PendingAdd> add;
  std::optional<PendingRemove> remove;
  bool resign_requested = false;
};
using Role = std::variant<Unattached, Prospective, Candidate, Leader, Follower, Resigned>;

// --- State -------------------------------------------------------------------------------------

struct Connection {
  std::optional<RequestId> in_flight;
  size_t kind = 0;  // index of the request in flight
  wire::DurationMs sent_at = 0;
  wire::DurationMs backoff_until = 0;
};

inline constexpr wire::DurationMs kNever = INT64_MAX;

struct State {
  explicit State(Config config_in) : config(std::move(config_in)), random(config.seed) {}

  Config config;
  wire::SeededRandom random;
  Instant now;

  wire::Epoch epoch = 0;
  std::optional<wire::NodeId> leader;  // of `epoch`; ourselves when Leader or Resigned
  std::vector<Endpoint> leader_endpoints;
  std::optional<ReplicaKey> voted;  // in `epoch`
  Role role = Unattached{};

  LogView log;
  VoterHistory voters;
  std::optional<wire::Offset> high_watermark;  // exclusive; never goes back
  bool shutting_down = false;

  std::map<wire::NodeId, Connection> connections;
  RequestId next_request = 1;
  wire::DurationMs deadline = kNever;
  bool started = false;
  Election stored;                          // last put into out.store_vote, or recovered
  std::optional<LeaderAndEpoch> announced;  // last put into out.leader
  Actions out;

  ReplicaKey self() const { return {config.node_id, config.directory_id}; }
  bool is_voter() const { return config.can_be_voter && voters.current().is_voter(self()); }
  bool is_only_voter() const {
    return config.can_be_voter && voters.current().is_only_voter(self());
  }
  // Whether we may be elected: also while our removal is not known to be committed, since the
  // others may lack the record of it, and then nobody else can lead (Ongaro's thesis, 4.2.2).
  bool may_stand() const;
  wire::DurationMs monotonic() const { return now.monotonic_ms; }
  template <typename R>
  R* as() {
    return std::get_if<R>(&role);
  }
  template <typename R>
  const R* as() const {
    return std::get_if<R>(&role);
  }

  void wake_at(wire::DurationMs when) { deadline = when < deadline ? when : deadline; }
  wire::DurationMs random_election_timeout();

  // Sends unless the node still owes us an answer or has just failed; nothing if it was not sent.
  std::optional<RequestId> send(wire::NodeId to, Request request);
  bool can_send(wire::NodeId to);
  // Whether an answer is awaited; wakes up when it is overdue.
  bool any_in_flight();
  // What has not been answered in time will not be: the node gets a moment's rest.
  void expire_requests();
  void answer(CallId call, Response response);
  void answer_not_leader(WaitingFetch& fetch);
  // A random node that may know the leader, or nothing while one is being asked.
  std::optional<wire::NodeId> ready_bootstrap_node();
  // The endpoints of `node` as the voter set knows them.
  std::vector<Endpoint> endpoints_of(wire::NodeId node) const;
  bool is_reachable(wire::NodeId node, const std::vector<Endpoint>& endpoints) const;

  // Role changes.  Those that alter epoch, vote or leader are durable: they fill out.store_vote.
  void become_unattached(wire::Epoch new_epoch, std::optional<wire::NodeId> known_leader);
  void become_prospective();
  void become_candidate();
  void become_leader();
  void become_follower(wire::Epoch new_epoch, wire::NodeId new_leader,
                       std::vector<Endpoint> endpoints);
  void become_resigned();
  // Grants our vote of this epoch.  REQUIRES: Unattached or Prospective, not voted.
  void grant_vote(const ReplicaKey& candidate);

 private:
  void enter(Role new_role);
  void store_election();
};

}  // namespace cluster::raft
