#include "cmd/server/connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <errno.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/api/dispatch.h"
#include "cmd/api/request_metrics.h"
#include "cmd/server/ip_address.h"
#include "cmd/server/request_hop.h"
#include "wire/base/check.h"

namespace server {
namespace {

// A connection that always has more to read lets the others have their turn after this many reads.
constexpr int kReadsPerTurn = 8;
constexpr size_t kPiecesPerWrite = 256;
constexpr size_t kSizeBytes = 4;  // what stands before each answer

}  // namespace

void Slot::fill() {
  owner_.hop_ != nullptr ? owner_.hop_->filled(*this) : arrive();
}

void Slot::fail(std::string_view reason) {
  owner_.hop_ != nullptr ? owner_.hop_->failed(*this, reason) : arrive_failed(reason);
}

void Slot::arrive() {
  CHECK(!ready_);
  const size_t size = answer_.size() - kSizeBytes;
  if (connection_ == nullptr) return owner_.recycle(this);
  ready_ = true;
  if (size > 0) {
    answer_.patch(0, static_cast<int32_t>(size));
    answer_bytes_ = answer_.size();
    owner_.hold_answer(*this);
  }
  connection_->slot_ready(*this, answer_bytes_);
}

void Slot::arrive_failed(std::string_view reason) {
  CHECK(!ready_);
  if (connection_ == nullptr) return owner_.recycle(this);
  ready_ = true;  // the connection recycles it when it closes
  connection_->refuse(reason);
}

void Slot::note_errors(const api::ErrorCounts& errors) {
  if (owner_.services_.request_metrics != nullptr)
    owner_.services_.request_metrics->failed(api_key_, errors);
}

void Slot::note_received(const wire::Bytes& frame) {
  if (owner_.services_.request_metrics == nullptr) return;
  const auto version = static_cast<int16_t>(frame[2] << 8 | frame[3]);
  owner_.services_.request_metrics->received(api_key_, version, frame.size());
}

void Slot::note_answered() {
  const size_t size = answer_.size();
  count_answer(uv_hrtime(), size > kSizeBytes ? size : 0);
}

void Slot::count_answer(uint64_t now_ns, size_t answer_bytes) {
  if (owner_.services_.request_metrics == nullptr) return;
  owner_.services_.request_metrics->answered(api_key_, (now_ns - received_ns_) / 1'000,
                                             answer_bytes);
}

void Slot::reset() {
  connection_ = nullptr;
  next_ = nullptr;
  request_bytes_ = answer_bytes_ = 0;
  ready_ = silent_ = false;
  answer_.reuse();
  answer_.write(int32_t{0});
}

Connection::Connection(Connections& owner, int socket, std::shared_ptr<api::ConnectionInfo> info,
                       uint16_t port)
    : owner_(owner),
      socket_(socket),
      info_(std::move(info)),
      port_(port),
      reader_(info_->kind, owner.limits_.request_bytes_max) {
  poll_.data = this;
  CHECK(uv_poll_init(owner_.shard_.loop(), &poll_, socket_) == 0);
  last_read_ms_ = last_write_ms_ = owner_.shard_.clock().monotonic_ms();
}

void Connection::start() {
  update_interest();
}

std::string Connection::peer() const {
  return host_and_port(info_->client_host, port_);
}

void Connection::refuse(std::string_view reason) {
  if (closing_) return;
  owner_.log_refusal(*this, reason);
  close();
}

void Connection::close() {
  if (closing_) return;
  closing_ = true;
  uv_poll_stop(&poll_);
  for (Slot* slot = first_; slot != nullptr;) {
    Slot* const next = slot->next_;
    slot->connection_ = nullptr;
    owner_.release_request_memory(slot->request_bytes_);
    if (slot->ready_) owner_.recycle(slot);  // else the handler still has it, and comes back to it
    slot = next;
  }
  first_ = last_ = nullptr;
  owner_.release_request_memory(std::exchange(held_accounted_, 0));
  owner_.shard_.forget(*this);
  owner_.forget(*this);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* connection = static_cast<Connection*>(handle->data);
    delete connection;
  });
  ::close(socket_);
}

void Connection::stop_reading() {
  reading_stopped_ = true;
  if (!closing_) update_interest();
}

