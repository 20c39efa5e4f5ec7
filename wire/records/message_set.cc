#include "wire/records/message_set.h"

#include <span>
#include <utility>

#include <fmt/core.h>
#include <zlib.h>

#include "wire/records/compression.h"

namespace wire {
namespace {

constexpr size_t kBodyAt = kBatchMagicAt + 2;  // timestamp (v1), then the key
constexpr size_t kTimestampSize = sizeof(int64_t);

Error corrupt(std::string detail) {
  return {ErrorCode::kCorruptMessage, std::move(detail)};
}
Error invalid(std::string detail) {
  return {ErrorCode::kInvalidRecord, std::move(detail)};
}

size_t key_at(int8_t magic) {
  return kBodyAt + (magic == 1 ? kTimestampSize : 0);
}

// Reads a field with its length before it, from `at`, which is moved behind it.
Result<std::optional<std::string_view>> field_at(const Bytes& bytes, size_t& at) {
  if (bytes.size() - at < sizeof(int32_t)) return invalid("A message's field is cut off");
  const auto length = load_big_endian<int32_t>(bytes.data() + at);
  at += sizeof(int32_t);
  if (length < 0) return std::optional<std::string_view>();
  if (static_cast<size_t>(length) > bytes.size() - at) {
    return invalid(fmt::format("A message's field of {} bytes is cut off", length));
  }
  std::optional<std::string_view> field = bytes.view().substr(at, static_cast<size_t>(length));
  at += static_cast<size_t>(length);
  return field;
}

Result<MessageView> read_message(const MessageSetEntry& entry) {
  MessageView message;
  message.offset = entry.last_offset();
  message.timestamp = entry.max_timestamp();
  message.entry = &entry;
  size_t at = key_at(entry.magic());
  Result<std::optional<std::string_view>> key = field_at(entry.bytes(), at);
  if (!key.ok()) return key.error();
  Result<std::optional<std::string_view>> value = field_at(entry.bytes(), at);
  if (!value.ok()) return value.error();
  message.key = *key;
  message.value = *value;
  return message;
}

// The message set inside a wrapper.
Result<Bytes> inflate(const MessageSetEntry& wrapper, size_t inflate_limit) {
  Result<MessageView> outer = read_message(wrapper);
  if (!outer.ok()) return outer.error();
  if (wrapper.codec() > static_cast<uint8_t>(CompressionType::kLz4)) {
    return invalid(fmt::format("Codec {} in a message set", wrapper.codec()));
  }
  if (!outer->value.has_value()) return invalid("A compressed message set is null");
  const std::string_view packed = *outer->value;
  Result<Bytes> plain =
      decompress(static_cast<CompressionType>(wrapper.codec()),
                 std::span(reinterpret_cast<const uint8_t*>(packed.data()), packed.size()),
                 inflate_limit, wrapper.magic());
  if (!plain.ok()) return invalid(plain.error().detail);
  return plain;
}

// What to add to the offsets inside a wrapper (Kafka's DeepRecordsIterator).
Result<Offset> inner_shift(const MessageSetEntry& wrapper, const Bytes& plain) {
  MessageSetIterator inner(plain);
  std::optional<Offset> last;
  while (inner.next()) {
    if (inner.entry().codec() != 0) return invalid("Inner messages must not be compressed");
    last = inner.entry().last_offset();
  }
  if (!inner.status().ok()) return inner.status().error();
  if (!last.has_value()) {
    return invalid("Found invalid compressed record set with no inner records");
  }
  // Some librdkafkas leave the wrapper's offset at 0 when they produce.
  if (wrapper.magic() == 0 || wrapper.last_offset() == 0) return Offset{0};
  if (wrapper.last_offset() < *last) {
    return invalid(fmt::format(
        "Found invalid wrapper offset in compressed v1 message set, wrapper offset '{}' is less "
        "than the last inner message offset '{}' and it is not zero.",
        wrapper.last_offset(), *last));
  }
  // Wraps on a hostile inner offset; absolute ones, which some producers wrote, are not moved.
  return static_cast<Offset>(static_cast<uint64_t>(wrapper.last_offset()) -
                             static_cast<uint64_t>(*last));
}

}  // namespace

Result<MessageSetEntry> MessageSetEntry::parse(const Bytes& run) {
  Result<std::optional<EntryExtent>> extent = read_entry_extent(run.span());
  if (!extent.ok()) return extent.error();
  if (!extent->has_value() || run.size() < (*extent)->size) return corrupt("A message is cut off");
  if ((*extent)->magic > 1) return corrupt("A record batch inside a message set");
  // What every accessor may read: everything up to the key's length.
  if ((*extent)->size < key_at((*extent)->magic)) return corrupt("A message is too short");
  return MessageSetEntry(run.slice(0, (*extent)->size));
}

TimestampType MessageSetEntry::timestamp_type() const {
  return magic() == 1 && (bytes_[kBatchMagicAt + 1] & kLogAppendTimeBit) != 0
             ? TimestampType::kLogAppendTime
             : TimestampType::kCreateTime;
}

TimestampMs MessageSetEntry::max_timestamp() const {
  return magic() == 0 ? kNoTimestamp : load_big_endian<int64_t>(bytes_.data() + kBodyAt);
}

bool MessageSetEntry::crc_is_valid() const {
  const auto covered = bytes_.span().subspan(kBatchMagicAt);
  return crc() == crc32_z(0, covered.data(), covered.size());
}

bool MessageSetIterator::next() {
  if (!status_.ok()) return false;
  const Bytes rest = run_.slice(position_);
  Result<std::optional<EntryExtent>> extent = read_entry_extent(rest.span());
  if (!extent.ok()) {
    status_ = extent.error();
    return false;
  }
  if (!extent->has_value() || rest.size() < (*extent)->size) return false;
  Result<MessageSetEntry> entry = MessageSetEntry::parse(rest);
  if (!entry.ok()) {
    status_ = entry.error();
    return false;
  }
  position_ += entry->size_bytes();
  entry_ = *std::move(entry);
  return true;
}

Status for_each_message(const MessageSetEntry& entry, size_t inflate_limit,
                        absl::FunctionRef<bool(const MessageView&)> visit) {
  if (entry.codec() == 0) {
    Result<MessageView> message = read_message(entry);
    if (!message.ok()) return message.error();
    visit(*message);
    return {};
  }
  Result<Bytes> plain = inflate(entry, inflate_limit);
  if (!plain.ok()) return plain.error();
  const Result<Offset> shift = inner_shift(entry, *plain);
  if (!shift.ok()) return shift.error();
  MessageSetIterator inner(*plain);
  while (inner.next()) {
    Result<MessageView> message = read_message(inner.entry());
    if (!message.ok()) return message.error();
    message->offset =
        static_cast<Offset>(static_cast<uint64_t>(message->offset) + static_cast<uint64_t>(*shift));
    if (entry.timestamp_type() == TimestampType::kLogAppendTime && inner.entry().magic() == 1) {
      message->timestamp = entry.max_timestamp();
    }
    if (!visit(*message)) return {};
  }
  return inner.status();
}

}  // namespace wire
