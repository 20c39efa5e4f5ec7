#include "cmd/server/request_hop.h"

#include <utility>

#include "cmd/api/dispatch.h"
#include "cmd/server/connection.h"

namespace server {

RequestHop::Request::Request(RequestHop& hop, std::shared_ptr<api::ConnectionInfo> info,
                             wire::Bytes frame, Slot& slot)
    : hop_(hop), info_(std::move(info)), frame_(std::move(frame)), slot_(&slot) {}

RequestHop::Request::Request(Request&& other) noexcept
    : hop_(other.hop_),
      info_(std::move(other.info_)),
      frame_(std::move(other.frame_)),
      slot_(std::exchange(other.slot_, nullptr)) {}

RequestHop::Request::~Request() {
  if (slot_ != nullptr) hop_.failed(*slot_, "the broker stops");
}

void RequestHop::Request::dispatch() {
  Slot& slot = *std::exchange(slot_, nullptr);
  slot.note_received(frame_);
  api::dispatch(hop_.services_, *info_, std::move(frame_), slot);
}

RequestHop::~RequestHop() {
  connections_.forget(outward_);
  broker_.forget(homeward_);
}

void RequestHop::request(const std::shared_ptr<api::ConnectionInfo>& info, wire::Bytes frame,
                         Slot& slot) {
  requests_.emplace_back(*this, info, std::move(frame), slot);
  connections_.at_turn_end(outward_);
}

void RequestHop::closed(std::shared_ptr<api::ConnectionInfo> info) {
  closed_.push_back(std::move(info));
  connections_.at_turn_end(outward_);
}

void RequestHop::room_made() {
  ++rooms_made_;
  connections_.at_turn_end(outward_);
}

void RequestHop::send_requests() {
  if (requests_.empty() && closed_.empty() && rooms_made_ == 0) return;
  broker_.post([this, requests = std::exchange(requests_, {}), closed = std::exchange(closed_, {}),
                rooms_made = std::exchange(rooms_made_, 0)]() mutable {
    if (!is_cut_) {  // else they are dropped
      for (Request& request : requests) to_serve_.push_back(std::move(request));
      serve();
    }
    for (const auto& info : closed) counter_.closed(*info);
    for (size_t i = 0; i < rooms_made; ++i) counter_.room_made();
  });
}

void RequestHop::serve() {
  while (!to_serve_.empty()) {
    if (under_way_bytes_.load() >= kUnderWayMax) {
      is_waiting_.store(true);
      // Or everything has arrived meanwhile, and nobody will say so.
      if (under_way_bytes_.load() >= kUnderWayMax || !is_waiting_.exchange(false)) return;
    }
    Request request = std::move(to_serve_.front());
    to_serve_.pop_front();
    request.dispatch();
  }
}

void RequestHop::filled(Slot& slot) {
  slot.note_answered();
  add_outcome({&slot, slot.answer().size(), std::nullopt});
}

void RequestHop::failed(Slot& slot, std::string_view reason) {
  add_outcome({&slot, 0, std::string(reason)});
}

void RequestHop::add_outcome(Outcome outcome) {
  under_way_bytes_.fetch_add(outcome.answer_bytes);
  outcomes_.push_back(std::move(outcome));
  is_cut_ ? send_outcomes() : broker_.at_turn_end(homeward_);
}

void RequestHop::send_outcomes() {
  if (outcomes_.empty()) return;
  auto outcomes = std::exchange(outcomes_, {});
  if (is_cut_) return arrive(outcomes);
  connections_.post([this, outcomes = std::move(outcomes)]() mutable { arrive(outcomes); });
}

void RequestHop::arrive(std::vector<Outcome>& outcomes) {
  for (Outcome& outcome : outcomes) {
    outcome.failure ? outcome.slot->arrive_failed(*outcome.failure) : outcome.slot->arrive();
    under_way_bytes_.fetch_sub(outcome.answer_bytes);
  }
  if (is_waiting_.load() && under_way_bytes_.load() < kUnderWayMax && is_waiting_.exchange(false))
    broker_.post([this] { serve(); });
}

void RequestHop::cut() {
  is_cut_ = true;
  connections_.run_once(false);  // what was under way to it
  send_outcomes();
  to_serve_.clear();
  send_requests();
}

}  // namespace server
