// One segment of a log: `<base offset>.log` and its indexes.
//
//   00000000000000001742.log         batches, one behind the other, and nothing else
//   00000000000000001742.index       see index_file.h
//   00000000000000001742.timeindex
//   00000000000000001742.txnindex    aborted transactions; absent where there are none
//   00000000000000001742.snapshot    see producer_snapshot.h: the producers as they were below 1742
//
// The last segment of a log is active: its index entries are in memory.  The others are sealed:
// neither file nor entries are held open longer than they are used.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/deleted_files.h"
#include "storage/fs/file_system.h"
#include "storage/index_file.h"
#include "storage/log_options.h"
#include "storage/segment_scanner.h"
#include "storage/transaction_index.h"
#include "wire/base/clock.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

inline constexpr std::string_view kLogSuffix = ".log";
inline constexpr std::string_view kOffsetIndexSuffix = ".index";
inline constexpr std::string_view kTimeIndexSuffix = ".timeindex";
inline constexpr std::string_view kTransactionIndexSuffix = ".txnindex";
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";
inline constexpr std::string_view kDeletedSuffix = ".deleted";
inline constexpr std::string_view kCleanedSuffix = ".cleaned";
inline constexpr std::string_view kSwapSuffix = ".swap";
inline constexpr size_t kOffsetDigits = 20;

// "00000000000000001742.log".
std::string segment_file_name(wire::Offset base_offset, std::string_view suffix);
// The offset in front of `suffix`, if `name` is such a file's.
std::optional<wire::Offset> parse_segment_file_name(std::string_view name, std::string_view suffix);

class Segment {
 public:
  // What is known of a batch that is being appended.
  struct AppendedBatch {
    wire::Offset last_offset = 0;
    wire::TimestampMs max_timestamp = wire::kNoTimestamp;
    int64_t size = 0;
  };
  struct MaxTimestamp {
    wire::TimestampMs timestamp = wire::kNoTimestamp;
    wire::Offset offset = 0;  // last offset of the batch that holds it
  };

  // `suffix` stands behind the names of the files as long as a compaction is not done with them.
  Segment(FileSystem& files, std::string directory, wire::Offset base_offset, int64_t size,
          wire::TimestampMs created_ms, std::string_view suffix = {})
      : files_(files),
        directory_(std::move(directory)),
        suffix_(suffix),
        base_offset_(base_offset),
        size_(size),
        created_ms_(created_ms) {}

  // Creates the file of an empty segment.
  static wire::Result<std::unique_ptr<Segment>> create(FileSystem& files,
                                                       const std::string& directory,
                                                       wire::Offset base_offset,
                                                       wire::TimestampMs now_ms,
                                                       std::string_view suffix = {});

  wire::Offset base_offset() const { return base_offset_; }
  int64_t size() const { return size_; }
  std::string path(std::string_view suffix) const;
  // Opens the file if it is not open; everything appended is in it.
  wire::Result<std::shared_ptr<File>> file();

  // --- Appending.

  bool must_roll(const LogOptions& options, int64_t incoming_bytes,
                 wire::Offset incoming_last_offset, wire::TimestampMs incoming_max_timestamp,
                 const wire::Clock& clock, wire::DurationMs jitter_ms);
  wire::Status write(const wire::Bytes& bytes);
  // Keeps bytes that write_gathered() writes, and whatever else asks for the file() before.
  void gather(wire::Bytes bytes);
  wire::Status write_gathered();
  size_t gathered_bytes() const { return gathered_bytes_; }
  // Notes a batch whose bytes have been written: sizes, timestamps, index entries.
  void note_batch(const AppendedBatch& batch, int64_t index_interval_bytes);

  // Notes an aborted transaction whose marker is in this segment, unless it is noted already.
  wire::Status note_aborted(const AbortedTransaction& aborted);

  // --- Looking up.

