// The client connections of one shard, and what they share: limits, memory, the sweep that closes
// the idle and the stalled.
//
// The bounds of hostile traffic are here: how much memory incomplete and unanswered requests may
// hold in all, how long one may stay without progress.  How many there may be is judged before they
// come here (connection_quotas.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cmd/api/answer_room.h"
#include "cmd/api/request_context.h"
#include "cmd/server/answer_memory.h"
#include "cmd/server/connection_quotas.h"
#include "cmd/server/receive_memory.h"
#include "cmd/server/shard.h"

namespace server {

class Connection;
class RequestHop;
class Slot;

struct ConnectionLimits {
  size_t request_bytes_max = 100 * 1024 * 1024;  // socket.request.max.bytes
  size_t connections_max = 2'147'483'647;  // max.connections, cut to the file descriptors there are
  size_t connections_per_address_max = 2'147'483'647;  // max.connections.per.ip
  std::unordered_map<std::string, size_t> connections_max_of_address =
      {};  // max.connections.per.ip.overrides
  // socket.send.buffer.bytes and socket.receive.buffer.bytes, if set: the kernel tunes them better.
  std::optional<int> send_buffer_bytes = {};
  std::optional<int> receive_buffer_bytes = {};
  wire::DurationMs idle_ms_max = 600'000;  // connections.max.idle.ms; negative: for ever

  // One connection's share: then it is not read from until answers have left.
  size_t in_flight_requests_max = 64;
  size_t in_flight_bytes_max = 8 * 1024 * 1024;
  // Requests received in part or unanswered, of all connections (queued.max.request.bytes, if set).
  size_t request_memory_max = 32 * 1024 * 1024;
  // Answers not yet read by their clients, of all connections: then fetches get one batch, who has
  // not read its last answer gets no further one, and who holds most is closed.
  size_t answer_memory_max = 32 * 1024 * 1024;
  // Without a byte of progress: a request begun, an answer begun.
  wire::DurationMs stalled_request_ms_max = 30'000;
  wire::DurationMs stalled_answer_ms_max = 60'000;
  // The same when request_memory_max is reached and others wait.
  wire::DurationMs stalled_when_short_ms_max = 2'000;
  // How often, at most, the connections are looked over for these.
  wire::DurationMs sweep_interval_ms = 1'000;
};

// A client that was accepted, on its way to the shard of its connection.
struct AcceptedClient {
  int socket;
  std::shared_ptr<api::ConnectionInfo> info;
  uint16_t port;  // of its end
  ConnectionQuotas::Verdict verdict;
};

// Whoever counts connections (connection_quotas.h) is told of each that was closed, and of each
// verdict that was carried out.  On the broker's shard.
class ConnectionCounter {
 public:
  virtual void closed(const api::ConnectionInfo& info) = 0;
  virtual void room_made() = 0;

 protected:
  ~ConnectionCounter() = default;
};

// A number that one thread adds to and any may read.
template <typename T>
void add_to(std::atomic<T>& counter, T amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

class Connections {
 public:
  // What the connections need of the rest of the process.
  struct Ports {
    Shard& shard;
    api::Services& services;
    ConnectionCounter& counter;
    RequestHop* hop = nullptr;  // null: the broker is on this shard
  };
  // REQUIRES: what is in the ports outlives this.
  Connections(Ports ports, ConnectionLimits limits);
  ~Connections();

  // Takes the socket over.
  void take(AcceptedClient client);
  // From now on nothing is read; `done` is called when every request taken has been answered and
  // written.
  void drain(wire::Callback<void()> done);
  void close_all();

  // On any thread.
  size_t request_memory() const { return request_memory_.load(std::memory_order_relaxed); }
  size_t answer_memory() const { return room_.held(); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  uint64_t bytes_in() const { return bytes_in_.load(std::memory_order_relaxed); }
  uint64_t bytes_out() const { return bytes_out_.load(std::memory_order_relaxed); }
  const api::AnswerRoom& answer_room() const { return room_; }
  // Other than the defaults, while running.
  void set_limits(ConnectionLimits limits) { limits_ = std::move(limits); }

 private:
  friend class Connection;
  friend class Slot;

  void admit(AcceptedClient client);
  Slot* take_slot();
  void recycle(Slot* slot);
  void add_request_memory(size_t bytes) { add_to(request_memory_, bytes); }
  void release_request_memory(size_t bytes);
  bool memory_short() const { return request_memory() >= limits_.request_memory_max; }
  void wait_for_memory(Connection& connection);
  // Beyond the limit by an eighth: those go who have begun a request and sent nothing more of it
  // for longest.
  void shed_requests();
  void hold_answer(Slot& slot);
  void release_answer(Slot& slot);
  void publish_answer_room();
  void return_memory();
  bool answers_short() const { return answers_.bytes() >= limits_.answer_memory_max; }
  // Closes those that hold most of the memory of answers until it is within its limit.
  void shed_answers();
  void forget(Connection& connection);
  void log_refusal(const Connection& connection, std::string_view reason);
  void arm_sweep();
  void sweep();
  Connection* oldest_stranger();
  void check_drained();

  Shard& shard_;
  api::Services& services_;
  ConnectionCounter& counter_;
  RequestHop* const hop_;
  ConnectionLimits limits_;
  api::AnswerRoom room_;
  ReadSlab slab_;
  BufferPool buffers_;

  std::vector<Connection*> live_;  // each knows its index
  size_t stranger_cursor_ = 0;     // where oldest_stranger() looked last
  size_t stalled_cursor_ = 0;      // where shed_requests() did
  std::vector<Connection*> waiting_for_memory_;
  std::atomic<size_t> request_memory_ = 0;
  size_t flood_bytes_ = 0;  // the most that was held since memory was returned
  AnswerMemory answers_;
  std::atomic<uint64_t> bytes_in_ = 0;
  std::atomic<uint64_t> bytes_out_ = 0;

  std::vector<Slot*> free_slots_;

  cluster::TimerId sweep_timer_ = cluster::kNoTimer;
  wire::DurationMs sweep_due_ms_ = 0;
  bool draining_ = false;
  wire::Callback<void()> on_drained_;

  // Log lines about refused clients: at most this many a second.
  static constexpr int kRefusalLinesPerSecond = 10;
  wire::DurationMs refusal_second_ms_ = 0;
  int refusal_lines_ = 0;
  uint64_t refusals_unsaid_ = 0;
  std::atomic<uint64_t> refused_ = 0;
};

}  // namespace server
