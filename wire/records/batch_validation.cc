#include "wire/records/batch_validation.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "wire/records/produced_batch.h"
#include "wire/records/record_batch_builder.h"
#include "wire/records/record_rules.h"

namespace wire {
namespace {

// Length, attributes, two deltas, key and value length, header count: one byte each.
constexpr size_t kSmallestRecordSize = 7;

Error refuse(ErrorCode code, std::string message) {
  return {code, std::move(message)};
}
Error invalid_record(std::string message) {
  return refuse(ErrorCode::kInvalidRecord, std::move(message));
}

// UnifiedLog.analyzeAndValidateRecords.
Status check_entry(const RecordBatchView& batch, const ValidationOptions& options) {
  if (batch.base_offset() != 0) {
    return invalid_record(fmt::format(
        "The baseOffset of the record batch in the append to {} should be 0, but it is {}",
        place(options), batch.base_offset()));
  }
  if (batch.size_bytes() > static_cast<size_t>(std::max(options.max_message_bytes, 0))) {
    return refuse(ErrorCode::kMessageTooLarge,
                  fmt::format("The record batch size in the append to {} is {} bytes which exceeds "
                              "the maximum configured value of {}.",
                              place(options), batch.size_bytes(), options.max_message_bytes));
  }
  if (!batch.crc_is_valid()) {
    return refuse(ErrorCode::kCorruptMessage,
                  fmt::format("Record is corrupt (stored crc = {}) in topic partition {}.",
                              batch.crc(), place(options)));
  }
  // Not INVALID_RECORD: Java does not expect it, and fails.
  if (!batch.has_known_codec()) {
    return refuse(ErrorCode::kUnknownServerError,
                  fmt::format("Unknown compression type id: {}", batch.codec()));
  }
  return {};
}

// LogValidator.validateBatch, for clients.
Status check_header(const RecordBatchView& batch, const ValidationOptions& options) {
  const auto at = [&] { return " in topic partition " + place(options); };
  const int64_t count_from_offsets = int64_t{batch.last_offset_delta()} + 1;
  if (count_from_offsets <= 0) {
    return invalid_record(fmt::format("Batch has an invalid offset range: [{}, {}]{}",
                                      batch.base_offset(), batch.last_offset(), at()));
  }
  if (batch.record_count() <= 0) {
    return invalid_record(
        fmt::format("Invalid reported count for record batch: {}{}", batch.record_count(), at()));
  }
  if (count_from_offsets != batch.record_count()) {
    return invalid_record(
        fmt::format("Inconsistent batch offset range [{}, {}] and count of records {}{}",
                    batch.base_offset(), batch.last_offset(), batch.record_count(), at()));
  }
  if (batch.is_control()) {
    return invalid_record("Clients are not allowed to write control records" + at());
  }
  if (batch.has_producer_id() && batch.base_sequence() < 0) {
    return invalid_record(
        fmt::format("Invalid sequence number {} in record batch with producerId {}{}",
                    batch.base_sequence(), batch.producer_id(), at()));
  }
  if (!batch.is_compressed() && (batch.size_bytes() - kBatchHeaderSize) / kSmallestRecordSize <
                                    static_cast<size_t>(batch.record_count())) {
    return invalid_record("Incorrect declared batch size, premature EOF reached");
  }
  return {};
}

bool needs_recompression(const RecordBatchView& batch, const ValidationOptions& options) {
  return options.target_compression.has_value() &&
         options.target_compression->type != batch.compression();
}

// Whether the header leaves something open that only the records can answer.
bool needs_every_record(const RecordBatchView& batch, const ValidationOptions& options) {
  if (options.inspect == Inspect::kEveryRecord) return true;
  if (options.compacted || needs_recompression(batch, options)) return true;
  if (batch.timestamp_type() == TimestampType::kLogAppendTime) return true;
  if (options.timestamp_type == TimestampType::kLogAppendTime) return false;
  // Java corrects a max timestamp below the base timestamp, which is the first record's.
  if (batch.max_timestamp() < batch.base_timestamp()) return true;
  if (options.timestamp_before_max_ms != INT64_MAX) return true;
  return batch.max_timestamp() != kNoTimestamp && out_of_range(batch.max_timestamp(), options);
}

// Walks over the records as LogValidator does, collecting what is wrong with them.
class RecordInspection {
 public:
  RecordInspection(const RecordBatchView& batch, const ValidationOptions& options)
      : batch_(batch),
        options_(options),
        rules_(options, batch.timestamp_type()),
        rebuild_(needs_recompression(batch, options)) {
    if (rebuild_) builder_.emplace(rebuilt_options());
  }

  Status run() {
    Status walked =
        for_each_record_view(batch_, options_.inflate_limit, [this](const RecordView& record) {
          visit(record);
          return true;
        });
    if (!walked.ok()) {
      // The checksum is right, so sending it again would not help: not CORRUPT_MESSAGE, which
      // clients retry.
      return invalid_record(walked.error().detail);
    }
    if (!rules_.refused() && misnumbered_ && !rebuild_) return renumber();
    return {};
  }

