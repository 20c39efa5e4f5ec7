// Changing the voters: AddRaftVoter, RemoveRaftVoter, UpdateRaftVoter, one change at a time
// (KIP-853).
//
// A change is a Voters record that is in force as soon as it is appended; the next one must wait
// until it is committed, so that two sets in a row always share a majority.
#pragma once

#include <vector>

#include "cluster/raft/control_records.h"
#include "cluster/raft/state.h"

namespace cluster::raft {

void handle_add_voter(State& state, CallId call, const wire::AddRaftVoterRequest& request);
void handle_remove_voter(State& state, CallId call, const wire::RemoveRaftVoterRequest& request);
void handle_update_voter(State& state, CallId call, const wire::UpdateRaftVoterRequest& request);
// What the new voter supports; an error if it did not answer.
void handle_api_versions_response(State& state, wire::NodeId from,
                                  const wire::Result<Response>& response);
void handle_update_voter_response(State& state, const wire::UpdateRaftVoterResponse& response);

// Answers the changes that are now committed; a leader that removed itself resigns.
void complete_voter_changes(State& state, Leader& leading);
void expire_voter_changes(State& state, Leader& leading);
void abandon_voter_changes(State& state, Leader& leading);

// Puts in force what control records in our log say.
void apply_control_changes(State& state, std::vector<ControlChange> changes);
// Ourselves as the voter set should show us.
Voter our_voter(const State& state);
// Sends the leader what it does not know of us.  False if there is nothing to say, or no way now.
bool announce_ourselves(State& state);

wire::Status can_upgrade_kraft_version(const State& state, int16_t version);
// REQUIRES: can_upgrade_kraft_version().
void upgrade_kraft_version(State& state, int16_t version);

}  // namespace cluster::raft
