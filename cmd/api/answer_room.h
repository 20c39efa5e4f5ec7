// What the answers of a shard's connections may still hold until their clients have read them
// (odradek.max.unsent.bytes, or the shard's share of it).
//
// Written by the shard of the connections, read by the handlers, which may be on another one and
// then see it as it was a moment ago.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace api {

class AnswerRoom {
 public:
  explicit AnswerRoom(size_t limit) : limit_(limit) {}

  // Bytes that answers hold now.
  void hold(size_t bytes) { held_.store(bytes, std::memory_order_relaxed); }
  size_t held() const { return held_.load(std::memory_order_relaxed); }
  // Zero or less: clients do not read what is there, and a fetch gets one batch.
  int64_t left() const { return static_cast<int64_t>(limit_) - static_cast<int64_t>(held()); }

 private:
  const size_t limit_;
  std::atomic<size_t> held_{0};
};

}  // namespace api
