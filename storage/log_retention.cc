// Log: deletion and truncation.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "storage/log.h"
#include "storage/segment.h"
#include "storage/tail_cache.h"
#include "wire/base/elapsed.h"
#include "wire/base/log.h"

namespace storage {

using wire::ErrorCode;

wire::Result<bool> Log::truncate_to(wire::Offset offset) {
  if (auto status = check_appendable(); !status) return status.error();
  if (offset >= log_end_offset_) {
    if (epochs_.truncate_from_end(log_end_offset_)) unsynced_.epochs = true;
    return false;
  }
  if (offset < segments_.front()->base_offset()) {
    if (auto status = truncate_fully_and_start_at(offset); !status) return status.error();
    return true;
  }
  if (auto status = lower_recovery_point(offset); !status) return status.error();
  forget_cached();
  ++truncations_;
  if (compacted_offset_) compacted_offset_ = std::min(*compacted_offset_, offset);
  const size_t keep = segment_index(offset) + 1;
  if (auto status = delete_segments(keep, segments_.size() - keep); !status) return status.error();
  if (auto status = active().truncate_to(offset); !status) return fail(status.error());
  auto indexes = active().write_indexes();
  if (!indexes) return fail(indexes.error());
  for (auto& file : *indexes) unsynced_.files.push_back(std::move(file));
  log_end_offset_ = offset;
  flushed_offset_ = std::min(flushed_offset_, offset);
  sync_limit_ = std::min(sync_limit_, offset);
  high_watermark_ = std::min(high_watermark_, offset);
  if (epochs_.truncate_from_end(offset)) unsynced_.epochs = true;
  if (auto status = rebuild_producers(false); !status) return fail(status.error());
  // A segment or a snapshot that came back after a power cut would not fit to what is appended now.
  if (auto status = files().sync_directory(path_); !status) return fail(status.error());
  return true;
}

wire::Status Log::truncate_fully_and_start_at(wire::Offset offset) {
  if (auto status = check_appendable(); !status) return status;
  if (auto status = lower_recovery_point(offset); !status) return status;
  forget_cached();
  ++truncations_;
  compacted_offset_.reset();
  if (auto status = delete_segments(0, segments_.size()); !status) return status;
  remove_snapshots(INT64_MAX, INT64_MAX);
  if (auto status = files().sync_directory(path_); !status) return fail(status.error());
  auto segment = Segment::create(files(), path_, offset, now_ms());
  if (!segment) return fail(segment.error());
  segments_.push_back(std::move(*segment));
  log_start_offset_ = log_end_offset_ = high_watermark_ = offset;
  flushed_offset_ = recovery_point_ = offset;
  sync_limit_ = std::min(sync_limit_, offset);
  epochs_.clear();
  producers_.clear();
  bytes_since_snapshot_ = 0;
  unsynced_.files.clear();
  unsynced_.names = unsynced_.epochs = true;
  return {};
}

wire::Status Log::lower_recovery_point(wire::Offset offset) {
  if (offset >= recovery_point_ && offset >= log_start_offset_) return {};
  recovery_point_ = std::min(recovery_point_, offset);
  log_start_offset_ = std::min(log_start_offset_, offset);
  if (auto status = directory_.persist_recovery_points(); !status) return fail(status.error());
  return {};
}

wire::Result<bool> Log::increment_log_start_offset(wire::Offset offset) {
  if (auto status = check_appendable(); !status) return status.error();
  if (offset > high_watermark_) {
    return wire::Error{ErrorCode::kOffsetOutOfRange,
                       fmt::format("log start offset {} of {} would exceed the high watermark {}",
                                   offset, name_.to_string(), high_watermark_)};
  }
  if (offset <= log_start_offset_) return false;
  log_start_offset_ = offset;
  if (epochs_.truncate_from_start(offset)) unsynced_.epochs = true;
  return true;
}

wire::Status Log::delete_segments(size_t first, size_t count) {
  if (count == 0) return {};
  const wire::DurationMs due =
      directory_.services().clock.monotonic_ms() + options_->file_delete_delay_ms;
  for (size_t i = first; i < first + count; ++i) {
    auto renamed = segments_[i]->rename_deleted();
    if (!renamed) return fail(renamed.error());
    // Nobody will ask whether the rest of it reached the disk.
    std::erase(unsynced_.files, renamed->data);
    removals_.push_back({.due_ms = due, .files = std::move(*renamed)});
  }
  const auto begin = segments_.begin() + static_cast<ptrdiff_t>(first);
  segments_.erase(begin, begin + static_cast<ptrdiff_t>(count));
  unsynced_.names = true;
  return {};
}

wire::Result<bool> Log::retention_breached(Segment& segment, int64_t excess_bytes) {
  if (!options_->delete_by_retention) return false;
  if (options_->retention_bytes >= 0 && excess_bytes >= segment.size()) return true;
  if (options_->retention_ms < 0) return false;
  const auto newest = segment.retention_timestamp();
  if (!newest) return newest.error();
  return wire::elapsed_ms(*newest, now_ms()) > options_->retention_ms;
}

wire::Result<size_t> Log::apply_retention() {
  if (auto status = check_appendable(); !status) return status.error();
  // The metadata log has no other occasion to remove what it deleted before.
  sweep();
  size_t count = 0;
  int64_t excess = size_bytes() - std::max<int64_t>(options_->retention_bytes, 0);
  for (; count < segments_.size(); ++count) {
    Segment& segment = *segments_[count];
    const bool is_last = count + 1 == segments_.size();
    const wire::Offset next_base = is_last ? log_end_offset_ : segments_[count + 1]->base_offset();
    if (next_base > high_watermark_ || (is_last && segment.size() == 0)) break;
    if (!is_last && next_base <= log_start_offset_) {
      excess -= segment.size();
      continue;
    }
    const auto breached = retention_breached(segment, excess);
    if (!breached) return breached.error();
    if (!*breached) break;
    excess -= segment.size();
  }
  if (count == 0) return count;
  // The log must go on somewhere.
  if (count == segments_.size()) {
    if (auto status = roll_to(log_end_offset_); !status) return status.error();
  }
  wire::log::info("{}: deleting {} segments below offset {}", name_.to_string(), count,
                  segments_[count]->base_offset());
  if (auto status = delete_segments(0, count); !status) return status.error();
  const wire::Offset base = segments_.front()->base_offset();
  log_start_offset_ = std::max(log_start_offset_, base);
  if (epochs_.truncate_from_start(log_start_offset_)) unsynced_.epochs = true;
  remove_snapshots(base - 1, INT64_MAX);
  return count;
}

}  // namespace storage
