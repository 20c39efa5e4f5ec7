#include "storage/segment.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "storage/checkpoint_text.h"
#include "wire/base/elapsed.h"
#include "wire/base/log.h"

namespace storage {

namespace {

constexpr std::array kSegmentSuffixes = {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix,
                                         kTransactionIndexSuffix};

}  // namespace

std::string segment_file_name(wire::Offset base_offset, std::string_view suffix) {
  return fmt::format("{:020}{}", base_offset, suffix);
}

std::optional<wire::Offset> parse_segment_file_name(std::string_view name,
                                                    std::string_view suffix) {
  if (name.size() != kOffsetDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  const auto offset = parse_number(name.substr(0, kOffsetDigits));
  if (!offset || *offset < 0 || name[0] == '-') return std::nullopt;
  return offset;
}

wire::Result<std::unique_ptr<Segment>> Segment::create(FileSystem& files,
                                                       const std::string& directory,
                                                       wire::Offset base_offset,
                                                       wire::TimestampMs now_ms,
                                                       std::string_view suffix) {
  auto segment = std::make_unique<Segment>(files, directory, base_offset, 0, now_ms, suffix);
  auto file = files.open(segment->path(kLogSuffix), OpenMode::kCreate);
  if (!file) return file.error();
  // A leftover of a segment that was deleted and whose name came back.
  const auto size = (*file)->size();
  if (!size) return size.error();
  if (*size != 0) {
    if (auto status = (*file)->truncate(0); !status) return status.error();
  }
  segment->file_ = std::move(*file);
  segment->start_empty_indexes();
  segment->max_timestamp_ = MaxTimestamp{.offset = base_offset};
  segment->used_ = true;
  return segment;
}

std::string Segment::path(std::string_view suffix) const {
  return join_path(directory_, segment_file_name(base_offset_, suffix)) + suffix_;
}

wire::Status Segment::open_file() {
  used_ = true;
  if (file_) return {};
  auto file = files_.open(path(kLogSuffix), OpenMode::kUpdate);
  if (!file) return file.error();
  file_ = std::move(*file);
  return {};
}

wire::Result<std::shared_ptr<File>> Segment::file() {
  if (auto status = write_gathered(); !status) return status.error();
  if (auto status = open_file(); !status) return status.error();
  return file_;
}

bool Segment::must_roll(const LogOptions& options, int64_t incoming_bytes,
                        wire::Offset incoming_last_offset, wire::TimestampMs incoming_max_timestamp,
                        const wire::Clock& clock, wire::DurationMs jitter_ms) {
  if (size_ > options.segment_bytes - incoming_bytes) return true;
  if (incoming_last_offset - base_offset_ > INT32_MAX) return true;
  if (size_ == 0) return false;
  const auto known = first_timestamp();
  const wire::TimestampMs first = known ? *known : wire::kNoTimestamp;
  const wire::DurationMs age =
      first >= 0 ? wire::elapsed_ms(first, incoming_max_timestamp) : clock.wall_ms() - created_ms_;
  if (age > options.segment_ms - jitter_ms) return true;
  const auto limit = static_cast<size_t>(options.segment_index_bytes);
  return offset_index_.entries().size() >= limit / OffsetIndexEntry::kSize ||
         time_index_.entries().size() + 1 >= limit / TimeIndexEntry::kSize;
}

wire::Status Segment::write(const wire::Bytes& bytes) {
  auto open = file();
  if (!open) return open.error();
  return (*open)->write(size_, bytes);
}

void Segment::gather(wire::Bytes bytes) {
  gathered_bytes_ += bytes.size();
  gathered_.push_back(std::move(bytes));
}

wire::Status Segment::write_gathered() {
  if (gathered_.empty()) return {};
  if (auto status = open_file(); !status) return status;
  const int64_t position = size_ - static_cast<int64_t>(gathered_bytes_);
  if (auto status = file_->write(position, gathered_); !status) return status;
  gathered_.clear();
  gathered_bytes_ = 0;
  return {};
}

void Segment::note_batch(const AppendedBatch& batch, int64_t index_interval_bytes) {
  if (size_ == 0) first_timestamp_ = batch.max_timestamp;
  if (batch.max_timestamp > max_timestamp_->timestamp) {
    max_timestamp_ = MaxTimestamp{batch.max_timestamp, batch.last_offset};
  }
  if (bytes_since_index_entry_ > index_interval_bytes) {
    offset_index_.append(
        {.relative_offset = relative(batch.last_offset), .position = static_cast<int32_t>(size_)});
    add_time_entry();
    bytes_since_index_entry_ = 0;
  }
  size_ += batch.size;
  bytes_since_index_entry_ += batch.size;
}

void Segment::add_time_entry() {
  if (max_timestamp_->timestamp < 0) return;
  const TimeIndexEntry entry{.timestamp = max_timestamp_->timestamp,
                             .relative_offset = relative(max_timestamp_->offset)};
  const auto& entries = time_index_.entries();
  if (entry.may_follow(entries.empty() ? nullptr : &entries.back())) time_index_.append(entry);
}

wire::Status Segment::load_transaction_index() {
  used_ = true;
  return transaction_index_.load(files_, path(kTransactionIndexSuffix));
}

wire::Status Segment::note_aborted(const AbortedTransaction& aborted) {
  if (auto status = load_transaction_index(); !status) return status;
  const auto& entries = transaction_index_.entries();
  if (entries.empty() || entries.back().last_offset < aborted.last_offset) {
    transaction_index_.append(aborted);
  }
  return {};
}

wire::Result<bool> Segment::collect_aborted(wire::Offset from, wire::Offset below,
                                            std::vector<AbortedTransaction>& aborted) {
  if (auto status = load_transaction_index(); !status) return status.error();
  const auto& entries = transaction_index_.entries();
  auto entry = std::partition_point(entries.begin(), entries.end(),
                                    [&](const auto& e) { return e.last_offset < from; });
  for (; entry != entries.end(); ++entry) {
    if (entry->first_offset < below) aborted.push_back(*entry);
    if (entry->last_stable_offset >= below) return true;
  }
  return false;
}

wire::Result<std::optional<wire::Offset>> Segment::offset_bound(int64_t position) {
  used_ = true;
  if (auto status = offset_index_.load(files_, path(kOffsetIndexSuffix)); !status) {
    return status.error();
  }
  const auto& entries = offset_index_.entries();
  const auto entry = std::partition_point(entries.begin(), entries.end(),
                                          [&](const auto& e) { return e.position < position; });
  if (entry == entries.end()) return std::optional<wire::Offset>();
  return std::optional(base_offset_ + entry->relative_offset);
}

wire::Result<int64_t> Segment::scan_start(wire::Offset offset) {
  used_ = true;
  if (auto status = offset_index_.load(files_, path(kOffsetIndexSuffix)); !status) {
    return status.error();
  }
  const OffsetIndexEntry* entry = offset_index_.lookup(offset - base_offset_);
  // An entry behind the end can only come from an index that belongs to another file.
  return entry == nullptr || entry->position >= size_ ? int64_t{0} : int64_t{entry->position};
}

wire::Error Segment::corrupt(const SegmentScanner& scanner) const {
  return {wire::ErrorCode::kCorruptMessage,
          fmt::format("{} at byte {}: {}", path(kLogSuffix), scanner.position(), scanner.why())};
}

wire::Result<std::optional<LogEntry>> Segment::find(wire::Offset offset) {
  const auto from = scan_start(offset);
  if (!from) return from.error();
  const auto open = file();
  if (!open) return open.error();
  SegmentScanner scanner(**open, *from, size_, SegmentScanner::Read::kHeaders);
  for (;;) {
    const auto more = scanner.next();
    if (!more) return more.error();
    if (!*more) break;
    if (scanner.entry().last_offset >= offset) return std::optional(scanner.entry());
  }
  if (scanner.invalid()) {
    return wire::Error{
        wire::ErrorCode::kCorruptMessage,
        fmt::format("{} at byte {}: {}", path(kLogSuffix), scanner.position(), scanner.why())};
  }
  return std::optional<LogEntry>();
}

wire::Result<std::optional<LogEntry>> Segment::find_by_timestamp(wire::TimestampMs timestamp,
                                                                 wire::Offset start_offset) {
  if (auto status = time_index_.load(files_, path(kTimeIndexSuffix)); !status) {
    return status.error();
  }
  // Everything up to the entry below the target is older than it.
  const TimeIndexEntry* below = time_index_.lookup(timestamp);
  const wire::Offset from_offset =
      std::max(start_offset, base_offset_ + (below == nullptr ? 0 : below->relative_offset));
  const auto from = scan_start(from_offset);
  if (!from) return from.error();
  const auto open = file();
  if (!open) return open.error();
  SegmentScanner scanner(**open, *from, size_, SegmentScanner::Read::kHeaders);
  for (;;) {
    const auto more = scanner.next();
    if (!more) return more.error();
    if (!*more) return std::optional<LogEntry>();
    const LogEntry& entry = scanner.entry();
    if (entry.last_offset >= start_offset && entry.max_timestamp >= timestamp) {
      return std::optional(entry);
    }
  }
}

wire::Result<wire::Offset> Segment::read_next_offset() {
  const auto from = scan_start(INT64_MAX);
  if (!from) return from.error();
  const auto open = file();
  if (!open) return open.error();
  SegmentScanner scanner(**open, *from, size_, SegmentScanner::Read::kHeaders);
  wire::Offset next = base_offset_;
  for (;;) {
    const auto more = scanner.next();
    if (!more) return more.error();
    if (!*more) break;
    next = scanner.entry().last_offset + 1;
  }
  if (scanner.invalid()) return corrupt(scanner);
  return next;
}

wire::Result<Segment::MaxTimestamp> Segment::max_timestamp() {
  if (!max_timestamp_) {
    if (auto status = time_index_.load(files_, path(kTimeIndexSuffix)); !status) {
      return status.error();
    }
    used_ = true;
    const auto& entries = time_index_.entries();
    max_timestamp_ = entries.empty() ? MaxTimestamp{.offset = base_offset_}
                                     : MaxTimestamp{entries.back().timestamp,
                                                    base_offset_ + entries.back().relative_offset};
  }
  return *max_timestamp_;
}

wire::Result<wire::TimestampMs> Segment::first_timestamp() {
  if (!first_timestamp_) {
    const auto first = find(base_offset_);
    if (!first) return first.error();
    if (*first) first_timestamp_ = (*first)->max_timestamp;
  }
  return first_timestamp_.value_or(wire::kNoTimestamp);
}

wire::Result<wire::TimestampMs> Segment::retention_timestamp() {
  const auto max = max_timestamp();
  if (!max) return max.error();
  if (max->timestamp >= 0) return max->timestamp;
  return modified_ms();
}

wire::Result<wire::TimestampMs> Segment::modified_ms() const {
  const auto info = files_.info(path(kLogSuffix));
  if (!info) return info.error();
  return info->modified_ms;
}

wire::Status Segment::trim_transaction_index(wire::Offset offset) {
  if (auto status = load_transaction_index(); !status) return status;
  const auto& entries = transaction_index_.entries();
  const auto keep = std::partition_point(entries.begin(), entries.end(),
                                         [&](const auto& e) { return e.last_offset < offset; });
  transaction_index_.truncate(static_cast<size_t>(keep - entries.begin()));
  return {};
}

wire::Status Segment::truncate_to(wire::Offset offset) {
  if (auto status = load_indexes(); !status) return status;
  if (auto status = trim_transaction_index(offset); !status) return status;
  const auto cut = find(offset);
  if (!cut) return cut.error();
  const auto& offsets = offset_index_.entries();
  offset_index_.truncate(
      static_cast<size_t>(std::partition_point(offsets.begin(), offsets.end(),
                                               [&](const auto& e) {
                                                 return base_offset_ + e.relative_offset < offset;
                                               }) -
                          offsets.begin()));
  const auto& times = time_index_.entries();
  time_index_.truncate(
      static_cast<size_t>(std::partition_point(times.begin(), times.end(),
                                               [&](const auto& e) {
                                                 return base_offset_ + e.relative_offset < offset;
                                               }) -
                          times.begin()));
  if (*cut) {
    const auto open = file();
    if (!open) return open.error();
    if (auto status = (*open)->truncate((*cut)->position); !status) return status;
    size_ = (*cut)->position;
  }
  if (size_ == 0) first_timestamp_.reset();
  // What the time index does not say of the batches behind its last entry must be read.
  max_timestamp_.reset();
  auto max = max_timestamp();
  if (!max) return max.error();
  const auto from = scan_start(max->offset);
  if (!from) return from.error();
  const auto open = file();
  if (!open) return open.error();
  SegmentScanner scanner(**open, *from, size_, SegmentScanner::Read::kHeaders);
  for (;;) {
    const auto more = scanner.next();
    if (!more) return more.error();
    if (!*more) break;
    if (scanner.entry().max_timestamp > max_timestamp_->timestamp) {
      max_timestamp_ = MaxTimestamp{scanner.entry().max_timestamp, scanner.entry().last_offset};
    }
  }
  bytes_since_index_entry_ = size_ - (offsets.empty() ? 0 : offsets.back().position);
  return {};
}

wire::Result<int64_t> Segment::trim_indexes(wire::Offset offset) {
  if (auto status = load_indexes(); !status) return status.error();
  const auto& offsets = offset_index_.entries();
  auto keep = std::partition_point(offsets.begin(), offsets.end(), [&](const auto& e) {
    return base_offset_ + e.relative_offset < offset && e.position < size_;
  });
  if (keep != offsets.begin()) {
    const OffsetIndexEntry& last = *std::prev(keep);
    const auto open = file();
    if (!open) return open.error();
    SegmentScanner scanner(**open, last.position, size_, SegmentScanner::Read::kHeaders);
    const auto more = scanner.next();
    if (!more) return more.error();
    const bool agrees = *more && scanner.entry().last_offset == base_offset_ + last.relative_offset;
    if (!agrees) keep = offsets.begin();
  }
  offset_index_.truncate(static_cast<size_t>(keep - offsets.begin()));
  const int32_t last_kept = offsets.empty() ? -1 : offsets.back().relative_offset;
  const auto& times = time_index_.entries();
  time_index_.truncate(static_cast<size_t>(
      std::partition_point(times.begin(), times.end(),
                           [&](const auto& e) { return e.relative_offset <= last_kept; }) -
      times.begin()));
  return offsets.empty() ? int64_t{0} : int64_t{offsets.back().position};
}

wire::Result<int64_t> Segment::recover(
    const Recovery& how, const std::function<void(const wire::RecordBatchView&)>& visit) {
  auto from = trim_indexes(how.trusted_offset);
  if (!from) return from.error();
  if (auto status = trim_transaction_index(how.trusted_offset); !status) return status.error();
  max_timestamp_.reset();
  first_timestamp_.reset();
  if (auto max = max_timestamp(); !max) return max.error();
  const auto open = file();
  if (!open) return open.error();
  const int64_t file_size = size_;
  SegmentScanner scanner(**open, *from, file_size, SegmentScanner::Read::kWhole);
  size_ = *from;
  // The batch of the last entry kept is read again: it has its entry.
  bytes_since_index_entry_ = 0;
  wire::Offset next = std::max(base_offset_, *from == 0 ? how.expected_offset : base_offset_);
  for (;;) {
    const auto more = scanner.next();
    if (!more) return more.error();
    if (!*more) break;
    const LogEntry& entry = scanner.entry();
    if (entry.base_offset < next || entry.last_offset - base_offset_ > INT32_MAX) break;
    if (entry.magic == 2) {
      auto bytes = scanner.bytes();
      if (!bytes) return bytes.error();
      const auto batch = wire::RecordBatchView::trusted(std::move(*bytes));
      if (how.checks_checksums && !batch.crc_is_valid()) break;
      if (visit) visit(batch);
    }
    note_batch({.last_offset = entry.last_offset,
                .max_timestamp = entry.max_timestamp,
                .size = entry.size},
               how.index_interval_bytes);
    next = entry.last_offset + 1;
  }
  if (size_ != file_size) {
    if (auto status = (*open)->truncate(size_); !status) return status.error();
  }
  return file_size - size_;
}

wire::Result<std::vector<std::shared_ptr<File>>> Segment::seal() {
  if (auto status = load_indexes(); !status) return status.error();
  if (auto max = max_timestamp(); !max) return max.error();
  add_time_entry();
  // Kafka takes a segment without an .index file for a damaged one.
  return write_back(true);
}

wire::Result<std::vector<std::shared_ptr<File>>> Segment::write_indexes() {
  return write_back(false);
}

wire::Result<std::vector<std::shared_ptr<File>>> Segment::write_back(bool even_if_empty) {
  std::vector<std::shared_ptr<File>> written;
  const std::string times = path(kTimeIndexSuffix);
  if (time_index_.dirty() || (even_if_empty && !files_.exists(times))) {
    auto file = time_index_.write_back(files_, times);
    if (!file) return file.error();
    written.push_back(std::move(*file));
  }
  const std::string offsets = path(kOffsetIndexSuffix);
  if (offset_index_.dirty() || (even_if_empty && !files_.exists(offsets))) {
    auto file = offset_index_.write_back(files_, offsets);
    if (!file) return file.error();
    written.push_back(std::move(*file));
  }
  if (transaction_index_.dirty()) {
    auto file = transaction_index_.write_back(files_, path(kTransactionIndexSuffix));
    if (!file) return file.error();
    written.push_back(std::move(*file));
  }
  return written;
}

bool Segment::release_unused(bool is_active) {
  if (std::exchange(used_, false)) return false;
  file_.reset();
  if (is_active) return true;
  if (offset_index_.loaded() && !offset_index_.dirty()) offset_index_.unload();
  if (time_index_.loaded() && !time_index_.dirty()) time_index_.unload();
  if (transaction_index_.loaded() && !transaction_index_.dirty()) transaction_index_.unload();
  return true;
}

wire::Result<DeletedFiles> Segment::rename_deleted() {
  DeletedFiles deleted;
  for (const auto suffix : kSegmentSuffixes) {
    const std::string from = path(suffix);
    if (!files_.exists(from)) continue;
    const std::string to = from + std::string(kDeletedSuffix);
    if (auto status = files_.rename(from, to); !status) return status.error();
    deleted.paths.push_back(to);
  }
  deleted.data = std::move(file_);
  return deleted;
}

wire::Status Segment::rename(std::string_view suffix) {
  const size_t old_size = suffix_.size();
  for (const auto each : kSegmentSuffixes) {
    const std::string from = path(each);
    if (!files_.exists(from)) continue;
    const std::string to = from.substr(0, from.size() - old_size) + std::string(suffix);
    if (auto status = files_.rename(from, to); !status) return status;
  }
  suffix_ = suffix;
  return {};
}

void Segment::remove() {
  for (const auto suffix : kSegmentSuffixes) {
    const std::string path = this->path(suffix);
    if (!files_.exists(path)) continue;
    if (auto status = files_.remove(path); !status) wire::log::warn("{}", status.error().detail);
  }
}

bool Segment::has_indexes() const {
  return files_.exists(path(kOffsetIndexSuffix)) && files_.exists(path(kTimeIndexSuffix));
}

void Segment::start_empty_indexes() {
  offset_index_.start_empty();
  time_index_.start_empty();
  transaction_index_.start_empty();
}

wire::Status Segment::load_indexes() {
  if (auto status = offset_index_.load(files_, path(kOffsetIndexSuffix)); !status) return status;
  return time_index_.load(files_, path(kTimeIndexSuffix));
}

}  // namespace storage
