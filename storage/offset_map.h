// What the first pass of a compaction learns: each key's last offset, in a table of bounded memory.
//
// Keys are kept as their 128 bit hashes, 24 bytes an entry, as Kafka's SkimpyOffsetMap does with
// MD5.  Two keys with one hash would lose a record, so the hash is seeded at random: nobody can
// prepare such a pair.  Not thread-safe; a compaction's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "wire/base/types.h"

namespace storage {

class OffsetMap {
 public:
  static constexpr size_t kEntrySize = 24;

  struct Key {
    uint64_t high = 0;
    uint64_t low = 0;

    bool operator==(const Key&) const = default;
  };

  // At least one entry, whatever the memory.
  OffsetMap(size_t memory_bytes, uint64_t seed);

  Key key_of(std::string_view key) const;
  // Sets the key's offset.  False, and nothing changed, if it is new and the table is full.
  bool put(Key key, wire::Offset offset);
  // wire::kNoOffset for a key that is not there.
  wire::Offset get(Key key) const;

  size_t slots() const { return slots_; }
  size_t size() const { return size_; }

 private:
  struct Entry {
    Key key;
    wire::Offset next_offset = 0;  // the offset + 1; 0: the slot is free
  };
  static_assert(sizeof(Entry) == kEntrySize);
  struct Free {
    void operator()(Entry* entries) const { std::free(entries); }
  };

  // The key's slot, or the free one where it would go; null if there is neither.
  Entry* slot_of(Key key) const;

  const size_t slots_;
  const uint64_t seed_;
  size_t size_ = 0;
  // From calloc(): the kernel gives pages of zeros as they are touched.
  std::unique_ptr<Entry[], Free> entries_;
};

}  // namespace storage
