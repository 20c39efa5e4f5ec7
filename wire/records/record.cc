#include "wire/records/record.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "wire/base/varint.h"
#include "wire/records/compression.h"

namespace wire {
namespace {

Error invalid(std::string detail) {
  return {ErrorCode::kInvalidRecord, std::move(detail)};
}

// What the records' deltas are relative to.
struct Origin {
  explicit Origin(const RecordBatchView& batch)
      : offset(batch.base_offset()),
        timestamp(batch.base_timestamp()),
        sequence(batch.base_sequence()) {
    if (batch.timestamp_type() == TimestampType::kLogAppendTime)
      append_time = batch.max_timestamp();
  }

  Offset offset;
  TimestampMs timestamp;
  int32_t sequence;
  std::optional<TimestampMs> append_time;
};

// Deltas are the client's: sums wrap instead of overflowing.
int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Reads the body of one record from [in, end).
class BodyReader {
 public:
  BodyReader(const uint8_t* in, const uint8_t* end) : in_(in), end_(end) {}

  Status read(const Origin& origin, RecordView& record) {
    if (in_ == end_) return broken();
    ++in_;  // attributes: unused
    int64_t timestamp_delta = 0;
    if (!varlong(timestamp_delta) || !varint(record.offset_delta)) return broken();
    record.timestamp = origin.append_time.value_or(wrapping_add(origin.timestamp, timestamp_delta));
    record.offset = wrapping_add(origin.offset, record.offset_delta);
    record.sequence =
        origin.sequence < 0 ? kNoSequence : advance_sequence(origin.sequence, record.offset_delta);
    if (!field(record.key) || !field(record.value)) return broken();
    Status headers = read_headers(record);
    if (!headers.ok()) return headers;
    if (in_ != end_) {
      return invalid(
          fmt::format("Invalid record size: {} bytes are left behind the last header", end_ - in_));
    }
    return {};
  }

 private:
  Status read_headers(RecordView& record) {
    record.headers.clear();
    int32_t count = 0;
    if (!varint(count)) return broken();
    if (count < 0) return invalid(fmt::format("Found invalid number of record headers {}", count));
    if (count > end_ - in_) {
      return invalid(
          fmt::format("Found invalid number of record headers. {} is larger than the "
                      "remaining size of the buffer",
                      count));
    }
    for (int32_t i = 0; i < count; ++i) {
      std::optional<std::string_view> key;
      RecordHeader header;
      if (!field(key)) return broken();
      if (!key.has_value()) return invalid("Invalid negative header key size");
      header.key = *key;
      if (!field(header.value)) return broken();
      record.headers.push_back(header);
    }
    return {};
  }

  bool varint(int32_t& value) {
    in_ = get_varint(in_, end_, value);
    return in_ != nullptr;
  }
  bool varlong(int64_t& value) {
    in_ = get_varlong(in_, end_, value);
    return in_ != nullptr;
  }
  // Any negative length is null, as in Java.
  bool field(std::optional<std::string_view>& value) {
    int32_t length = 0;
    if (!varint(length)) return false;
    if (length < 0) {
      value.reset();
      return true;
    }
    if (length > end_ - in_) return false;
    value.emplace(reinterpret_cast<const char*>(in_), static_cast<size_t>(length));
    in_ += length;
    return true;
  }
  static Error broken() { return invalid("Found invalid record structure"); }

  const uint8_t* in_;
  const uint8_t* end_;
};

// The plain bytes of a compressed batch, a chunk at a time.  A chunk that a kept slice refers to is
// left to it; otherwise it is used again, so that memory is one chunk or one record, whichever is
// larger.
class InflatedChunks {
 public:
  InflatedChunks(CompressionType type, const Bytes& packed, size_t limit)
      : source_(Decompressor::create(type, packed.span())),
        left_(limit),
        capacity_(std::clamp(packed.size() * 4, kMinChunk, kMaxChunk)),
        chunk_(std::make_shared_for_overwrite<uint8_t[]>(capacity_)) {}

  const uint8_t* begin() const { return chunk_.get() + begin_; }
  const uint8_t* end() const { return chunk_.get() + end_; }
  size_t size() const { return end_ - begin_; }
  void consume(size_t bytes) { begin_ += bytes; }
  std::shared_ptr<const void> owner() const { return chunk_; }

  // Tries to have `wanted` bytes in one piece; fewer are there only at the end of the data.
  Status require(size_t wanted) {
    while (size() < wanted && !ended_) {
      make_room(wanted);
      const size_t room = std::min(capacity_ - end_, left_ + 1);
      const Result<size_t> got = source_->read(std::span(chunk_.get() + end_, room));
      if (!got.ok()) return got.error();
      if (*got > left_) return invalid("Compressed records inflate beyond the limit");
      left_ -= *got;
      end_ += *got;
      ended_ = *got < room;
    }
    return {};
  }

 private:
  static constexpr size_t kMinChunk = 4 * 1024;
  static constexpr size_t kMaxChunk = 64 * 1024;

  // Leaves room behind end_.  Grows at most to twice what has really arrived, whatever is wanted.
  void make_room(size_t wanted) {
    if (end_ < capacity_) return;
    const size_t kept = size();
    const size_t needed = std::min(wanted, kept * 2);
    std::shared_ptr<uint8_t[]> target = chunk_;
    if (needed > capacity_ || kept == capacity_ || chunk_.use_count() > 1) {
      capacity_ = std::max({capacity_, needed, kept * 2});
      target = std::make_shared_for_overwrite<uint8_t[]>(capacity_);
    } else {
      std::atomic_thread_fence(std::memory_order_acquire);
    }
    std::memmove(target.get(), chunk_.get() + begin_, kept);
    chunk_ = std::move(target);
    begin_ = 0;
    end_ = kept;
  }

