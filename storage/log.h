// One partition's log: its segments, their indexes, its leader epochs and its producers.
//
// Owned by one shard, and used only there; SyncWork alone runs elsewhere.  A log directory that has
// failed answers KAFKA_STORAGE_ERROR to every call.  The log knows nothing of replication: the high
// watermark comes from its owner.
//
// What is where:  segment.h         one pair of data and index files
//                 log_append.cc     appends and rolls
//                 log_read.cc       reads, and offsets by time
//                 log_loader.h      opening, and recovery after a crash
//                 log_sync.cc       what reaches the disk, and when
//                 log_retention.cc  deletion and truncation
//                 log_compaction.cc what may be compacted, and the swap of what was
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/append_rules.h"
#include "storage/deleted_files.h"
#include "storage/leader_epochs.h"
#include "storage/log_directory.h"
#include "storage/log_options.h"
#include "storage/producer_state.h"
#include "storage/sync_work.h"
#include "storage/topic_partition.h"
#include "storage/transaction_index.h"
#include "wire/base/bytes.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace storage {

struct Cleanable;
struct CompactionPlan;
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
  // False: nothing is read from a disk; FetchedRecords::cold says what would have to be.
  bool may_wait = true;
  // Name the aborted transactions, for a reader that leaves out their records (read_committed).
  bool with_aborted = false;
};

// What is in no memory: File::prefetch(), on the DiskExecutor, brings it there.
struct ColdRange {
  std::shared_ptr<File> file;
  int64_t position = 0;
  int64_t size = 0;
};

struct FetchedRecords {
  // Whole batches, the first of which holds the offset asked for; empty if there is none below the
  // bound.
  wire::Bytes records;
  // By the offset of their markers: every one that reaches into `records`, and perhaps a few that
  // lie behind, as far as the index is coarse.
  std::vector<AbortedTransaction> aborted = {};
  // The first batch is there but larger than max_bytes, and min_one_message was not set.
  bool first_batch_too_large = false;
  // How much of max_bytes Kafka's answer would have used: it adds the beginning of the next batch.
  size_t filled = 0;
  // Set if the read may not wait and must: then nothing else is.
  std::optional<ColdRange> cold = {};
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
  wire::Uuid topic_id;          // written to partition.metadata if that has none yet
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
  // A recovery begins there: as of the last checkpoint.
  wire::Offset recovery_point() const { return recovery_point_; }
  bool empty() const { return log_start_offset_ == log_end_offset_; }
  int64_t size_bytes() const;
  size_t segment_count() const { return segments_.size(); }
  wire::Offset first_segment_base_offset() const;
  wire::Offset active_segment_base_offset() const;
  const LeaderEpochs& leader_epochs() const { return epochs_; }
  const ProducerStates& producers() const { return producers_; }
  const LogOptions& options() const { return *options_; }
  void set_options(std::shared_ptr<const LogOptions> options) { options_ = std::move(options); }

  // --- Appends.  One write to the file a call, or, of those that are gathered, one for many.

  // Gives the batches, as validate_produced_batch() accepted them, the next offsets and
  // `leader_epoch` by patching them in place (`batches` is held by the caller alone).  Checks
  // producers as `rules` demand: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH,
  // INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED; a retry comes back with `duplicate` set.
  // RECORD_LIST_TOO_LARGE if they exceed a segment; CORRUPT_MESSAGE if they are not whole batches
  // of magic 2.
  wire::Result<AppendInfo> append_as_leader(wire::Bytes batches, wire::Epoch leader_epoch,
                                            const AppendRules& rules = {});
  // Before the first batch of a transaction: see ProducerStates::begin_verification().
  wire::Result<VerificationGuard> begin_verification(wire::ProducerId producer_id,
                                                     const VerifiedBatch& batch);
  // Batches that have their offsets and epochs: from a leader, or from Raft.  Their checksums are
  // verified, and offsets must rise from the log end offset on (INVALID_RECORD); gaps are allowed,
  // compaction leaves them.  A batch cut off at the end, as fetches have it, is left out:
  // first_offset is -1 if that leaves nothing.
  wire::Result<AppendInfo> append_as_follower(wire::Bytes batches);
  // Writes what append_as_leader() has only gathered; whoever reads the files does so before, too.  An
  // error takes the directory offline.
  wire::Status write_gathered();
  // The end of what is in the file: the log end, or where the gathered batches begin.
  wire::Offset written_offset() const;
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
  // ListOffsets v0, from before there were times in records (KIP-79): where segments begin, and the
  // log end, in descending order; at most `limit`, from the newest on that was written at or before
  // `timestamp`, or from the log end.
  wire::Result<std::vector<wire::Offset>> segment_offsets_before(
      std::optional<wire::TimestampMs> timestamp, size_t limit);
  // ListOffsets -2 and -1 (-1 is the log end; the caller bounds it by isolation).
  TimestampOffset earliest() const;
  TimestampOffset latest() const;
  // The first offset of the oldest transaction that is not decided and replicated; nothing if there
  // is none.
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

