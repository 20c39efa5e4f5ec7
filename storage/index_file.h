// The two sparse indexes of a segment.
//
//   .index      offset  size  field                     .timeindex  offset  size  field
//                    0     4  relative offset                            0     8  timestamp
//                    4     4  position in the .log                       8     4  relative offset
//
// An .index entry is (last offset of a batch, where that batch begins); one is added for the first
// batch behind every index.interval.bytes.  A .timeindex entry is (greatest timestamp so far, last
// offset of the batch that holds it), added together with an .index entry if that timestamp is new,
// and once more when the segment is sealed. Offsets are relative to the segment's base offset.
//
// Kafka maps these files and preallocates them; here the entries of an active segment live in
// memory, are appended to the file when Log checkpoints, and those of a sealed segment are read
// when a lookup needs them.  The files hold what Kafka's hold after a clean close: entries and
// nothing else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/fs/file_system.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

struct OffsetIndexEntry {
  static constexpr size_t kSize = 8;

  int32_t relative_offset = 0;
  int32_t position = 0;

  // What a look-up by offset compares.
  int64_t key() const { return relative_offset; }
  // Entries rise in both columns.  The first batch of a file never has one, so a file of zeros has
  // no entry.
  bool may_follow(const OffsetIndexEntry* previous) const {
    if (previous == nullptr) return relative_offset >= 0 && position > 0;
    return relative_offset > previous->relative_offset && position > previous->position;
  }
  void encode(uint8_t* to) const;
  static OffsetIndexEntry decode(const uint8_t* from);
  bool operator==(const OffsetIndexEntry&) const = default;
};

struct TimeIndexEntry {
  static constexpr size_t kSize = 12;

  wire::TimestampMs timestamp = wire::kNoTimestamp;
  int32_t relative_offset = 0;

  int64_t key() const { return timestamp; }
  bool may_follow(const TimeIndexEntry* previous) const {
    if (previous == nullptr) return timestamp >= 0 && relative_offset >= 0;
    return timestamp > previous->timestamp && relative_offset >= previous->relative_offset;
  }
  void encode(uint8_t* to) const;
  static TimeIndexEntry decode(const uint8_t* from);
  bool operator==(const TimeIndexEntry&) const = default;
};

static_assert(OffsetIndexEntry::kSize == 4 + 4);
static_assert(TimeIndexEntry::kSize == 8 + 4);

// The entries at the front of `bytes` that form an index; what is behind them is no entry.
template <typename Entry>
std::vector<Entry> decode_index(std::span<const uint8_t> bytes);

template <typename Entry>
class IndexFile {
 public:
  bool loaded() const { return loaded_; }
  // REQUIRES: loaded().
  const std::vector<Entry>& entries() const { return entries_; }

  // Begins an index that has no file yet.
  void start_empty();
  // Reads the file if the entries are not in memory.  A missing file is an empty index.
  wire::Status load(FileSystem& files, const std::string& path);
  // Forgets the entries in memory.  REQUIRES: all are in the file.
  void unload();

  // REQUIRES: loaded(), and the entry may follow the last one.
  void append(const Entry& entry) { entries_.push_back(entry); }
  // The last entry whose key is at most `key`.  REQUIRES: loaded().
  const Entry* lookup(int64_t key) const;
  // Drops the entries from the `count`th on.
  void truncate(size_t count);
  // Memory holds what the file does not, or the other way round.
  bool dirty() const { return loaded_ && (in_file_ != entries_.size() || file_is_longer_); }
  // Makes the file equal to the entries; returns it open, for a sync.  REQUIRES: loaded().
  wire::Result<std::shared_ptr<File>> write_back(FileSystem& files, const std::string& path);

 private:
  std::vector<Entry> entries_;
  size_t in_file_ = 0;           // entries that the file has, at its front
  bool file_is_longer_ = false;  // it has something behind them
  bool loaded_ = false;
};

using OffsetIndex = IndexFile<OffsetIndexEntry>;
using TimeIndex = IndexFile<TimeIndexEntry>;

}  // namespace storage