  // The first entry whose last offset is at least `offset`; nothing if there is none.
  wire::Result<std::optional<LogEntry>> find(wire::Offset offset);
  // The first entry at or behind the one of `start_offset` whose greatest timestamp is at least
  // `timestamp`.
  wire::Result<std::optional<LogEntry>> find_by_timestamp(wire::TimestampMs timestamp,
                                                          wire::Offset start_offset);
  // Adds the aborted transactions that reach into [from, below).  True if a segment behind this
  // one cannot hold another.
  wire::Result<bool> collect_aborted(wire::Offset from, wire::Offset below,
                                     std::vector<AbortedTransaction>& aborted);
  // An offset at or behind the end of the batches below `position`, as near as the index knows;
  // nothing if it knows none.
  wire::Result<std::optional<wire::Offset>> offset_bound(int64_t position);
  // Where the records end: one past the last offset, the base offset if there are none.
  wire::Result<wire::Offset> read_next_offset();
  // What the time index says, as Kafka does: of a sealed segment that is the truth.
  wire::Result<MaxTimestamp> max_timestamp();
  // Of the first batch; kNoTimestamp if there is none.  The age of a segment counts from it.
  wire::Result<wire::TimestampMs> first_timestamp();
  // The greatest timestamp, or when the file was last written if no record has one.
  wire::Result<wire::TimestampMs> retention_timestamp();
  // When the data file was last written.
  wire::Result<wire::TimestampMs> modified_ms() const;

  // --- Changing what is there.

  // Cuts the file at the batch that holds `offset`.
  wire::Status truncate_to(wire::Offset offset);
  // Reads the file from where the index is trusted, checks every batch, and cuts the file behind
  // the last good one.  Calls `visit` for each batch of format 2.  Returns the bytes cut off.
  struct Recovery {
    wire::Offset trusted_offset = 0;  // index entries below are believed if the file agrees
    wire::Offset expected_offset = 0;
    int64_t index_interval_bytes = 0;
    bool checks_checksums = true;  // false: a planted bug
  };
  wire::Result<int64_t> recover(const Recovery& how,
                                const std::function<void(const wire::RecordBatchView&)>& visit);

  // --- Files.

  // The last entry of the time index; both index files complete.  Returns them for a sync.
  wire::Result<std::vector<std::shared_ptr<File>>> seal();
  // Appends the new index entries to the files, if there are any.
  wire::Result<std::vector<std::shared_ptr<File>>> write_indexes();
  // Closes the file and drops what can be read again, if nothing used it since the last call.  True
  // if it is closed: no further call is needed before it is used.
  bool release_unused(bool is_active);
  // Appends ".deleted" to the names of its files, and lets go of them.
  wire::Result<DeletedFiles> rename_deleted();
  // Puts `suffix` in the place of the one that its files have now.
  wire::Status rename(std::string_view suffix);
  bool is_named(std::string_view suffix) const { return suffix_ == suffix; }
  // Removes its files.  What cannot be removed is left, with a log line.
  void remove();

  bool has_indexes() const;
  void start_empty_indexes();
  wire::Status load_indexes();
  OffsetIndex& offset_index() { return offset_index_; }
  TimeIndex& time_index() { return time_index_; }
  TransactionIndex& transaction_index() { return transaction_index_; }

 private:
  int32_t relative(wire::Offset offset) const {
    return static_cast<int32_t>(offset - base_offset_);
  }
  // Where a scan for `offset` may begin.
  wire::Result<int64_t> scan_start(wire::Offset offset);
  wire::Status open_file();
  wire::Error corrupt(const SegmentScanner& scanner) const;
  void add_time_entry();
  wire::Result<std::vector<std::shared_ptr<File>>> write_back(bool even_if_empty);
  // Cuts both indexes down to what lies below `offset` and agrees with the file; the position to
  // read from.
  wire::Result<int64_t> trim_indexes(wire::Offset offset);
  wire::Status load_transaction_index();
  // Drops the aborted transactions whose markers are at or behind `offset`.
  wire::Status trim_transaction_index(wire::Offset offset);

  FileSystem& files_;
  const std::string directory_;
  std::string suffix_;
  const wire::Offset base_offset_;
  int64_t size_ = 0;
  wire::TimestampMs created_ms_ = 0;
  int64_t bytes_since_index_entry_ = 0;
  std::optional<MaxTimestamp> max_timestamp_;
  // Nothing: not read yet.
  std::optional<wire::TimestampMs> first_timestamp_;
  std::shared_ptr<File> file_;
  std::vector<wire::Bytes> gathered_;  // the last bytes below size_, not in the file yet
  size_t gathered_bytes_ = 0;
  OffsetIndex offset_index_;
  TimeIndex time_index_;
  TransactionIndex transaction_index_;
  bool used_ = false;
};

}  // namespace storage
