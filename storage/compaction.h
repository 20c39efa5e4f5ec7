// One compaction of one log: reads the sealed segments, writes what stays of them, swaps that in.
//
// It alternates between two places, so that no shard waits for a disk: work(), a bounded turn on the
// DiskExecutor, reads and writes; advance(), on the log's shard, does what touches the log.
//
//   map      pool   walks the dirty segments: each key's last offset (offset_map.h)
//   then, for each group of neighbours that fit into one segment:
//   clean    pool   writes what stays (retention_rules.h) to `<base>.log.cleaned`
//   seal     shard  completes the indexes
//   sync     pool   data, indexes, names
//   swap     shard  renames .cleaned to .swap
//   sync     pool   names: from here on a start finishes the swap (log_loader.h)
//   replace  shard  readers see the new segment; the old files become .deleted
//   sync     pool   names
//   finish   shard  renames .swap away
//
// The order is Kafka's (LocalLog.replaceSegments); the syncs in between make it safe for a power
// cut as well.  If the log changes meanwhile, by a truncation or because old segments are deleted,
// the compaction ends early, with what it has done so far.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/compaction_plan.h"
#include "storage/compaction_transactions.h"
#include "storage/fs/file_system.h"
#include "storage/log.h"
#include "storage/offset_map.h"
#include "storage/retention_rules.h"
#include "storage/segment.h"
#include "storage/segment_scanner.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

// The share of one compaction in what the log.cleaner.* configs allow.
struct CompactionLimits {
  int64_t map_bytes = int64_t{128} << 20;
  double map_load_factor = 0.9;
  int64_t buffer_bytes = 256 << 10;  // for reading; as much again for writing
  size_t inflate_limit = wire::kDefaultInflateLimit;
};

struct CompactionStats {
  int64_t bytes_mapped = 0;
  int64_t bytes_read = 0;
  int64_t bytes_written = 0;
  int64_t records_read = 0;
  int64_t records_written = 0;
  size_t keys = 0;
};

class Compaction {
 public:
  Compaction(FileSystem& files, CompactionPlan plan, CompactionLimits limits, uint64_t seed);
  ~Compaction();

  // One turn, on the pool.  Blocks.
  void work();
  // Bytes that the last turn read and wrote, for the throttle.
  int64_t turn_bytes() const { return turn_bytes_; }
  // What comes next, on the shard.  False: this was the last; ask result().
  bool advance(Log& log);
  // Ends it now, on the shard, while no turn is running: a swap that has begun is finished, files
  // that lead nowhere are removed.
  void abandon(Log& log);

  // REQUIRES: advance() was false.  KAFKA_STORAGE_ERROR: the directory has been taken offline;
  // CORRUPT_MESSAGE or INVALID_RECORD: the log cannot be compacted.
  const wire::Status& result() const { return result_; }
  // Records below are compacted.
  wire::Offset end_offset() const { return end_offset_; }
  wire::Offset start_offset() const { return plan_.first_dirty_offset; }
  // The log changed under it: what was not done yet is for another time.
  bool interrupted() const { return interrupted_; }
  const CompactionStats& stats() const { return stats_; }

 private:
  enum class Step { kMap, kClean, kSyncData, kSyncSwap, kSyncDeleted, kDone };
  // Neighbours that become one segment: plan_.sources[first, first + count).
  struct Group {
    size_t first = 0;
    size_t count = 0;
  };
  struct MappedKey {
    OffsetMap::Key key;
    wire::Offset offset;
  };

  wire::Status map_turn();
  // False if the table is full.
  wire::Result<bool> map_entry();
  wire::Result<bool> map_keys();
  void end_mapping();
  wire::Status group_sources();
  wire::Status clean_turn();
  wire::Status clean_entry();
  wire::Status write_kept(KeptBatch kept);
  wire::Status flush();
  wire::Status sync_data();

  wire::Status open_source(size_t index, int64_t from);
  wire::Result<int64_t> first_dirty_position(size_t index);
  // The entry's bytes, whose checksum has been verified.
  wire::Result<wire::RecordBatchView> read_batch();
  wire::Error corrupt(std::string_view why) const;
  std::string path(wire::Offset base_offset, std::string_view suffix) const;

  // On the shard.
  wire::Status begin_group(Log& log);
  wire::Status seal_group();
  wire::Status next_group(Log& log);
  void remove_cleaned();

  FileSystem& files_;
  const CompactionPlan plan_;
  const CompactionLimits limits_;
  const std::unique_ptr<OffsetMap> map_;
  const size_t keys_max_;

  Step step_ = Step::kMap;
  wire::Status status_;  // of the last turn
  wire::Status result_;
  bool interrupted_ = false;
  int64_t turn_bytes_ = 0;
  CompactionStats stats_;

  // Mapping and cleaning walk along one source after the other.
  size_t source_ = 0;
  std::shared_ptr<File> file_;
  std::unique_ptr<SegmentScanner> scanner_;
  std::vector<MappedKey> keys_;  // of the batch at hand
  wire::Offset mapped_end_ = 0;
  wire::Offset end_offset_ = 0;

  std::unique_ptr<CompactionTransactions> transactions_;
  std::unique_ptr<RetentionRules> rules_;
  std::vector<Group> groups_;
  size_t group_ = 0;
  std::unique_ptr<Segment> cleaned_;
  wire::Offset replaced_base_ = wire::kNoOffset;
  std::vector<wire::Bytes> pending_;  // kept batches that are not written yet
  std::vector<Segment::AppendedBatch> pending_notes_;
  int64_t pending_bytes_ = 0;
  int64_t unsynced_bytes_ = 0;
  std::vector<std::shared_ptr<File>> to_sync_;
};

}  // namespace storage
