#include "wire/records/record_rules.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace wire {
namespace {

// The answer lists each refused record; a hostile batch could make that list long.
constexpr size_t kMaxRecordErrors = 1000;
constexpr size_t kShownRecordErrors = 3;

// As Java's `long` arithmetic: wraps.
int64_t wrapping_subtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

}  // namespace

std::string place(const ValidationOptions& options) {
  return fmt::format("{}-{}", options.topic, options.partition);
}

bool out_of_range(TimestampMs timestamp, const ValidationOptions& options) {
  const int64_t age = wrapping_subtract(options.now, timestamp);
  return age > options.timestamp_before_max_ms ||
         wrapping_subtract(0, age) > options.timestamp_after_max_ms;
}

void RecordRules::check(int32_t index, const CheckedRecord& record) {
  std::string problem = problem_of(record);
  if (!problem.empty()) refuse(index, std::move(problem));
}

void RecordRules::refuse(int32_t index, std::string problem) {
  ++error_count_;
  if (errors_.size() < kMaxRecordErrors) errors_.push_back({index, std::move(problem)});
}

std::string RecordRules::problem_of(const CheckedRecord& record) {
  if (options_.compacted && !record.has_key) {
    return "Compacted topic cannot accept message without key in topic partition " +
           place(options_);
  }
  if (options_.timestamp_type == TimestampType::kCreateTime && record.timestamp != kNoTimestamp) {
    if (!out_of_range(record.timestamp, options_)) return {};
    bad_timestamp_ = true;
    return fmt::format(
        "Timestamp {} of message with offset {} is out of range. The timestamp should be within "
        "[{}, {}]",
        record.timestamp, record.offset,
        wrapping_subtract(options_.now, options_.timestamp_before_max_ms),
        wrapping_subtract(options_.now, wrapping_subtract(0, options_.timestamp_after_max_ms)));
  }
  if (source_ != TimestampType::kLogAppendTime) return {};
  bad_timestamp_ = true;
  return fmt::format(
      "Invalid timestamp type in message DefaultRecord(offset={}, timestamp={}, key={} bytes, "
      "value={} bytes). Producer should not set timestamp type to LogAppendTime.",
      record.offset, record.timestamp, record.key_size, record.value_size);
}

std::string RecordRules::shown_errors() const {
  std::string shown;
  for (size_t i = 0; i < std::min(errors_.size(), kShownRecordErrors); ++i) {
    shown += fmt::format("{}RecordError(batchIndex={}, message='{}')", i == 0 ? "" : ", ",
                         errors_[i].batch_index, errors_[i].message);
  }
  return shown;
}

RefusedBatch RecordRules::refusal() {
  RefusedBatch refused;
  if (bad_timestamp_) {
    refused.code = ErrorCode::kInvalidTimestamp;
    refused.message = "One or more records have been rejected due to invalid timestamp";
  } else {
    refused.code = ErrorCode::kInvalidRecord;
    refused.message = fmt::format(
        "One or more records have been rejected due to {} record errors in total, and only "
        "showing the first three errors at most: [{}]",
        error_count_, shown_errors());
  }
  refused.record_errors = std::move(errors_);
  return refused;
}

ProducePlan refused_plan(const Error& error) {
  ProducePlan plan;
  plan.refused = {error.code, error.detail, {}};
  return plan;
}

ProducePlan accept_rebuilt(Bytes batch, const ValidationOptions& options) {
  if (batch.size() > static_cast<size_t>(std::max(options.max_message_bytes, 0))) {
    return refused_plan(
        {ErrorCode::kMessageTooLarge,
         fmt::format("Message batch size is {} bytes in append to partition {} which exceeds the "
                     "maximum configured size of {}.",
                     batch.size(), place(options), options.max_message_bytes)});
  }
  ProducePlan plan;
  ValidatedBatch& accepted = plan.accepted.emplace();
  accepted.max_timestamp = RecordBatchView::trusted(batch).max_timestamp();
  accepted.batch = std::move(batch);
  accepted.rebuilt = true;
  if (options.timestamp_type == TimestampType::kLogAppendTime) {
    accepted.log_append_time = options.now;
  }
  return plan;
}

}  // namespace wire
