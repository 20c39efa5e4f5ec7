// Expected codes and messages: Kafka 4.3's LogValidator and UnifiedLog.
#include "wire/records/batch_validation.h"

#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "wire/records/record_batch_builder.h"

namespace wire {
namespace {

constexpr TimestampMs kNow = 1'700'000'000'000;

ValidationOptions options() {
  ValidationOptions made;
  made.topic = "tweets";
  made.partition = 3;
  made.now = kNow;
  return made;
}

BatchOptions idempotent() {
  BatchOptions made;
  made.producer_id = 9;
  made.producer_epoch = 1;
  made.base_sequence = 5;
  return made;
}

Bytes batch_of(int records, BatchOptions made = {}, TimestampMs timestamp = kNow) {
  RecordBatchBuilder builder(std::move(made));
  for (int i = 0; i < records; ++i) builder.append(timestamp, "key" + std::to_string(i), "value");
  return builder.build();
}

// The batch with one header field changed and the checksum made right again.
template <typename T>
Bytes with_field(const Bytes& batch, size_t at, T value) {
  Bytes changed = Bytes::copy(batch.span());
  store_big_endian(changed.exclusive_data() + at, value);
  store_big_endian(changed.exclusive_data() + kBatchCrcAt,
                   RecordBatchView::trusted(changed).computed_crc());
  return changed;
}

void expect_refused(const Bytes& batch, const ValidationOptions& made, ErrorCode code,
                    const std::string& message_part) {
  const ProducePlan plan = validate_produced_batch(batch, made);
  ASSERT_FALSE(plan.ok()) << message_part;
  EXPECT_EQ(plan.refused.code, code) << plan.refused.message;
  EXPECT_NE(plan.refused.message.find(message_part), std::string::npos) << plan.refused.message;
}

TEST(ValidateBatch, TakesAGoodBatchAsItIs) {
  for (const Inspect inspect : {Inspect::kWhenNeeded, Inspect::kEveryRecord}) {
    const Bytes batch = batch_of(5, idempotent());
    ValidationOptions made = options();
    made.inspect = inspect;
    const Bytes before = Bytes::copy(batch.span());
    const ProducePlan plan = validate_produced_batch(batch, made);
    ASSERT_TRUE(plan.ok()) << plan.refused.message;
    EXPECT_EQ(plan.accepted->batch.data(), batch.data());
    EXPECT_EQ(plan.accepted->batch, before);
    EXPECT_EQ(plan.accepted->max_timestamp, kNow);
    EXPECT_EQ(plan.accepted->log_append_time, kNoTimestamp);
  }
}

TEST(ValidateBatch, DemandsExactlyOneBatchOfMagicTwo) {
  const Bytes batch = batch_of(1);
  const std::string text(batch.view());
  expect_refused({}, options(), ErrorCode::kInvalidRecord,
                 "must have at least one record batch per partition");
  expect_refused(batch.slice(0, batch.size() - 1), options(), ErrorCode::kInvalidRecord,
                 "must have at least one record batch per partition");
  expect_refused(Bytes::copy(text + text), options(), ErrorCode::kInvalidRecord,
                 "exactly one record batch per partition");
  expect_refused(with_field(batch, kBatchMagicAt, int8_t{1}), options(), ErrorCode::kInvalidRecord,
                 "record batches with magic version 2");
  expect_refused(with_field(batch, kBatchMagicAt, int8_t{3}), options(), ErrorCode::kCorruptMessage,
                 "Invalid magic found in record: 3");
  expect_refused(Bytes::copy(std::string(40, '\0')), options(), ErrorCode::kCorruptMessage,
                 "less than the minimum record overhead");
}

TEST(ValidateBatch, CutsOffAPartialBatchBehindTheFirst) {
  const Bytes batch = batch_of(1);
  const Bytes run =
      Bytes::copy(std::string(batch.view()) + std::string(batch.view().substr(0, 50)));
  const ProducePlan plan = validate_produced_batch(run, options());
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan.accepted->batch, batch);
}

TEST(ValidateBatch, ZstdNeedsProduceSeven) {
  BatchOptions zstd;
  zstd.compression.type = CompressionType::kZstd;
  ValidationOptions made = options();
  made.produce_version = 6;
  expect_refused(batch_of(1, zstd), made, ErrorCode::kUnsupportedCompressionType,
                 "not allowed to use ZStandard compression");
  made.produce_version = 7;
  EXPECT_TRUE(validate_produced_batch(batch_of(1, zstd), made).ok());
}

TEST(ValidateBatch, ChecksTheEntry) {
  const Bytes batch = batch_of(2);
  expect_refused(
      with_field(batch, kBatchBaseOffsetAt, int64_t{4}), options(), ErrorCode::kInvalidRecord,
      "The baseOffset of the record batch in the append to tweets-3 should be 0, but it is 4");
  ValidationOptions small = options();
  small.max_message_bytes = static_cast<int32_t>(batch.size()) - 1;
  expect_refused(batch, small, ErrorCode::kMessageTooLarge, "exceeds the maximum configured value");
  Bytes broken = Bytes::copy(batch.span());
  broken.exclusive_data()[broken.size() - 1] ^= 1;
  expect_refused(broken, options(), ErrorCode::kCorruptMessage, "Record is corrupt (stored crc = ");
  expect_refused(with_field(batch, kBatchAttributesAt, int16_t{6}), options(),
                 ErrorCode::kUnknownServerError, "Unknown compression type id: 6");
}

TEST(ValidateBatch, ChecksTheHeader) {
  const Bytes batch = batch_of(2, idempotent());
  const auto refused = [&](const Bytes& changed, const std::string& part) {
    expect_refused(changed, options(), ErrorCode::kInvalidRecord, part);
  };
  refused(with_field(batch, kBatchLastOffsetDeltaAt, int32_t{-1}), "invalid offset range: [0, -1]");
  refused(with_field(batch, kBatchRecordCountAt, int32_t{0}),
          "Invalid reported count for record batch: 0");
  refused(
      with_field(batch, kBatchRecordCountAt, int32_t{3}),
      "Inconsistent batch offset range [0, 1] and count of records 3 in topic partition tweets-3");
  refused(with_field(with_field(batch, kBatchRecordCountAt, int32_t{1000}), kBatchLastOffsetDeltaAt,
                     int32_t{999}),
          "premature EOF reached");
  refused(with_field(batch, kBatchAttributesAt, int16_t{kControlBit}),
          "Clients are not allowed to write control records");
  refused(with_field(batch, kBatchBaseSequenceAt, int32_t{-1}),
          "Invalid sequence number -1 in record batch with producerId 9");
}

// Java's log takes such a batch as it is; its builder of a new one fails.
TEST(ValidateBatch, WhatNoBuilderWouldWriteIsOnlyRefusedWhereItIsWrittenAnew) {
  ValidationOptions compressing = options();
  compressing.target_compression = Compression{CompressionType::kGzip, std::nullopt};
  RecordBatchBuilder ancient;
  ancient.append(-5, "key", "value");
  for (const Bytes& batch :
       {with_field(batch_of(1), kBatchAttributesAt, int16_t{kTransactionalBit}), ancient.build()}) {
    EXPECT_TRUE(validate_produced_batch(batch, options()).ok());
    expect_refused(batch, compressing, ErrorCode::kUnknownServerError, "negative time");
  }
}

TEST(ValidateBatch, CompactedTopicNamesEachRecordWithoutAKey) {
  RecordBatchBuilder builder;
  builder.append(kNow, "key", "value");
  builder.append(kNow, std::nullopt, "value");
  builder.append(kNow, std::nullopt, "value");
  const Bytes batch = builder.build();
  EXPECT_TRUE(validate_produced_batch(batch, options()).ok());
  ValidationOptions made = options();
  made.compacted = true;
  const ProducePlan plan = validate_produced_batch(batch, made);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.refused.code, ErrorCode::kInvalidRecord);
  ASSERT_EQ(plan.refused.record_errors.size(), 2U);
  EXPECT_EQ(plan.refused.record_errors[1].batch_index, 2);
  EXPECT_EQ(plan.refused.record_errors[0].message,
            "Compacted topic cannot accept message without key in topic partition tweets-3");
  EXPECT_EQ(plan.refused.message.substr(0, 72),
            "One or more records have been rejected due to 2 record errors in total, ");
}

