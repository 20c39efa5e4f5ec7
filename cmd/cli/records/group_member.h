// A member of a classic consumer group: it joins, takes its share of the partitions, keeps itself alive
// and commits.  The leader among the members divides each topic into ranges, as Java's RangeAssignor.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cmd/cli/admin/groups.h"
#include "cmd/cli/client.h"

namespace cli {

// Who gets what: the subscriptions of the members, by member id, and the partitions that each topic has.
using Subscriptions = std::map<std::string, std::vector<std::string>>;
using Assignments = std::map<std::string, std::set<TopicPartition>>;
Assignments assign_ranges(const Subscriptions& subscriptions,
                          const std::map<std::string, int32_t>& partition_counts);

// Must leave() before it is destroyed, or the others wait for its session to end.
class GroupMembership {
 public:
  GroupMembership(Client& client, std::string group, std::vector<std::string> topics)
      : client_(client), group_(std::move(group)), topics_(std::move(topics)) {}

  // Joins, or joins again; what it was assigned is in assignment() then.
  wire::Status join();
  // Tells the coordinator that it lives, if it is time to.  True: the group rebalances, join() again.
  wire::Result<bool> heartbeat();
  wire::Status commit(const CommittedOffsets& offsets);
  wire::Status leave();

  const std::set<TopicPartition>& assignment() const { return assignment_; }

 private:
  // Asked for when a round begins, and then known.
  wire::Result<BrokerConnection*> coordinator();
  // One round of JoinGroup and SyncGroup; an error that passes when it is tried again.
  wire::Status join_once();
  wire::Status commit_once(const CommittedOffsets& offsets);
  wire::Result<Assignments> divide(const Subscriptions& subscriptions);

  Client& client_;
  const std::string group_;
  const std::vector<std::string> topics_;
  std::optional<wire::NodeId> coordinator_;
  std::string member_id_;
  int32_t generation_id_ = -1;
  std::set<TopicPartition> assignment_;
  std::chrono::steady_clock::time_point heartbeat_due_;
};

}  // namespace cli
