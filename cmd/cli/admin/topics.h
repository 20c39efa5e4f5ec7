// Topics and their partitions: what the verb `topic` and the tools made like it ask of a cluster.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/admin/topic_partition.h"
#include "cmd/cli/client.h"
#include "wire/base/uuid.h"

namespace cli {

struct PartitionState {
  wire::PartitionIndex index = 0;
  wire::NodeId leader = wire::kNoNode;
  wire::Epoch leader_epoch = wire::kNoEpoch;
  std::vector<wire::NodeId> replicas;
  std::vector<wire::NodeId> isr;
  std::vector<wire::NodeId> offline;
  // KIP-966; nothing if the broker does not tell.
  std::optional<std::vector<wire::NodeId>> eligible_leaders;
  std::optional<std::vector<wire::NodeId>> last_known_eligible_leaders;
};

struct TopicDescription {
  std::string name;
  wire::ErrorCode error = wire::ErrorCode::kNone;
  wire::Uuid id;
  bool internal = false;
  std::vector<PartitionState> partitions;  // by index
};

// Every topic, internal ones too, by name.  Partitions without KIP-966's fields.
wire::Result<std::vector<TopicDescription>> list_topics(Client& client);
// These topics, in their order.  One that is not there has an error and no partitions.
wire::Result<std::vector<TopicDescription>> describe_topics(Client& client,
                                                            const std::vector<std::string>& names);

struct NewTopic {
  std::string name;
  int32_t partitions = -1;  // -1: the broker's default, also of replication_factor
  int16_t replication_factor = -1;
  // The replicas of each partition; partitions and replication_factor are -1 then.
  std::map<wire::PartitionIndex, std::vector<wire::NodeId>> assignment = {};
  std::vector<std::pair<std::string, std::string>> configs = {};
};
wire::Result<std::vector<Outcome>> create_topics(Client& client,
                                                 const std::vector<NewTopic>& topics);
wire::Result<std::vector<Outcome>> delete_topics(Client& client,
                                                 const std::vector<std::string>& names);

struct PartitionIncrease {
  std::string topic;
  int32_t count = 0;  // the new number of partitions
  // Of the new ones; empty: the controller chooses.
  std::vector<std::vector<wire::NodeId>> assignment = {};
};
wire::Result<std::vector<Outcome>> add_partitions(Client& client,
                                                  const std::vector<PartitionIncrease>& topics);

struct Reassignment {
  std::vector<wire::NodeId> replicas;
  std::vector<wire::NodeId> adding;
  std::vector<wire::NodeId> removing;
};
// Those that are under way.
wire::Result<std::map<TopicPartition, Reassignment>> list_reassignments(Client& client);

}  // namespace cli