TEST(ValidateBatch, TimestampsStayWithinTheTopicsLimits) {
  ValidationOptions made = options();
  made.timestamp_after_max_ms = 1000;
  EXPECT_TRUE(validate_produced_batch(batch_of(2, {}, kNow + 1000), made).ok());
  expect_refused(batch_of(2, {}, kNow + 1001), made, ErrorCode::kInvalidTimestamp,
                 "One or more records have been rejected due to invalid timestamp");
  EXPECT_TRUE(validate_produced_batch(batch_of(2, {}, 0), made).ok());
  made.timestamp_before_max_ms = 5000;
  EXPECT_TRUE(validate_produced_batch(batch_of(2, {}, kNow - 5000), made).ok());
  EXPECT_TRUE(validate_produced_batch(batch_of(2, {}, kNoTimestamp), made).ok());
  const ProducePlan plan = validate_produced_batch(batch_of(2, {}, kNow - 5001), made);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.refused.code, ErrorCode::kInvalidTimestamp);
  ASSERT_EQ(plan.refused.record_errors.size(), 2U);
  EXPECT_EQ(
      plan.refused.record_errors[0].message,
      "Timestamp 1699999994999 of message with offset 0 is out of range. The timestamp should "
      "be within [1699999995000, 1700000001000]");
}

TEST(ValidateBatch, LogAppendTimeTopicStampsTheBatch) {
  ValidationOptions made = options();
  made.timestamp_type = TimestampType::kLogAppendTime;
  const ProducePlan plan = validate_produced_batch(batch_of(3, {}, 17), made);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan.accepted->log_append_time, kNow);
  const auto view = RecordBatchView::trusted(plan.accepted->batch);
  EXPECT_EQ(view.timestamp_type(), TimestampType::kLogAppendTime);
  EXPECT_EQ(view.max_timestamp(), kNow);
  EXPECT_TRUE(view.crc_is_valid());
}

