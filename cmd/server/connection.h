// One client's socket: bytes in, requests to the api, answers out in the order of the requests.
//
// All complete requests of a read are dispatched before anything is written, and all answers ready
// at the end of a turn of the loop leave in one system call.  A connection with too much unanswered
// is not read from: that is the back-pressure. Owned by the Connections of its shard; deletes
// itself when closed.  The broker may be on another shard: then requests and answers cross by the
// RequestHop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <uv.h>

#include "cmd/api/request_context.h"
#include "cmd/server/connections.h"
#include "cmd/server/frame_reader.h"
#include "cmd/server/shard.h"

namespace server {

// A request that was taken, and its answer when that is ready.
class Slot final : public api::ResponseSlot {
 public:
  explicit Slot(Connections& owner) : owner_(owner) { reset(); }
  ~Slot() = default;

  void fill() override;
  void fail(std::string_view reason) override;
  void note_errors(const api::ErrorCounts& errors) override;

  // For the metrics, on the broker's shard: the request is about to be served; it was.
  void note_received(const wire::Bytes& frame);
  void note_answered();
  // fill() and fail() as they arrive on the connection's shard.
  void arrive();
  void arrive_failed(std::string_view reason);

 private:
  friend class Connection;
  friend class Connections;

  void count_answer(uint64_t now_ns, size_t answer_bytes);

  // As new, for the next request; the answer's memory stays, and begins with room for its size.
  void reset();

  Connections& owner_;
  Connection* connection_ = nullptr;  // null once the connection is gone
  Slot* next_ = nullptr;              // in the connection's queue
  uint64_t received_ns_ = 0;
  int16_t api_key_ = -1;
  size_t request_bytes_ = 0;
  size_t answer_bytes_ = 0;  // with the size prefix
  bool ready_ = false;
};

class Connection final : public Shard::TurnEnd {
 public:
  Connection(Connections& owner, int socket, std::shared_ptr<api::ConnectionInfo> info,
             uint16_t port);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // Closes with a log line that says why.
  void refuse(std::string_view reason);
  void close();
  // Reads no more; what was taken is still answered.
  void stop_reading();
  bool answered() const { return first_ == nullptr; }

  const api::ConnectionInfo& info() const { return *info_; }
  std::string peer() const;
  void on_turn_end() override;

 private:
  friend class Slot;
  friend class Connections;
  ~Connection() override = default;

  void on_events(int status, int events);
  void read();
  void process_frames();
  void take_request(wire::Bytes frame);
  void slot_ready(Slot& slot, size_t answer_bytes);
  void write();
  void consume(size_t written);
  void pop_first(uint64_t now_ns);
  bool may_take_request() const;
  bool may_read() const;
  void account_held();
  void resume();
  void update_interest();
  // When this connection is to be closed for doing nothing, as things stand.
  wire::DurationMs deadline() const;
  bool mid_work() const { return reader_.mid_frame() || unsent_bytes_ > 0; }

  Connections& owner_;
  const int socket_;
  uv_poll_t poll_;
  int polled_events_ = 0;
  // What is written in it after the accept, is of the broker's shard.
  const std::shared_ptr<api::ConnectionInfo> info_;
  const uint16_t port_;
  size_t index_ = 0;  // in owner_.live_

  FrameReader reader_;
  bool closing_ = false;
  bool reading_stopped_ = false;
  bool paused_ = false;        // too much in flight
  bool waits_memory_ = false;  // memory of all connections is used up
  bool write_blocked_ = false;
  bool has_sent_request_ = false;

  Slot* first_ = nullptr;  // queue of requests not yet answered and written
  Slot* last_ = nullptr;
  size_t in_flight_requests_ = 0;
  size_t in_flight_bytes_ = 0;  // of unanswered requests and unsent answers
  size_t unsent_bytes_ = 0;
  size_t first_written_ = 0;  // bytes of the first slot's answer that have left
  size_t held_accounted_ = 0;

  // When the bytes came that are being processed.  One look at the clock for each read and each
  // write of the socket, however many requests and answers are in it.
  uint64_t received_ns_ = 0;
  wire::DurationMs last_read_ms_ = 0;
  wire::DurationMs last_write_ms_ = 0;
};

}  // namespace server
