#include "storage/log_loader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/core.h>

#include "storage/checkpoints.h"
#include "wire/base/log.h"

namespace storage {

namespace {

constexpr std::string_view kTemporarySuffix = ".tmp";

// The base offset at the front of any of a segment's files, whatever follows.
std::optional<wire::Offset> base_offset_of(std::string_view name) {
  if (name.size() <= kOffsetDigits || name[kOffsetDigits] != '.') return std::nullopt;
  return parse_segment_file_name(name, name.substr(kOffsetDigits));
}

}  // namespace

wire::Result<std::unique_ptr<Log>> Log::open(LogDirectory& directory, LogOpen how) {
  if (!directory.online()) return directory.failure();
  const bool clean = how.clean_shutdown;
  const wire::Uuid topic_id = how.topic_id;
  std::unique_ptr<Log> log(new Log(directory, std::move(how)));
  if (auto status = LogLoader(*log, clean, topic_id).load(); !status) return status.error();
  return log;
}

wire::Status LogLoader::load() {
  if (auto status = read_directory(); !status) return status;
  if (auto status = remove_temporary_files(); !status) return status;
  if (auto status = read_metadata(); !status) return status;
  if (auto status = open_segments(); !status) return status;
  if (!clean_) {
    if (auto status = recover_segments(); !status) return status;
  }
  if (auto status = find_log_end(); !status) return status;
  if (auto status = settle_epochs_and_producers(); !status) return status;
  // Thousands of logs are opened at once, and most are not used soon.
  for (const auto& segment : log_.segments_) {
    const bool is_active = segment == log_.segments_.back();
    if (is_active && log_.flushed_offset_ != log_.log_end_offset_) continue;
    segment->release_unused(is_active);
    segment->release_unused(is_active);
  }
  // A segment that came back after a power cut would not fit to what is appended now.
  return changed_ ? files().sync_directory(log_.path_) : wire::Status();
}

wire::Status LogLoader::read_directory() {
  if (!files().exists(log_.path_)) {
    if (auto status = files().make_directory(log_.path_); !status) return status;
    log_.unsynced_.parent = true;
    return {};
  }
  const auto entries = files().list(log_.path_);
  if (!entries) return entries.error();
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.is_directory) names_.push_back(entry.name);
  }
  return {};
}

wire::Status LogLoader::remove(const std::string& name) {
  changed_ = true;
  std::erase(names_, name);
  return files().remove(in_log(name));
}

wire::Status LogLoader::remove_temporary_files() {
  // A compaction writes .cleaned files, renames them to .swap when all are complete, and then to
  // their final names: a .swap beside a .cleaned file that is not behind it belongs to a compaction
  // that did not get so far.
  std::set<std::string> swaps;
  wire::Offset smallest_cleaned = std::numeric_limits<wire::Offset>::max();
  for (const std::string& name : std::vector(names_)) {
    const bool cleaned = name.ends_with(kCleanedSuffix);
    if (cleaned) smallest_cleaned = std::min(smallest_cleaned, base_offset_of(name).value_or(0));
    if (name.ends_with(kSwapSuffix)) swaps.insert(name);
    if (cleaned || name.ends_with(kDeletedSuffix) || name.ends_with(kTemporarySuffix)) {
      if (auto status = remove(name); !status) return status;
    }
  }
  for (auto swap = swaps.begin(); swap != swaps.end();) {
    if (base_offset_of(*swap).value_or(0) < smallest_cleaned) {
      ++swap;
      continue;
    }
    if (auto status = remove(*swap); !status) return status;
    swap = swaps.erase(swap);
  }
  return finish_swaps(swaps);
}

wire::Status LogLoader::finish_swaps(const std::set<std::string>& swaps) {
  wire::Offset first = std::numeric_limits<wire::Offset>::max();
  wire::Offset end = std::numeric_limits<wire::Offset>::min();
  const std::string log_swap = std::string(kLogSuffix) + std::string(kSwapSuffix);
  for (const std::string& swap : swaps) {
    const auto base = parse_segment_file_name(swap, log_swap);
    if (!base) continue;
    const auto file = files().open(in_log(swap), OpenMode::kRead);
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    SegmentScanner scanner(**file, 0, *size, SegmentScanner::Read::kHeaders);
    for (;;) {
      const auto more = scanner.next();
      if (!more) return more.error();
      if (!*more) break;
      end = std::max(end, scanner.entry().last_offset + 1);
    }
    first = std::min(first, *base);
  }
  // The segments that were compacted into these give way.
  for (const std::string& name : std::vector(names_)) {
    const auto base = base_offset_of(name);
    if (swaps.contains(name) || !base || *base < first || *base >= end) continue;
    if (auto status = remove(name); !status) return status;
  }
  // Not before they are gone for good: one that came back after a power cut would stand beside what
  // replaced it.
  if (!swaps.empty()) {
    if (auto status = files().sync_directory(log_.path_); !status) return status;
  }
  for (const std::string& swap : swaps) {
    const std::string name = swap.substr(0, swap.size() - kSwapSuffix.size());
    if (auto status = files().rename(in_log(swap), in_log(name)); !status) return status;
    std::erase(names_, swap);
    names_.push_back(name);
    changed_ = true;
  }
  std::sort(names_.begin(), names_.end());
  return {};
}

