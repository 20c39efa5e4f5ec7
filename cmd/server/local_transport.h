// The Transport of a node that is alone: requests to itself go to its own quorum replica,
// controller and handlers, on the next turn of the loop, as if they had come over a socket.  Any
// other node cannot be reached.
#pragma once

#include "cluster/transport.h"
#include "cmd/server/shard.h"

namespace api {
struct Services;
}
namespace cluster::controller {
class Controller;
}
namespace cluster::raft {
class Driver;
}

namespace server {

class LocalTransport final : public cluster::Transport {
 public:
  // REQUIRES: shard outlives this.
  LocalTransport(Shard& shard, wire::NodeId self) : shard_(shard), self_(self) {}

  // Who serves: until then nothing is reachable, and after null again neither.
  void serve(cluster::raft::Driver* raft, cluster::controller::Controller* controller) {
    raft_ = raft;
    controller_ = controller;
  }

  // What brokers ask of each other goes to the handlers that serve it on the wire.
  void serve_brokers(api::Services* services) { services_ = services; }

  void send(wire::NodeId node, cluster::PeerRequest request,
            wire::Callback<void(wire::Result<cluster::PeerResponse>)> done) override;

 private:
  Shard& shard_;
  const wire::NodeId self_;
  cluster::raft::Driver* raft_ = nullptr;
  cluster::controller::Controller* controller_ = nullptr;
  api::Services* services_ = nullptr;
};

}  // namespace server
