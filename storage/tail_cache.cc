#include "storage/tail_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "wire/base/check.h"

namespace storage {

namespace {

constexpr int64_t kTailChunkSize = 64 << 10;
// A batch of this size comes, as a rule, in a buffer of its own, so that keeping the slice keeps
// little else.
constexpr size_t kKeptAsSlice = 64 << 10;
constexpr int64_t kLargestLog = 4 << 20;
constexpr int kIdleSweeps = 5;

}  // namespace

void TailCache::append(wire::Offset segment_base, int64_t position, wire::Offset first_offset,
                       const wire::Bytes& bytes) {
  if (!wanted_) return;
  const auto size = static_cast<int64_t>(bytes.size());
  if (!slabs_.empty() &&
      (slabs_.back().segment_base == segment_base ? slabs_.back().end() != position
                                                  : position != 0)) {
    clear();
  }
  if (bytes.size() >= kKeptAsSlice) {
    slabs_.push_back({segment_base, position, first_offset, bytes, nullptr, size});
    held_bytes_ += size;
    budget_.used_bytes += size;
  } else {
    Slab* last = slabs_.empty() ? nullptr : &slabs_.back();
    if (last == nullptr || !last->chunk || last->segment_base != segment_base ||
        static_cast<int64_t>(last->bytes.size()) + size > kTailChunkSize) {
      slabs_.push_back({segment_base,
                        position,
                        first_offset,
                        {},
                        std::make_shared_for_overwrite<uint8_t[]>(kTailChunkSize),
                        kTailChunkSize});
      held_bytes_ += kTailChunkSize;
      budget_.used_bytes += kTailChunkSize;
      last = &slabs_.back();
    }
    // Readers hold slices of what is before; this is behind it.
    std::memcpy(last->chunk.get() + last->bytes.size(), bytes.data(), bytes.size());
    last->bytes = wire::Bytes(last->chunk, last->chunk.get(), last->bytes.size() + bytes.size());
  }
  while (slabs_.size() > 1 &&
         (held_bytes_ > kLargestLog || budget_.used_bytes > budget_.limit_bytes)) {
    drop_oldest();
  }
}

void TailCache::sweep() {
  if (!wanted_ || ++idle_sweeps_ < kIdleSweeps) return;
  wanted_ = false;
  clear();
}

void TailCache::clear() {
  while (!slabs_.empty()) drop_oldest();
}

void TailCache::drop_oldest() {
  held_bytes_ -= slabs_.front().held_bytes;
  budget_.used_bytes -= slabs_.front().held_bytes;
  slabs_.pop_front();
}

wire::Offset TailCache::first_offset() const {
  return slabs_.empty() ? INT64_MAX : slabs_.front().first_offset;
}

TailCache::Place TailCache::place_of(wire::Offset offset) const {
  const auto above = std::upper_bound(
      slabs_.begin(), slabs_.end(), offset,
      [](wire::Offset value, const Slab& slab) { return value < slab.first_offset; });
  CHECK(above != slabs_.begin());
  const Slab& slab = *std::prev(above);
  return {slab.segment_base, slab.position, slab.bytes};
}

bool TailCache::holds(wire::Offset segment_base, int64_t position) const {
  return std::any_of(slabs_.begin(), slabs_.end(), [&](const Slab& slab) {
    return slab.segment_base == segment_base && slab.position <= position && position < slab.end();
  });
}

wire::Bytes TailCache::read(wire::Offset segment_base, int64_t position, int64_t max_bytes) const {
  auto slab = std::find_if(slabs_.begin(), slabs_.end(), [&](const Slab& each) {
    return each.segment_base == segment_base && each.position <= position && position < each.end();
  });
  CHECK(slab != slabs_.end());
  const auto within = static_cast<size_t>(position - slab->position);
  const int64_t here = static_cast<int64_t>(slab->bytes.size() - within);
  const auto next = std::next(slab);
  const bool ends_here = next == slabs_.end() || next->segment_base != segment_base;
  if (here >= max_bytes || ends_here || slab->bytes.size() >= kKeptAsSlice) {
    // What lies together goes without a copy, even if a little more could be had.
    return slab->bytes.slice(within, static_cast<size_t>(std::min(here, max_bytes)));
  }
  int64_t total = 0;
  for (auto each = slab; each != slabs_.end() && each->segment_base == segment_base; ++each) {
    total += static_cast<int64_t>(each->bytes.size());
  }
  total = std::min(total - static_cast<int64_t>(within), max_bytes);
  auto joined = std::make_shared_for_overwrite<uint8_t[]>(static_cast<size_t>(total));
  int64_t done = 0;
  for (auto each = slab; done < total; ++each) {
    const size_t skip = each == slab ? within : 0;
    const int64_t part = std::min(static_cast<int64_t>(each->bytes.size() - skip), total - done);
    std::memcpy(joined.get() + done, each->bytes.data() + skip, static_cast<size_t>(part));
    done += part;
  }
  const uint8_t* data = joined.get();
  return {std::move(joined), data, static_cast<size_t>(total)};
}

}  // namespace storage
