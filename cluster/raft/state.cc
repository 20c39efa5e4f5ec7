#include "cluster/raft/state.h"

#include <algorithm>
#include <utility>

#include "cluster/raft/protocol.h"
#include "cluster/raft/replication.h"
#include "cluster/raft/voters.h"
#include "wire/base/check.h"

namespace cluster::raft {

Ballots::Ballots(const VoterSet& voters) {
  for (const Voter& voter : voters) votes_[voter.key.id];
}

void Ballots::record(wire::NodeId voter, bool granted) {
  auto found = votes_.find(voter);
  if (found == votes_.end()) return;
  // A grant stands even if a later, repeated answer says otherwise.
  if (found->second.value_or(false)) return;
  found->second = granted;
}

bool Ballots::won() const {
  return granting().size() >= majority();
}

bool Ballots::lost() const {
  return granting().size() + unheard().size() < majority();
}

std::vector<wire::NodeId> Ballots::unheard() const {
  std::vector<wire::NodeId> nodes;
  for (const auto& [id, vote] : votes_) {
    if (!vote.has_value()) nodes.push_back(id);
  }
  return nodes;
}

std::vector<wire::NodeId> Ballots::granting() const {
  std::vector<wire::NodeId> nodes;
  for (const auto& [id, vote] : votes_) {
    if (vote.value_or(false)) nodes.push_back(id);
  }
  return nodes;
}

bool State::may_stand() const {
  if (is_voter()) return true;
  const auto offset = voters.current_offset();
  return config.can_be_voter && offset && *offset >= high_watermark.value_or(0) &&
         voters.previous().is_voter(self());
}

wire::DurationMs State::random_election_timeout() {
  const auto base = static_cast<uint64_t>(config.election_timeout_ms);
  return monotonic() + static_cast<wire::DurationMs>(base + random.below(base));
}

void State::expire_requests() {
  for (auto& [id, connection] : connections) {
    if (!connection.in_flight) continue;
    if (monotonic() < connection.sent_at + config.request_timeout_ms) continue;
    connection.in_flight.reset();
    connection.backoff_until = monotonic() + config.retry_backoff_ms;
  }
}

bool State::can_send(wire::NodeId to) {
  Connection& connection = connections[to];
  if (connection.in_flight) {
    wake_at(connection.sent_at + config.request_timeout_ms);
    return false;
  }
  if (monotonic() < connection.backoff_until) {
    wake_at(connection.backoff_until);
    return false;
  }
  return true;
}

std::optional<RequestId> State::send(wire::NodeId to, Request request) {
  if (!can_send(to)) return std::nullopt;
  Connection& connection = connections[to];
  const RequestId id = next_request++;
  connection.in_flight = id;
  connection.kind = request.index();
  connection.sent_at = monotonic();
  wake_at(monotonic() + config.request_timeout_ms);
  out.send.push_back({id, to, std::move(request)});
  return id;
}

bool State::any_in_flight() {
  bool any = false;
  for (const auto& [id, connection] : connections) {
    if (!connection.in_flight) continue;
    wake_at(connection.sent_at + config.request_timeout_ms);
    any = true;
  }
  return any;
}

void State::answer(CallId call, Response response) {
  out.answers.push_back({call, std::move(response)});
}

void State::answer_not_leader(WaitingFetch& fetch) {
  answer(fetch.call, fetch_error(*this, wire::ErrorCode::kNotLeaderOrFollower));
}

std::optional<wire::NodeId> State::ready_bootstrap_node() {
  std::vector<wire::NodeId> nodes = config.bootstrap_nodes;
  if (nodes.empty()) {
    for (const Voter& voter : voters.current()) {
      if (voter.key.id != config.node_id) nodes.push_back(voter.key.id);
    }
  }
  if (any_in_flight()) return std::nullopt;
  std::erase_if(nodes, [this](wire::NodeId node) { return !can_send(node); });
  if (nodes.empty()) return std::nullopt;
  return nodes[random.below(nodes.size())];
}

std::vector<Endpoint> State::endpoints_of(wire::NodeId node) const {
  const Voter* voter = voters.current().find(node);
  return voter == nullptr ? std::vector<Endpoint>{} : voter->endpoints;
}

bool State::is_reachable(wire::NodeId node, const std::vector<Endpoint>& endpoints) const {
  return !endpoints.empty() || voters.current().find(node) != nullptr;
}

void State::store_election() {
  Election election{epoch, leader, voted};
  if (election == stored) return;
  stored = election;
  out.store_vote = std::move(election);
}

void State::enter(Role new_role) {
  if (auto* leading = as<Leader>()) {
    for (WaitingFetch& fetch : leading->waiting) answer_not_leader(fetch);
    abandon_voter_changes(*this, *leading);
  }
  // Answers to what we asked in the old role say nothing about the new one.
  connections.clear();
  role = std::move(new_role);
}

void State::become_unattached(wire::Epoch new_epoch, std::optional<wire::NodeId> known_leader) {
  CHECK(new_epoch > epoch || (new_epoch == epoch && as<Prospective>() != nullptr));
  // A higher epoch alone must not let a node put off its own election for ever.
  wire::DurationMs election_deadline = 0;
  if (const auto* unattached = as<Unattached>()) {
    election_deadline = unattached->election_deadline;
  } else if (const auto* candidate = as<Candidate>()) {
    election_deadline = candidate->election_deadline;
  } else if (const auto* prospective = as<Prospective>();
             prospective != nullptr && !prospective->ballots.lost()) {
    election_deadline = prospective->election_deadline;
  } else if (const auto* resigned = as<Resigned>()) {
    election_deadline = resigned->election_deadline;
  }
  if (election_deadline <= monotonic()) election_deadline = random_election_timeout();
  if (new_epoch > epoch) {
    epoch = new_epoch;
    voted.reset();
  }
  leader = known_leader;
  leader_endpoints.clear();
  enter(Unattached{election_deadline});
  store_election();
}

void State::become_prospective() {
  CHECK(may_stand());
  // Leader and vote of the epoch stay known: a lost pre-vote goes back to them.
  if (as<Resigned>() != nullptr) leader.reset();
  Prospective prospective{Ballots(voters.current()), random_election_timeout()};
  prospective.ballots.record(config.node_id, true);
  enter(std::move(prospective));
}

void State::become_candidate() {
  CHECK(may_stand());
  epoch += 1;
  leader.reset();
  leader_endpoints.clear();
  voted = self();
  Candidate candidate{Ballots(voters.current()), random_election_timeout()};
  candidate.ballots.record(config.node_id, true);
  enter(std::move(candidate));
  store_election();
}

void State::become_leader() {
  const Candidate candidate = std::get<Candidate>(role);
  CHECK(candidate.ballots.won());
  leader = config.node_id;
  leader_endpoints = config.endpoints;
  voted.reset();
  Leader leading;
  leading.epoch_start = log.end();
  leading.check_quorum_deadline = monotonic() + config.fetch_timeout_ms * 3 / 2;
  leading.begin_epoch_at = monotonic();
  if (voters.kraft_version() == 0) {
    leading.volatile_voters = voters.current();
    const Voter* old = voters.current().find(config.node_id);
    Voter ourselves = *old;
    ourselves.key = self();
    if (!config.endpoints.empty()) ourselves.endpoints = config.endpoints;
    leading.volatile_voters = *leading.volatile_voters.with_updated_by_id(std::move(ourselves));
  }
  enter(std::move(leading));
  store_election();
  append_epoch_start(*this, candidate.ballots.granting());
}

void State::become_follower(wire::Epoch new_epoch, wire::NodeId new_leader,
                            std::vector<Endpoint> endpoints) {
  CHECK(new_epoch >= epoch);
  CHECK(new_leader != config.node_id);
  if (new_epoch > epoch) {
    epoch = new_epoch;
    voted.reset();
  }
  leader = new_leader;
  if (!endpoints.empty()) {
    out.endpoints.push_back({new_leader, endpoints.front().host, endpoints.front().port});
  }
  leader_endpoints = std::move(endpoints);
  Follower follower;
  follower.fetch_deadline = monotonic() + config.fetch_timeout_ms;
  follower.update_voter_at = monotonic() + config.fetch_timeout_ms;
  enter(std::move(follower));
  store_election();
}

void State::become_resigned() {
  const Leader& leading = std::get<Leader>(role);
  Resigned resigned;
  resigned.election_deadline = random_election_timeout();
  // Who has most of the log should stand first.
  std::vector<const ReplicaProgress*> by_progress;
  for (const auto& [id, progress] : leading.voters) {
    if (id != config.node_id) by_progress.push_back(&progress);
  }
  std::stable_sort(by_progress.begin(), by_progress.end(), [](const auto* a, const auto* b) {
    return a->end_offset.value_or(-1) > b->end_offset.value_or(-1);
  });
  for (const ReplicaProgress* progress : by_progress) {
    resigned.preferred_candidates.push_back(progress->key);
    resigned.unacknowledged.insert(progress->key.id);
  }
  enter(std::move(resigned));
}

void State::grant_vote(const ReplicaKey& candidate) {
  CHECK(candidate.id != config.node_id);
  voted = candidate;
  if (auto* unattached = as<Unattached>()) {
    unattached->election_deadline = random_election_timeout();
  } else {
    // A pre-vote that was under way is begun anew, as KIP-996 has it.
    become_prospective();
  }
  store_election();
}

}  // namespace cluster::raft
