// "Send this request to node N, call me once with the answer": the port between brokers and
// controllers.
//
// Requests and answers are Kafka's own messages.  In the program a node in this process is served
// by a direct call on the next turn of the loop, any other over a socket; the simulator loses,
// delays and reorders.
#pragma once

#include <variant>

#include "wire/api/add_partitions_to_txn.h"
#include "wire/api/add_raft_voter.h"
#include "wire/api/allocate_producer_ids.h"
#include "wire/api/alter_partition.h"
#include "wire/api/api_versions.h"
#include "wire/api/assign_replicas_to_dirs.h"
#include "wire/api/begin_quorum_epoch.h"
#include "wire/api/broker_heartbeat.h"
#include "wire/api/broker_registration.h"
#include "wire/api/end_quorum_epoch.h"
#include "wire/api/fetch.h"
#include "wire/api/fetch_snapshot.h"
#include "wire/api/remove_raft_voter.h"
#include "wire/api/update_raft_voter.h"
#include "wire/api/vote.h"
#include "wire/api/write_txn_markers.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace cluster {

using PeerRequest =
    std::variant<wire::VoteRequest, wire::BeginQuorumEpochRequest, wire::EndQuorumEpochRequest,
                 wire::FetchRequest, wire::FetchSnapshotRequest, wire::BrokerRegistrationRequest,
                 wire::BrokerHeartbeatRequest, wire::AllocateProducerIdsRequest,
                 wire::AlterPartitionRequest, wire::AddRaftVoterRequest,
                 wire::RemoveRaftVoterRequest, wire::UpdateRaftVoterRequest,
                 wire::ApiVersionsRequest, wire::WriteTxnMarkersRequest,
                 wire::AddPartitionsToTxnRequest, wire::AssignReplicasToDirsRequest>;
using PeerResponse =
    std::variant<wire::VoteResponse, wire::BeginQuorumEpochResponse, wire::EndQuorumEpochResponse,
                 wire::FetchResponse, wire::FetchSnapshotResponse, wire::BrokerRegistrationResponse,
                 wire::BrokerHeartbeatResponse, wire::AllocateProducerIdsResponse,
                 wire::AlterPartitionResponse, wire::AddRaftVoterResponse,
                 wire::RemoveRaftVoterResponse, wire::UpdateRaftVoterResponse,
                 wire::ApiVersionsResponse, wire::WriteTxnMarkersResponse,
                 wire::AddPartitionsToTxnResponse, wire::AssignReplicasToDirsResponse>;

class Transport {
 public:
  virtual ~Transport() = default;

  // Sends to `node`; `done` is called once on this shard, never before send() returns.  No answer
  // in time, or no connection: ErrorCode::kNetworkException.  The answer's alternative is the one
  // of the request.
  virtual void send(wire::NodeId node, PeerRequest request,
                    wire::Callback<void(wire::Result<PeerResponse>)> done) = 0;
};

}  // namespace cluster
