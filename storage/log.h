// One partition's log: its segments, their indexes, its leader epochs and its producers.
//
// Owned by one shard, and used only there; SyncWork alone runs elsewhere.  A log directory that has
// failed answers KAFKA_STORAGE_ERROR to every call.  The log knows nothing of replication: the high
// watermark comes from its owner.
//
// What is where:  segment.h  one pair of data and index files          log_read.cc       reads,
// offsets by time
//                 log_append.cc  appends and rolls                     log_loader.h      opening,
//                 and recovery after a crash log_sync.cc    what reaches the disk, and when
//                 log_retention.cc  deletion and truncation
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/leader_epochs.h"
#include "storage/log_directory.h"
#include "storage/log_options.h"
#include "storage/producer_state.h"
#include "storage/sync_work.h"
#include "storage/topic_partition.h"
#include "wire/base/bytes.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"
#include "wire/records/batch_validation.h"

namespace storage {

class Segment;
class TailCache;

struct AppendInfo {
  wire::Offset first_offset = wire::kNoOffset;
  wire::Offset last_offset = wire::kNoOffset;
  wire::TimestampMs log_append_time = wire::kNoTimestamp;  // set if the topic uses LogAppendTime
  wire::TimestampMs max_timestamp = wire::kNoTimestamp;
  wire::Offset log_start_offset = 0;
  int64_t size_bytes = 0;
  // The batch was there already: the offsets are those it got then, and nothing was written.
  bool duplicate = false;
};

struct ReadRequest {
  wire::Offset offset = 0;
  int64_t max_bytes = 0;
  // The first batch comes even if it is larger than max_bytes, so that a consumer never gets stuck
  // (KIP-74).
  bool min_one_message = true;
  // Only batches that end below it: the high watermark, the last stable offset, or the log end
  // offset.
  wire::Offset upper_bound_offset = INT64_MAX;
};

struct FetchedRecords {
  // Whole batches, the first of which holds the offset asked for; empty if there is none below the
  // bound.
  wire::Bytes records;
  // The first batch is there but larger than max_bytes, and min_one_message was not set.
  bool first_batch_too_large = false;
};

struct TimestampOffset {
  wire::TimestampMs timestamp = wire::kNoTimestamp;
  wire::Offset offset = wire::kNoOffset;
  wire::Epoch leader_epoch = wire::kNoEpoch;

  bool operator==(const TimestampOffset&) const = default;
};

// How a log is opened: what its directory's checkpoints say of it.
struct LogOpen {
  TopicPartition name;
  std::string path;  // of the partition's directory; created if absent
  std::shared_ptr<const LogOptions> options;
  bool clean_shutdown = false;  // trust the files as they are
  wire::Offset recovery_point = 0;
  wire::Offset log_start_offset = 0;
  wire::Offset high_watermark = 0;
};

class Log {
 public:
  // Opens or creates.  After an unclean stop, reads what lies behind the recovery point, cuts off
  // what is not whole, and rebuilds indexes, epochs and producer state.
  static wire::Result<std::unique_ptr<Log>> open(LogDirectory& directory, LogOpen how);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  const TopicPartition& name() const { return name_; }
  const std::string& path() const { return path_; }
  LogDirectory& directory() const { return directory_; }
  // Kept in partition.metadata; zero if there is none.
  wire::Uuid topic_id() const { return topic_id_; }

  wire::Offset log_start_offset() const { return log_start_offset_; }
  wire::Offset log_end_offset() const { return log_end_offset_; }
  // Everything below is on the disk.
  wire::Offset flushed_offset() const { return flushed_offset_; }
  bool empty() const { return log_start_offset_ == log_end_offset_; }
  int64_t size_bytes() const;
  size_t segment_count() const { return segments_.size(); }
  wire::Offset active_segment_base_offset() const;
  const LeaderEpochs& leader_epochs() const { return epochs_; }
  const ProducerStates& producers() const { return producers_; }
  const LogOptions& options() const { return *options_; }
  void set_options(std::shared_ptr<const LogOptions> options) { options_ = std::move(options); }

  // --- Appends.  One write to the file a call.

  // Gives the batches, as validate_produced_batch() accepted them, the next offsets and
  // `leader_epoch` by patching them in place (`batches` is held by the caller alone).  Checks
  // producers as `origin` demands: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH,
  // INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED; a retry comes back with `duplicate` set.
  // RECORD_LIST_TOO_LARGE if they exceed a segment; CORRUPT_MESSAGE if they are not whole batches
  // of magic 2.
  wire::Result<AppendInfo> append_as_leader(
      wire::Bytes batches, wire::Epoch leader_epoch,
      wire::AppendOrigin origin = wire::AppendOrigin::kClient);
  // Batches that have their offsets and epochs: from a leader, or from Raft.  Their checksums are
  // verified.  The first offset must not lie below the log end offset (KAFKA_STORAGE_ERROR's
  // neighbour: INVALID_RECORD), offsets must rise.
  wire::Result<AppendInfo> append_as_follower(wire::Bytes batches);
  // Records that `epoch` begins at the log end offset: a new leader's first act.
  wire::Status assign_epoch(wire::Epoch epoch);
  // Starts a new segment if the active one holds anything.
  wire::Status roll();