  // --- Compaction: log_cleaner.h decides when, compaction.h does it.

  // Undecided transactions, and what is not replicated, lie behind it.
  wire::Offset last_stable_offset() const;
  // Records below have been compacted; nothing: none yet.
  std::optional<wire::Offset> compacted_offset() const { return compacted_offset_; }
  void note_compacted(wire::Offset offset);
  wire::Result<Cleanable> cleanable();
  wire::Result<CompactionPlan> plan_compaction(const Cleanable& what);
  // The plan's sources from the `first_source`th on are still segments of this log, unchanged.
  bool holds(const CompactionPlan& plan, size_t first_source) const;
  // A new segment whose files end in .cleaned; it belongs to the caller.
  wire::Result<std::unique_ptr<Segment>> create_cleaned(wire::Offset base_offset);
  // Puts `cleaned`, whose files end in .swap and are on the disk by that name, in the place of
  // `count` of the plan's sources.  REQUIRES: holds().
  wire::Status swap_in(std::unique_ptr<Segment> cleaned, const CompactionPlan& plan, size_t first,
                       size_t count);
  // The names that swap_in() changed are on the disk: takes away .swap.
  wire::Status finish_swap(wire::Offset base_offset);

  // --- Durability.

  // What would bring everything up to the log end offset to the disk, or nothing if all is there
  // already or a sync is under way.  Run it on the DiskExecutor, then hand it to complete_sync() on
  // this shard; until then no other is given.
  std::optional<SyncWork> begin_sync();
  // As begin_sync(), and also what a recovery relies on below the recovery point: index entries,
  // and now and then a snapshot of the producers.
  std::optional<SyncWork> begin_checkpoint();
  // A checkpoint would move the recovery point, or something else waits to be synced.
  bool needs_checkpoint() const;
  // And soon: files are held open for it, or much has been appended since the last.
  bool needs_checkpoint_soon() const;
  // Moves flushed_offset() (and recovery_point()), or takes the directory offline.
  wire::Status complete_sync(const SyncWork& work);
  // Whether data or index files are kept open for the next sync.
  bool has_files_to_sync() const { return !unsynced_.files.empty(); }
  bool sync_in_progress() const { return sync_in_progress_; }
  // Called after each complete_sync(), whoever started it: the time to look at flushed_offset()
  // and, if more was appended meanwhile, to begin the next.
  void set_flush_listener(wire::Callback<void()> listener) {
    flush_listener_ = std::move(listener);
  }
  // flush.messages says that it is time for a sync.
  bool flush_due() const { return log_end_offset_ - flushed_offset_ >= options_->flush_messages; }

  // The owner's high watermark: a bound for retention, and what the checkpoint keeps.
  void note_high_watermark(wire::Offset offset);
  wire::Offset noted_high_watermark() const { return high_watermark_; }

  // False: since its last sweep nobody has asked anything of this log, and that left nothing to do
  // but what time does to producers.  It needs no sweep and no checkpoint, and its offsets are those
  // of then.
  bool is_astir() const { return astir_; }
  // Once a second or so: closes files unused since the last call, drops cached records that nobody
  // reads, expires producers, removes deleted files whose time has come.
  void sweep();
  // Writes what a clean shutdown promises: complete indexes, a producer snapshot at the log end
  // offset, all synced.  Blocks. The log takes no appends afterwards.
  wire::Status close();

 private:
  friend class LogLoader;

  // One batch of the append under way.
  struct BatchPlan {
    wire::Offset base_offset = 0;
    wire::Offset last_offset = 0;
    wire::TimestampMs max_timestamp = wire::kNoTimestamp;
    wire::Epoch epoch = wire::kNoEpoch;
    int64_t size = 0;
  };
  // What must reach the disk, beside the active segment's data, before flushed_offset() moves.
  struct Unsynced {
    std::vector<std::shared_ptr<File>> files;
    bool epochs = false;  // leader-epoch-checkpoint is older than epochs_
    bool names = false;   // files were created, renamed or removed
    bool parent = false;  // this log's directory was created
    bool topic_id =
        false;  // partition.metadata, as a process wrote it that did not come to its sync
  };
  struct Removal {
    wire::DurationMs due_ms = 0;
    DeletedFiles files;
  };
  // Where a consumer that reads on will go on.
  struct ReadHint {
    wire::Offset offset = wire::kNoOffset;
    wire::Offset segment_base = 0;
    int64_t position = 0;
  };
  struct ReadPlace {
    Segment* segment = nullptr;
    int64_t position = 0;
    int64_t first_batch_size = 0;
  };

