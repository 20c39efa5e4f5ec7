// Producer ids for idempotent and transactional producers: handed out from blocks that the
// controller gives this broker.
//
// A block is asked for when the last one is used up; those who come meanwhile wait for it.  Owned
// by shard 0.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/transactions/producer_id_source.h"
#include "cluster/transport.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace api {

class ProducerIds final : public cluster::transactions::ProducerIdSource {
 public:
  // `broker_epoch` is asked anew for each block: it changes with each registration.
  ProducerIds(cluster::Transport& transport, wire::NodeId node_id,
              wire::Callback<wire::NodeId()> controller, wire::Callback<int64_t()> broker_epoch);

  // Calls `done` with an id that nobody has, or why there is none now (retriable).
  void next(wire::Callback<void(wire::Result<wire::ProducerId>)> done) override;

 private:
  void ask_for_block();
  void receive(wire::Result<cluster::PeerResponse> answer);

  cluster::Transport& transport_;
  const wire::NodeId node_id_;
  wire::Callback<wire::NodeId()> controller_;
  wire::Callback<int64_t()> broker_epoch_;

  wire::ProducerId next_ = 0;
  wire::ProducerId block_end_ = 0;  // exclusive
  bool asking_ = false;
  std::vector<wire::Callback<void(wire::Result<wire::ProducerId>)>> waiting_;
};

}  // namespace api
