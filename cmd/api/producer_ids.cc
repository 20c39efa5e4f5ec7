#include "cmd/api/producer_ids.h"

#include <utility>

namespace api {

using wire::ErrorCode;

ProducerIds::ProducerIds(cluster::Transport& transport, wire::NodeId node_id,
                         wire::Callback<wire::NodeId()> controller,
                         wire::Callback<int64_t()> broker_epoch)
    : transport_(transport),
      node_id_(node_id),
      controller_(std::move(controller)),
      broker_epoch_(std::move(broker_epoch)) {}

void ProducerIds::next(wire::Callback<void(wire::Result<wire::ProducerId>)> done) {
  if (next_ < block_end_) return done(next_++);
  waiting_.push_back(std::move(done));
  if (!asking_) ask_for_block();
}

void ProducerIds::ask_for_block() {
  asking_ = true;
  wire::AllocateProducerIdsRequest request;
  request.broker_id = node_id_;
  request.broker_epoch = broker_epoch_();
  transport_.send(
      controller_(), std::move(request),
      [this](wire::Result<cluster::PeerResponse> answer) { receive(std::move(answer)); });
}

void ProducerIds::receive(wire::Result<cluster::PeerResponse> answer) {
  asking_ = false;
  wire::Error error{ErrorCode::kCoordinatorLoadInProgress,
                    "no block of producer ids could be had from the controller"};
  if (answer.ok()) {
    const auto& block = std::get<wire::AllocateProducerIdsResponse>(*answer);
    if (block.error_code == ErrorCode::kNone) {
      next_ = block.producer_id_start;
      block_end_ = block.producer_id_start + block.producer_id_len;
    }
  }
  for (auto& done : std::exchange(waiting_, {})) {
    if (next_ < block_end_) {
      done(next_++);
    } else if (answer.ok() && block_end_ > 0) {
      waiting_.push_back(std::move(done));  // more came than the block had
    } else {
      // COORDINATOR_LOAD_IN_PROGRESS: what every client takes as "ask again" (Apache answers the
      // same).
      done(error);
    }
  }
  if (!waiting_.empty() && !asking_) ask_for_block();
}

}  // namespace api