TEST(ValidateBatch, ClientMayNotClaimLogAppendTime) {
  BatchOptions claimed;
  claimed.log_append_time = kNow;
  ValidationOptions made = options();
  made.timestamp_type = TimestampType::kLogAppendTime;
  const ProducePlan plan = validate_produced_batch(batch_of(1, claimed), made);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.refused.code, ErrorCode::kInvalidTimestamp);
  EXPECT_EQ(
      plan.refused.record_errors.at(0).message,
      "Invalid timestamp type in message DefaultRecord(offset=0, timestamp=1700000000000, "
      "key=4 bytes, value=5 bytes). Producer should not set timestamp type to LogAppendTime.");

  // A CreateTime topic takes it, like Kafka, but as CreateTime.
  const ProducePlan taken = validate_produced_batch(batch_of(1, claimed), options());
  ASSERT_TRUE(taken.ok());
  const auto view = RecordBatchView::trusted(taken.accepted->batch);
  EXPECT_EQ(view.timestamp_type(), TimestampType::kCreateTime);
  EXPECT_TRUE(view.crc_is_valid());
}

TEST(ValidateBatch, MaxTimestampThatNoRecordHasIsCorrectedWhenRecordsAreRead) {
  ValidationOptions made = options();
  made.compacted = true;
  const ProducePlan plan = validate_produced_batch(
      with_field(batch_of(3), kBatchMaxTimestampAt, int64_t{kNow + 60'000}), made);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan.accepted->max_timestamp, kNow);
  EXPECT_EQ(RecordBatchView::trusted(plan.accepted->batch).max_timestamp(), kNow);
  EXPECT_TRUE(RecordBatchView::trusted(plan.accepted->batch).crc_is_valid());
}

TEST(ValidateBatch, RecompressesToTheTopicsCodec) {
  for (const CompressionType from : {CompressionType::kNone, CompressionType::kGzip}) {
    for (const CompressionType to : {CompressionType::kNone, CompressionType::kLz4}) {
      BatchOptions source = idempotent();
      source.compression.type = from;
      source.transactional = true;
      ValidationOptions made = options();
      made.target_compression = Compression{to, std::nullopt};
      const Bytes batch = batch_of(200, source);
      const ProducePlan plan = validate_produced_batch(batch, made);
      ASSERT_TRUE(plan.ok()) << plan.refused.message;
      EXPECT_EQ(plan.accepted->rebuilt, from != to);
      const auto view = RecordBatchView::trusted(plan.accepted->batch);
      EXPECT_EQ(view.compression(), to);
      EXPECT_EQ(view.producer_id(), 9);
      EXPECT_EQ(view.base_sequence(), 5);
      EXPECT_TRUE(view.is_transactional());
      EXPECT_TRUE(view.crc_is_valid());
      EXPECT_TRUE(*read_records(view) == *read_records(RecordBatchView::trusted(batch)));
    }
  }
}

TEST(ValidateBatch, RecompressedBatchMustFitToo) {
  BatchOptions source;
  source.compression.type = CompressionType::kZstd;
  ValidationOptions made = options();
  made.target_compression = Compression{};
  made.max_message_bytes = 3000;
  expect_refused(batch_of(500, source), made, ErrorCode::kMessageTooLarge,
                 "exceeds the maximum configured size of 3000");
}

TEST(ValidateBatch, WronglyNumberedRecordsAreWrittenAnew) {
  BatchOptions source;
  source.compression.type = CompressionType::kSnappy;
  RecordBatchBuilder builder(source);
  builder.append_at(1, kNow, "a", "1");
  builder.append_at(5, kNow, "b", "2");
  // The header says two records in a row.
  const Bytes batch = with_field(builder.build(), kBatchLastOffsetDeltaAt, int32_t{1});
  ValidationOptions made = options();
  made.inspect = Inspect::kEveryRecord;
  const ProducePlan plan = validate_produced_batch(batch, made);
  ASSERT_TRUE(plan.ok()) << plan.refused.message;
  EXPECT_TRUE(plan.accepted->rebuilt);
  const auto records = read_records(RecordBatchView::trusted(plan.accepted->batch));
  ASSERT_TRUE(records.ok());
  EXPECT_EQ((*records)[0].offset, 0);
  EXPECT_EQ((*records)[1].offset, 1);
}

TEST(ValidateBatch, BrokenCompressedRecordsAreNotWorthASecondTry) {
  BatchOptions source;
  source.compression.type = CompressionType::kZstd;
  const Bytes batch = batch_of(5, source);
  Bytes broken = Bytes::copy(batch.span());
  for (size_t at = kBatchHeaderSize; at < broken.size(); ++at) broken.exclusive_data()[at] = 0xEE;
  broken = with_field(broken, kBatchProducerIdAt, int64_t{-1});
  ValidationOptions made = options();
  made.inspect = Inspect::kEveryRecord;
  // CORRUPT_MESSAGE would make clients retry for ever.
  expect_refused(broken, made, ErrorCode::kInvalidRecord, "Broken zstd data");
}

}  // namespace
}  // namespace wire