wire::Status LogLoader::read_metadata() {
  if (files().exists(in_log(kPartitionMetadataFile))) {
    const std::string path = in_log(kPartitionMetadataFile);
    const auto text = read_file(files(), path);
    if (!text) return text.error();
    // An empty one is what a power cut leaves of a log that was just created; it has no records
    // then.
    if (!text->empty()) {
      auto topic_id = parse_partition_metadata(text->view(), path);
      if (!topic_id) return topic_id.error();
      log_.topic_id_ = *topic_id;
    }
  }
  if (log_.topic_id_.is_zero() && !topic_id_.is_zero()) {
    if (auto status = write_topic_id(); !status) return status;
  }
  if (files().exists(in_log(kEpochsFile))) {
    const auto text = read_file(files(), in_log(kEpochsFile));
    if (!text) return text.error();
    auto epochs = LeaderEpochs::parse(*text, in_log(kEpochsFile));
    if (!epochs) return epochs.error();
    log_.epochs_ = std::move(*epochs);
  }
  return {};
}

wire::Status LogLoader::write_topic_id() {
  // In place as soon as the log is, for a process that is killed; synced with the first records, for a power cut.
  const std::string path = in_log(kPartitionMetadataFile);
  const std::string temporary = path + std::string(kTemporarySuffix);
  auto file = files().open(temporary, OpenMode::kCreate);
  if (!file) return file.error();
  if (auto status = (*file)->truncate(0); !status) return status;
  auto status = (*file)->write(0, wire::Bytes::adopt(to_partition_metadata_text(topic_id_)));
  if (!status) return status;
  if (status = files().rename(temporary, path); !status) return status;
  log_.topic_id_ = topic_id_;
  log_.unsynced_.files.push_back(std::move(*file));
  log_.unsynced_.names = true;
  return {};
}

wire::Status LogLoader::open_segments() {
  for (const std::string& name : std::vector(names_)) {
    const auto base = parse_segment_file_name(name, kLogSuffix);
    if (base) {
      const auto info = files().info(in_log(name));
      if (!info) return info.error();
      log_.segments_.push_back(
          std::make_unique<Segment>(files(), log_.path_, *base, info->size, log_.now_ms()));
      continue;
    }
    if (const auto snapshot = parse_segment_file_name(name, kSnapshotSuffix)) {
      log_.snapshots_.push_back(*snapshot);
      continue;
    }
    const auto any = base_offset_of(name);
    if (!any) continue;
    const bool is_index = name.ends_with(kOffsetIndexSuffix) || name.ends_with(kTimeIndexSuffix) ||
                          name.ends_with(kTransactionIndexSuffix);
    if (is_index && !files().exists(in_log(segment_file_name(*any, kLogSuffix)))) {
      wire::log::warn("removing {}: its segment is gone", in_log(name));
      if (auto status = remove(name); !status) return status;
    }
  }
  std::sort(log_.segments_.begin(), log_.segments_.end(),
            [](const auto& a, const auto& b) { return a->base_offset() < b->base_offset(); });
  // A segment without its indexes cannot be trusted either, whatever the shutdown was.
  for (size_t i = 0; i < log_.segments_.size(); ++i) {
    const bool last = i + 1 == log_.segments_.size();
    if (log_.segments_[i]->has_indexes() || (last && !clean_)) continue;
    if (auto cut = recover(i, 0, 0); !cut) return cut.error();
  }
  return {};
}

wire::Result<bool> LogLoader::recover(size_t index, wire::Offset trusted, wire::Offset expected) {
  Segment& segment = *log_.segments_[index];
  const PlantedBug bug = log_.directory_.services().planted_bug;
  const auto cut = segment.recover(
      {.trusted_offset = trusted,
       .expected_offset = expected,
       .index_interval_bytes = log_.options_->index_interval_bytes,
       .checks_checksums = bug != PlantedBug::kRecoveryTrustsChecksums},
      [&](const wire::RecordBatchView& batch) {
        if (batch.is_control() && batch.is_transactional()) {
          first_marker_ = std::min(first_marker_.value_or(INT64_MAX), batch.base_offset());
        }
        const wire::Epoch epoch = batch.partition_leader_epoch();
        if (epoch <= log_.epochs_.latest_epoch().value_or(wire::kNoEpoch)) return;
        if (log_.epochs_.assign(epoch, batch.base_offset())) log_.unsynced_.epochs = true;
      });
  if (!cut) return cut.error();
  const auto end = segment.read_next_offset();
  if (!end) return end.error();
  const bool last = index + 1 == log_.segments_.size();
  auto indexes = last && *cut == 0 ? segment.write_indexes() : segment.seal();
  if (!indexes) return indexes.error();
  // What was only in the page cache when the last process died is still not on the disk.
  if (*cut != 0 || *end > log_.recovery_point_ || !indexes->empty()) {
    auto file = segment.file();
    if (!file) return file.error();
    log_.unsynced_.files.push_back(std::move(*file));
    for (auto& each : *indexes) log_.unsynced_.files.push_back(std::move(each));
    log_.unsynced_.names = true;
  }
  if (*cut != 0) {
    wire::log::warn("{}: cut off {} bytes that are no valid batches", segment.path(kLogSuffix),
                    *cut);
  }
  return *cut != 0;
}

