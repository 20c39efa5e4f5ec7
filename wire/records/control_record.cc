#include "wire/records/control_record.h"

#include <fmt/core.h>

#include "wire/base/big_endian.h"
#include "wire/records/record.h"
#include "wire/records/record_batch_builder.h"

namespace wire {
namespace {

constexpr size_t kKeySize = 4;
constexpr size_t kMarkerValueSize = 6;
constexpr int16_t kKeyVersion = 0;
constexpr int16_t kMarkerVersion = 0;
// Raft's control records and markers are a few hundred bytes.
constexpr size_t kControlInflateLimit = 1 << 20;

const uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

template <typename T>
void append_big_endian(std::string& out, T value) {
  uint8_t raw[sizeof(T)];
  store_big_endian(raw, value);
  out.append(reinterpret_cast<const char*>(raw), sizeof(T));
}

Result<EndTransactionMarker> parse_marker(const RecordBatchView& batch, ControlRecordType type,
                                          std::optional<std::string_view> value) {
  // A later version may append fields; these two stay.
  if (!value.has_value() || value->size() < kMarkerValueSize) {
    return Error{ErrorCode::kInvalidRecord,
                 fmt::format("Invalid value size {} found for end transaction marker. Must have at "
                             "least size {}",
                             value.has_value() ? value->size() : 0, kMarkerValueSize)};
  }
  const auto version = load_big_endian<int16_t>(bytes_of(*value));
  if (version < 0) {
    return Error{ErrorCode::kInvalidRecord,
                 fmt::format("Invalid version found for end transaction marker: {}. May indicate "
                             "data corruption",
                             version)};
  }
  return EndTransactionMarker{batch.producer_id(), batch.producer_epoch(),
                              type == ControlRecordType::kCommit,
                              load_big_endian<int32_t>(bytes_of(*value) + sizeof(int16_t))};
}

}  // namespace

std::string control_record_key(ControlRecordType type) {
  std::string key;
  append_big_endian(key, kKeyVersion);
  append_big_endian(key, static_cast<int16_t>(type));
  return key;
}

std::optional<ControlRecordType> parse_control_record_key(std::optional<std::string_view> key) {
  if (!key.has_value() || key->size() < kKeySize) return std::nullopt;
  const auto version = load_big_endian<int16_t>(bytes_of(*key));
  const auto type = load_big_endian<int16_t>(bytes_of(*key) + sizeof(int16_t));
  if (version < 0 || type < 0) return std::nullopt;
  if (type > static_cast<int16_t>(ControlRecordType::kKRaftVoters)) return std::nullopt;
  return static_cast<ControlRecordType>(type);
}

Bytes build_end_transaction_batch(const EndTransactionMarker& marker, TimestampMs now,
                                  Offset base_offset, Epoch leader_epoch,
                                  TimestampType timestamp_type) {
  std::string value;
  append_big_endian(value, kMarkerVersion);
  append_big_endian(value, marker.coordinator_epoch);
  BatchOptions options;
  options.base_offset = base_offset;
  options.partition_leader_epoch = leader_epoch;
  options.producer_id = marker.producer_id;
  options.producer_epoch = marker.producer_epoch;
  options.transactional = true;
  options.control = true;
  if (timestamp_type == TimestampType::kLogAppendTime) options.log_append_time = now;
  RecordBatchBuilder builder(options);
  builder.append(
      now,
      control_record_key(marker.committed ? ControlRecordType::kCommit : ControlRecordType::kAbort),
      value);
  return builder.build();
}

Result<std::optional<EndTransactionMarker>> parse_end_transaction_batch(
    const RecordBatchView& batch) {
  std::optional<EndTransactionMarker> marker;
  Status problem;
  if (!batch.is_control()) return marker;
  const Status walked =
      for_each_record_view(batch, kControlInflateLimit, [&](const RecordView& record) {
        const std::optional<ControlRecordType> type = parse_control_record_key(record.key);
        if (type != ControlRecordType::kCommit && type != ControlRecordType::kAbort) return true;
        Result<EndTransactionMarker> parsed = parse_marker(batch, *type, record.value);
        if (parsed.ok()) {
          marker = *parsed;
        } else {
          problem = parsed.error();
        }
        return false;
      });
  if (!walked.ok()) return walked.error();
  if (!problem.ok()) return problem.error();
  return marker;
}

Bytes build_raft_control_batch(ControlRecordType type, std::string_view value, Offset base_offset,
                               Epoch leader_epoch, TimestampMs now) {
  BatchOptions options;
  options.base_offset = base_offset;
  options.partition_leader_epoch = leader_epoch;
  options.control = true;
  RecordBatchBuilder builder(options);
  builder.append(now, control_record_key(type), value);
  return builder.build();
}

}  // namespace wire
