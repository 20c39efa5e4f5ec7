// Groups: their members, and the offsets that they have committed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cmd/cli/admin/topic_partition.h"
#include "cmd/cli/client.h"

namespace cli {

struct GroupListing {
  std::string id;
  std::string protocol_type;  // "consumer"; empty: a group that only has offsets
  std::string state;          // "Stable", "Empty", ...
  std::string type;           // "classic", "consumer", ...; empty: the broker does not tell
};
// Of every broker, by id.
wire::Result<std::vector<GroupListing>> list_groups(Client& client);
// Whether it is one of consumers, of either protocol.
bool is_consumer_group(const GroupListing& group);

struct GroupMember {
  std::string id;
  std::string instance_id;  // empty: a dynamic member
  std::string client_id;
  std::string host;  // as the broker sees it: "/127.0.0.1"
  std::vector<TopicPartition> assignment;
  std::vector<TopicPartition> target_assignment;
  std::optional<int32_t> epoch;     // the consumer protocol only, as all below
  std::optional<bool> is_upgraded;  // whether it speaks the consumer protocol itself
};
struct GroupDescription {
  std::string id;
  std::string state;
  std::string assignor;
  std::vector<GroupMember> members;
  wire::NodeId coordinator = wire::kNoNode;
  std::optional<int32_t> epoch;  // the consumer protocol only
  std::optional<int32_t> assignment_epoch;
};
// GROUP_ID_NOT_FOUND if there is none of that name, in the words of the broker.
wire::Result<GroupDescription> describe_group(Client& client, const std::string& id);

struct CommittedOffset {
  wire::Offset offset = wire::kNoOffset;
  std::optional<wire::Epoch> leader_epoch;
  std::string metadata;
};
using CommittedOffsets = std::map<TopicPartition, CommittedOffset>;
// Without those that are not there.
wire::Result<CommittedOffsets> committed_offsets(Client& client, const std::string& group);
// For a group without members.
wire::Result<std::map<TopicPartition, wire::ErrorCode>> commit_offsets(
    Client& client, const std::string& group,
    const std::map<TopicPartition, wire::Offset>& offsets);

struct DeletedOffsets {
  wire::ErrorCode error = wire::ErrorCode::kNone;  // of the whole request
  std::map<TopicPartition, wire::ErrorCode> partitions = {};
};
wire::Result<DeletedOffsets> delete_offsets(Client& client, const std::string& group,
                                            const std::set<TopicPartition>& partitions);
wire::Result<Outcome> delete_group(Client& client, const std::string& group);

}  // namespace cli
