#include "cluster/groups/group_records.h"

#include <utility>

#include "wire/base/big_endian.h"
#include "wire/base/log.h"
#include "wire/coordinator/offset_commit.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace cluster::groups {
namespace {

constexpr int16_t kOffsetValueVersion = 4;
constexpr int16_t kExpiringOffsetValueVersion = 1;
constexpr int16_t kGroupValueVersion = 3;
constexpr wire::TimestampMs kNoExpiry = -1;

template <typename T>
void append(std::string& out, T value) {
  uint8_t bytes[sizeof(T)];
  wire::store_big_endian(bytes, value);
  out.append(reinterpret_cast<const char*>(bytes), sizeof(T));
}

void append_string(std::string& out, std::string_view text) {
  append(out, static_cast<int16_t>(text.size()));
  out.append(text);
}

std::string key_of(RecordType type) {
  std::string key;
  append(key, static_cast<int16_t>(type));
  return key;
}

// Takes fields off the front of a key.
class KeyReader {
 public:
  explicit KeyReader(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  T take() {
    if (rest_.size() < sizeof(T)) return fail<T>();
    const T value = wire::load_big_endian<T>(reinterpret_cast<const uint8_t*>(rest_.data()));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string take_string() {
    const auto length = take<int16_t>();
    if (length < 0 || rest_.size() < static_cast<size_t>(length)) return fail<std::string>();
    std::string text(rest_.substr(0, static_cast<size_t>(length)));
    rest_.remove_prefix(static_cast<size_t>(length));
    return text;
  }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  template <typename T>
  T fail() {
    ok_ = false;
    rest_ = {};
    return T();
  }

  std::string_view rest_;
  bool ok_ = true;
};

template <typename Value>
wire::Bytes encode_value(const Value& value, int16_t version) {
  wire::Writer writer;
  writer.write(version);
  value.encode(writer, version);
  return writer.take_contiguous();
}

template <typename Value>
std::optional<Value> decode_value(std::string_view bytes) {
  const std::optional<int16_t> version = coordinator::leading_int16(bytes);
  if (!version || *version < Value::kMinVersion || *version > Value::kMaxVersion)
    return std::nullopt;
  wire::Reader reader(wire::Bytes::copy(bytes.substr(sizeof(int16_t))));
  Value value;
  value.decode(reader, *version);
  if (!reader.ok()) return std::nullopt;
  return value;
}

coordinator::Record record_of(std::string key, std::optional<wire::Bytes> value) {
  return {wire::Bytes::adopt(std::move(key)), std::move(value)};
}

// `more`: how many bytes the caller adds.
std::string start_of_offset_key(std::string_view group, std::string_view topic, size_t more) {
  std::string key;
  key.reserve(3 * sizeof(int16_t) + group.size() + topic.size() + more);
  append(key, static_cast<int16_t>(RecordType::kOffset));
  append_string(key, group);
  append_string(key, topic);
  return key;
}

}  // namespace

std::string offset_key(std::string_view group, std::string_view topic,
                       wire::PartitionIndex partition) {
  std::string key = start_of_offset_key(group, topic, sizeof(partition));
  append(key, partition);
  return key;
}

std::string group_key(std::string_view group) {
  std::string key = group_key_prefix();
  append_string(key, group);
  return key;
}

std::string offset_key_prefix() {
  return key_of(RecordType::kOffset);
}

std::string offset_key_prefix(std::string_view group) {
  std::string key = offset_key_prefix();
  append_string(key, group);
  return key;
}

std::string offset_key_prefix(std::string_view group, std::string_view topic) {
  return start_of_offset_key(group, topic, 0);
}

std::string group_key_prefix() {
  return key_of(RecordType::kGroup);
}

std::string key_behind(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

coordinator::Record offset_record(std::string_view group, std::string_view topic,
                                  wire::PartitionIndex partition, CommittedOffset committed) {
  wire::OffsetCommitValue value;
  value.offset = committed.offset;
  value.leader_epoch = committed.leader_epoch;
  value.metadata = std::move(committed.metadata);
  value.commit_timestamp = committed.commit_timestamp_ms;
  value.topic_id = committed.topic_id;
  int16_t version = kOffsetValueVersion;
  if (committed.expire_timestamp_ms) {
    // Only version 1 can say it; it knows neither leader epoch nor topic id.
    version = kExpiringOffsetValueVersion;
    value.expire_timestamp = *committed.expire_timestamp_ms;
  }
  return record_of(offset_key(group, topic, partition), encode_value(value, version));
}

coordinator::Record offset_tombstone(std::string_view group, std::string_view topic,
                                     wire::PartitionIndex partition) {
  return record_of(offset_key(group, topic, partition), std::nullopt);
}

coordinator::Record group_record(std::string_view group, const wire::GroupMetadataValue& value) {
  return record_of(group_key(group), encode_value(value, kGroupValueVersion));
}

coordinator::Record group_tombstone(std::string_view group) {
  return record_of(group_key(group), std::nullopt);
}

std::optional<OffsetKey> parse_offset_key(std::string_view key) {
  KeyReader reader(key);
  const auto type = static_cast<RecordType>(reader.take<int16_t>());
  if (type != RecordType::kOffset && type != RecordType::kLegacyOffset) return std::nullopt;
  OffsetKey parsed;
  parsed.group = reader.take_string();
  parsed.topic = reader.take_string();
  parsed.partition = reader.take<int32_t>();
  if (!reader.done()) return std::nullopt;
  return parsed;
}

std::optional<std::string> parse_group_key(std::string_view key) {
  KeyReader reader(key);
  if (static_cast<RecordType>(reader.take<int16_t>()) != RecordType::kGroup) return std::nullopt;
  std::string group = reader.take_string();
  if (!reader.done()) return std::nullopt;
  return group;
}

std::optional<CommittedOffset> parse_offset_value(std::string_view bytes) {
  const auto value = decode_value<wire::OffsetCommitValue>(bytes);
  if (!value) return std::nullopt;
  CommittedOffset committed;
  committed.offset = value->offset;
  committed.leader_epoch = value->leader_epoch;
  committed.metadata = value->metadata;
  committed.commit_timestamp_ms = value->commit_timestamp;
  if (value->expire_timestamp != kNoExpiry) committed.expire_timestamp_ms = value->expire_timestamp;
  committed.topic_id = value->topic_id;
  return committed;
}

std::optional<wire::GroupMetadataValue> parse_group_value(std::string_view bytes) {
  return decode_value<wire::GroupMetadataValue>(bytes);
}

coordinator::PartitionRuntime::Verdict inspect_record(coordinator::Record& record) {
  using Verdict = coordinator::PartitionRuntime::Verdict;
  const std::optional<int16_t> type = coordinator::leading_int16(record.key.view());
  if (!type) return Verdict::kRefuse;
  switch (static_cast<RecordType>(*type)) {
    case RecordType::kLegacyOffset: {
      const std::optional<OffsetKey> key = parse_offset_key(record.key.view());
      if (!key) return Verdict::kRefuse;
      record.key = wire::Bytes::adopt(offset_key(key->group, key->topic, key->partition));
      break;
    }
    case RecordType::kOffset:
      if (!parse_offset_key(record.key.view())) return Verdict::kRefuse;
      break;
    case RecordType::kGroup:
      if (!parse_group_key(record.key.view())) return Verdict::kRefuse;
      if (record.value && !parse_group_value(record.value->view())) return Verdict::kRefuse;
      return Verdict::kTake;
    default:
      // KIP-848's groups are kept as rows for the day they are served; what is newer still, Kafka
      // skips as well.
      constexpr int16_t kLastKnownType = 23;
      if (*type >= 0 && *type <= kLastKnownType) return Verdict::kTake;
      wire::log::warn("a record of the unknown type {} in the offsets topic is skipped", *type);
      return Verdict::kSkip;
  }
  if (record.value && !parse_offset_value(record.value->view())) return Verdict::kRefuse;
  return Verdict::kTake;
}

}  // namespace cluster::groups