wire::Status LogLoader::recover_segments() {
  auto& segments = log_.segments_;
  if (segments.empty()) return {};
  const size_t first = log_.segment_index(log_.recovery_point_);
  wire::Offset expected = 0;
  for (size_t i = first; i < segments.size(); ++i) {
    // A segment begins where the one before it ends.  A gap here, behind the recovery point, is what a power cut leaves
    // that kept a new file's name and lost the last records of the old file.  (Compaction leaves gaps of its own.)
    const wire::Offset base = segments[i]->base_offset();
    const bool gap = i != first && base > expected && !log_.options_->compact;
    if (base < expected || gap) return drop_segments_from(i);
    const auto cut = recover(i, log_.recovery_point_, expected);
    if (!cut) return cut.error();
    if (*cut) return drop_segments_from(i + 1);
    const auto next = segments[i]->read_next_offset();
    if (!next) return next.error();
    expected = *next;
  }
  return {};
}

wire::Status LogLoader::drop_segments_from(size_t index) {
  while (log_.segments_.size() > index) {
    Segment& segment = *log_.segments_.back();
    wire::log::warn("removing {}: it lies behind the end of the log", segment.path(kLogSuffix));
    for (const auto suffix :
         {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix, kTransactionIndexSuffix}) {
      const std::string path = segment.path(suffix);
      if (!files().exists(path)) continue;
      if (auto status = files().remove(path); !status) return status;
    }
    changed_ = true;
    log_.segments_.pop_back();
  }
  return {};
}

wire::Status LogLoader::find_log_end() {
  auto& segments = log_.segments_;
  if (!segments.empty()) {
    auto end = segments.back()->read_next_offset();
    if (!end && end.error().code == wire::ErrorCode::kCorruptMessage) {
      wire::log::warn("after a clean shutdown: {}", end.error().detail);
      if (auto cut = recover(segments.size() - 1, 0, 0); !cut) return cut.error();
      end = segments.back()->read_next_offset();
    }
    if (!end) return end.error();
    log_.log_end_offset_ = *end;
    if (*end < log_.log_start_offset_) {
      wire::log::warn("{} ends at {}, below its log start offset {}: starting over there",
                      log_.path_, *end, log_.log_start_offset_);
      if (auto status = drop_segments_from(0); !status) return status;
      log_.epochs_.clear();
      log_.unsynced_.epochs = true;
    }
  }
  if (segments.empty()) {
    auto segment = Segment::create(files(), log_.path_, log_.log_start_offset_, log_.now_ms());
    if (!segment) return segment.error();
    segments.push_back(std::move(*segment));
    log_.log_end_offset_ = log_.log_start_offset_;
    log_.unsynced_.names = true;
  }
  Segment& active = *segments.back();
  if (auto status = active.load_indexes(); !status) return status;
  if (auto max = active.max_timestamp(); !max) return max.error();
  log_.recovery_point_ =
      clean_ ? log_.log_end_offset_ : std::min(log_.recovery_point_, log_.log_end_offset_);
  log_.flushed_offset_ = log_.recovery_point_;
  if (!clean_) {
    // A process that was killed may have created files whose names only the page cache knows: what
    // is acknowledged from now on must not go with them.  Before the first checkpoint all of it.
    log_.unsynced_.names = true;
    if (log_.recovery_point_ == 0) {
      log_.unsynced_.parent = true;
      log_.unsynced_.topic_id = files().exists(in_log(kPartitionMetadataFile));
    }
  }
  log_.log_start_offset_ = std::max(log_.log_start_offset_, segments.front()->base_offset());
  log_.high_watermark_ =
      std::clamp(log_.high_watermark_, log_.log_start_offset_, log_.log_end_offset_);
  return {};
}

wire::Status LogLoader::settle_epochs_and_producers() {
  const bool cut_end = log_.epochs_.truncate_from_end(log_.log_end_offset_);
  const bool cut_start = log_.epochs_.truncate_from_start(log_.log_start_offset_);
  if (cut_end || cut_start) log_.unsynced_.epochs = true;
  // A snapshot behind the marker does not know where its transaction began.
  if (first_marker_) log_.remove_snapshots(INT64_MIN, *first_marker_);
  if (auto status = log_.rebuild_producers(clean_ && !first_marker_); !status) return status;
  if (!first_marker_) return {};
  // The aborted transactions that this has found again belong into the files of sealed segments now:
  // checkpoints write the active one's, and the next recovery may begin behind them.
  for (size_t i = 0; i + 1 < log_.segments_.size(); ++i) {
    auto written = log_.segments_[i]->write_indexes();
    if (!written) return written.error();
    if (!written->empty()) log_.unsynced_.names = true;
    for (auto& file : *written) log_.unsynced_.files.push_back(std::move(file));
  }
  return {};
}

}  // namespace storage