  Log(LogDirectory& directory, LogOpen how);

  FileSystem& files() const { return directory_.services().files; }
  wire::TimestampMs now_ms() const { return directory_.services().clock.wall_ms(); }
  wire::Status check_online() const;
  wire::Status check_appendable() const;
  // Takes the directory offline and passes the error on.
  wire::Error fail(wire::Error why);
  Segment& active() { return *segments_.back(); }
  // Index of the segment that holds `offset`, or that would.
  size_t segment_index(wire::Offset offset) const;
  void draw_roll_jitter();

  wire::Result<AppendInfo> write_planned(const wire::Bytes& batches, AppendInfo info,
                                         bool may_gather);
  wire::Status write_or_gather(const wire::Bytes& batches, bool may_gather);
  wire::Status note_completed(Segment& segment, const CompletedTransaction& transaction);
  wire::Status roll_to(wire::Offset base_offset);

  wire::Result<std::optional<ReadPlace>> locate(wire::Offset offset);
  // Fewer than there are if they are not in memory and it may not wait.
  wire::Result<wire::Bytes> read_bytes(const ReadPlace& place, int64_t size, bool may_wait);
  // The aborted transactions that reach into what was read from `offset` at `place` on.
  wire::Result<std::vector<AbortedTransaction>> aborted_in(wire::Offset offset,
                                                           const ReadPlace& place, int64_t size);
  wire::Result<FetchedRecords> must_wait(const ReadPlace& place, int64_t size);
  wire::Result<FetchedRecords> nothing_fits(const ReadRequest& request, const ReadPlace& place);
  wire::Result<std::optional<TimestampOffset>> search_segment(Segment& segment,
                                                              wire::TimestampMs timestamp);
  void remember(wire::Offset offset, wire::Offset segment_base, int64_t position);
  void forget_cached();

  // Renames the files of the first (or last) `count` segments and queues their removal.
  wire::Status delete_segments(size_t first, size_t count);
  size_t deletable_segments() const;
  wire::Result<bool> retention_breached(Segment& segment, int64_t excess_bytes);
  wire::Status lower_recovery_point(wire::Offset offset);
  // Keeps only the snapshots in (above, up_to].
  void remove_snapshots(wire::Offset above, wire::Offset up_to);
  void remove_snapshots_at(wire::Offset offset);
  void remove_deleted_now();

  std::optional<SyncWork> make_work();
  wire::Status take_snapshot();
  // The newest snapshot at or below the log end offset, and the records behind it.
  wire::Status rebuild_producers(bool trust_missing_snapshot);

  LogDirectory& directory_;
  mutable bool astir_ = true;  // set by whatever may change or open anything
  const TopicPartition name_;
  const std::string path_;
  wire::Uuid topic_id_;
  std::shared_ptr<const LogOptions> options_;

  std::vector<std::unique_ptr<Segment>> segments_;  // by base offset; never empty once open
  wire::Offset log_start_offset_ = 0;
  wire::Offset log_end_offset_ = 0;
  wire::Offset gathered_offset_ = 0;  // where the active segment's gathered batches begin, if any
  wire::Offset high_watermark_ = 0;
  wire::DurationMs roll_jitter_ms_ = 0;
  LeaderEpochs epochs_;

  ProducerStates producers_;
  std::vector<wire::Offset> snapshots_;  // on the disk, rising
  int64_t bytes_since_snapshot_ = 0;
  int64_t bytes_since_checkpoint_ = 0;
  ProducerUpdates updates_;      // of the append under way; kept for its memory
  std::vector<BatchPlan> plan_;  // likewise

  std::optional<wire::Offset> compacted_offset_;
  uint64_t truncations_ = 0;

  std::unique_ptr<TailCache> tail_;
  std::array<ReadHint, 4> hints_;
  size_t next_hint_ = 0;

  wire::Offset flushed_offset_ = 0;
  wire::Offset recovery_point_ = 0;
  Unsynced unsynced_;
  bool sync_in_progress_ = false;
  wire::Offset sync_limit_ = INT64_MAX;  // a truncation since the sync began went down to here
  bool closed_ = false;
  wire::Callback<void()> flush_listener_;

  std::vector<Removal> removals_;
  wire::DurationMs producers_checked_ms_ = 0;  // monotonic: when sweep() last expired them
};

}  // namespace storage