bool Connection::may_take_request() const {
  const ConnectionLimits& limits = owner_.limits_;
  if (unsent_bytes_ > 0 && owner_.answers_short()) return false;
  return in_flight_requests_ < limits.in_flight_requests_max &&
         in_flight_bytes_ < limits.in_flight_bytes_max;
}

bool Connection::may_read() const {
  return !closing_ && !reading_stopped_ && !paused_ && !waits_memory_;
}

void Connection::update_interest() {
  // Who waits for memory is not read from, and must still be missed when it is gone: what it holds
  // is what others wait for.
  const int events = (may_read() ? UV_READABLE : 0) | (write_blocked_ ? UV_WRITABLE : 0) |
                     (waits_memory_ ? UV_DISCONNECT : 0);
  if (events == polled_events_) return;
  polled_events_ = events;
  if (events == 0) {
    uv_poll_stop(&poll_);
    return;
  }
  uv_poll_start(&poll_, events, [](uv_poll_t* handle, int status, int ready) {
    static_cast<Connection*>(handle->data)->on_events(status, ready);
  });
}

void Connection::on_events(int status, int events) {
  if (waits_memory_ && (status < 0 || (events & UV_DISCONNECT) != 0)) return close();
  // An error is found by the read or the write that follows it.
  if (status < 0) events = UV_READABLE | UV_WRITABLE;
  if ((events & UV_WRITABLE) != 0 && write_blocked_) {
    write_blocked_ = false;
    write();
    if (closing_) return;
    resume();
    if (closing_) return;
  }
  if ((events & UV_READABLE) != 0) {
    read();
    if (closing_) return;
  }
  update_interest();
}

void Connection::read() {
  for (int turn = 0; turn < kReadsPerTurn && may_read(); ++turn) {
    const bool memory_short = owner_.memory_short();
    if (memory_short && reader_.owns_buffer()) return owner_.wait_for_memory(*this);
    iovec pieces[2];
    const int count = reader_.prepare(owner_.slab_, owner_.buffers_, memory_short, pieces);
    size_t asked = 0;
    for (int i = 0; i < count; ++i) asked += pieces[i].iov_len;
    const ssize_t size = count == 1 ? ::recv(socket_, pieces[0].iov_base, asked, 0)
                                    : ::readv(socket_, pieces, count);
    if (size == 0) return close();
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) close();
      return;
    }
    last_read_ms_ = owner_.shard_.clock().monotonic_ms();
    received_ns_ = uv_hrtime();
    add_to(owner_.bytes_in_, static_cast<uint64_t>(size));
    reader_.received(static_cast<size_t>(size), owner_.slab_);
    process_frames();
    if (closing_) return;
    if (static_cast<size_t>(size) < asked) break;
  }
}

