// Snapshots by FetchSnapshot: how a replica that is too far behind catches up (KIP-630).
#pragma once

#include "cluster/raft/control_records.h"
#include "cluster/raft/state.h"

namespace cluster::raft {

// --- The leader
void handle_fetch_snapshot(State& state, CallId call, const wire::FetchSnapshotRequest& request);

// --- The follower
void send_fetch_snapshot(State& state, wire::NodeId to);
void handle_fetch_snapshot_response(State& state, const wire::FetchSnapshotResponse& response);
// The driver has the downloaded snapshot on the disk: the log goes on behind it.
void finish_download(State& state, SnapshotId id, int64_t size, const SnapshotControl& control);
void reject_download(State& state, SnapshotId id);

}  // namespace cluster::raft
