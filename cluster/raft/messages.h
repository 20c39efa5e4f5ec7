// What passes between the replicas of the metadata quorum: Kafka's own messages, nothing else.
#pragma once

#include <cstdint>
#include <variant>

#include "wire/api/add_raft_voter.h"
#include "wire/api/api_versions.h"
#include "wire/api/begin_quorum_epoch.h"
#include "wire/api/end_quorum_epoch.h"
#include "wire/api/fetch.h"
#include "wire/api/fetch_snapshot.h"
#include "wire/api/remove_raft_voter.h"
#include "wire/api/update_raft_voter.h"
#include "wire/api/vote.h"

namespace cluster::raft {

// The alternatives of Request and Response correspond by index.  ApiVersions is only sent (to learn
// which kraft.version a new voter supports); the server answers it.
using Request =
    std::variant<wire::VoteRequest, wire::BeginQuorumEpochRequest, wire::EndQuorumEpochRequest,
                 wire::FetchRequest, wire::FetchSnapshotRequest, wire::AddRaftVoterRequest,
                 wire::RemoveRaftVoterRequest, wire::UpdateRaftVoterRequest,
                 wire::ApiVersionsRequest>;
using Response =
    std::variant<wire::VoteResponse, wire::BeginQuorumEpochResponse, wire::EndQuorumEpochResponse,
                 wire::FetchResponse, wire::FetchSnapshotResponse, wire::AddRaftVoterResponse,
                 wire::RemoveRaftVoterResponse, wire::UpdateRaftVoterResponse,
                 wire::ApiVersionsResponse>;

using CallId = uint64_t;     // a request that we were sent and owe an answer
using RequestId = uint64_t;  // a request that we sent

inline constexpr char kTopicName[] = "__cluster_metadata";

}  // namespace cluster::raft
