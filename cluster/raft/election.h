// Elections: votes and pre-votes (KIP-595, KIP-996), the beginning and the end of an epoch.
#pragma once

#include "cluster/raft/state.h"

namespace cluster::raft {

void handle_vote(State& state, CallId call, const wire::VoteRequest& request);
void handle_begin_quorum_epoch(State& state, CallId call,
                               const wire::BeginQuorumEpochRequest& request);
void handle_end_quorum_epoch(State& state, CallId call, const wire::EndQuorumEpochRequest& request);

void handle_vote_response(State& state, wire::NodeId from, const wire::VoteResponse& response);
// The peer does not know this version of Vote, so it has no pre-vote.
void handle_vote_unsupported(State& state);
void handle_begin_quorum_epoch_response(State& state, wire::NodeId from,
                                        const wire::BeginQuorumEpochResponse& response);
void handle_end_quorum_epoch_response(State& state, wire::NodeId from,
                                      const wire::EndQuorumEpochResponse& response);

// What time alone brings about.  True if the role changed and must be polled anew.
bool poll_unattached(State& state);
bool poll_prospective(State& state);
bool poll_candidate(State& state);
bool poll_resigned(State& state);

void send_begin_quorum_epoch(State& state, const ReplicaKey& voter);

}  // namespace cluster::raft
