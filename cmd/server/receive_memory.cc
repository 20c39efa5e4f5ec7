#include "cmd/server/receive_memory.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <utility>

#include <sys/mman.h>

#include "wire/base/check.h"

namespace server {
namespace {

constexpr size_t kMappedMin = 64 * 1024;

size_t whole_pages(size_t size) {
  return (size + 4095) & ~size_t{4095};
}

uint8_t* allocate(size_t size) {
  void* memory = size < kMappedMin ? std::malloc(size)
                                   : ::mmap(nullptr, whole_pages(size), PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != nullptr && memory != MAP_FAILED);
  return static_cast<uint8_t*>(memory);
}

void release(uint8_t* memory, size_t size) {
  size < kMappedMin ? std::free(memory) : static_cast<void>(::munmap(memory, whole_pages(size)));
}

// Nobody else holds a slice.
bool is_free(const std::shared_ptr<uint8_t[]>& memory) {
  if (memory.use_count() != 1) return false;
  // Pairs with the release of the last slice, perhaps on another thread.
  std::atomic_thread_fence(std::memory_order_acquire);
  return true;
}

}  // namespace

std::span<uint8_t> ReadSlab::room() {
  if (memory_ != nullptr && is_free(memory_)) used_ = 0;
  if (memory_ == nullptr || kSize - used_ < kRoomMin) take_another();
  return {memory_.get() + used_, kSize - used_};
}

void ReadSlab::take_another() {
  const auto free = std::find_if(full_.begin(), full_.end(), is_free);
  if (free != full_.end()) {
    memory_.swap(*free);
  } else {
    if (memory_ != nullptr && full_.size() < kFullKeptMax) full_.push_back(std::move(memory_));
    memory_ = std::shared_ptr<uint8_t[]>(new uint8_t[kSize]);
  }
  used_ = 0;
}

wire::Bytes ReadSlab::take(size_t size) {
  CHECK(size <= kSize - used_);
  wire::Bytes slice(memory_, memory_.get() + used_, size);
  used_ += (size + 7) & ~size_t{7};
  if (used_ > kSize) used_ = kSize;
  return slice;
}

BufferPool::FreeList::~FreeList() {
  release_all();
}

void BufferPool::FreeList::release_all() {
  size_t size = kSmallest;
  for (auto& buffers : by_class) {
    for (uint8_t* buffer : buffers) release(buffer, size);
    buffers.clear();
    buffers.shrink_to_fit();
    size *= 2;
  }
  bytes = 0;
}

FrameBuffer BufferPool::take_exactly(size_t size) {
  return {
      std::shared_ptr<uint8_t>(allocate(size), [size](uint8_t* memory) { release(memory, size); }),
      size};
}

FrameBuffer BufferPool::take(size_t size) {
  if (size > kLargestKept) return take_exactly(size);
  const size_t capacity = std::bit_ceil(size < kSmallest ? kSmallest : size);
  const auto size_class =
      static_cast<size_t>(std::countr_zero(capacity) - std::countr_zero(kSmallest));
  uint8_t* memory = nullptr;
  {
    const std::lock_guard lock(free_->mutex);
    auto& buffers = free_->by_class[size_class];
    if (!buffers.empty()) {
      memory = buffers.back();
      buffers.pop_back();
      free_->bytes -= capacity;
    }
  }
  if (memory == nullptr) memory = allocate(capacity);
  auto recycle = [list = free_, size_class, capacity](uint8_t* buffer) {
    {
      const std::lock_guard lock(list->mutex);
      if (list->bytes + capacity <= kKeptBytesMax) {
        list->by_class[size_class].push_back(buffer);
        list->bytes += capacity;
        return;
      }
    }
    release(buffer, capacity);
  };
  return {std::shared_ptr<uint8_t>(memory, std::move(recycle)), capacity};
}

void BufferPool::trim() {
  const std::lock_guard lock(free_->mutex);
  free_->release_all();
}

}  // namespace server
