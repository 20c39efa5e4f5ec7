#include "wire/records/message_set_validation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "wire/records/message_set.h"
#include "wire/records/record_batch_builder.h"
#include "wire/records/record_rules.h"

namespace wire {
namespace {

constexpr int8_t kBatchMagic = 2;

Error invalid_record(std::string message) {
  return {ErrorCode::kInvalidRecord, std::move(message)};
}

// What the entries say before any of them is opened.
struct Outline {
  size_t entries = 0;
  CompressionType codec = CompressionType::kNone;
};

// UnifiedLog.analyzeAndValidateRecords.
Result<Outline> outline_of(const Bytes& records, const ValidationOptions& options) {
  Outline outline;
  std::optional<int8_t> magic;
  Bytes rest = records;
  while (true) {
    const auto extent = read_entry_extent(rest.span());
    if (!extent.ok()) return extent.error();
    if (!extent->has_value() || (*extent)->size > rest.size()) return outline;
    if (magic.value_or((*extent)->magic) != (*extent)->magic) {
      return invalid_record(fmt::format(
          "Batch magic {} is not the same as the first batch's magic byte {} in topic partition {}",
          (*extent)->magic, *magic, place(options)));
    }
    magic = (*extent)->magic;
    const auto entry = MessageSetEntry::parse(rest);
    if (!entry.ok()) return entry.error();
    if (entry->size_bytes() > static_cast<size_t>(std::max(options.max_message_bytes, 0))) {
      return Error{ErrorCode::kMessageTooLarge,
                   fmt::format("The record batch size in the append to {} is {} bytes which "
                               "exceeds the maximum configured value of {}.",
                               place(options), entry->size_bytes(), options.max_message_bytes)};
    }
    if (!entry->crc_is_valid()) {
      return Error{ErrorCode::kCorruptMessage,
                   fmt::format("Record is corrupt (stored crc = {}) in topic partition {}.",
                               entry->crc(), place(options))};
    }
    if (entry->codec() > static_cast<uint8_t>(CompressionType::kZstd)) {
      return invalid_record(fmt::format("Unknown compression type id: {}", entry->codec()));
    }
    if (entry->codec() != 0) outline.codec = static_cast<CompressionType>(entry->codec());
    ++outline.entries;
    rest = rest.slice(entry->size_bytes());
  }
}

// Checks each message and writes it into the new batch.
class Conversion {
 public:
  Conversion(const ValidationOptions& options, CompressionType source)
      : options_(options), builder_(batch_options(options, source)) {}

  // The error of what is no message; refused() is asked for after each.
  Status add(const MessageSetEntry& entry) {
    rules_.emplace(options_, entry.timestamp_type());
    index_ = 0;
    Status problem;
    const Status walked =
        for_each_message(entry, options_.inflate_limit, [&](const MessageView& message) {
          problem = visit(entry, message);
          return problem.ok();
        });
    return walked.ok() ? problem : walked;
  }

  bool refused() const { return rules_->refused(); }
  RefusedBatch refusal() { return rules_->refusal(); }
  Bytes build() { return builder_.build(); }

 private:
  static BatchOptions batch_options(const ValidationOptions& options, CompressionType source) {
    BatchOptions batch;
    batch.compression = options.target_compression.value_or(Compression{source, std::nullopt});
    if (options.timestamp_type == TimestampType::kLogAppendTime) {
      batch.log_append_time = options.now;
    }
    return batch;
  }

  Status visit(const MessageSetEntry& entry, const MessageView& message) {
    if (message.entry->magic() != entry.magic()) {
      rules_->refuse(index_, fmt::format("Record's magic does not match outer magic {} in topic "
                                         "partition {}",
                                         entry.magic(), place(options_)));
    } else if (message.entry != &entry && !message.entry->crc_is_valid()) {
      return Error{ErrorCode::kCorruptMessage,
                   fmt::format("Record is corrupt (stored crc = {}) in topic partition {}",
                               message.entry->crc(), place(options_))};
    } else {
      rules_->check(index_, {.offset = message.offset,
                             .timestamp = message.timestamp,
                             .has_key = message.key.has_value(),
                             .key_size = message.key.has_value() ? message.key->size() : 0,
                             .value_size = message.value.has_value() ? message.value->size() : 0});
    }
    ++index_;
    if (rules_->refused()) return {};
    // Not INVALID_TIMESTAMP: Java's builder throws on it.
    if (message.timestamp < kNoTimestamp) {
      return Error{ErrorCode::kUnknownServerError,
                   fmt::format("Invalid negative timestamp {}", message.timestamp)};
    }
    builder_.append(message.timestamp, message.key, message.value);
    return {};
  }

  const ValidationOptions& options_;
  RecordBatchBuilder builder_;
  std::optional<RecordRules> rules_;  // of the current entry: Kafka counts from 0 in each
  int32_t index_ = 0;
};

}  // namespace

ProducePlan validate_produced_message_set(Bytes records, const ValidationOptions& options) {
  const auto first = read_entry_extent(records.span());
  if (first.ok() && first->has_value() && (*first)->magic == kBatchMagic) {
    return validate_produced_batch(std::move(records), options);
  }
  const Result<Outline> outline = outline_of(records, options);
  if (!outline.ok()) return refused_plan(outline.error());
  if (outline->entries == 0) {
    ProducePlan nothing;
    nothing.accepted.emplace();
    return nothing;
  }
  if (outline->codec != CompressionType::kNone && outline->entries > 1) {
    return refused_plan(invalid_record("Compressed outer record has more than one batch"));
  }
  Conversion conversion(options, outline->codec);
  MessageSetIterator entries(records);
  while (entries.next()) {
    if (Status added = conversion.add(entries.entry()); !added.ok()) {
      return refused_plan(added.error());
    }
    if (conversion.refused()) {
      ProducePlan plan;
      plan.refused = conversion.refusal();
      return plan;
    }
  }
  return accept_rebuilt(conversion.build(), options);
}

}  // namespace wire
