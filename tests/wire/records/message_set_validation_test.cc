// Expected codes: Kafka 3.9's UnifiedLog and LogValidator.
#include "wire/records/message_set_validation.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "wire/records/message_set.h"
#include "wire/records/message_set_builder.h"
#include "wire/records/record.h"
#include "wire/records/record_batch_builder.h"

namespace wire {
namespace {

constexpr TimestampMs kSetTime = 1'700'000'000'000;
constexpr size_t kAttributesAt = kBatchMagicAt + 1;

ValidationOptions set_options() {
  ValidationOptions made;
  made.topic = "tweets";
  made.produce_version = 2;
  made.now = kSetTime;
  return made;
}

Bytes set_of(MessageSetOptions made, int messages = 3) {
  MessageSetBuilder builder(std::move(made));
  for (int i = 0; i < messages; ++i) {
    builder.append(i, kSetTime + i, "key" + std::to_string(i), "value");
  }
  return builder.build();
}

MessageSetOptions format(int8_t magic, CompressionType codec = CompressionType::kNone) {
  MessageSetOptions made;
  made.magic = magic;
  made.codec = codec;
  return made;
}

// The first entry with its checksum made right again.
Bytes mended(Bytes set) {
  const auto extent = read_entry_extent(set.span());
  uint8_t* entry = set.exclusive_data();
  const size_t covered = (*extent)->size - kBatchMagicAt;
  store_big_endian(entry + kLogOverhead,
                   static_cast<uint32_t>(crc32_z(0, entry + kBatchMagicAt, covered)));
  return set;
}

Bytes joined_messages(const Bytes& first, const Bytes& second) {
  return Bytes::copy(std::string(first.view()) + std::string(second.view()));
}

// A wrapper around a set that is taken as it is.
Bytes wrapped(const Bytes& inner, int8_t magic, Offset offset) {
  const Bytes packed = compress({CompressionType::kGzip, std::nullopt}, inner.span());
  MessageSetBuilder builder(format(magic));
  builder.append(offset, kSetTime, std::nullopt, packed.view());
  Bytes set = builder.build();
  set.exclusive_data()[kAttributesAt] = static_cast<uint8_t>(CompressionType::kGzip);
  return mended(std::move(set));
}

ErrorCode refusal(const Bytes& set, const ValidationOptions& made = set_options()) {
  const ProducePlan plan = validate_produced_message_set(set, made);
  return plan.ok() ? ErrorCode::kNone : plan.refused.code;
}

TEST(ValidateMessageSet, BecomesOneBatchOfTheSameRecords) {
  for (const int8_t magic : {int8_t{0}, int8_t{1}}) {
    for (const auto codec : {CompressionType::kNone, CompressionType::kGzip,
                             CompressionType::kSnappy, CompressionType::kLz4}) {
      const ProducePlan plan =
          validate_produced_message_set(set_of(format(magic, codec)), set_options());
      ASSERT_TRUE(plan.ok()) << plan.refused.message;
      EXPECT_TRUE(plan.accepted->rebuilt);
      const auto batch = RecordBatchView::parse(plan.accepted->batch);
      ASSERT_TRUE(batch.ok());
      EXPECT_EQ(batch->size_bytes(), plan.accepted->batch.size());
      EXPECT_TRUE(batch->crc_is_valid());
      EXPECT_EQ(batch->compression(), codec);
      EXPECT_EQ(batch->base_offset(), 0);
      EXPECT_EQ(batch->producer_id(), kNoProducerId);
      EXPECT_EQ(batch->timestamp_type(), TimestampType::kCreateTime);
      EXPECT_EQ(plan.accepted->max_timestamp, magic == 0 ? kNoTimestamp : kSetTime + 2);
      const auto records = read_records(*batch);
      ASSERT_TRUE(records.ok());
      ASSERT_EQ(records->size(), 3U);
      for (int i = 0; i < 3; ++i) {
        const Record& record = (*records)[static_cast<size_t>(i)];
        EXPECT_EQ(record.offset, i);
        EXPECT_EQ(record.timestamp, magic == 0 ? kNoTimestamp : kSetTime + i);
        EXPECT_EQ(record.key->view(), "key" + std::to_string(i));
        EXPECT_EQ(record.value->view(), "value");
      }
    }
  }
}

TEST(ValidateMessageSet, FollowsTheTopicsCodecAndTimestampType) {
  ValidationOptions made = set_options();
  made.target_compression = Compression{CompressionType::kZstd, std::nullopt};
  made.timestamp_type = TimestampType::kLogAppendTime;
  const ProducePlan plan = validate_produced_message_set(set_of(format(1)), made);
  ASSERT_TRUE(plan.ok());
  const auto batch = RecordBatchView::trusted(plan.accepted->batch);
  EXPECT_EQ(batch.compression(), CompressionType::kZstd);
  EXPECT_EQ(batch.timestamp_type(), TimestampType::kLogAppendTime);
  EXPECT_EQ(batch.max_timestamp(), kSetTime);
  EXPECT_EQ(plan.accepted->log_append_time, kSetTime);
}

TEST(ValidateMessageSet, KeepsNothingOfWhatIsNoWholeMessage) {
  const Bytes set = set_of(format(1), 1);
  for (const Bytes& nothing : {Bytes(), set.slice(0, 5), set.slice(0, set.size() - 1)}) {
    const ProducePlan plan = validate_produced_message_set(nothing, set_options());
    ASSERT_TRUE(plan.ok());
    EXPECT_TRUE(plan.accepted->batch.empty());
  }
  const ProducePlan cut = validate_produced_message_set(
      joined_messages(set, set.slice(0, set.size() - 1)), set_options());
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(RecordBatchView::trusted(cut.accepted->batch).record_count(), 1);
}

TEST(ValidateMessageSet, TakesABatchAsOne) {
  RecordBatchBuilder builder;
  builder.append(kSetTime, "key", "value");
  const Bytes batch = builder.build();
  const ProducePlan plan = validate_produced_message_set(batch, set_options());
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(plan.accepted->rebuilt);
  EXPECT_EQ(refusal(joined_messages(set_of(format(1), 1), batch)), ErrorCode::kInvalidRecord);
  EXPECT_EQ(refusal(joined_messages(set_of(format(1), 1), set_of(format(0), 1))),
            ErrorCode::kInvalidRecord);
}

TEST(ValidateMessageSet, RefusesAWrapperBesideOthers) {
  const Bytes wrapper = set_of(format(1, CompressionType::kGzip));
  EXPECT_EQ(refusal(joined_messages(wrapper, wrapper)), ErrorCode::kInvalidRecord);
  EXPECT_EQ(refusal(joined_messages(set_of(format(1), 1), wrapper)), ErrorCode::kInvalidRecord);
}

TEST(ValidateMessageSet, ChecksTheChecksumOfEachMessage) {
  Bytes set = set_of(format(1));
  set.exclusive_data()[set.size() - 1] ^= 1;
  EXPECT_EQ(refusal(set), ErrorCode::kCorruptMessage);

  Bytes inner = set_of(format(0));
  inner.exclusive_data()[inner.size() - 1] ^= 1;
  EXPECT_EQ(refusal(wrapped(inner, 0, 2)), ErrorCode::kCorruptMessage);
}

TEST(ValidateMessageSet, RefusesWhatAWrapperMustNotHold) {
  EXPECT_EQ(refusal(wrapped(set_of(format(0)), 0, 2)), ErrorCode::kNone);
  EXPECT_EQ(refusal(wrapped(Bytes(), 0, 0)), ErrorCode::kInvalidRecord);
  EXPECT_EQ(refusal(wrapped(set_of(format(1)), 0, 2)), ErrorCode::kInvalidRecord);
  EXPECT_EQ(refusal(wrapped(set_of(format(0, CompressionType::kGzip)), 0, 2)),
            ErrorCode::kInvalidRecord);
  // The wrapper's offset is that of its last message, or 0 from some librdkafkas.
  EXPECT_EQ(refusal(wrapped(set_of(format(1)), 1, 2)), ErrorCode::kNone);
  EXPECT_EQ(refusal(wrapped(set_of(format(1)), 1, 0)), ErrorCode::kNone);
  EXPECT_EQ(refusal(wrapped(set_of(format(1)), 1, 1)), ErrorCode::kInvalidRecord);
  // What does not inflate, and what inflates to too much.
  Bytes broken = set_of(format(1, CompressionType::kGzip));
  broken.exclusive_data()[broken.size() - 12] ^= 0xFF;
  EXPECT_EQ(refusal(mended(broken)), ErrorCode::kInvalidRecord);
  ValidationOptions small = set_options();
  small.inflate_limit = 50;
  EXPECT_EQ(refusal(set_of(format(1, CompressionType::kGzip)), small), ErrorCode::kInvalidRecord);
  // Codecs that message sets do not have.
  for (const uint8_t codec : {uint8_t{4}, uint8_t{5}}) {
    Bytes unknown = set_of(format(1), 1);
    unknown.exclusive_data()[kAttributesAt] = codec;
    EXPECT_EQ(refusal(mended(unknown)), ErrorCode::kInvalidRecord);
  }
}

TEST(ValidateMessageSet, AppliesTheTopicsRulesToEachMessage) {
  ValidationOptions compacted = set_options();
  compacted.compacted = true;
  EXPECT_EQ(refusal(set_of(format(0)), compacted), ErrorCode::kNone);
  MessageSetBuilder keyless(format(0, CompressionType::kSnappy));
  keyless.append(0, kSetTime, std::nullopt, "value");
  EXPECT_EQ(refusal(keyless.build(), compacted), ErrorCode::kInvalidRecord);

  for (const TimestampMs timestamp : {kSetTime + 3'600'001, TimestampMs{-2}, INT64_MIN}) {
    MessageSetBuilder builder(format(1));
    builder.append(0, timestamp, "key", "value");
    EXPECT_EQ(refusal(builder.build()),
              timestamp == -2 ? ErrorCode::kUnknownServerError : ErrorCode::kInvalidTimestamp);
  }

  ValidationOptions tight = set_options();
  const Bytes set = set_of(format(0), 1);
  tight.max_message_bytes = static_cast<int32_t>(set.size()) - 1;
  EXPECT_EQ(refusal(set, tight), ErrorCode::kMessageTooLarge);
  // Each message is small enough; the batch that they become is not.
  tight.max_message_bytes = 70;
  EXPECT_EQ(refusal(set_of(format(0), 2), tight), ErrorCode::kMessageTooLarge);
}

TEST(ValidateMessageSet, RefusesLogAppendTimeFromAProducer) {
  MessageSetOptions made = format(1);
  made.log_append_time = kSetTime;
  // As in Kafka: not where the topic's own rule looks at the time.
  EXPECT_EQ(refusal(set_of(made)), ErrorCode::kNone);
  ValidationOptions append_time = set_options();
  append_time.timestamp_type = TimestampType::kLogAppendTime;
  EXPECT_EQ(refusal(set_of(made), append_time), ErrorCode::kInvalidTimestamp);
}

TEST(ValidateMessageSet, SurvivesEveryTruncationAndEveryByte) {
  for (const auto codec : {CompressionType::kNone, CompressionType::kGzip}) {
    const Bytes set = set_of(format(1, codec));
    for (size_t size = 0; size < set.size(); ++size) {
      (void)validate_produced_message_set(set.slice(0, size), set_options());
    }
    for (size_t at = 0; at < set.size(); ++at) {
      for (const uint8_t value : {uint8_t{0}, uint8_t{0x7F}, uint8_t{0xFF}}) {
        Bytes changed = Bytes::copy(set.span());
        changed.exclusive_data()[at] = value;
        const auto extent = read_entry_extent(changed.span());
        const bool whole = extent.ok() && extent->has_value() && (*extent)->size <= changed.size();
        if (whole) changed = mended(std::move(changed));
        const ProducePlan plan = validate_produced_message_set(changed, set_options());
        if (plan.ok() && !plan.accepted->batch.empty()) {
          EXPECT_TRUE(read_records(RecordBatchView::trusted(plan.accepted->batch)).ok());
        }
      }
    }
  }
}

}  // namespace
}  // namespace wire
