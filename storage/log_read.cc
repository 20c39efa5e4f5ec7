// Log: reads, and offsets by time.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "storage/log.h"
#include "storage/segment.h"
#include "storage/tail_cache.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"

namespace storage {

using wire::ErrorCode;

namespace {

// Who reads so close to the end will read what comes next.
constexpr int64_t kNearEnd = 256 << 10;

// The part of `bytes` that is whole entries below `upper_bound`, and where the next one begins.
struct WholeEntries {
  size_t size = 0;
  wire::Offset last_offset = wire::kNoOffset;
};
WholeEntries whole_entries(const wire::Bytes& bytes, wire::Offset upper_bound) {
  WholeEntries whole;
  while (whole.size < bytes.size()) {
    const auto entry = read_log_entry(bytes.span().subspan(whole.size), 0);
    if (!entry || !*entry) break;
    const auto size = static_cast<size_t>((*entry)->size);
    if (size > bytes.size() - whole.size || (*entry)->last_offset >= upper_bound) break;
    whole.size += size;
    whole.last_offset = (*entry)->last_offset;
  }
  return whole;
}

bool is_cold(const ReadRequest& request, const wire::Bytes& bytes, int64_t wanted) {
  return !request.may_wait && static_cast<int64_t>(bytes.size()) < wanted;
}

}  // namespace

wire::Result<std::optional<Log::ReadPlace>> Log::locate(wire::Offset offset) {
  for (const ReadHint& hint : hints_) {
    if (hint.offset != offset) continue;
    Segment& segment = *segments_[segment_index(offset)];
    if (segment.base_offset() != hint.segment_base || hint.position >= segment.size()) break;
    return std::optional(ReadPlace{&segment, hint.position});
  }
  if (offset >= tail_->first_offset()) {
    const TailCache::Place place = tail_->place_of(offset);
    const wire::Bytes& slab = place.bytes;
    size_t at = 0;
    for (;;) {
      const auto entry = read_log_entry(slab.span().subspan(at), 0);
      CHECK(entry.ok() && entry->has_value());
      if ((*entry)->last_offset >= offset) break;
      at += static_cast<size_t>((*entry)->size);
      if (at >= slab.size()) break;
    }
    Segment& segment = *segments_[segment_index(place.segment_base)];
    if (at < slab.size()) {
      return std::optional(ReadPlace{&segment, place.position + static_cast<int64_t>(at)});
    }
  }
  if (auto status = write_gathered(); !status) return status.error();
  for (size_t i = segment_index(offset); i < segments_.size(); ++i) {
    const auto entry = segments_[i]->find(offset);
    if (!entry) return entry.error();
    if (*entry) {
      return std::optional(ReadPlace{segments_[i].get(), (*entry)->position, (*entry)->size});
    }
  }
  return std::optional<ReadPlace>();
}

wire::Result<wire::Bytes> Log::read_bytes(const ReadPlace& place, int64_t size, bool may_wait) {
  if (tail_->holds(place.segment->base_offset(), place.position)) {
    return tail_->read(place.segment->base_offset(), place.position, size);
  }
  if (auto status = write_gathered(); !status) return status.error();
  auto file = place.segment->file();
  if (!file) return file.error();
  auto buffer = std::make_shared_for_overwrite<uint8_t[]>(static_cast<size_t>(size));
  const std::span<uint8_t> into(buffer.get(), static_cast<size_t>(size));
  const auto got =
      may_wait ? (*file)->read(place.position, into) : (*file)->read_cached(place.position, into);
  if (!got) return got.error();
  const uint8_t* data = buffer.get();
  return wire::Bytes(std::move(buffer), data, *got);
}

wire::Result<std::vector<AbortedTransaction>> Log::aborted_in(wire::Offset offset,
                                                              const ReadPlace& place,
                                                              int64_t size) {
  std::vector<AbortedTransaction> aborted;
  size_t index = segment_index(place.segment->base_offset());
  // As Kafka bounds it: by the next index entry, else by the segment's end.
  const auto bound = place.segment->offset_bound(place.position + size);
  if (!bound) return bound.error();
  const wire::Offset next_base =
      index + 1 < segments_.size() ? segments_[index + 1]->base_offset() : log_end_offset_;
  const wire::Offset below = bound->value_or(next_base);
  // A transaction that began here may have ended in any of the segments behind.
  for (; index < segments_.size(); ++index) {
    const auto complete = segments_[index]->collect_aborted(offset, below, aborted);
    if (!complete) return complete.error();
    if (*complete) break;
  }
  return aborted;
}

wire::Result<FetchedRecords> Log::must_wait(const ReadPlace& place, int64_t size) {
  auto file = place.segment->file();
  if (!file) return file.error();
  return FetchedRecords{.records = {}, .cold = ColdRange{std::move(*file), place.position, size}};
}

// Without any room Kafka looks at no batch, so that none is too large; aborted transactions are told.
wire::Result<FetchedRecords> Log::nothing_fits(const ReadRequest& request, const ReadPlace& place) {
  FetchedRecords fetched{.records = {}, .first_batch_too_large = request.max_bytes > 0};
  if (fetched.first_batch_too_large || !request.with_aborted) return fetched;
  auto aborted = aborted_in(request.offset, place, 0);
  if (!aborted) return aborted.error();
  fetched.aborted = std::move(*aborted);
  return fetched;
}

wire::Result<FetchedRecords> Log::read(const ReadRequest& request) {
  if (auto status = check_online(); !status) return status.error();
  if (request.offset < log_start_offset_ || request.offset > log_end_offset_) {
    return wire::Error{ErrorCode::kOffsetOutOfRange,
                       fmt::format("offset {} of {} is outside {} to {}", request.offset,
                                   name_.to_string(), log_start_offset_, log_end_offset_)};
  }
  if (request.offset == log_end_offset_) tail_->want();
  if (request.offset >= std::min(request.upper_bound_offset, log_end_offset_)) {
    return FetchedRecords();
  }
  const auto place = locate(request.offset);
  if (!place) return place.error();
  if (!*place) return FetchedRecords();
  Segment& segment = *(*place)->segment;
  if (&segment == &active() && segment.size() - (*place)->position <= kNearEnd) tail_->want();

  const int64_t left = segment.size() - (*place)->position;
  int64_t size = std::min(left, std::max(request.max_bytes, int64_t{wire::kBatchHeaderSize}));
  auto bytes = read_bytes(**place, size, request.may_wait);
  if (!bytes) return bytes.error();
  if (is_cold(request, *bytes, size)) return must_wait(**place, size);
  const auto first = read_log_entry(bytes->span(), 0);
  if (!first) return first.error();
  if (!*first) {
    return wire::Error{ErrorCode::kCorruptMessage, segment.path(kLogSuffix) + " ends in a header"};
  }
  if ((*first)->size > request.max_bytes) {
    if ((*first)->last_offset >= request.upper_bound_offset) return FetchedRecords();
    if (!request.min_one_message) return nothing_fits(request, **place);
    size = std::min(left, int64_t{(*first)->size});
    if (static_cast<int64_t>(bytes->size()) < size) {
      bytes = read_bytes(**place, size, request.may_wait);
      if (!bytes) return bytes.error();
      if (is_cold(request, *bytes, size)) return must_wait(**place, size);
    }
  }
  const WholeEntries whole = whole_entries(*bytes, request.upper_bound_offset);
  if (whole.size == 0) return FetchedRecords();
  remember(whole.last_offset + 1, segment.base_offset(),
           (*place)->position + static_cast<int64_t>(whole.size));
  FetchedRecords fetched{.records = bytes->slice(0, whole.size)};
  const bool has_next = whole.last_offset + 1 < request.upper_bound_offset;
  fetched.filled = has_next ? bytes->size() : whole.size;
  if (request.with_aborted) {
    auto aborted = aborted_in(request.offset, **place, static_cast<int64_t>(whole.size));
    if (!aborted) return aborted.error();
    fetched.aborted = std::move(*aborted);
  }
  return fetched;
}

TimestampOffset Log::earliest() const {
  const auto epoch = epochs_.earliest();
  return {.offset = log_start_offset_,
          .leader_epoch =
              epoch && epoch->start_offset <= log_start_offset_ ? epoch->epoch : wire::kNoEpoch};
}

TimestampOffset Log::latest() const {
  return {.offset = log_end_offset_,
          .leader_epoch = epochs_.latest_epoch().value_or(wire::kNoEpoch)};
}

namespace {

// The first record of the entry that `accept`s: its timestamp, and its offset from `from` on.
template <typename Accept>
wire::Result<std::optional<TimestampOffset>> first_record(const File& file, const LogEntry& entry,
                                                          Accept accept) {
  // Of an old format the entry itself is the answer: its offset is that of its last message.
  if (entry.magic < 2) {
    return std::optional(TimestampOffset{entry.max_timestamp, entry.last_offset, wire::kNoEpoch});
  }
  SegmentScanner scanner(file, entry.position, entry.end(), SegmentScanner::Read::kWhole);
  const auto more = scanner.next();
  if (!more) return more.error();
  if (!*more) return wire::Error{ErrorCode::kCorruptMessage, scanner.why()};
  auto bytes = scanner.bytes();
  if (!bytes) return bytes.error();
  std::optional<TimestampOffset> found;
  auto status = wire::for_each_record_view(
      wire::RecordBatchView::trusted(std::move(*bytes)), wire::kDefaultInflateLimit,
      [&](const wire::RecordView& record) {
        if (!accept(record)) return true;
        found = TimestampOffset{record.timestamp, record.offset, entry.leader_epoch};
        return false;
      });
  if (!status && !found) return status.error();
  return found;
}

}  // namespace

wire::Result<std::optional<TimestampOffset>> Log::search_segment(Segment& segment,
                                                                 wire::TimestampMs timestamp) {
  wire::Offset from = std::max(log_start_offset_, segment.base_offset());
  for (;;) {
    const auto entry = segment.find_by_timestamp(timestamp, from);
    if (!entry) return entry.error();
    if (!*entry) return std::optional<TimestampOffset>();
    const auto file = segment.file();
    if (!file) return file.error();
    auto found = first_record(**file, **entry, [&](const wire::RecordView& record) {
      return record.timestamp >= timestamp && record.offset >= log_start_offset_;
    });
    if (!found || *found) return found;
    // The header promised a timestamp that no record (left) has.
    from = (*entry)->last_offset + 1;
  }
}

wire::Result<std::optional<TimestampOffset>> Log::offset_for_timestamp(
    wire::TimestampMs timestamp) {
  if (auto status = check_online(); !status) return status.error();
  if (auto status = write_gathered(); !status) return status.error();
  for (size_t i = segment_index(log_start_offset_); i < segments_.size(); ++i) {
    const auto max = segments_[i]->max_timestamp();
    if (!max) return max.error();
    if (max->timestamp < timestamp) continue;
    auto found = search_segment(*segments_[i], timestamp);
    if (!found || *found) return found;
  }
  return std::optional<TimestampOffset>();
}

wire::Result<std::optional<TimestampOffset>> Log::offset_of_max_timestamp() {
  if (auto status = check_online(); !status) return status.error();
  if (auto status = write_gathered(); !status) return status.error();
  Segment* newest = nullptr;
  Segment::MaxTimestamp max;
  for (size_t i = segment_index(log_start_offset_); i < segments_.size(); ++i) {
    const auto each = segments_[i]->max_timestamp();
    if (!each) return each.error();
    if (each->timestamp <= max.timestamp) continue;
    max = *each;
    newest = segments_[i].get();
  }
  if (newest == nullptr) return std::optional<TimestampOffset>();
  const auto entry = newest->find(max.offset);
  if (!entry) return entry.error();
  if (!*entry) return std::optional<TimestampOffset>();
  const auto file = newest->file();
  if (!file) return file.error();
  return first_record(**file, **entry, [&](const wire::RecordView& record) {
    return record.timestamp >= max.timestamp;
  });
}

wire::Result<std::vector<wire::Offset>> Log::segment_offsets_before(
    std::optional<wire::TimestampMs> timestamp, size_t limit) {
  if (auto status = check_online(); !status) return status.error();
  std::vector<wire::Offset> offsets;
  // An empty active segment begins at the log end, which is then named once.  The log end's time is
  // now.
  if (active().size() > 0 && (!timestamp || *timestamp >= now_ms())) {
    offsets.push_back(log_end_offset_);
  }
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (offsets.size() >= limit) break;
    if (offsets.empty() && timestamp) {
      const auto modified = (*segment)->modified_ms();
      if (!modified) return modified.error();
      if (*modified > *timestamp) continue;
    }
    offsets.push_back(std::max((*segment)->base_offset(), log_start_offset_));
  }
  if (offsets.size() > limit) offsets.resize(limit);
  return offsets;
}

}  // namespace storage
