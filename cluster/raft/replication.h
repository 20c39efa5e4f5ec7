// Replication by pull: followers fetch, the leader learns from their fetch offsets what they have
// on their disks, and moves the high watermark (KIP-595).
#pragma once

#include "cluster/raft/state.h"

namespace cluster::raft {

// --- The leader

// The control batch that begins an epoch; until it is committed nothing of older epochs counts.
void append_epoch_start(State& state, const std::vector<wire::NodeId>& granting_voters);
// Puts a batch of our epoch behind the log's end; a Voters record in it is in force at once.
void append_as_leader(State& state, wire::Bytes batch);
void handle_fetch(State& state, CallId call, const wire::FetchRequest& request);
// Looks again at the high watermark after our own log was synced or the voters changed.
void update_high_watermark(State& state);
// A voter has shown that it follows us.
void note_following(State& state, const ReplicaKey& replica);
bool poll_leader(State& state);

// --- The follower

void send_fetch(State& state, wire::NodeId to);
void handle_fetch_response(State& state, const wire::FetchResponse& response);
void note_successful_fetch(State& state);
void commit_up_to(State& state, wire::Offset offset);
bool poll_follower(State& state);

}  // namespace cluster::raft
