// The metadata quorum: KRaft's own requests, answered by the replica in this process.
//
// Vote (key 52), v0-v2.  v1: directory ids (KIP-853).  v2: pre-vote (KIP-996).
// BeginQuorumEpoch (key 53), v0-v1.  EndQuorumEpoch (key 54), v0-v1.  FetchSnapshot (key 59), v0-v1.
// DescribeQuorum (key 55), v0-v2.  v1: times.  v2: directories and nodes.
// AddRaftVoter (key 80), v0-v1.  RemoveRaftVoter (key 81), v0.  UpdateRaftVoter (key 82), v0.
// Fetch (key 1) on a controller listener reads the metadata log; on the others it is fetch.cc's.
#include "cluster/raft/driver.h"
#include "cmd/api/handlers.h"

namespace api {

void handle_vote(RequestContext& context, wire::VoteRequest request,
                 wire::Reply<wire::VoteResponse> reply) {
  context.services.raft->handle(std::move(request), std::move(reply));
}

void handle_begin_quorum_epoch(RequestContext& context, wire::BeginQuorumEpochRequest request,
                               wire::Reply<wire::BeginQuorumEpochResponse> reply) {
  context.services.raft->handle(std::move(request), std::move(reply));
}

void handle_end_quorum_epoch(RequestContext& context, wire::EndQuorumEpochRequest request,
                             wire::Reply<wire::EndQuorumEpochResponse> reply) {
  context.services.raft->handle(std::move(request), std::move(reply));
}

void handle_fetch_snapshot(RequestContext& context, wire::FetchSnapshotRequest request,
                           wire::Reply<wire::FetchSnapshotResponse> reply) {
  context.services.raft->handle(std::move(request), std::move(reply));
}

void handle_describe_quorum(RequestContext& context, wire::DescribeQuorumRequest request,
                            wire::Reply<wire::DescribeQuorumResponse> reply) {
  reply(context.services.raft->handle(request));
}

void handle_add_raft_voter(RequestContext& context, wire::AddRaftVoterRequest request,
                           wire::Reply<wire::AddRaftVoterResponse> reply) {
  context.services.raft->handle(std::move(request), std::move(reply));
}

void handle_remove_raft_voter(RequestContext& context, wire::RemoveRaftVoterRequest request,
                              wire::Reply<wire::RemoveRaftVoterResponse> reply) {
  context.services.raft->handle(std::move(request), std::move(reply));
}

void handle_update_raft_voter(RequestContext& context, wire::UpdateRaftVoterRequest request,
                              wire::Reply<wire::UpdateRaftVoterResponse> reply) {
  context.services.raft->handle(std::move(request), std::move(reply));
}

void handle_any_fetch(RequestContext& context, wire::FetchRequest request,
                      wire::Reply<wire::FetchResponse> reply) {
  if (context.connection.kind == ListenerKind::kController) {
    return context.services.raft->handle(std::move(request), std::move(reply));
  }
  handle_fetch(context, std::move(request), std::move(reply));
}

}  // namespace api
