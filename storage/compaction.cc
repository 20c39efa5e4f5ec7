#include "storage/compaction.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "wire/records/message_set.h"

namespace storage {

namespace {

// What a turn on the pool reads at least, so that the ways between pool and shard cost little.
constexpr int64_t kTurnBytes = 1 << 20;
// The disk gets the new segment in pieces: one sync of a gigabyte would hold up everybody's.
constexpr int64_t kBytesPerSync = 8 << 20;

int64_t map_bytes_for(const CompactionPlan& plan, const CompactionLimits& limits) {
  // No more keys than offsets.
  const auto keys = static_cast<double>(plan.upper_bound_offset - plan.first_dirty_offset);
  const double slots = keys / std::max(limits.map_load_factor, 0.01) + 2;
  const double bytes = slots * static_cast<double>(OffsetMap::kEntrySize);
  return bytes < static_cast<double>(limits.map_bytes) ? static_cast<int64_t>(bytes)
                                                       : limits.map_bytes;
}

}  // namespace

Compaction::Compaction(FileSystem& files, CompactionPlan plan, CompactionLimits limits,
                       uint64_t seed)
    : files_(files),
      plan_(std::move(plan)),
      limits_(limits),
      map_(std::make_unique<OffsetMap>(static_cast<size_t>(map_bytes_for(plan_, limits)), seed)),
      keys_max_(std::max<size_t>(
          static_cast<size_t>(static_cast<double>(map_->slots()) * limits.map_load_factor), 1)),
      mapped_end_(plan_.first_dirty_offset),
      end_offset_(plan_.first_dirty_offset),
      transactions_(std::make_unique<CompactionTransactions>()) {
  while (source_ < plan_.sources.size() &&
         plan_.sources[source_].next_base_offset <= plan_.first_dirty_offset) {
    ++source_;
  }
  transactions_->add_aborted(plan_.aborted);
}

Compaction::~Compaction() = default;

std::string Compaction::path(wire::Offset base_offset, std::string_view suffix) const {
  return join_path(plan_.path, segment_file_name(base_offset, suffix));
}

wire::Error Compaction::corrupt(std::string_view why) const {
  return {wire::ErrorCode::kCorruptMessage,
          fmt::format("{} at byte {}: {}", path(plan_.sources[source_].base_offset, kLogSuffix),
                      scanner_->entry().position, why)};
}

void Compaction::work() {
  turn_bytes_ = 0;
  switch (step_) {
    case Step::kMap:
      status_ = map_turn();
      break;
    case Step::kClean:
      status_ = clean_turn();
      break;
    case Step::kSyncData:
      status_ = sync_data();
      break;
    case Step::kSyncSwap:
    case Step::kSyncDeleted:
      status_ = files_.sync_directory(plan_.path);
      break;
    case Step::kDone:
      break;
  }
}

// ---- Reading.

wire::Status Compaction::open_source(size_t index, int64_t from) {
  const CompactionSource& source = plan_.sources[index];
  auto file = files_.open(path(source.base_offset, kLogSuffix), OpenMode::kRead);
  if (!file) return file.error();
  file_ = std::move(*file);
  scanner_ = std::make_unique<SegmentScanner>(*file_, from, source.size,
                                              std::max<int64_t>(limits_.buffer_bytes, 1));
  return {};
}

wire::Result<int64_t> Compaction::first_dirty_position(size_t index) {
  const CompactionSource& source = plan_.sources[index];
  if (plan_.first_dirty_offset <= source.base_offset) return int64_t{0};
  OffsetIndex offsets;
  if (auto status = offsets.load(files_, path(source.base_offset, kOffsetIndexSuffix)); !status) {
    return status.error();
  }
  const OffsetIndexEntry* entry = offsets.lookup(plan_.first_dirty_offset - source.base_offset);
  return entry == nullptr || entry->position >= source.size ? int64_t{0} : int64_t{entry->position};
}

wire::Result<wire::RecordBatchView> Compaction::read_batch() {
  auto bytes = scanner_->bytes();
  if (!bytes) return bytes.error();
  auto batch = wire::RecordBatchView::trusted(std::move(*bytes));
  if (!batch.crc_is_valid()) return corrupt("its checksum does not match");
  return batch;
}

// ---- The first pass.

wire::Status Compaction::map_turn() {
  while (source_ < plan_.sources.size()) {
    if (!scanner_) {
      const auto from = first_dirty_position(source_);
      if (!from) return from.error();
      if (auto status = open_source(source_, *from); !status) return status;
    }
    const auto more = scanner_->next();
    if (!more) return more.error();
    if (*more) {
      stats_.bytes_mapped += scanner_->entry().size;
      const auto fitted = map_entry();
      if (!fitted) return fitted.error();
      if (!*fitted) break;
      turn_bytes_ += scanner_->entry().size;
      if (turn_bytes_ >= kTurnBytes) return {};
      continue;
    }
    if (scanner_->invalid()) return corrupt(scanner_->why());
    // Offsets that compaction has taken away count as seen.
    mapped_end_ = plan_.sources[source_].next_base_offset;
    scanner_.reset();
    ++source_;
  }
  end_mapping();
  return group_sources();
}

wire::Result<bool> Compaction::map_entry() {
  const LogEntry entry = scanner_->entry();
  if (entry.last_offset < plan_.first_dirty_offset) return true;
  keys_.clear();
  const auto note = [&](std::optional<std::string_view> key, wire::Offset offset) {
    if (key && offset >= plan_.first_dirty_offset) {
      keys_.push_back({.key = map_->key_of(*key), .offset = offset});
    }
  };
  if (entry.magic == 2) {
    const auto batch = read_batch();
    if (!batch) return batch.error();
    if (batch->is_control()) {
      (void)transactions_->read_marker(*batch);
    } else if (!transactions_->read_data(*batch)) {
      const bool sound =
          walk_records(*batch, limits_.inflate_limit,
                       [&](const wire::RecordView& record) { note(record.key, record.offset); });
      if (!sound) keys_.clear();
    }
  } else {
    const auto bytes = scanner_->bytes();
    if (!bytes) return bytes.error();
    const auto old = wire::MessageSetEntry::parse(*bytes);
    if (!old || !old->crc_is_valid())
      return corrupt("an old message whose checksum does not match");
    auto status =
        wire::for_each_message(*old, limits_.inflate_limit, [&](const wire::MessageView& message) {
          note(message.key, message.offset);
          return true;
        });
    if (!status) return corrupt(status.error().detail);
  }
  for (const MappedKey& each : keys_) {
    if (map_->size() >= keys_max_ || !map_->put(each.key, each.offset)) {
      mapped_end_ = std::max(mapped_end_, each.offset);
      return false;
    }
  }
  mapped_end_ = entry.last_offset + 1;
  return true;
}

void Compaction::end_mapping() {
  scanner_.reset();
  stats_.keys = map_->size();
  transactions_ = std::make_unique<CompactionTransactions>();
  transactions_->add_aborted(plan_.aborted);
  rules_ = std::make_unique<RetentionRules>(
      *map_, *transactions_, plan_.last_records,
      RetentionLimits{.now_ms = plan_.now_ms,
                      .delete_retention_ms = plan_.options.delete_retention_ms,
                      .indexed_end_offset = mapped_end_,
                      .upper_bound_offset = plan_.upper_bound_offset,
                      .inflate_limit = limits_.inflate_limit});
}

wire::Status Compaction::group_sources() {
  int64_t size = 0;
  int64_t offset_index_size = 0;
  int64_t time_index_size = 0;
  const auto size_of = [&](wire::Offset base, std::string_view suffix) -> wire::Result<int64_t> {
    const auto info = files_.info(path(base, suffix));
    if (!info) return info.error();
    return info->size;
  };
  for (size_t i = 0; i < plan_.sources.size(); ++i) {
    const CompactionSource& source = plan_.sources[i];
    if (source.base_offset >= mapped_end_) break;
    const auto offsets = size_of(source.base_offset, kOffsetIndexSuffix);
    if (!offsets) return offsets.error();
    const auto times = size_of(source.base_offset, kTimeIndexSuffix);
    if (!times) return times.error();
    const bool fits =
        !groups_.empty() && size + source.size <= plan_.options.segment_bytes &&
        offset_index_size + *offsets <= plan_.options.segment_index_bytes &&
        time_index_size + *times <= plan_.options.segment_index_bytes &&
        (source.size == 0 ||
         source.next_base_offset - 1 - plan_.sources[groups_.back().first].base_offset <=
             INT32_MAX);
    if (!fits) {
      groups_.push_back({.first = i});
      size = offset_index_size = time_index_size = 0;
    }
    ++groups_.back().count;
    size += source.size;
    offset_index_size += *offsets;
    time_index_size += *times;
  }
  // Everything below is compacted when the last group is; until then it stays as it was.
  end_offset_ = plan_.first_dirty_offset;
  return {};
}

// ---- The second pass.

wire::Status Compaction::clean_turn() {
  const Group& group = groups_[group_];
  while (source_ < group.first + group.count) {
    if (!scanner_) {
      if (auto status = open_source(source_, 0); !status) return status;
    }
    const auto more = scanner_->next();
    if (!more) return more.error();
    if (*more) {
      stats_.bytes_read += scanner_->entry().size;
      turn_bytes_ += scanner_->entry().size;
      if (auto status = clean_entry(); !status) return status;
      if (turn_bytes_ >= kTurnBytes) return flush();
      continue;
    }
    if (scanner_->invalid()) return corrupt(scanner_->why());
    scanner_.reset();
    ++source_;
  }
  return flush();
}

wire::Status Compaction::clean_entry() {
  if (scanner_->entry().magic == 2) {
    const auto batch = read_batch();
    if (!batch) return batch.error();
    return write_kept(rules_->apply(*batch));
  }
  const auto bytes = scanner_->bytes();
  if (!bytes) return bytes.error();
  const auto old = wire::MessageSetEntry::parse(*bytes);
  if (!old || !old->crc_is_valid()) return corrupt("an old message whose checksum does not match");
  // The horizon of old formats: when the compacted part was last written (Cleaner.doClean).
  bool retain_tombstones = true;
  const auto clean =
      std::find_if(plan_.sources.rbegin(), plan_.sources.rend(),
                   [&](const auto& each) { return each.base_offset < plan_.first_dirty_offset; });
  if (clean != plan_.sources.rend()) {
    const auto here = files_.info(path(plan_.sources[source_].base_offset, kLogSuffix));
    const auto last_clean = files_.info(path(clean->base_offset, kLogSuffix));
    retain_tombstones =
        !here || !last_clean ||
        here->modified_ms > last_clean->modified_ms - plan_.options.delete_retention_ms;
  }
  auto kept = rules_->apply(*old, retain_tombstones);
  if (!kept) return corrupt(kept.error().detail);
  return write_kept(std::move(*kept));
}

wire::Status Compaction::write_kept(KeptBatch kept) {
  stats_.records_read += kept.records_read;
  stats_.records_written += kept.records_kept;
  if (kept.bytes.empty()) return {};
  const auto size = static_cast<int64_t>(kept.bytes.size());
  if (cleaned_->size() + pending_bytes_ + size > INT32_MAX) {
    return corrupt("what stays of its segment is more than a segment holds");
  }
  pending_notes_.push_back(
      {.last_offset = kept.last_offset, .max_timestamp = kept.max_timestamp, .size = size});
  pending_.push_back(std::move(kept.bytes));
  pending_bytes_ += size;
  return pending_bytes_ >= limits_.buffer_bytes ? flush() : wire::Status();
}

wire::Status Compaction::flush() {
  if (pending_.empty()) return {};
  auto file = cleaned_->file();
  if (!file) return file.error();
  if (auto status = (*file)->write(cleaned_->size(), pending_); !status) return status;
  for (const Segment::AppendedBatch& note : pending_notes_) {
    cleaned_->note_batch(note, plan_.options.index_interval_bytes);
  }
  turn_bytes_ += pending_bytes_;
  stats_.bytes_written += pending_bytes_;
  unsynced_bytes_ += pending_bytes_;
  pending_.clear();
  pending_notes_.clear();
  pending_bytes_ = 0;
  if (unsynced_bytes_ < kBytesPerSync) return {};
  unsynced_bytes_ = 0;
  return (*file)->sync();
}

wire::Status Compaction::sync_data() {
  for (const auto& file : to_sync_) {
    if (auto status = file->sync(); !status) return status;
  }
  return files_.sync_directory(plan_.path);
}

// ---- On the shard.

wire::Status Compaction::begin_group(Log& log) {
  auto cleaned = log.create_cleaned(plan_.sources[groups_[group_].first].base_offset);
  if (!cleaned) return cleaned.error();
  cleaned_ = std::move(*cleaned);
  source_ = groups_[group_].first;
  scanner_.reset();
  unsynced_bytes_ = 0;
  step_ = Step::kClean;
  return {};
}

wire::Status Compaction::seal_group() {
  for (const AbortedTransaction& retained : transactions_->take_retained()) {
    if (auto status = cleaned_->note_aborted(retained); !status) return status;
  }
  auto indexes = cleaned_->seal();
  if (!indexes) return indexes.error();
  to_sync_ = std::move(*indexes);
  auto file = cleaned_->file();
  if (!file) return file.error();
  to_sync_.push_back(std::move(*file));
  step_ = Step::kSyncData;
  return {};
}

wire::Status Compaction::next_group(Log& log) {
  if (++group_ < groups_.size()) return begin_group(log);
  end_offset_ = mapped_end_;
  step_ = Step::kDone;
  return {};
}

bool Compaction::advance(Log& log) {
  const auto act = [&]() -> wire::Status {
    if (!log.directory().online()) return log.directory().failure();
    const bool replaced = step_ == Step::kSyncDeleted;
    const size_t first = groups_.empty() ? 0 : groups_[group_].first;
    const size_t unreplaced = replaced ? first + groups_[group_].count : first;
    if (!log.holds(plan_, unreplaced)) {
      interrupted_ = true;
      abandon(log);
      return {};
    }
    if (!status_) return status_;
    switch (step_) {
      case Step::kMap:
        if (rules_ == nullptr) return {};
        if (!groups_.empty()) return begin_group(log);
        end_offset_ = mapped_end_;
        step_ = Step::kDone;
        return {};
      case Step::kClean:
        return source_ == first + groups_[group_].count ? seal_group() : wire::Status();
      case Step::kSyncData:
        to_sync_.clear();
        step_ = Step::kSyncSwap;
        return cleaned_->rename(kSwapSuffix);
      case Step::kSyncSwap: {
        step_ = Step::kSyncDeleted;
        replaced_base_ = cleaned_->base_offset();
        return log.swap_in(std::move(cleaned_), plan_, first, groups_[group_].count);
      }
      case Step::kSyncDeleted:
        if (auto status = log.finish_swap(replaced_base_); !status) return status;
        return next_group(log);
      case Step::kDone:
        return {};
    }
    return {};
  };
  if (auto status = act(); !status) {
    result_ = status;
    if (status.error().code == wire::ErrorCode::kKafkaStorageError && log.directory().online()) {
      result_ = log.directory().fail(status.error());
    }
    remove_cleaned();
    step_ = Step::kDone;
  }
  return step_ != Step::kDone;
}

void Compaction::abandon(Log& log) {
  if (step_ == Step::kSyncDeleted && log.directory().online()) {
    auto status = files_.sync_directory(plan_.path);
    if (status) status = log.finish_swap(replaced_base_);
    if (!status) log.directory().fail(status.error());
  }
  remove_cleaned();
  step_ = Step::kDone;
}

void Compaction::remove_cleaned() {
  if (!cleaned_) return;
  // A leftover .cleaned is removed by the next start; a .swap would be taken for a finished one,
  // which, as long as its sources are there, it is.
  cleaned_->remove();
  cleaned_.reset();
}

}  // namespace storage
