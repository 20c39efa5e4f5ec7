#include "wire/records/message_set.h"

#include <utility>
#include <vector>

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

size_t key_at(int8_t magic) {
  return kBodyAt + (magic == 1 ? kTimestampSize : 0);
}

// Reads a field with its length before it, from `at`, which is moved behind it.
Result<std::optional<Bytes>> field_at(const Bytes& bytes, size_t& at) {
  if (bytes.size() - at < sizeof(int32_t)) return corrupt("A message's field is cut off");
  const auto length = load_big_endian<int32_t>(bytes.data() + at);
  at += sizeof(int32_t);
  if (length < 0) return std::optional<Bytes>();
  if (static_cast<size_t>(length) > bytes.size() - at) {
    return corrupt(fmt::format("A message's field of {} bytes is cut off", length));
  }
  std::optional<Bytes> field = bytes.slice(at, static_cast<size_t>(length));
  at += static_cast<size_t>(length);
  return field;
}

Result<Record> read_message(const MessageSetEntry& entry) {
  Record record;
  record.offset = entry.last_offset();
  record.timestamp = entry.max_timestamp();
  size_t at = key_at(entry.magic());
  Result<std::optional<Bytes>> key = field_at(entry.bytes(), at);
  if (!key.ok()) return key.error();
  Result<std::optional<Bytes>> value = field_at(entry.bytes(), at);
  if (!value.ok()) return value.error();
  record.key = *std::move(key);
  record.value = *std::move(value);
  return record;
}

// The messages inside a wrapper, with the offsets as they lie there.
Result<std::vector<Record>> read_inner(const MessageSetEntry& wrapper, size_t inflate_limit) {
  Result<Record> outer = read_message(wrapper);
  if (!outer.ok()) return outer.error();
  if (wrapper.codec() > static_cast<uint8_t>(CompressionType::kLz4)) {
    return corrupt(fmt::format("Codec {} in a message set", wrapper.codec()));
  }
  if (!outer->value.has_value()) return corrupt("A compressed message set is null");
  Result<Bytes> plain = decompress(static_cast<CompressionType>(wrapper.codec()),
                                   outer->value->span(), inflate_limit, wrapper.magic());
  if (!plain.ok()) return plain.error();
  std::vector<Record> records;
  MessageSetIterator inner(*plain);
  while (inner.next()) {
    if (inner.entry().codec() != 0) return corrupt("A compressed message set inside another one");
    if (inner.entry().magic() != wrapper.magic())
      return corrupt("Magic differs from the wrapper's");
    Result<Record> record = read_message(inner.entry());
    if (!record.ok()) return record.error();
    if (wrapper.timestamp_type() == TimestampType::kLogAppendTime) {
      record->timestamp = wrapper.max_timestamp();
    }
    records.push_back(*std::move(record));
  }
  if (!inner.status().ok()) return inner.status().error();
  if (records.empty()) return corrupt("A compressed message set holds no message");
  return records;
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
                        absl::FunctionRef<bool(Record)> visit) {
  if (entry.codec() == 0) {
    Result<Record> record = read_message(entry);
    if (!record.ok()) return record.error();
    visit(*std::move(record));
    return {};
  }
  Result<std::vector<Record>> records = read_inner(entry, inflate_limit);
  if (!records.ok()) return records.error();
  // Some v1 producers wrote absolute offsets: then the last one is the wrapper's and nothing moves.
  const auto shift =
      static_cast<uint64_t>(entry.last_offset()) - static_cast<uint64_t>(records->back().offset);
  for (Record& record : *records) {
    if (entry.magic() == 1) {
      record.offset = static_cast<Offset>(static_cast<uint64_t>(record.offset) + shift);
    }
    if (!visit(std::move(record))) return {};
  }
  return {};
}

}  // namespace wire
