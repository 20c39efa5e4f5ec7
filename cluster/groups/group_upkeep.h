// What a coordinator does for its groups unasked: starts the sessions of members after a load,
// expires offsets and groups, forgets the offsets of deleted topics.
//
// Each is a walk over rows that may be many, so it goes in slices, one a turn of the loop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/coordinator/keyed_timers.h"
#include "cluster/coordinator/outbox.h"
#include "cluster/coordinator/partition_runtime.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_offsets.h"
#include "cluster/groups/group_options.h"
#include "cluster/groups/group_table.h"

namespace cluster::groups {

class GroupUpkeep {
 public:
  struct Parts {
    const GroupOptions& options;
    coordinator::KeyedTimers& timers;
    coordinator::Outbox& outbox;
    coordinator::PartitionRuntime& runtime;
    GroupTable& groups;
    GroupOffsets& offsets;
  };
  // REQUIRES: every part outlives this.
  explicit GroupUpkeep(Parts parts) : parts_(parts) {}

  // The partition has loaded.
  void start();
  void on_topics_deleted(std::vector<DeletedTopic> topics);

 private:
  enum class Pass { kGroupsWithOffsets, kGroupsWithRecords };

  void restore_slice(std::optional<std::string> after);
  void schedule_expiry();
  void expire_slice(Pass pass, std::optional<std::string> after);
  void expire_group(const std::string& group_id, std::vector<coordinator::Record>& records,
                    std::vector<std::string>& gone) const;
  // Objects of groups that nobody uses at the moment; their rows bring them back.
  void drop_idle_objects();
  void forget_slice(std::vector<DeletedTopic> topics, std::string from_key);
  // False if the log does not take them now: the next pass finds them again.
  bool write(std::vector<coordinator::Record> records);
  void next_turn(const char* name, wire::Callback<void()> action);

  Parts parts_;
};

}  // namespace cluster::groups