  std::unique_ptr<Decompressor> source_;
  size_t left_;
  size_t capacity_;
  std::shared_ptr<uint8_t[]> chunk_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool ended_ = false;
};

using Visit = absl::FunctionRef<bool(const RecordView&, const std::shared_ptr<const void>&)>;

// Reads one record, of which `in` is the length, and shows it.  `size` gets its extent.
Status show_record(const uint8_t* in, const uint8_t* end, const Origin& origin, RecordView& record,
                   size_t& size) {
  int32_t length = 0;
  const uint8_t* body = get_varint(in, end, length);
  if (body == nullptr) return invalid("Incorrect declared batch size, premature EOF reached");
  if (length < 0 || length > end - body) {
    return invalid(
        fmt::format("Invalid record size: expected {} bytes in record payload, but "
                    "instead the buffer has only {} remaining bytes.",
                    length, end - body));
  }
  record.size = static_cast<size_t>(body - in) + static_cast<size_t>(length);
  size = record.size;
  return BodyReader(body, body + length).read(origin, record);
}

Status walk_plain(const RecordBatchView& batch, const Bytes& records,
                  absl::FunctionRef<bool(const RecordView&)> visit) {
  const Origin origin(batch);
  RecordView record;
  const uint8_t* in = records.begin();
  for (int32_t i = 0; i < batch.record_count(); ++i) {
    size_t size = 0;
    Status status = show_record(in, records.end(), origin, record, size);
    if (!status.ok()) return status;
    in += size;
    if (!visit(record)) return {};
  }
  if (in != records.end() && batch.record_count() > 0) {
    return invalid("Incorrect declared batch size, records still remaining in file");
  }
  return {};
}

Status walk_compressed(const RecordBatchView& batch, const Bytes& packed, size_t inflate_limit,
                       Visit visit) {
  const Origin origin(batch);
  RecordView record;
  InflatedChunks plain(batch.compression(), packed, inflate_limit);
  for (int32_t i = 0; i < batch.record_count(); ++i) {
    if (Status got = plain.require(kMaxVarintSize); !got.ok()) return got;
    int32_t length = 0;
    const uint8_t* body = get_varint(plain.begin(), plain.end(), length);
    if (body != nullptr && length > 0) {
      const auto prefix = static_cast<size_t>(body - plain.begin());
      if (Status got = plain.require(prefix + static_cast<size_t>(length)); !got.ok()) return got;
    }
    size_t size = 0;
    Status status = show_record(plain.begin(), plain.end(), origin, record, size);
    if (!status.ok()) return status;
    const bool more = visit(record, plain.owner());
    plain.consume(size);
    if (!more) return {};
  }
  if (batch.record_count() == 0) return {};
  if (Status got = plain.require(1); !got.ok()) return got;
  if (plain.size() > 0) {
    return invalid("Incorrect declared batch size, records still remaining in file");
  }
  return {};
}

Status check_countable(const RecordBatchView& batch) {
  if (!batch.has_known_codec()) {
    return invalid(fmt::format("Unknown compression type id: {}", batch.codec()));
  }
  if (batch.record_count() < 0) {
    return invalid(fmt::format("Found invalid record count {} in magic v{} batch",
                               batch.record_count(), batch.magic()));
  }
  return {};
}

// A part of the buffer that `owner` keeps.
Bytes part(const std::shared_ptr<const void>& owner, std::string_view text) {
  return {owner, reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

template <typename Slice>
Record make_record(const RecordView& view, const Slice& slice) {
  Record record;
  record.offset = view.offset;
  record.timestamp = view.timestamp;
  record.sequence = view.sequence;
  if (view.key.has_value()) record.key = slice(*view.key);
  if (view.value.has_value()) record.value = slice(*view.value);
  record.headers.reserve(view.headers.size());
  for (const RecordHeader& header : view.headers) {
    OwnedRecordHeader& owned = record.headers.emplace_back();
    owned.key = slice(header.key);
    if (header.value.has_value()) owned.value = slice(*header.value);
  }
  return record;
}

}  // namespace

Status for_each_record_view(const RecordBatchView& batch, size_t inflate_limit,
                            absl::FunctionRef<bool(const RecordView&)> visit) {
  if (Status countable = check_countable(batch); !countable.ok()) return countable;
  const Bytes records = batch.records();
  if (!batch.is_compressed()) return walk_plain(batch, records, visit);
  return walk_compressed(
      batch, records, inflate_limit,
      [&](const RecordView& record, const std::shared_ptr<const void>&) { return visit(record); });
}

Status for_each_record(const RecordBatchView& batch, size_t inflate_limit,
                       absl::FunctionRef<bool(Record)> visit) {
  if (Status countable = check_countable(batch); !countable.ok()) return countable;
  const Bytes records = batch.records();
  if (!batch.is_compressed()) {
    const auto slice = [&](std::string_view text) {
      return records.slice(
          static_cast<size_t>(reinterpret_cast<const uint8_t*>(text.data()) - records.data()),
          text.size());
    };
    return walk_plain(batch, records,
                      [&](const RecordView& view) { return visit(make_record(view, slice)); });
  }
  return walk_compressed(
      batch, records, inflate_limit,
      [&](const RecordView& view, const std::shared_ptr<const void>& owner) {
        return visit(make_record(view, [&](std::string_view text) { return part(owner, text); }));
      });
}

Result<std::vector<Record>> read_records(const RecordBatchView& batch, size_t inflate_limit) {
  std::vector<Record> records;
  const Status status = for_each_record(batch, inflate_limit, [&](Record record) {
    records.push_back(std::move(record));
    return true;
  });
  if (!status.ok()) return status.error();
  return records;
}

}  // namespace wire