  // --- Reads.  OFFSET_OUT_OF_RANGE below the log start offset or above the log end offset.

  wire::Result<FetchedRecords> read(const ReadRequest& request);
  // The first record whose timestamp is at least `timestamp`; nothing if there is none
  // (ListOffsets).
  wire::Result<std::optional<TimestampOffset>> offset_for_timestamp(wire::TimestampMs timestamp);
  // The record with the greatest timestamp (ListOffsets -3, KIP-734); nothing if the log is empty.
  wire::Result<std::optional<TimestampOffset>> offset_of_max_timestamp();
  // ListOffsets -2 and -1 (-1 is the log end; the caller bounds it by isolation).
  TimestampOffset earliest() const;
  TimestampOffset latest() const;
  // Where an offset lies, for "how many bytes behind": bytes between it and the log end.
  std::optional<wire::Offset> first_unstable_offset() const;

  // --- Deletion and truncation.

  // Drops everything at or behind `offset`.  False if there was nothing to drop.
  wire::Result<bool> truncate_to(wire::Offset offset);
  // Drops everything; the log goes on, empty, at `offset`.
  wire::Status truncate_fully_and_start_at(wire::Offset offset);
  // Forgets the records below `offset` (DeleteRecords, a snapshot).  OFFSET_OUT_OF_RANGE above the
  // high watermark noted. Files go with the next apply_retention().  True if it moved.
  wire::Result<bool> increment_log_start_offset(wire::Offset offset);
  // Deletes the head segments that are too old, too much, or below the log start offset, but none
  // that holds a record at or above the high watermark noted.  Returns how many.
  wire::Result<size_t> apply_retention();

  // --- Durability.

  // What would bring everything up to the log end offset to the disk, or nothing if all is there
  // already or a sync is under way.  Run it on the DiskExecutor, then hand it to complete_sync() on
  // this shard; until then no other is given.
  std::optional<SyncWork> begin_sync();
  // Moves flushed_offset(), or takes the directory offline.
  wire::Status complete_sync(const SyncWork& work);
  bool sync_in_progress() const { return sync_in_progress_; }
  // Called after each complete_sync(), whoever started it: the time to look at flushed_offset()
  // and, if more was appended meanwhile, to begin the next.
  void set_flush_listener(wire::Callback<void()> listener) {
    flush_listener_ = std::move(listener);
  }

  // The owner's high watermark: a bound for retention, and what the checkpoint keeps.
  void note_high_watermark(wire::Offset offset);
  wire::Offset noted_high_watermark() const { return high_watermark_; }

  // Once a second or so: writes the indexes' new entries, closes files unused since the last call,
  // drops cached records that nobody read, expires producers.
  wire::Status sweep();
  // Writes what a clean shutdown promises: trimmed indexes, a producer snapshot at the log end
  // offset, all synced.  The log takes no appends afterwards.
  wire::Status close();

 private:
  friend class LogLoader;
  friend class LogDirectories;

  struct BatchPlan;  // what one append call is about to write

  Log(LogDirectory& directory, LogOpen how);

  wire::Status check_online() const;
  wire::Error fail(wire::Error why);
  Segment& active() { return *segments_.back(); }
  // Index of the segment that holds `offset`, or that would.
  size_t segment_index(wire::Offset offset) const;

  LogDirectory& directory_;
  const TopicPartition name_;
  std::string path_;
  wire::Uuid topic_id_;
  std::shared_ptr<const LogOptions> options_;

  std::vector<std::unique_ptr<Segment>> segments_;  // by base offset; never empty once open
  wire::Offset log_start_offset_ = 0;
  wire::Offset log_end_offset_ = 0;
  wire::Offset high_watermark_ = 0;
  LeaderEpochs epochs_;
  ProducerStates producers_;
  std::unique_ptr<TailCache> tail_;
  ProducerUpdates updates_;  // kept for its memory

  // Durability: everything named in unsynced_ must reach the disk before flushed_offset_ moves.
  wire::Offset flushed_offset_ = 0;
  bool sync_in_progress_ = false;
  bool closed_ = false;
  wire::Callback<void()> flush_listener_;
};

}  // namespace storage
