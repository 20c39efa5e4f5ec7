// Walks over the entries of a segment file, header by header or batch by batch.
//
// A file is not trusted: the walk ends at the first byte that does not begin a whole entry, and
// says so.  Batches of the old formats (magic 0 and 1) are walked over as well; they may lie in the
// logs of an old cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "storage/fs/file_system.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace storage {

// One entry of a log: a batch of format 2, or a message (perhaps a wrapper) of an older format.
struct LogEntry {
  int64_t position = 0;
  int64_t size = 0;
  int8_t magic = 2;
  wire::Offset base_offset = 0;  // of an old wrapper: unknown, so its last offset
  wire::Offset last_offset = 0;
  wire::TimestampMs max_timestamp = wire::kNoTimestamp;
  wire::Epoch leader_epoch = wire::kNoEpoch;

  int64_t end() const { return position + size; }
};

// The entry that begins at `bytes`, of which the header must be there; `position` is noted in it.
// Nothing if the header is cut off; CORRUPT_MESSAGE if no entry begins so.
wire::Result<std::optional<LogEntry>> read_log_entry(std::span<const uint8_t> bytes,
                                                     int64_t position);

class SegmentScanner {
 public:
  enum class Read {
    kHeaders,  // skips over the records: for look-ups
    kWhole,    // batch() may be called, and most will be
  };

  // Walks [from, to) of `file`.  REQUIRES: `file` outlives this.
  SegmentScanner(const File& file, int64_t from, int64_t to, Read how);
  // Likewise, reading `window_bytes` at a time; a larger entry takes what it needs.
  SegmentScanner(const File& file, int64_t from, int64_t to, int64_t window_bytes);

  // Moves to the next entry.  False at `to`, and where no whole entry follows: invalid() tells
  // which.  An error if the file cannot be read.
  wire::Result<bool> next();
  const LogEntry& entry() const { return entry_; }
  // The first bytes of the entry, kBatchHeaderSize for format 2, as a view for its header fields
  // only.
  wire::RecordBatchView header() const;
  // The entry's bytes.  Valid as long as the result is held.
  wire::Result<wire::Bytes> bytes();

  // Where the walk stands: the end of the last whole entry.
  int64_t position() const { return position_; }
  // Why it ended before `to`.
  bool invalid() const { return !why_.empty(); }
  const std::string& why() const { return why_; }

 private:
  // Makes [at, at + size) of the file part of the window, if the file has it.
  wire::Status fill(int64_t at, int64_t size);
  std::span<const uint8_t> window_from(int64_t at) const;

  const File& file_;
  int64_t position_;
  const int64_t end_;
  const int64_t window_size_;
  LogEntry entry_;
  std::string why_;
  std::shared_ptr<uint8_t[]> window_;
  int64_t window_capacity_ = 0;
  int64_t window_at_ = 0;
  int64_t window_fill_ = 0;
};

}  // namespace storage
