#include "wire/records/down_conversion.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "wire/base/check.h"
#include "wire/records/message_set.h"
#include "wire/records/message_set_builder.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"

namespace wire {
namespace {

// Adds messages until they are too many; says so as an error.
class LimitedBuilder {
 public:
  LimitedBuilder(MessageSetOptions set, const DownConversionOptions& options)
      : builder_(std::move(set)), bytes_max_(options.bytes_max) {}

  bool append(Offset offset, TimestampMs timestamp, std::optional<std::string_view> key,
              std::optional<std::string_view> value) {
    builder_.append(offset, timestamp, key, value);
    return builder_.plain_size() <= bytes_max_;
  }

  Result<Bytes> build(const Status& walked) {
    if (!walked.ok()) return walked.error();
    if (builder_.plain_size() > bytes_max_) {
      return Error{
          ErrorCode::kMessageTooLarge,
          fmt::format("A batch becomes more than {} bytes for an old consumer", bytes_max_)};
    }
    return builder_.empty() ? Bytes() : builder_.build();
  }

 private:
  MessageSetBuilder builder_;
  const size_t bytes_max_;
};

Result<Bytes> convert_batch(const Bytes& bytes, const DownConversionOptions& options) {
  const Result<RecordBatchView> batch = RecordBatchView::parse(bytes);
  if (!batch.ok()) return batch.error();
  if (batch->is_control()) return Bytes();
  if (!batch->has_known_codec() || batch->compression() == CompressionType::kZstd) {
    return Error{ErrorCode::kUnsupportedCompressionType,
                 "Down-conversion of zstandard-compressed batches is not supported"};
  }
  MessageSetOptions set;
  set.magic = options.to_magic;
  set.codec = batch->compression();
  if (batch->timestamp_type() == TimestampType::kLogAppendTime) {
    set.log_append_time = batch->max_timestamp();
  }
  LimitedBuilder builder(std::move(set), options);
  std::optional<Offset> last;
  bool ascending = true;
  const Status walked =
      for_each_record_view(*batch, options.inflate_limit, [&](const RecordView& record) {
        if (!batch->is_compressed() && record.offset < options.first_offset) return true;
        ascending = !last.has_value() || record.offset > *last;
        last = record.offset;
        return ascending &&
               builder.append(record.offset, record.timestamp, record.key, record.value);
      });
  if (!ascending) return Error{ErrorCode::kInvalidRecord, "The offsets of a batch do not ascend"};
  return builder.build(walked);
}

// A message set v1 for those who read v0.
Result<Bytes> convert_entry(const Bytes& bytes, const DownConversionOptions& options) {
  const Result<MessageSetEntry> entry = MessageSetEntry::parse(bytes);
  if (!entry.ok()) return entry.error();
  if (entry->codec() > static_cast<uint8_t>(CompressionType::kLz4)) {
    return Error{ErrorCode::kInvalidRecord,
                 fmt::format("Codec {} in a message set", entry->codec())};
  }
  MessageSetOptions set;
  set.magic = options.to_magic;
  set.codec = static_cast<CompressionType>(entry->codec());
  LimitedBuilder builder(std::move(set), options);
  std::optional<Offset> last;
  bool ascending = true;
  const Status walked =
      for_each_message(*entry, options.inflate_limit, [&](const MessageView& message) {
        ascending = !last.has_value() || message.offset > *last;
        last = message.offset;
        return ascending &&
               builder.append(message.offset, message.timestamp, message.key, message.value);
      });
  if (!ascending) return Error{ErrorCode::kInvalidRecord, "The offsets of a wrapper do not ascend"};
  return builder.build(walked);
}

// The whole messages at the start of `set` that take no more than `limit` bytes.
Bytes within(const Bytes& set, size_t limit) {
  if (set.size() <= limit) return set;
  size_t size = 0;
  while (true) {
    const auto extent = read_entry_extent(set.span().subspan(size));
    CHECK(extent.ok() && extent->has_value());  // made above
    if (size + (*extent)->size > limit) return set.slice(0, size);
    size += (*extent)->size;
  }
}

}  // namespace

Result<Bytes> down_convert(const Bytes& batches, const DownConversionOptions& options) {
  std::string converted;
  bool first = true;
  size_t limit = options.bytes_wanted;
  size_t at = 0;
  while (at < batches.size() && (first || converted.size() < options.bytes_wanted)) {
    const Bytes rest = batches.slice(at);
    const auto extent = read_entry_extent(rest.span());
    if (!extent.ok()) {
      if (first) return extent.error();
      break;
    }
    if (!extent->has_value() || (*extent)->size > rest.size()) break;
    const Bytes entry = rest.slice(0, (*extent)->size);
    Result<Bytes> made = (*extent)->magic == 2                 ? convert_batch(entry, options)
                         : (*extent)->magic > options.to_magic ? convert_entry(entry, options)
                                                               : Result<Bytes>(entry);
    if (!made.ok()) {
      if (first) return made.error();
      break;
    }
    at += entry.size();
    if (made->empty()) continue;  // only markers: still the first
    if (first) limit = std::max(limit, made->size());
    first = false;
    converted.append(made->view());
  }
  return within(Bytes::adopt(std::move(converted)), limit);
}

}  // namespace wire
