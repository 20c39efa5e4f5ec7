// Log: what reaches the disk, and when.
#include <algorithm>
#include <utility>

#include "storage/checkpoints.h"
#include "storage/log.h"
#include "storage/producer_snapshot.h"
#include "storage/segment.h"
#include "storage/tail_cache.h"
#include "wire/base/log.h"

namespace storage {

namespace {

// A recovery replays the producers of at most so many bytes below the recovery point.
constexpr int64_t kBytesPerSnapshot = int64_t{64} << 20;
// A recovery of a log that is checkpointed seldom reads about so many bytes.
constexpr int64_t kBytesPerCheckpoint = int64_t{1} << 20;

}  // namespace

std::optional<SyncWork> Log::make_work() {
  if (closed_ || sync_in_progress_ || !directory_.online()) return std::nullopt;
  const bool data = flushed_offset_ != log_end_offset_;
  if (!data && unsynced_.files.empty() && !unsynced_.epochs && !unsynced_.names &&
      !unsynced_.parent && !unsynced_.topic_id) {
    return std::nullopt;
  }
  SyncWork work(files());
  work.up_to_ = log_end_offset_;
  if (unsynced_.epochs) {
    work.replace_.emplace_back(join_path(path_, kEpochsFile),
                               wire::Bytes::adopt(epochs_.to_text()));
  }
  work.sync_ = std::move(unsynced_.files);
  if (data) {
    auto file = active().file();
    if (!file) {
      fail(file.error());
      return std::nullopt;
    }
    work.sync_.push_back(std::move(*file));
  }
  if (unsynced_.topic_id) {
    auto file = files().open(join_path(path_, kPartitionMetadataFile), OpenMode::kUpdate);
    if (!file) {
      fail(file.error());
      return std::nullopt;
    }
    work.sync_.push_back(std::move(*file));
  }
  if (unsynced_.names) work.directories_.push_back(path_);
  if (unsynced_.parent) work.directories_.push_back(parent_path(path_));
  unsynced_ = {};
  sync_in_progress_ = true;
  sync_limit_ = INT64_MAX;
  return work;
}

bool Log::needs_checkpoint() const {
  return recovery_point_ != log_end_offset_ || !unsynced_.files.empty() || unsynced_.epochs ||
         unsynced_.names || unsynced_.parent || unsynced_.topic_id;
}

bool Log::needs_checkpoint_soon() const {
  return bytes_since_checkpoint_ >= kBytesPerCheckpoint || !unsynced_.files.empty();
}

std::optional<SyncWork> Log::begin_sync() {
  return make_work();
}

std::optional<SyncWork> Log::begin_checkpoint() {
  if (closed_ || sync_in_progress_ || !directory_.online()) return std::nullopt;
  auto indexes = active().write_indexes();
  if (!indexes) {
    fail(indexes.error());
    return std::nullopt;
  }
  if (!indexes->empty()) unsynced_.names = true;
  for (auto& file : *indexes) unsynced_.files.push_back(std::move(file));
  if (bytes_since_snapshot_ >= kBytesPerSnapshot && !take_snapshot()) return std::nullopt;
  bytes_since_checkpoint_ = 0;
  auto work = make_work();
  if (work) {
    work->is_checkpoint_ = true;
  } else if (directory_.online()) {
    // Group commits have brought everything to the disk.
    astir_ = true;
    recovery_point_ = flushed_offset_;
  }
  return work;
}

wire::Status Log::complete_sync(const SyncWork& work) {
  astir_ = true;
  sync_in_progress_ = false;
  wire::Status status = work.result();
  if (!status) {
    fail(status.error());
  } else {
    // Behind a truncation that came in between, what is there now is not what was synced.
    flushed_offset_ = std::max(flushed_offset_, std::min(work.up_to(), sync_limit_));
    if (work.is_checkpoint_) recovery_point_ = flushed_offset_;
  }
  if (flush_listener_) flush_listener_();
  return status;
}

wire::Status Log::take_snapshot() {
  if (log_end_offset_ == 0) return {};
  bytes_since_snapshot_ = 0;
  if (!snapshots_.empty() && snapshots_.back() == log_end_offset_) return {};
  const std::string path = join_path(path_, segment_file_name(log_end_offset_, kSnapshotSuffix));
  auto file = files().open(path, OpenMode::kCreate);
  if (!file) return fail(file.error());
  if (auto status = (*file)->truncate(0); !status) return fail(status.error());
  auto status = (*file)->write(0, encode_producer_snapshot(producers_));
  if (!status) return fail(status.error());
  // One that stands at no segment's base was for a checkpoint; this one replaces it.
  if (!snapshots_.empty() &&
      segments_[segment_index(snapshots_.back())]->base_offset() != snapshots_.back()) {
    remove_snapshots(INT64_MIN, snapshots_.back() - 1);
  }
  snapshots_.push_back(log_end_offset_);
  unsynced_.files.push_back(std::move(*file));
  unsynced_.names = true;
  return {};
}

wire::Status Log::close() {
  if (closed_) return {};
  tail_->clear();
  if (auto status = check_online(); !status) {
    closed_ = true;
    return status;
  }
  if (!active().has_indexes()) unsynced_.names = true;
  auto indexes = active().seal();
  if (!indexes) return fail(indexes.error());
  for (auto& file : *indexes) unsynced_.files.push_back(std::move(file));
  if (auto status = take_snapshot(); !status) return status;
  sync_in_progress_ = false;
  if (auto work = make_work()) {
    work->run();
    if (auto status = complete_sync(*work); !status) return status;
  }
  recovery_point_ = flushed_offset_;
  remove_deleted_now();
  closed_ = true;
  return {};
}

void Log::remove_deleted_now() {
  for (Removal& removal : removals_) removal.files.remove(files());
  removals_.clear();
}

wire::Status Log::rebuild_producers(bool trust_missing_snapshot) {
  producers_.clear();
  bytes_since_snapshot_ = 0;
  remove_snapshots(log_start_offset_, log_end_offset_);
  wire::Offset from = log_start_offset_;
  bool loaded = false;
  while (!snapshots_.empty()) {
    const wire::Offset offset = snapshots_.back();
    const std::string path = join_path(path_, segment_file_name(offset, kSnapshotSuffix));
    const auto bytes = read_file(files(), path);
    auto states = bytes ? decode_producer_snapshot(*bytes, path, now_ms(),
                                                   options_->producer_id_expiration_ms)
                        : wire::Result<ProducerStates>(bytes.error());
    if (states) {
      producers_.restore(std::move(*states));
      from = offset;
      loaded = true;
      break;
    }
    wire::log::warn("dropping a producer snapshot: {}", states.error().detail);
    remove_snapshots(INT64_MIN, offset - 1);
  }
  // Kafka's rule for logs that were written before there were snapshots.
  if (!loaded && trust_missing_snapshot) return {};
  for (size_t i = segment_index(from); i < segments_.size() && from < log_end_offset_; ++i) {
    Segment& segment = *segments_[i];
    const auto first = segment.find(from);
    if (!first) return first.error();
    if (!*first) continue;
    const auto file = segment.file();
    if (!file) return file.error();
    SegmentScanner scanner(**file, (*first)->position, segment.size(),
                           SegmentScanner::Read::kHeaders);
    for (;;) {
      const auto more = scanner.next();
      if (!more) return more.error();
      if (!*more) break;
      bytes_since_snapshot_ += scanner.entry().size;
      if (scanner.entry().magic != 2 || !scanner.header().has_producer_id()) continue;
      // Of a marker the record counts too.
      if (!scanner.header().is_control()) {
        producers_.replay(scanner.header());
        continue;
      }
      auto bytes = scanner.bytes();
      if (!bytes) return bytes.error();
      const auto completed = producers_.replay(wire::RecordBatchView::trusted(std::move(*bytes)));
      if (!completed) continue;
      // The index of a segment that was recovered lacks it.
      if (auto status = note_completed(segment, *completed); !status) return status;
    }
  }
  producers_.on_high_watermark(high_watermark_);
  return {};
}

void Log::remove_snapshots_at(wire::Offset offset) {
  const auto found = std::find(snapshots_.begin(), snapshots_.end(), offset);
  // The newest one is what a start begins with.
  if (found == snapshots_.end() || found + 1 == snapshots_.end()) return;
  const std::string path = join_path(path_, segment_file_name(offset, kSnapshotSuffix));
  if (auto status = files().remove(path); !status) wire::log::warn("{}", status.error().detail);
  snapshots_.erase(found);
  unsynced_.names = true;
}

void Log::remove_snapshots(wire::Offset above, wire::Offset up_to) {
  std::erase_if(snapshots_, [&](wire::Offset offset) {
    if (offset > above && offset <= up_to) return false;
    const std::string path = join_path(path_, segment_file_name(offset, kSnapshotSuffix));
    if (auto status = files().remove(path); !status) wire::log::warn("{}", status.error().detail);
    unsynced_.names = true;
    return true;
  });
}

}  // namespace storage
