#include "cmd/server/answer_memory.h"

#include <algorithm>

namespace server {
namespace {

// Smaller ones are an answer's own, or as good as that.
constexpr size_t kSharedBytesMin = 4 * 1024;

}  // namespace

void AnswerMemory::hold(std::span<const wire::Bytes> chunks) {
  for (const wire::Bytes& chunk : chunks) {
    if (chunk.size() < kSharedBytesMin) {
      bytes_ += chunk.size();
      continue;
    }
    Held& held = held_[chunk.data()];
    ++held.answers;
    const size_t largest = std::max(held.bytes, chunk.size());
    bytes_ += largest - held.bytes;
    held.bytes = largest;
  }
}

void AnswerMemory::release(std::span<const wire::Bytes> chunks) {
  for (const wire::Bytes& chunk : chunks) {
    if (chunk.size() < kSharedBytesMin) {
      bytes_ -= chunk.size();
      continue;
    }
    const auto held = held_.find(chunk.data());
    if (--held->second.answers > 0) continue;
    bytes_ -= held->second.bytes;
    held_.erase(held);
  }
}

}  // namespace server
