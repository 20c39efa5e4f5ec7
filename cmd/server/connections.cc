#include "cmd/server/connections.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/server/connection.h"
#include "cmd/server/request_hop.h"
#include "wire/base/log.h"

namespace server {
namespace {

constexpr size_t kFreeSlotsKept = 4096;
constexpr size_t kFloodBytes = 8 * 1024 * 1024;
constexpr size_t kStrangersCompared = 32;

void set_buffer(int socket, int which, std::optional<int> bytes) {
  if (bytes) setsockopt(socket, SOL_SOCKET, which, &*bytes, sizeof(*bytes));
}

}  // namespace

Connections::Connections(Ports ports, ConnectionLimits limits)
    : shard_(ports.shard),
      services_(ports.services),
      counter_(ports.counter),
      hop_(ports.hop),
      limits_(std::move(limits)),
      room_(limits_.answer_memory_max) {}

Connections::~Connections() {
  close_all();
  shard_.cancel(sweep_timer_);
  for (Slot* slot : free_slots_) delete slot;
}

void Connections::close_all() {
  while (!live_.empty()) live_.back()->close();
}

void Connections::take(AcceptedClient client) {
  const bool is_welcome = client.verdict == ConnectionQuotas::Verdict::kWelcome;
  admit(std::move(client));
  if (is_welcome) return;
  hop_ != nullptr ? hop_->room_made() : counter_.room_made();
}

void Connections::admit(AcceptedClient client) {
  using Verdict = ConnectionQuotas::Verdict;
  bool is_full = client.verdict == Verdict::kFull || client.verdict == Verdict::kOverfull;
  if (is_full) {
    // Room is made by closing the oldest that never sent a request; those at work are left alone.
    if (Connection* const stranger = oldest_stranger()) {
      stranger->refuse("it sent no request, and max.connections is reached");
      is_full = client.verdict == Verdict::kOverfull;
    }
  }
  const int on = 1;
  setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  set_buffer(client.socket, SO_SNDBUF, limits_.send_buffer_bytes);
  set_buffer(client.socket, SO_RCVBUF, limits_.receive_buffer_bytes);
  auto* const connection =
      new Connection(*this, client.socket, std::move(client.info), client.port);
  connection->index_ = live_.size();
  live_.push_back(connection);
  if (is_full) return connection->refuse("max.connections is reached");
  if (client.verdict == Verdict::kFullForAddress)
    return connection->refuse("max.connections.per.ip is reached for its address");
  if (draining_) connection->stop_reading();
  connection->start();
  arm_sweep();
}

// The oldest of a few that are looked at in turn: a flood of strangers must not cost a walk over all of them each.
Connection* Connections::oldest_stranger() {
  Connection* oldest = nullptr;
  for (size_t seen = 0; seen < live_.size(); ++seen) {
    if (oldest != nullptr && seen >= kStrangersCompared) break;
    stranger_cursor_ = (stranger_cursor_ + 1) % live_.size();
    Connection* const connection = live_[stranger_cursor_];
    if (connection->has_sent_request_) continue;
    if (oldest == nullptr || connection->last_read_ms_ < oldest->last_read_ms_) oldest = connection;
  }
  return oldest;
}

void Connections::forget(Connection& connection) {
  live_.back()->index_ = connection.index_;
  std::swap(live_[connection.index_], live_.back());
  live_.pop_back();
  if (connection.waits_memory_) std::erase(waiting_for_memory_, &connection);
  hop_ != nullptr ? hop_->closed(connection.info_) : counter_.closed(*connection.info_);
  if (draining_) check_drained();
}

Slot* Connections::take_slot() {
  if (free_slots_.empty()) return new Slot(*this);
  Slot* const slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

void Connections::recycle(Slot* slot) {
  release_answer(*slot);
  slot->reset();
  if (free_slots_.size() >= kFreeSlotsKept) {
    delete slot;
    return;
  }
  free_slots_.push_back(slot);
}

void Connections::release_request_memory(size_t bytes) {
  request_memory_.store(request_memory() - bytes, std::memory_order_relaxed);
  if (waiting_for_memory_.empty() || memory_short()) return;
  // On the next turn of the loop: the one that released may be in the middle of its work.
  shard_.post([this] {
    auto waiting = std::exchange(waiting_for_memory_, {});
    for (Connection* connection : waiting) {
      connection->waits_memory_ = false;
      connection->update_interest();
    }
  });
}

void Connections::wait_for_memory(Connection& connection) {
  connection.waits_memory_ = true;
  buffers_.trim();
  waiting_for_memory_.push_back(&connection);
  arm_sweep();
}

// Of a few that are looked at in turn, as with strangers.
void Connections::shed_requests() {
  const size_t most = limits_.request_memory_max + limits_.request_memory_max / 8;
  while (request_memory() > most) {
    Connection* stalest = nullptr;
    size_t compared = 0;
    for (size_t seen = 0; seen < live_.size() && compared < kStrangersCompared; ++seen) {
      stalled_cursor_ = (stalled_cursor_ + 1) % live_.size();
      Connection* const connection = live_[stalled_cursor_];
      if (!connection->reader_.owns_buffer() || connection->paused_) continue;
      ++compared;
      // Who waits for memory has more to send: it goes last.
      const auto rank = [](const Connection& one) {
        return std::pair(one.waits_memory_, one.last_read_ms_);
      };
      if (stalest == nullptr || rank(*connection) < rank(*stalest)) stalest = connection;
    }
    if (stalest == nullptr) return;
    stalest->refuse(
        "it began a request and sends no more of it, and odradek.max.inflight.bytes is "
        "used up");
  }
}

void Connections::hold_answer(Slot& slot) {
  answers_.hold(slot.answer_.chunks());
  publish_answer_room();
}

void Connections::release_answer(Slot& slot) {
  if (slot.answer_bytes_ == 0) return;
  answers_.release(slot.answer_.chunks());
  publish_answer_room();
}

void Connections::publish_answer_room() {
  room_.hold(answers_.bytes());
}

void Connections::shed_answers() {
  while (answers_.bytes() > limits_.answer_memory_max) {
    // Rare, and what it frees is more than an even share of all.
    Connection* most = nullptr;
    for (Connection* connection : live_) {
      if (!connection->write_blocked_) continue;
      if (most == nullptr || connection->unsent_bytes_ > most->unsent_bytes_) most = connection;
    }
    if (most == nullptr) return;
    most->refuse(fmt::format(
        "it does not read its answers: {} bytes wait for it, and odradek.max.unsent.bytes={} is "
        "reached",
        most->unsent_bytes_, limits_.answer_memory_max));
  }
}

void Connections::log_refusal(const Connection& connection, std::string_view reason) {
  add_to(refused_, uint64_t{1});
  const wire::DurationMs now_ms = shard_.clock().monotonic_ms();
  if (now_ms - refusal_second_ms_ >= 1000) {
    if (refusals_unsaid_ > 0)
      wire::log::warn("{} more clients were refused", std::exchange(refusals_unsaid_, 0));
    refusal_second_ms_ = now_ms;
    refusal_lines_ = 0;
  }
  if (refusal_lines_ >= kRefusalLinesPerSecond) {
    ++refusals_unsaid_;
    return;
  }
  ++refusal_lines_;
  wire::log::warn("closed the connection of {} to {}: {}", connection.peer(),
                  connection.info_->vantage->listener, reason);
}

// At most once a second while some connection is in the middle of something, else when the idlest
// is due.
void Connections::arm_sweep() {
  const wire::DurationMs due_ms = shard_.clock().monotonic_ms() + limits_.sweep_interval_ms;
  if (sweep_timer_ != cluster::kNoTimer && sweep_due_ms_ <= due_ms) return;
  shard_.cancel(sweep_timer_);
  sweep_due_ms_ = due_ms;
  sweep_timer_ = shard_.schedule(limits_.sweep_interval_ms, [this] { sweep(); });
}

void Connections::sweep() {
  sweep_timer_ = cluster::kNoTimer;
  const wire::DurationMs now_ms = shard_.clock().monotonic_ms();
  wire::DurationMs next_ms = INT64_MAX;
  for (size_t i = 0; i < live_.size();) {
    Connection* const connection = live_[i];
    const wire::DurationMs due_ms = connection->deadline();
    if (due_ms > now_ms) {
      next_ms =
          std::min(next_ms, connection->mid_work() ? now_ms + limits_.sweep_interval_ms : due_ms);
      ++i;
    } else if (connection->mid_work()) {
      connection->refuse(connection->unsent_bytes_ > 0
                             ? "it does not read its answers"
                             : "it began a request and sends no more of it");
    } else {
      connection->close();  // idle: no fault of anyone
    }
  }
  if (request_memory() == 0) {
    buffers_.trim();
    slab_.trim();
  }
  return_memory();
  if (next_ms == INT64_MAX) return;
  sweep_due_ms_ = std::max(next_ms, now_ms + limits_.sweep_interval_ms);
  sweep_timer_ = shard_.schedule(sweep_due_ms_ - now_ms, [this] { sweep(); });
}

// What a flood took goes back to the system: the allocator would keep it for the next one.
void Connections::return_memory() {
  const size_t held = request_memory() + answers_.bytes();
  flood_bytes_ = std::max(flood_bytes_, held);
  if (flood_bytes_ < kFloodBytes || held > flood_bytes_ / 4) return;
  flood_bytes_ = held;
  malloc_trim(0);
}

void Connections::drain(wire::Callback<void()> done) {
  draining_ = true;
  on_drained_ = std::move(done);
  for (Connection* connection : live_) connection->stop_reading();
  check_drained();
}

void Connections::check_drained() {
  if (!draining_ || !on_drained_) return;
  for (const Connection* connection : live_) {
    if (!connection->answered()) return;
  }
  shard_.post(std::exchange(on_drained_, nullptr));
}

}  // namespace server
