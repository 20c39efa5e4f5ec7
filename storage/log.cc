#include "storage/log.h"

#include <algorithm>
#include <utility>

#include "storage/segment.h"
#include "storage/tail_cache.h"

namespace storage {

Log::Log(LogDirectory& directory, LogOpen how)
    : directory_(directory),
      name_(std::move(how.name)),
      path_(std::move(how.path)),
      options_(std::move(how.options)),
      log_start_offset_(how.log_start_offset),
      high_watermark_(how.high_watermark),
      tail_(std::make_unique<TailCache>(directory.services().tail_cache)),
      recovery_point_(how.recovery_point),
      producers_checked_ms_(directory.services().clock.monotonic_ms()) {
  draw_roll_jitter();
}

Log::~Log() = default;

int64_t Log::size_bytes() const {
  int64_t size = 0;
  for (const auto& segment : segments_) size += segment->size();
  return size;
}

wire::Offset Log::first_segment_base_offset() const {
  return segments_.front()->base_offset();
}

wire::Offset Log::active_segment_base_offset() const {
  return segments_.back()->base_offset();
}

wire::Status Log::check_online() const {
  astir_ = true;
  if (directory_.online()) return {};
  return directory_.failure();
}

wire::Status Log::check_appendable() const {
  if (closed_) return wire::Error{wire::ErrorCode::kKafkaStorageError, path_ + " is closed"};
  return check_online();
}

wire::Error Log::fail(wire::Error why) {
  return directory_.fail(std::move(why));
}

size_t Log::segment_index(wire::Offset offset) const {
  const auto above = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](wire::Offset value, const auto& segment) { return value < segment->base_offset(); });
  return above == segments_.begin() ? 0 : static_cast<size_t>(above - segments_.begin()) - 1;
}

void Log::draw_roll_jitter() {
  const wire::DurationMs bound = std::min(options_->segment_jitter_ms, options_->segment_ms);
  roll_jitter_ms_ = bound <= 0 ? 0
                               : static_cast<wire::DurationMs>(directory_.services().random.below(
                                     static_cast<uint64_t>(bound)));
}

std::optional<wire::Offset> Log::first_unstable_offset() const {
  const auto first = producers_.first_unstable_offset();
  // The start of a transaction may have been deleted.
  return first ? std::optional(std::max(*first, log_start_offset_)) : std::nullopt;
}

void Log::note_high_watermark(wire::Offset offset) {
  astir_ = true;
  high_watermark_ = offset;
  producers_.on_high_watermark(offset);
}

void Log::sweep() {
  tail_->sweep();
  if (closed_ || !directory_.online()) return;
  bool all_released = true;
  for (const auto& segment : segments_) {
    const bool is_active = segment == segments_.back();
    // A file with unsynced data stays open: whoever opens it again may not be told that its
    // write-back failed.
    if (is_active && (flushed_offset_ != log_end_offset_ || sync_in_progress_)) continue;
    if (!segment->release_unused(is_active)) all_released = false;
  }
  const wire::DurationMs now = directory_.services().clock.monotonic_ms();
  if (now - producers_checked_ms_ >= options_->producer_id_expiration_check_ms) {
    producers_checked_ms_ = now;
    producers_.remove_expired(now_ms(), options_->producer_id_expiration_ms);
  }
  for (Removal& removal : removals_) {
    if (removal.due_ms > now) continue;
    directory_.services().removal_disk().run(
        [&files = files(), deleted = std::move(removal.files)]() mutable { deleted.remove(files); },
        [] {});
    removal.files.paths.clear();
  }
  std::erase_if(removals_, [](const Removal& removal) { return removal.files.paths.empty(); });
  astir_ = !all_released || !removals_.empty() || !tail_->rests() || sync_in_progress_ ||
           needs_checkpoint();
}

void Log::remember(wire::Offset offset, wire::Offset segment_base, int64_t position) {
  hints_[next_hint_] = {offset, segment_base, position};
  next_hint_ = (next_hint_ + 1) % hints_.size();
}

void Log::forget_cached() {
  tail_->clear();
  hints_ = {};
}

}  // namespace storage
