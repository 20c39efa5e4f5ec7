// The way of requests from a shard of connections to the broker's shard, and of answers back.
//
// What one turn of a loop has for the other shard leaves in one post at its end.  Both directions
// keep the order.  While more than kUnderWayMax bytes of answers have not arrived, no further request
// is served: the connections know the limits of memory, and must be heard before more is made.
// Slots and what is in them belong to the side that has them: to the connections' until request(), to
// the broker's until filled() or failed().
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/api/request_context.h"
#include "cmd/server/shard.h"
#include "wire/base/bytes.h"

namespace server {

class ConnectionCounter;
class Slot;

class RequestHop {
 public:
  static constexpr size_t kUnderWayMax = 1024 * 1024;

  // REQUIRES: all of them outlive this.
  RequestHop(Shard& connections, Shard& broker, api::Services& services, ConnectionCounter& counter)
      : connections_(connections),
        broker_(broker),
        services_(services),
        counter_(counter),
        outward_(*this),
        homeward_(*this) {}
  ~RequestHop();
  RequestHop(const RequestHop&) = delete;
  RequestHop& operator=(const RequestHop&) = delete;

  // On the shard of connections.
  void request(const std::shared_ptr<api::ConnectionInfo>& info, wire::Bytes frame, Slot& slot);
  void closed(std::shared_ptr<api::ConnectionInfo> info);
  void room_made();

  // On the broker's shard.
  void filled(Slot& slot);
  void failed(Slot& slot, std::string_view reason);
  // The thread of the connections has ended: what was not served is dropped, what comes back is
  // dealt with at once.  On the broker's shard, before the connections go.
  void cut();

 private:
  // One request under way.  Whose request is dropped (the broker stops), gets no answer.
  class Request {
   public:
    Request(RequestHop& hop, std::shared_ptr<api::ConnectionInfo> info, wire::Bytes frame,
            Slot& slot);
    ~Request();
    Request(Request&& other) noexcept;
    Request& operator=(Request&&) = delete;

    void dispatch();

   private:
    RequestHop& hop_;
    std::shared_ptr<api::ConnectionInfo> info_;
    wire::Bytes frame_;
    Slot* slot_;
  };
  struct Outcome {
    Slot* slot;
    size_t answer_bytes;
    std::optional<std::string> failure;
  };
  struct Outward final : Shard::TurnEnd {
    explicit Outward(RequestHop& owner) : hop(owner) {}
    void on_turn_end() override { hop.send_requests(); }
    RequestHop& hop;
  };
  struct Homeward final : Shard::TurnEnd {
    explicit Homeward(RequestHop& owner) : hop(owner) {}
    void on_turn_end() override { hop.send_outcomes(); }
    RequestHop& hop;
  };

  void send_requests();
  void serve();
  void add_outcome(Outcome outcome);
  void send_outcomes();
  void arrive(std::vector<Outcome>& outcomes);

  Shard& connections_;
  Shard& broker_;
  api::Services& services_;
  ConnectionCounter& counter_;

  // Of the shard of connections.
  Outward outward_;
  std::vector<Request> requests_;
  std::vector<std::shared_ptr<api::ConnectionInfo>> closed_;
  size_t rooms_made_ = 0;

  // Of the broker's shard.
  Homeward homeward_;
  std::deque<Request> to_serve_;
  std::vector<Outcome> outcomes_;
  bool is_cut_ = false;

  std::atomic<size_t> under_way_bytes_ = 0;  // of answers: grows on the broker's shard
  std::atomic<bool> is_waiting_ = false;     // serve() waits for arrivals
};

}  // namespace server
