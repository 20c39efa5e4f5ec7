// Tells the controller which log directory of this broker holds a replica (KIP-858; Kafka's
// AssignmentsManager).
//
// The controller must know it when a directory fails: what it held is then led elsewhere.  Wishes of
// one turn go together; an assignment that cannot be told is told again until the controller has
// answered for it.  Lives on shard 0.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "cluster/timers.h"
#include "cluster/transport.h"
#include "wire/base/callback.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace cluster::replica {

class DirectoryAssignments {
 public:
  struct Ports {
    Timers& timers;
    Transport& transport;
    wire::NodeId node_id = wire::kNoNode;
    std::function<wire::NodeId()> controller;  // kNoNode: nobody at the moment
    std::function<int64_t()> broker_epoch;     // -1: not registered yet
  };

  // REQUIRES: the ports outlive this.
  explicit DirectoryAssignments(Ports ports) : ports_(std::move(ports)) {}
  ~DirectoryAssignments();
  DirectoryAssignments(const DirectoryAssignments&) = delete;
  DirectoryAssignments& operator=(const DirectoryAssignments&) = delete;

  // `done`, if given, is called once the controller knows, or refuses for good (the replica is gone,
  // or the metadata version has no directories).  A later wish for the same replica takes the
  // place of an earlier one, whose `done` is dropped.
  void assign(const wire::Uuid& topic, wire::PartitionIndex partition, const wire::Uuid& directory,
              wire::Callback<void()> done = nullptr);

 private:
  using Replica = std::pair<wire::Uuid, wire::PartitionIndex>;
  struct Wish {
    wire::Uuid directory;
    wire::Callback<void()> done;
  };

  void send_later(wire::DurationMs delay_ms);
  void send();
  void receive(std::map<Replica, wire::Uuid> sent, wire::Result<PeerResponse> answer);
  // What was asked for is settled, unless it was replaced meanwhile.
  void settle(const Replica& replica, const wire::Uuid& directory);

  const Ports ports_;
  std::map<Replica, Wish> wishes_;
  TimerId timer_ = kNoTimer;
  bool in_flight_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cluster::replica
