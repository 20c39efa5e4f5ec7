#include "storage/segment_scanner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "wire/base/big_endian.h"

namespace storage {

namespace {

constexpr int64_t kHeaderWindow = 16 << 10;
constexpr int64_t kWholeWindow = 1 << 20;

// Where an entry of format 1 keeps its timestamp; format 0 has none.
constexpr size_t kOldTimestampAt = 18;
constexpr size_t kOldHeaderSize = kOldTimestampAt + 8;
constexpr size_t kOldSmallest = 26;  // format 0 with null key and null value

}  // namespace

wire::Result<std::optional<LogEntry>> read_log_entry(std::span<const uint8_t> bytes,
                                                     int64_t position) {
  auto extent = wire::read_entry_extent(bytes);
  if (!extent) return extent.error();
  if (!*extent) return std::optional<LogEntry>();
  LogEntry entry{.position = position,
                 .size = static_cast<int64_t>((*extent)->size),
                 .magic = (*extent)->magic,
                 .base_offset = (*extent)->offset,
                 .last_offset = (*extent)->offset};
  if (entry.magic < 2) {
    if (entry.size < static_cast<int64_t>(kOldSmallest)) {
      return wire::Error{wire::ErrorCode::kCorruptMessage,
                         "an old message smaller than its header"};
    }
    if (bytes.size() < kOldHeaderSize) return std::optional<LogEntry>();
    if (entry.magic == 1) {
      entry.max_timestamp = wire::load_big_endian<int64_t>(bytes.data() + kOldTimestampAt);
    }
    return std::optional(entry);
  }
  if (bytes.size() < wire::kBatchHeaderSize) return std::optional<LogEntry>();
  const auto header =
      wire::RecordBatchView::trusted(wire::Bytes::unowned(bytes.first(wire::kBatchHeaderSize)));
  if (header.last_offset_delta() < 0 || header.base_offset() < 0 ||
      header.base_offset() > INT64_MAX - INT32_MAX - 1) {
    return wire::Error{wire::ErrorCode::kCorruptMessage,
                       fmt::format("a batch with base offset {} and last offset delta {}",
                                   header.base_offset(), header.last_offset_delta())};
  }
  entry.last_offset = header.last_offset();
  entry.max_timestamp = header.max_timestamp();
  entry.leader_epoch = header.partition_leader_epoch();
  return std::optional(entry);
}

SegmentScanner::SegmentScanner(const File& file, int64_t from, int64_t to, Read how)
    : SegmentScanner(file, from, to, how == Read::kHeaders ? kHeaderWindow : kWholeWindow) {}

SegmentScanner::SegmentScanner(const File& file, int64_t from, int64_t to, int64_t window_bytes)
    : file_(file), position_(from), end_(to), window_size_(window_bytes) {}

std::span<const uint8_t> SegmentScanner::window_from(int64_t at) const {
  if (at < window_at_ || at >= window_at_ + window_fill_) return {};
  return {window_.get() + (at - window_at_), static_cast<size_t>(window_at_ + window_fill_ - at)};
}

wire::Status SegmentScanner::fill(int64_t at, int64_t size) {
  if (static_cast<int64_t>(window_from(at).size()) >= std::min(size, end_ - at)) return {};
  const int64_t wanted = std::min(std::max(size, window_size_), end_ - at);
  // A batch handed out may still look at the old window.
  if (window_capacity_ < wanted || window_.use_count() > 1) {
    window_ = std::make_shared_for_overwrite<uint8_t[]>(static_cast<size_t>(wanted));
    window_capacity_ = wanted;
  }
  window_fill_ = 0;
  const auto got = file_.read(at, {window_.get(), static_cast<size_t>(wanted)});
  if (!got) return got.error();
  window_at_ = at;
  window_fill_ = static_cast<int64_t>(*got);
  return {};
}

wire::Result<bool> SegmentScanner::next() {
  if (position_ >= end_ || invalid()) return false;
  if (auto status = fill(position_, wire::kBatchHeaderSize); !status) return status.error();
  const auto entry = read_log_entry(window_from(position_), position_);
  if (!entry) {
    why_ = entry.error().detail;
    return false;
  }
  if (!*entry || (*entry)->end() > end_) {
    why_ = "the file ends within a batch";
    return false;
  }
  entry_ = **entry;
  position_ = entry_.end();
  return true;
}

wire::RecordBatchView SegmentScanner::header() const {
  const auto window = window_from(entry_.position);
  CHECK(entry_.magic == 2);
  CHECK(window.size() >= wire::kBatchHeaderSize);
  return wire::RecordBatchView::trusted({window_, window.data(), wire::kBatchHeaderSize});
}

wire::Result<wire::Bytes> SegmentScanner::bytes() {
  if (auto status = fill(entry_.position, entry_.size); !status) return status.error();
  const auto window = window_from(entry_.position);
  if (static_cast<int64_t>(window.size()) < entry_.size) {
    return wire::Error{wire::ErrorCode::kKafkaStorageError, "the file shrank while it was read"};
  }
  return wire::Bytes(window_, window.data(), static_cast<size_t>(entry_.size));
}

}  // namespace storage
