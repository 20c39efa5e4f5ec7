#include "cmd/server/local_transport.h"

#include <utility>

#include <fmt/core.h>

#include "cluster/controller/controller.h"
#include "cluster/raft/driver.h"
#include "cmd/api/handlers.h"
#include "cmd/api/request_context.h"

namespace server {
namespace {

using Done = wire::Callback<void(wire::Result<cluster::PeerResponse>)>;

wire::Error unreachable(wire::NodeId node) {
  return {wire::ErrorCode::kNetworkException, fmt::format("node {} cannot be reached", node)};
}

template <typename Response>
wire::Reply<Response> reply_to(Done done, wire::NodeId node) {
  return wire::Reply<Response>(
      [done = std::move(done), node](std::optional<Response> response) mutable {
        if (response) {
          done(cluster::PeerResponse(std::move(*response)));
        } else {
          done(unreachable(node));
        }
      });
}

// Where no connection waits: the answer goes to the caller, and the handler has nothing to fill.
class NoSlot final : public api::ResponseSlot {
 public:
  void fill() override {}
  void fail(std::string_view) override {}
};

// One overload a request: to the quorum replica, to the controller, or to this broker's handlers.
struct Delivery {
  cluster::raft::Driver& raft;
  cluster::controller::Controller& controller;
  api::Services* services;
  Done done;
  wire::NodeId self;

  template <typename Request, typename Response>
  void to_raft(Request& request) {
    raft.handle(std::move(request), reply_to<Response>(std::move(done), self));
  }
  template <typename Request>
  cluster::controller::OperationContext context() const {
    cluster::controller::OperationContext made;
    made.version = Request::kMaxVersion;
    return made;
  }

  template <typename Request, typename Response>
  void to_handler(void (*handle)(api::RequestContext&, Request, wire::Reply<Response>),
                  Request& request) {
    if (services == nullptr) return done(unreachable(self));
    NoSlot slot;
    api::ConnectionInfo connection;
    api::RequestContext made{*services, connection,  slot, Request::kApiKey, Request::kMaxVersion,
                             0,         std::nullopt};
    handle(made, std::move(request), reply_to<Response>(std::move(done), self));
  }

  void operator()(wire::VoteRequest& request) {
    to_raft<wire::VoteRequest, wire::VoteResponse>(request);
  }
  void operator()(wire::BeginQuorumEpochRequest& request) {
    to_raft<wire::BeginQuorumEpochRequest, wire::BeginQuorumEpochResponse>(request);
  }
  void operator()(wire::EndQuorumEpochRequest& request) {
    to_raft<wire::EndQuorumEpochRequest, wire::EndQuorumEpochResponse>(request);
  }
  void operator()(wire::FetchRequest& request) {
    to_raft<wire::FetchRequest, wire::FetchResponse>(request);
  }
  void operator()(wire::FetchSnapshotRequest& request) {
    to_raft<wire::FetchSnapshotRequest, wire::FetchSnapshotResponse>(request);
  }
  void operator()(wire::BrokerRegistrationRequest& request) {
    controller.register_broker(context<wire::BrokerRegistrationRequest>(), std::move(request),
                               reply_to<wire::BrokerRegistrationResponse>(std::move(done), self));
  }
  void operator()(wire::BrokerHeartbeatRequest& request) {
    controller.heartbeat(context<wire::BrokerHeartbeatRequest>(), std::move(request),
                         reply_to<wire::BrokerHeartbeatResponse>(std::move(done), self));
  }
  void operator()(wire::AllocateProducerIdsRequest& request) {
    controller.allocate_producer_ids(
        context<wire::AllocateProducerIdsRequest>(), std::move(request),
        reply_to<wire::AllocateProducerIdsResponse>(std::move(done), self));
  }
  void operator()(wire::AlterPartitionRequest& request) {
    controller.alter_partition(context<wire::AlterPartitionRequest>(), std::move(request),
                               reply_to<wire::AlterPartitionResponse>(std::move(done), self));
  }
  void operator()(wire::AssignReplicasToDirsRequest& request) {
    controller.assign_replicas_to_dirs(
        context<wire::AssignReplicasToDirsRequest>(), std::move(request),
        reply_to<wire::AssignReplicasToDirsResponse>(std::move(done), self));
  }
  void operator()(wire::AddPartitionsToTxnRequest& request) {
    to_handler(api::handle_add_partitions_to_txn, request);
  }
  void operator()(wire::WriteTxnMarkersRequest& request) {
    to_handler(api::handle_write_txn_markers, request);
  }
  // Quorum changes (KIP-853) need another node to come from.
  template <typename Other>
  void operator()(Other&) {
    done(unreachable(self));
  }
};

}  // namespace

void LocalTransport::send(wire::NodeId node, cluster::PeerRequest request, Done done) {
  shard_.post([this, node, request = std::move(request), done = std::move(done)]() mutable {
    if (node != self_ || raft_ == nullptr || controller_ == nullptr) return done(unreachable(node));
    std::visit(Delivery{*raft_, *controller_, services_, std::move(done), self_}, request);
  });
}

}  // namespace server