  bool refused() const { return rules_.refused(); }
  RefusedBatch refusal() { return rules_.refusal(); }

  // Of a batch that must be written anew: whether Java's builder would fail at it.
  bool defies_rebuilding() const {
    return has_negative_time_ || (batch_.is_transactional() && !batch_.has_producer_id());
  }

  TimestampMs max_timestamp() const { return max_timestamp_; }
  bool rebuilt() const { return rebuild_; }
  Bytes build() { return builder_->build(); }

 private:
  void visit(const RecordView& record) {
    rules_.check(index_, {.offset = record.offset,
                          .timestamp = record.timestamp,
                          .has_key = record.key.has_value(),
                          .key_size = record.key.has_value() ? record.key->size() : 0,
                          .value_size = record.value.has_value() ? record.value->size() : 0});
    // Some clients number the records inside a batch wrongly: Java writes such batches anew.
    if (record.offset_delta != index_) misnumbered_ = true;
    if (record.timestamp < 0 && record.timestamp != kNoTimestamp) has_negative_time_ = true;
    max_timestamp_ = std::max(max_timestamp_, record.timestamp);
    if (rebuild_ && !rules_.refused()) {
      builder_->append(record.timestamp, record.key, record.value, record.headers);
    }
    ++index_;
  }

  BatchOptions rebuilt_options() const {
    BatchOptions rebuilt;
    rebuilt.compression =
        options_.target_compression.value_or(Compression{batch_.compression(), std::nullopt});
    rebuilt.partition_leader_epoch = batch_.partition_leader_epoch();
    rebuilt.producer_id = batch_.producer_id();
    rebuilt.producer_epoch = batch_.producer_epoch();
    rebuilt.base_sequence = batch_.base_sequence();
    rebuilt.transactional = batch_.is_transactional();
    if (options_.timestamp_type == TimestampType::kLogAppendTime) {
      rebuilt.log_append_time = options_.now;
    }
    return rebuilt;
  }

  Status renumber() {
    rebuild_ = true;
    builder_.emplace(rebuilt_options());
    return for_each_record_view(batch_, options_.inflate_limit, [this](const RecordView& record) {
      builder_->append(record.timestamp, record.key, record.value, record.headers);
      return true;
    });
  }

  const RecordBatchView& batch_;
  const ValidationOptions& options_;
  RecordRules rules_;
  bool rebuild_;
  std::optional<RecordBatchBuilder> builder_;
  int32_t index_ = 0;
  bool misnumbered_ = false;
  bool has_negative_time_ = false;
  TimestampMs max_timestamp_ = kNoTimestamp;
};

// The batch keeps its bytes; its header gets the time the topic's rule says.
ProducePlan accept_in_place(const RecordBatchView& batch, TimestampMs max_timestamp,
                            const ValidationOptions& options) {
  ProducePlan plan;
  ValidatedBatch& accepted = plan.accepted.emplace();
  accepted.batch = batch.bytes();
  const std::span<uint8_t> header(accepted.batch.exclusive_data(), accepted.batch.size());
  if (options.timestamp_type == TimestampType::kLogAppendTime) {
    set_log_append_time(header, options.now);
    accepted.max_timestamp = accepted.log_append_time = options.now;
  } else {
    // Java counts from "none": no batch has a latest time before it.
    accepted.max_timestamp = std::max(max_timestamp, kNoTimestamp);
    set_max_timestamp(header, TimestampType::kCreateTime, accepted.max_timestamp);
  }
  return plan;
}

}  // namespace

ProducePlan validate_produced_batch(Bytes records, const ValidationOptions& options) {
  const Result<RecordBatchView> batch = only_produced_batch(records, options.produce_version);
  if (!batch.ok()) return refused_plan(batch.error());
  if (Status entry = check_entry(*batch, options); !entry.ok()) return refused_plan(entry.error());
  if (Status header = check_header(*batch, options); !header.ok())
    return refused_plan(header.error());
  if (!needs_every_record(*batch, options)) {
    return accept_in_place(*batch, batch->max_timestamp(), options);
  }
  RecordInspection inspection(*batch, options);
  if (Status walked = inspection.run(); !walked.ok()) return refused_plan(walked.error());
  if (inspection.refused()) {
    ProducePlan plan;
    plan.refused = inspection.refusal();
    return plan;
  }
  if (inspection.rebuilt() && inspection.defies_rebuilding()) {
    return refused_plan({ErrorCode::kUnknownServerError,
                         "The batch has a negative time, or is transactional without a producer"});
  }
  if (inspection.rebuilt()) return accept_rebuilt(inspection.build(), options);
  return accept_in_place(*batch, inspection.max_timestamp(), options);
}

}  // namespace wire
