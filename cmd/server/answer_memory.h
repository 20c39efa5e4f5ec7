// What the answers that clients have not read yet hold, of all connections of a shard.
//
// Answers are slices: a hundred consumers of one tail hold the same bytes between them, so bytes
// count once, however many answers wait with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "wire/base/bytes.h"

namespace server {

class AnswerMemory {
 public:
  // The same chunks go to hold() and, once they have left or are given up, to release().
  void hold(std::span<const wire::Bytes> chunks);
  void release(std::span<const wire::Bytes> chunks);

  size_t bytes() const { return bytes_; }

 private:
  // Slices that begin at one address: how many answers wait with them, and how long the longest is.
  struct Held {
    uint32_t answers = 0;
    size_t bytes = 0;
  };
  absl::flat_hash_map<const void*, Held> held_;
  size_t bytes_ = 0;
};

}  // namespace server
