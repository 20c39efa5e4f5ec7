#include "storage/offset_map.h"

#include <algorithm>

#include <xxhash.h>

#include "wire/base/check.h"

namespace storage {

OffsetMap::OffsetMap(size_t memory_bytes, uint64_t seed)
    : slots_(std::max<size_t>(memory_bytes / kEntrySize, 1)),
      seed_(seed),
      entries_(static_cast<Entry*>(std::calloc(slots_, kEntrySize))) {
  CHECK(entries_ != nullptr);
}

OffsetMap::Key OffsetMap::key_of(std::string_view key) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), seed_);
  return {.high = hash.high64, .low = hash.low64};
}

OffsetMap::Entry* OffsetMap::slot_of(Key key) const {
  // The upper half of the product spreads the hash over any number of slots.
  __extension__ using Wide = unsigned __int128;
  auto slot = static_cast<size_t>((Wide{key.low} * slots_) >> 64);
  for (size_t probes = 0; probes < slots_; ++probes) {
    Entry& entry = entries_[slot];
    if (entry.next_offset == 0 || entry.key == key) return &entry;
    if (++slot == slots_) slot = 0;
  }
  return nullptr;
}

bool OffsetMap::put(Key key, wire::Offset offset) {
  Entry* entry = slot_of(key);
  if (entry == nullptr) return false;
  if (entry->next_offset == 0) ++size_;
  *entry = {.key = key, .next_offset = offset + 1};
  return true;
}

wire::Offset OffsetMap::get(Key key) const {
  const Entry* entry = slot_of(key);
  return entry == nullptr ? wire::kNoOffset : entry->next_offset - 1;
}

}  // namespace storage
