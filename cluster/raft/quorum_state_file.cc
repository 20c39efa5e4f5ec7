#include "cluster/raft/quorum_state_file.h"

#include <nlohmann/json.hpp>

#include "wire/base/uuid.h"

namespace cluster::raft {

std::string quorum_state_text(const Election& election, int16_t kraft_version,
                              const VoterSet& voters) {
  nlohmann::ordered_json json;
  const wire::NodeId voted = election.voted ? election.voted->id : wire::kNoNode;
  if (kraft_version < 1) {
    json["clusterId"] = "";
    json["leaderId"] = election.leader.value_or(wire::kNoNode);
    json["leaderEpoch"] = election.epoch;
    json["votedId"] = voted;
    json["appliedOffset"] = 0;
    json["currentVoters"] = nlohmann::ordered_json::array();
    for (const Voter& voter : voters) {
      json["currentVoters"].push_back({{"voterId", voter.key.id}});
    }
    json["data_version"] = 0;
  } else {
    json["leaderId"] = election.leader.value_or(wire::kNoNode);
    json["leaderEpoch"] = election.epoch;
    json["votedId"] = voted;
    json["votedDirectoryId"] =
        (election.voted ? election.voted->directory_id : wire::kZeroUuid).to_string();
    json["data_version"] = 1;
  }
  return json.dump();
}

wire::Result<Election> parse_quorum_state(std::string_view text, const std::string& path) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  auto broken = [&path](const std::string& why) {
    return wire::Error{wire::ErrorCode::kKafkaStorageError, path + ": " + why};
  };
  if (!json.is_object()) return broken("is not a JSON object");
  auto number = [&json](const char* name) -> std::optional<int64_t> {
    auto found = json.find(name);
    if (found == json.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<int64_t>();
  };
  const auto version = number("data_version");
  if (!version || *version < 0 || *version > 1) return broken("has an unknown data_version");
  const auto epoch = number("leaderEpoch");
  const auto leader = number("leaderId");
  if (!epoch || *epoch < 0 || *epoch > INT32_MAX) return broken("has no valid leaderEpoch");
  if (!leader || *leader < -1 || *leader > INT32_MAX) return broken("has no valid leaderId");
  Election election;
  election.epoch = static_cast<wire::Epoch>(*epoch);
  if (*leader >= 0) election.leader = static_cast<wire::NodeId>(*leader);
  const auto voted = number("votedId").value_or(-1);
  if (voted < -1 || voted > INT32_MAX) return broken("has no valid votedId");
  if (voted >= 0) {
    ReplicaKey key{static_cast<wire::NodeId>(voted), {}};
    auto directory = json.find("votedDirectoryId");
    if (*version >= 1 && directory != json.end() && directory->is_string()) {
      const auto id = wire::Uuid::parse(directory->get<std::string>());
      if (!id) return broken("has no valid votedDirectoryId");
      key.directory_id = *id;
    }
    election.voted = key;
  }
  return election;
}

}  // namespace cluster::raft
