// One connection of the replayer: what it still has to send, and where it is in the answers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "wire/base/result.h"

namespace load {

class Connection {
 public:
  explicit Connection(std::string frame) : frame_(std::move(frame)) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  wire::Status connect(const std::string& host, uint16_t port);
  int fd() const { return fd_; }

  // Queues one more copy of the frame.
  void queue_request(double now_seconds);
  bool has_to_send() const { return queued_ > 0; }
  wire::Status send_some();

  // The frame that the next queue_request() sends; change it only while has_to_send() is false.
  std::string& frame() { return frame_; }

  // Reads what is there.  For each whole answer calls on_answer(head, size, seconds since it was
  // queued), where `head` holds the first bytes of the answer, length field included, and `size` is
  // that of the whole.
  template <typename OnAnswer>
  wire::Status receive_some(OnAnswer&& on_answer, double now_seconds);

  static constexpr size_t kHeadSize = 160;

 private:
  // Appends received bytes to the answer under way.  Returns how many were taken, and sets
  // `complete`.
  size_t take(const uint8_t* data, size_t size, bool& complete);
  wire::Result<size_t> receive(uint8_t* into, size_t size, bool discard);

  std::string frame_;
  int fd_ = -1;
  int queued_ = 0;   // copies not yet sent in full
  size_t sent_ = 0;  // of the first of them
  std::deque<double> sent_at_;
  std::array<uint8_t, kHeadSize> head_{};
  size_t head_size_ = 0;
  size_t answer_size_ = 0;  // 0: the length is not known yet
  size_t answer_received_ = 0;
  double queued_at_ = 0;
};

template <typename OnAnswer>
wire::Status Connection::receive_some(OnAnswer&& on_answer, double now_seconds) {
  static thread_local std::array<uint8_t, 256 * 1024> buffer;
  for (;;) {
    // The body of a long answer is dropped by the kernel; only its head is looked at.
    const size_t rest = answer_size_ == 0 ? 0 : answer_size_ - answer_received_;
    const bool discard = head_size_ == kHeadSize && rest > 4096;
    auto received =
        discard ? receive(buffer.data(), rest, true) : receive(buffer.data(), buffer.size(), false);
    if (!received.ok()) return received.error();
    if (*received == 0) return {};
    if (discard) {
      answer_received_ += *received;
      if (answer_received_ < answer_size_) continue;
      on_answer(head_.data(), answer_size_, now_seconds - sent_at_.front());
      sent_at_.pop_front();
      head_size_ = answer_size_ = answer_received_ = 0;
      continue;
    }
    size_t at = 0;
    while (at < *received) {
      bool complete = false;
      at += take(buffer.data() + at, *received - at, complete);
      if (!complete) continue;
      on_answer(head_.data(), answer_size_, now_seconds - sent_at_.front());
      sent_at_.pop_front();
      head_size_ = answer_size_ = answer_received_ = 0;
    }
    if (*received < buffer.size()) return {};
  }
}

}  // namespace load
