// Answers that leave when the coordinator has finished its turn.
//
// Giving an answer may bring the next request of the same connection before the call returns.  So
// code that walks over members collects its answers here, and they are given when the state is
// consistent again.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "wire/base/callback.h"
#include "wire/base/reply.h"

namespace cluster::coordinator {

class Outbox {
 public:
  template <typename T>
  void send(wire::Reply<T> reply, T answer) {
    post([reply = std::move(reply), answer = std::move(answer)]() mutable {
      reply(std::move(answer));
    });
  }
  // Sends if there is someone who waits.
  template <typename T>
  void send(std::optional<wire::Reply<T>> waiting, T answer) {
    if (waiting) send(std::move(*waiting), std::move(answer));
  }

  // Runs when answers leave.
  void post(wire::Callback<void()> deliver) { queue_.push_back(std::move(deliver)); }

  // The extent of one turn: what was queued leaves when the outermost one ends.
  class Turn {
   public:
    explicit Turn(Outbox& outbox) : outbox_(outbox) { ++outbox_.depth_; }
    ~Turn() {
      if (outbox_.depth_ == 1) outbox_.flush();
      --outbox_.depth_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Outbox& outbox_;
  };

 private:
  void flush() {
    // An answer may lead to the next one; those wait behind the ones that are queued.
    for (size_t next = 0; next < queue_.size(); ++next) {
      wire::Callback<void()> deliver = std::move(queue_[next]);
      deliver();
    }
    queue_.clear();
  }

  std::vector<wire::Callback<void()>> queue_;
  int depth_ = 0;
};

}  // namespace cluster::coordinator
