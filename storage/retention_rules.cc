#include "storage/retention_rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "wire/records/record_batch_builder.h"

namespace storage {

namespace {

// Far beyond any clock; deltas between what lies within cannot overflow.
constexpr wire::TimestampMs kTimestampLimit = wire::TimestampMs{1} << 60;

wire::BatchOptions options_of(const wire::RecordBatchView& batch) {
  wire::BatchOptions options;
  options.base_offset = batch.base_offset();
  options.compression.type = batch.compression();
  options.partition_leader_epoch = batch.partition_leader_epoch();
  options.producer_id = batch.producer_id();
  options.producer_epoch = batch.producer_epoch();
  options.base_sequence = batch.base_sequence();
  options.transactional = batch.is_transactional();
  options.control = batch.is_control();
  if (batch.timestamp_type() == wire::TimestampType::kLogAppendTime) {
    options.log_append_time = batch.max_timestamp();
  }
  return options;
}

KeptBatch kept_as_it_is(const wire::RecordBatchView& batch, int64_t records) {
  return {.bytes = batch.bytes(),
          .last_offset = batch.last_offset(),
          .max_timestamp = batch.max_timestamp(),
          .records_read = records,
          .records_kept = records};
}

// A header alone: offsets, sequence and epoch as they were.
KeptBatch kept_empty(const wire::RecordBatchView& batch, int64_t records_read) {
  wire::BatchOptions options = options_of(batch);
  options.compression = {};
  wire::RecordBatchBuilder builder(std::move(options));
  builder.override_last_offset(batch.last_offset());
  wire::Bytes empty = builder.build();
  wire::set_max_timestamp({empty.exclusive_data(), empty.size()}, batch.timestamp_type(),
                          batch.max_timestamp());
  return {.bytes = std::move(empty),
          .last_offset = batch.last_offset(),
          .max_timestamp = batch.max_timestamp(),
          .records_read = records_read};
}

}  // namespace

bool walk_records(const wire::RecordBatchView& batch, size_t inflate_limit,
                  absl::FunctionRef<void(const wire::RecordView&)> visit) {
  if (!batch.has_known_codec()) return false;
  wire::Offset next = batch.base_offset();
  bool sound = true;
  const auto status =
      wire::for_each_record_view(batch, inflate_limit, [&](const wire::RecordView& record) {
        sound = record.offset >= next && record.offset <= batch.last_offset() &&
                record.timestamp > -kTimestampLimit && record.timestamp < kTimestampLimit;
        next = record.offset + 1;
        if (sound) visit(record);
        return sound;
      });
  return status.ok() && sound;
}

bool RetentionRules::is_last_of_producer(const wire::RecordBatchView& batch) const {
  if (!batch.has_producer_id()) return false;
  const auto last = last_records_.find(batch.producer_id());
  if (last == last_records_.end()) return false;
  if (last->second.data_offset != wire::kNoOffset) {
    return batch.last_offset() == last->second.data_offset;
  }
  return batch.is_control() && batch.producer_epoch() == last->second.epoch;
}

bool RetentionRules::stays(wire::Offset offset, std::optional<std::string_view> key,
                           bool is_tombstone, bool retain_tombstones) const {
  if (offset >= limits_.indexed_end_offset) return true;
  // Such a record cannot be produced to a compacted topic; it was there before.
  if (!key) return false;
  if (is_tombstone && !retain_tombstones) return false;
  return offset >= map_.get(map_.key_of(*key));
}

KeptBatch RetentionRules::apply(const wire::RecordBatchView& batch) {
  const bool superfluous =
      batch.is_control() ? transactions_.read_marker(batch) : transactions_.read_data(batch);
  const bool keep_empty =
      is_last_of_producer(batch) || batch.next_offset() == limits_.upper_bound_offset;
  const auto horizon = batch.delete_horizon();
  const bool drop_records =
      superfluous && (!batch.is_control() || (horizon && *horizon <= limits_.now_ms));
  if (drop_records) {
    return keep_empty ? kept_empty(batch, batch.record_count())
                      : KeptBatch{.records_read = batch.record_count()};
  }
  if (!batch.is_control()) return keep_records(batch, keep_empty);
  if (batch.record_count() == 0) return keep_empty ? kept_empty(batch, 0) : KeptBatch();
  if (!superfluous || horizon) return kept_as_it_is(batch, batch.record_count());
  kept_.clear();
  if (!walk_records(batch, limits_.inflate_limit, [&](const auto&) { kept_.push_back(true); })) {
    return kept_as_it_is(batch, batch.record_count());
  }
  return rebuild(batch, limits_.now_ms + limits_.delete_retention_ms);
}

KeptBatch RetentionRules::keep_records(const wire::RecordBatchView& batch, bool keep_empty) {
  const auto horizon = batch.delete_horizon();
  const bool retain_tombstones = !horizon || limits_.now_ms < *horizon;
  kept_.clear();
  int64_t kept_count = 0;
  bool tombstones = false;
  const bool sound =
      walk_records(batch, limits_.inflate_limit, [&](const wire::RecordView& record) {
        const bool kept = stays(record.offset, record.key, !record.value, retain_tombstones);
        kept_.push_back(kept);
        kept_count += kept ? 1 : 0;
        tombstones |= kept && !record.value;
      });
  if (!sound) return kept_as_it_is(batch, batch.record_count());
  const auto read_count = static_cast<int64_t>(kept_.size());
  if (kept_count == 0) {
    return keep_empty ? kept_empty(batch, read_count) : KeptBatch{.records_read = read_count};
  }
  const bool needs_horizon = tombstones && !horizon;
  if (kept_count == read_count && !needs_horizon) return kept_as_it_is(batch, read_count);
  return rebuild(
      batch, needs_horizon ? std::optional(limits_.now_ms + limits_.delete_retention_ms) : horizon);
}

KeptBatch RetentionRules::rebuild(const wire::RecordBatchView& batch,
                                  std::optional<wire::TimestampMs> horizon) {
  wire::BatchOptions options = options_of(batch);
  options.delete_horizon = horizon;
  wire::RecordBatchBuilder builder(std::move(options));
  KeptBatch result{.last_offset = batch.last_offset()};
  // It was walked over a moment ago.
  const bool sound =
      walk_records(batch, limits_.inflate_limit, [&](const wire::RecordView& record) {
        if (!kept_[static_cast<size_t>(result.records_read++)]) return;
        builder.append_at(record.offset, record.timestamp, record.key, record.value,
                          record.headers);
        ++result.records_kept;
      });
  CHECK(sound);
  // The last sequence follows from the last offset.
  builder.override_last_offset(batch.last_offset());
  result.bytes = builder.build();
  result.max_timestamp = wire::RecordBatchView::trusted(result.bytes).max_timestamp();
  return result;
}

wire::Result<KeptBatch> RetentionRules::apply(const wire::MessageSetEntry& entry,
                                              bool retain_tombstones) {
  KeptBatch result{.last_offset = entry.last_offset()};
  std::optional<wire::RecordBatchBuilder> builder;
  wire::Offset base_offset = 0;
  bool sound = true;
  auto status =
      wire::for_each_message(entry, limits_.inflate_limit, [&](const wire::MessageView& message) {
        ++result.records_read;
        if (!stays(message.offset, message.key, !message.value, retain_tombstones)) return true;
        if (!builder) {
          wire::BatchOptions options;
          options.base_offset = base_offset = message.offset;
          options.compression.type = static_cast<wire::CompressionType>(entry.codec());
          if (entry.magic() > 0 && entry.timestamp_type() == wire::TimestampType::kLogAppendTime) {
            options.log_append_time = entry.max_timestamp();
          }
          builder.emplace(std::move(options));
        }
        sound =
            message.offset >= builder->next_offset() && message.offset - base_offset <= INT32_MAX;
        if (!sound) return false;
        builder->append_at(message.offset, message.timestamp, message.key, message.value);
        ++result.records_kept;
        return true;
      });
  if (!status) return status.error();
  if (!sound) return wire::Error{wire::ErrorCode::kInvalidRecord, "old messages out of order"};
  if (!builder) return result;
  result.last_offset = builder->next_offset() - 1;
  result.bytes = builder->build();
  result.max_timestamp = wire::RecordBatchView::trusted(result.bytes).max_timestamp();
  return result;
}

}  // namespace storage
