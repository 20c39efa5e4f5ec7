// One connection of the load: what it still has to send, and where it is in the answers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "wire/base/result.h"

namespace load {

// One sending of a frame.  The frame outlives its answer.
struct Sending {
  const std::string* frame = nullptr;
  size_t number = 0;       // the caller's own
  int64_t started_ns = 0;  // from when on its latency counts
};

class Connection {
 public:
  // Answers are kept up to `kept_max` bytes, length field included; what lies beyond is dropped by
  // the kernel.
  explicit Connection(size_t kept_max = kHeadSize) : kept_max_(kept_max) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  wire::Status connect(const std::string& host, uint16_t port);
  int fd() const { return fd_; }

  void queue(const Sending& sending) { in_flight_.push_back(sending); }
  // Sends what the socket takes.
  wire::Status send_some();
  size_t in_flight() const { return in_flight_.size(); }

  // Reads what is there.  For each whole answer calls on_answer(sending, kept, size), where `kept`
  // holds its first bytes and `size` is that of the whole.
  template <typename OnAnswer>
  wire::Status receive_some(OnAnswer&& on_answer);

  // Enough for error codes, offsets and the header of the first batch.
  static constexpr size_t kHeadSize = 256;

 private:
  // Appends received bytes to the answer under way.  Returns how many were taken.
  size_t take(const uint8_t* data, size_t size);
  bool is_complete() const { return answer_size_ != 0 && answer_received_ == answer_size_; }
  // Bytes of the answer under way that nobody wants to see.
  size_t unwanted() const;
  wire::Result<size_t> receive(uint8_t* into, size_t size, bool discard);

  const size_t kept_max_;
  int fd_ = -1;
  std::deque<Sending> in_flight_;  // the oldest first; those from sent_ on are not sent yet
  size_t sent_ = 0;
  size_t sent_bytes_ = 0;  // of in_flight_[sent_]
  std::string kept_;
  size_t answer_size_ = 0;  // 0: the length is not known yet
  size_t answer_received_ = 0;
};

template <typename OnAnswer>
wire::Status Connection::receive_some(OnAnswer&& on_answer) {
  static thread_local std::array<uint8_t, 256 * 1024> buffer;
  const auto give_if_complete = [&] {
    if (!is_complete()) return;
    const Sending sending = in_flight_.front();
    in_flight_.pop_front();
    --sent_;
    on_answer(sending, std::string_view(kept_), answer_size_);
    kept_.clear();
    answer_size_ = answer_received_ = 0;
  };
  for (;;) {
    const size_t dropped = unwanted();
    auto received = dropped > 0 ? receive(buffer.data(), dropped, true)
                                : receive(buffer.data(), buffer.size(), false);
    if (!received.ok()) return received.error();
    if (*received == 0) return {};
    if (dropped > 0) {
      answer_received_ += *received;
      give_if_complete();
      continue;
    }
    for (size_t at = 0; at < *received;) {
      at += take(buffer.data() + at, *received - at);
      if (answer_size_ != 0 && in_flight_.empty())
        return wire::Error{wire::ErrorCode::kNetworkException, "an answer nobody asked for"};
      give_if_complete();
    }
    if (*received < buffer.size()) return {};
  }
}

}  // namespace load
