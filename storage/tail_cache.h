// The newest bytes of a log, still in memory, so that consumers at its end are served without
// reading the file.
//
// Filled only while somebody reads there: a log that nobody follows holds nothing.  Small batches
// are copied behind each other into a chunk (a fetch of many is then one slice); a large batch is
// kept as the slice of the request it came in. Belongs to its Log.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "storage/log_directory.h"
#include "wire/base/bytes.h"
#include "wire/base/types.h"

namespace storage {

class TailCache {
 public:
  explicit TailCache(TailCacheBudget& budget) : budget_(budget) {}
  ~TailCache() { clear(); }
  TailCache(const TailCache&) = delete;
  TailCache& operator=(const TailCache&) = delete;

  // `bytes`, whole batches, stand at `position` of the segment of `segment_base`.  Anything that
  // does not continue what is held replaces it.
  void append(wire::Offset segment_base, int64_t position, wire::Offset first_offset,
              const wire::Bytes& bytes);
  // Somebody reads near the end: keep what is appended from now on.
  void want() {
    wanted_ = true;
    idle_sweeps_ = 0;
  }
  // Forgets everything if nobody called want() for a few sweeps.
  void sweep();
  void clear();
  // Nothing is held, and nothing will be: no sweep is needed.
  bool rests() const { return slabs_.empty() && !wanted_; }

  // The first offset held, of any segment; INT64_MAX if nothing is.
  wire::Offset first_offset() const;
  // The slab in which a walk for `offset` may begin.  REQUIRES: offset >= first_offset().
  struct Place {
    wire::Offset segment_base = 0;
    int64_t position = 0;
    const wire::Bytes& bytes;
  };
  Place place_of(wire::Offset offset) const;
  // True if `position` of that segment is held.
  bool holds(wire::Offset segment_base, int64_t position) const;
  // The bytes from `position` on, at most `max_bytes`: a slice of what is held if they lie together
  // there, else a copy. REQUIRES: holds().
  wire::Bytes read(wire::Offset segment_base, int64_t position, int64_t max_bytes) const;

 private:
  struct Slab {
    wire::Offset segment_base = 0;
    int64_t position = 0;
    wire::Offset first_offset = 0;
    wire::Bytes bytes;
    std::shared_ptr<uint8_t[]> chunk;  // set if there is room behind `bytes` for more
    int64_t held_bytes = 0;            // counted in the budget

    int64_t end() const { return position + static_cast<int64_t>(bytes.size()); }
  };

  void drop_oldest();

  TailCacheBudget& budget_;
  std::deque<Slab> slabs_;
  int64_t held_bytes_ = 0;
  int idle_sweeps_ = 0;
  bool wanted_ = false;
};

}  // namespace storage
