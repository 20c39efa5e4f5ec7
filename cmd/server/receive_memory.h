// The memory that sockets are read into.
//
// Small frames are cut out of a slab that all connections of a shard share, so an idle connection
// owns no buffer.  A frame that spans reads gets a contiguous buffer of its own, recycled in sizes
// of powers of two: fresh pages cost more than the whole rest of a produce request.  Large buffers
// are mappings of their own, so that small ones between them do not keep their pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "wire/base/bytes.h"

namespace server {

// Where the next read of any connection lands.
class ReadSlab {
 public:
  static constexpr size_t kSize = 256 * 1024;
  static constexpr size_t kRoomMin = 64 * 1024;

  // Free space, at least kRoomMin: the rest of the slab, or another one if slices still hold what
  // is full.
  std::span<uint8_t> room();
  // The first `size` bytes of the last room(), now taken.
  wire::Bytes take(size_t size);
  // Gives back what is not in use.
  void trim() { full_.clear(); }

 private:
  // A turn of many small requests fills a few.
  static constexpr size_t kFullKeptMax = 4;

  void take_another();

  std::shared_ptr<uint8_t[]> memory_;
  size_t used_ = 0;
  // Full ones, to be used again when no slice holds them.
  std::vector<std::shared_ptr<uint8_t[]>> full_;
};

// A growing contiguous buffer for one frame.
struct FrameBuffer {
  std::shared_ptr<uint8_t> memory;
  size_t capacity = 0;
};

// Recycles frame buffers.  The last slice of a buffer may be dropped on any thread.
class BufferPool {
 public:
  static constexpr size_t kSmallest = 4 * 1024;
  static constexpr size_t kLargestKept = 4 * 1024 * 1024;
  static constexpr size_t kKeptBytesMax = 16 * 1024 * 1024;

  BufferPool() : free_(std::make_shared<FreeList>()) {}
  // At least `size` bytes, not zeroed.
  FrameBuffer take(size_t size);
  // No more than that, for when memory is short.
  static FrameBuffer take_exactly(size_t size);
  // Gives what is kept back to the system.
  void trim();

 private:
  struct FreeList {
    std::mutex mutex;
    std::vector<uint8_t*> by_class[11];  // 4 KiB to 4 MiB; guarded by mutex
    size_t bytes = 0;                    // guarded by mutex
    ~FreeList();
    void release_all();
  };
  std::shared_ptr<FreeList> free_;  // buffers outlive the pool
};

}  // namespace server