void Connection::process_frames() {
  paused_ = false;
  wire::Bytes frame;
  while (true) {
    if (!may_take_request()) {
      paused_ = true;
      reader_.park();
      break;
    }
    const FrameReader::Next next = reader_.next(owner_.buffers_, frame);
    if (next == FrameReader::Next::kRefused) {
      // Whoever does not take it at once goes without.
      const std::string_view words = reader_.last_words();
      if (!words.empty()) ::send(socket_, words.data(), words.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      return refuse(reader_.refusal());
    }
    if (next == FrameReader::Next::kNeedsBytes) break;
    take_request(std::exchange(frame, {}));
    if (closing_) return;
  }
  account_held();
  if (!reader_.mid_frame()) return;
  owner_.arm_sweep();
  owner_.shed_requests();
}

// Memory that the reader holds counts for all connections.
void Connection::account_held() {
  const size_t held = reader_.held_bytes();
  if (held > held_accounted_) {
    owner_.add_request_memory(held - held_accounted_);
  } else if (held < held_accounted_) {
    owner_.release_request_memory(held_accounted_ - held);
  }
  held_accounted_ = held;
}

void Connection::take_request(wire::Bytes frame) {
  has_sent_request_ = true;
  Slot* const slot = owner_.take_slot();
  slot->connection_ = this;
  slot->request_bytes_ = frame.size();
  (last_ == nullptr ? first_ : last_->next_) = slot;
  last_ = slot;
  ++in_flight_requests_;
  in_flight_bytes_ += frame.size();
  owner_.add_request_memory(frame.size());
  slot->received_ns_ = received_ns_;
  slot->api_key_ = static_cast<int16_t>(frame[0] << 8 | frame[1]);
  if (owner_.hop_ != nullptr) return owner_.hop_->request(info_, std::move(frame), *slot);
  slot->note_received(frame);
  api::dispatch(owner_.services_, *info_, std::move(frame), *slot);
}

void Connection::slot_ready(Slot& slot, size_t answer_bytes) {
  in_flight_bytes_ -= slot.request_bytes_;
  owner_.release_request_memory(std::exchange(slot.request_bytes_, 0));
  in_flight_bytes_ += answer_bytes;
  unsent_bytes_ += answer_bytes;
  if (!first_->ready_) return;
  owner_.shard_.at_turn_end(*this);
  if (!owner_.answers_short()) return;
  // A turn may bring many more answers: what can leave leaves before the next one is made.
  if (!write_blocked_) write();
  owner_.shed_answers();
}

void Connection::on_turn_end() {
  if (!write_blocked_) write();
  if (closing_) return;
  resume();
}

// Takes up what was left when too much was in flight.
void Connection::resume() {
  if (paused_ && may_take_request()) process_frames();
  if (closing_) return;
  update_interest();
}

void Connection::pop_first(uint64_t now_ns) {
  Slot* const slot = first_;
  if (owner_.hop_ == nullptr) slot->count_answer(now_ns, slot->answer_bytes_);
  first_ = slot->next_;
  if (first_ == nullptr) last_ = nullptr;
  --in_flight_requests_;
  owner_.recycle(slot);
}

void Connection::write() {
  while (first_ != nullptr && first_->ready_) {
    iovec pieces[kPiecesPerWrite];
    size_t count = 0;
    size_t skip = first_written_;
    const auto add = [&](const uint8_t* data, size_t size) {
      if (skip >= size) {
        skip -= size;
        return;
      }
      pieces[count++] = {const_cast<uint8_t*>(data) + skip, size - skip};
      skip = 0;
    };
    size_t asked = 0;
    for (Slot* slot = first_; slot != nullptr && slot->ready_ && count < kPiecesPerWrite;
         slot = slot->next_) {
      if (slot->answer_bytes_ == 0) continue;
      for (const wire::Bytes& chunk : slot->answer_.chunks()) {
        if (count == kPiecesPerWrite) break;
        if (!chunk.empty()) add(chunk.data(), chunk.size());
      }
    }
    for (size_t i = 0; i < count; ++i) asked += pieces[i].iov_len;
    ssize_t written = 0;
    if (count > 0) {
      msghdr message{};
      message.msg_iov = pieces;
      message.msg_iovlen = count;
      written = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
      if (written < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return close();
        written = 0;
      }
      if (written > 0) last_write_ms_ = owner_.shard_.clock().monotonic_ms();
    }
    consume(static_cast<size_t>(written));
    if (static_cast<size_t>(written) < asked) {
      write_blocked_ = true;
      update_interest();
      owner_.arm_sweep();
      return;
    }
  }
  if (first_ == nullptr && reading_stopped_) owner_.check_drained();
}

void Connection::consume(size_t written) {
  unsent_bytes_ -= written;
  in_flight_bytes_ -= written;
  add_to(owner_.bytes_out_, written);
  first_written_ += written;
  const uint64_t now_ns = uv_hrtime();
  while (first_ != nullptr && first_->ready_ && first_written_ >= first_->answer_bytes_) {
    first_written_ -= first_->answer_bytes_;
    pop_first(now_ns);
  }
}

wire::DurationMs Connection::deadline() const {
  const ConnectionLimits& limits = owner_.limits_;
  constexpr wire::DurationMs kNever = INT64_MAX;
  wire::DurationMs due = kNever;
  if (unsent_bytes_ > 0 && write_blocked_) due = last_write_ms_ + limits.stalled_answer_ms_max;
  if (reader_.mid_frame() && !paused_) {
    // Memory is short: first those go who do not send what they announced, then those who wait for
    // memory to send it.
    const bool hurry = owner_.memory_short() && reader_.owns_buffer() && !waits_memory_;
    due = std::min(due, last_read_ms_ + (hurry ? limits.stalled_when_short_ms_max
                                               : limits.stalled_request_ms_max));
  }
  if (first_ == nullptr && limits.idle_ms_max >= 0) {
    due = std::min(due, std::max(last_read_ms_, last_write_ms_) + limits.idle_ms_max);
  }
  return due;
}

}  // namespace server
