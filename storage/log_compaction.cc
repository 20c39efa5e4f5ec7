// Log: what may be compacted, and the swap of what was.
#include <algorithm>
#include <utility>

#include "storage/compaction_plan.h"
#include "storage/log.h"
#include "storage/segment.h"
#include "storage/tail_cache.h"
#include "wire/base/log.h"

namespace storage {

wire::Offset Log::last_stable_offset() const {
  return std::min(high_watermark_, first_unstable_offset().value_or(INT64_MAX));
}

void Log::note_compacted(wire::Offset offset) {
  compacted_offset_ = offset;
}

wire::Result<Cleanable> Log::cleanable() {
  Cleanable result{.first_dirty_offset = compacted_offset_.value_or(log_start_offset_)};
  if (result.first_dirty_offset < log_start_offset_ ||
      result.first_dirty_offset > log_end_offset_) {
    // Records below were deleted, or the end was lost: begin again.
    result.first_dirty_offset = log_start_offset_;
    compacted_offset_ = log_start_offset_;
  }
  const wire::Offset first_dirty = result.first_dirty_offset;
  const wire::TimestampMs now = now_ms();
  // Not the active segment, nothing undecided or unreplicated, nothing that a recovery may have to
  // read again, nothing younger than min.compaction.lag.ms.
  wire::Offset bound = std::min({last_stable_offset(), active().base_offset(), recovery_point_});
  const wire::DurationMs least_age = std::max<wire::DurationMs>(options_->min_compaction_lag_ms, 0);
  const wire::DurationMs most_age = std::max<wire::DurationMs>(options_->max_compaction_lag_ms, 0);
  const size_t first = segment_index(first_dirty);
  for (size_t i = first; least_age > 0 && i + 1 < segments_.size(); ++i) {
    const auto newest = segments_[i]->max_timestamp();
    if (!newest) return newest.error();
    if (newest->timestamp <= now - least_age) continue;
    bound = std::min(bound, segments_[i]->base_offset());
    break;
  }
  bound = std::max(bound, first_dirty);
  const size_t end = bound >= active().base_offset() ? segments_.size() - 1 : segment_index(bound);
  result.upper_bound_offset = segments_[end]->base_offset();
  for (size_t i = 0; i < end; ++i) {
    if (segments_[i]->base_offset() < first_dirty) result.clean_bytes += segments_[i]->size();
    if (i >= first) result.dirty_bytes += segments_[i]->size();
  }
  // Not asked of every segment unless there is a limit.
  for (size_t i = first; most_age < now && i + 1 < segments_.size() && !result.overdue; ++i) {
    const auto oldest = segments_[i]->first_timestamp();
    if (!oldest) return oldest.error();
    result.overdue = *oldest > 0 && *oldest < now - most_age;
  }
  return result;
}

wire::Result<CompactionPlan> Log::plan_compaction(const Cleanable& what) {
  if (auto status = check_appendable(); !status) return status.error();
  CompactionPlan plan{.path = path_,
                      .first_dirty_offset = what.first_dirty_offset,
                      .upper_bound_offset = what.upper_bound_offset,
                      .now_ms = now_ms(),
                      .options = *options_,
                      .truncations = truncations_};
  for (size_t i = 0; i + 1 < segments_.size(); ++i) {
    if (segments_[i]->base_offset() >= what.upper_bound_offset) break;
    plan.sources.push_back({.base_offset = segments_[i]->base_offset(),
                            .next_base_offset = segments_[i + 1]->base_offset(),
                            .size = segments_[i]->size()});
  }
  for (const auto& segment : segments_) {
    const auto complete = segment->collect_aborted(0, what.upper_bound_offset, plan.aborted);
    if (!complete) return complete.error();
    if (*complete) break;
  }
  for (const auto& [id, state] : producers_.all()) {
    plan.last_records[id] = {
        .data_offset = state.has_batches() ? state.last_batch().last_offset : wire::kNoOffset,
        .epoch = state.epoch};
  }
  return plan;
}

bool Log::holds(const CompactionPlan& plan, size_t first_source) const {
  if (closed_ || truncations_ != plan.truncations) return false;
  if (first_source == plan.sources.size()) return true;
  size_t at = segment_index(plan.sources[first_source].base_offset);
  for (size_t i = first_source; i < plan.sources.size(); ++i, ++at) {
    if (at + 1 >= segments_.size()) return false;
    if (segments_[at]->base_offset() != plan.sources[i].base_offset ||
        segments_[at]->size() != plan.sources[i].size) {
      return false;
    }
  }
  return true;
}

wire::Result<std::unique_ptr<Segment>> Log::create_cleaned(wire::Offset base_offset) {
  return Segment::create(files(), path_, base_offset, now_ms(), kCleanedSuffix);
}

wire::Status Log::swap_in(std::unique_ptr<Segment> cleaned, const CompactionPlan& plan,
                          size_t first, size_t count) {
  const size_t at = segment_index(plan.sources[first].base_offset);
  const wire::DurationMs due =
      directory_.services().clock.monotonic_ms() + options_->file_delete_delay_ms;
  for (size_t i = at; i < at + count; ++i) {
    auto renamed = segments_[i]->rename_deleted();
    if (!renamed) return fail(renamed.error());
    removals_.push_back({.due_ms = due, .files = std::move(*renamed)});
    // Its base is no segment's any more.
    if (i != at) remove_snapshots_at(segments_[i]->base_offset());
  }
  const auto begin = segments_.begin() + static_cast<ptrdiff_t>(at);
  *begin = std::move(cleaned);
  segments_.erase(begin + 1, begin + static_cast<ptrdiff_t>(count));
  unsynced_.names = true;
  forget_cached();
  return {};
}

wire::Status Log::finish_swap(wire::Offset base_offset) {
  Segment& segment = *segments_[segment_index(base_offset)];
  // Retention may have been faster.
  if (segment.base_offset() != base_offset || !segment.is_named(kSwapSuffix)) return {};
  if (auto status = segment.rename({}); !status) return fail(status.error());
  unsynced_.names = true;
  return {};
}

}  // namespace storage
