// `quorum-state`: what a replica must never forget - its epoch, its vote, its leader.
//
//   kraft.version 0: {"clusterId":"","leaderId":1,"leaderEpoch":4,"votedId":-1,"appliedOffset":0,
//                     "currentVoters":[{"voterId":1}],"data_version":0}
//   kraft.version 1: {"leaderId":1,"leaderEpoch":4,"votedId":-1,
//                     "votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}
//
// The bytes are Apache Kafka's, which opens our directory as we open its.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cluster/raft/state.h"
#include "cluster/raft/voter_set.h"
#include "wire/base/result.h"

namespace cluster::raft {

inline constexpr std::string_view kQuorumStateFile = "quorum-state";

std::string quorum_state_text(const Election& election, int16_t kraft_version,
                              const VoterSet& voters);
// `path` is named in the error.
wire::Result<Election> parse_quorum_state(std::string_view text, const std::string& path);

}  // namespace cluster::raft
