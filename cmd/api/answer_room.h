// What answers may still hold until their clients have read them (odradek.max.unsent.bytes).
//
// Each shard of connections says what its answers hold; the handlers ask what is left of the whole.
// One counter a shard, written by that shard alone: who reads them sees each as it was a moment ago.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace api {

class AnswerRoom {
 public:
  static constexpr size_t kShardsMax = 64;

  AnswerRoom(size_t shards, int64_t limit) : shards_(shards), limit_(limit) {}

  // Bytes that the answers of a shard hold now.  On that shard.
  void hold(size_t shard, int64_t bytes) {
    held_[shard].bytes.store(bytes, std::memory_order_relaxed);
  }
  size_t held(size_t shard) const {
    return static_cast<size_t>(held_[shard].bytes.load(std::memory_order_relaxed));
  }
  // Zero or less: clients do not read what is there.
  int64_t left() const {
    int64_t left = limit_;
    for (size_t shard = 0; shard < shards_; ++shard)
      left -= held_[shard].bytes.load(std::memory_order_relaxed);
    return left;
  }

 private:
  // A cache line each: every answer writes one.
  struct alignas(64) Held {
    std::atomic<int64_t> bytes{0};
  };

  const size_t shards_;
  const int64_t limit_;
  std::array<Held, kShardsMax> held_{};
};

}  // namespace api
