// Moves of replicas between the log directories of this broker (AlterReplicaLogDirs, KIP-113).
//
//   copying --caught up--> the controller is told (KIP-858) --copied on--> synced --> the copy takes
//   the log's place
//
// A move reads its log as a follower would, a bounded piece a turn, into a copy in the other
// directory; the log goes on meanwhile.  It survives a restart, which begins again where the copy
// ends.  Owned by the ReplicaSet, on its shard.
#pragma once

#include <map>
#include <memory>

#include "cluster/replica/directory_assignments.h"
#include "cluster/replica/partition.h"
#include "cluster/timers.h"
#include "storage/log_directories.h"

namespace cluster::replica {

class ReplicaMoves {
 public:
  // REQUIRES: all of them outlive this.
  ReplicaMoves(Timers& timers, storage::LogDirectories& directories)
      : timers_(timers), directories_(directories) {}
  ~ReplicaMoves();
  ReplicaMoves(const ReplicaMoves&) = delete;
  ReplicaMoves& operator=(const ReplicaMoves&) = delete;

  // Without it the controller is not asked (tests).
  void use(DirectoryAssignments* assignments) { assignments_ = assignments; }

  // Moves the replica to `directory`; another move of it is given up, and one to where it is comes
  // to nothing.  KAFKA_STORAGE_ERROR: a directory has failed.
  wire::ErrorCode begin(const std::shared_ptr<Partition>& partition,
                        storage::LogDirectory& directory);
  // Goes on with the copy that a restart found, if there is one.
  void resume(const std::shared_ptr<Partition>& partition);
  // The replica leaves this broker.
  void cancel(const storage::TopicPartition& name);
  void on_directory_failed(const storage::LogDirectory& directory);
  bool idle() const { return moves_.empty(); }

 private:
  struct Move {
    std::shared_ptr<Partition> partition;
    TimerId timer = kNoTimer;
    enum class Assignment { kNotAsked, kAsked, kDone } assignment = Assignment::kNotAsked;
    bool synced = false;  // not long ago: little is left to sync
  };

  void step_later(Move& move);
  void step(const std::shared_ptr<Move>& move);
  void assign(const std::shared_ptr<Move>& move, const storage::Log& copy);
  void sync(const std::shared_ptr<Move>& move, storage::Log& copy);
  void promote(Move& move);
  void give_up(const Move& move, const wire::Error& why);
  bool is_current(const std::shared_ptr<Move>& move) const;

  Timers& timers_;
  storage::LogDirectories& directories_;
  DirectoryAssignments* assignments_ = nullptr;
  std::map<storage::TopicPartition, std::shared_ptr<Move>> moves_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cluster::replica
