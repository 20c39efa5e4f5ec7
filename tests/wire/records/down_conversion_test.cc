// Expected outcomes: Kafka 3.9's RecordsUtil and LazyDownConversionRecords.
#include "wire/records/down_conversion.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "wire/records/control_record.h"
#include "wire/records/message_set.h"
#include "wire/records/message_set_builder.h"
#include "wire/records/record_batch_builder.h"

namespace wire {
namespace {

constexpr TimestampMs kTime = 1'700'000'000'000;

Bytes batch_at(Offset base, int records, CompressionType codec = CompressionType::kNone,
               std::optional<TimestampMs> log_append_time = std::nullopt) {
  BatchOptions options;
  options.base_offset = base;
  options.compression.type = codec;
  options.log_append_time = log_append_time;
  RecordBatchBuilder builder(options);
  const RecordHeader header{"name", "value"};
  for (int i = 0; i < records; ++i) {
    builder.append(kTime + i, "key", "value" + std::to_string(base + i), {&header, 1});
  }
  return builder.build();
}

Bytes joined_sets(const std::vector<Bytes>& parts) {
  std::string all;
  for (const Bytes& part : parts) all += part.view();
  return Bytes::copy(all);
}

DownConversionOptions to(int8_t magic, Offset first_offset = 0) {
  DownConversionOptions options;
  options.to_magic = magic;
  options.first_offset = first_offset;
  options.bytes_wanted = options.bytes_max = options.inflate_limit = 1 << 20;
  return options;
}

struct Seen {
  int8_t magic;
  Offset offset;
  TimestampMs timestamp;
  std::string value;

  bool operator==(const Seen&) const = default;
};

std::vector<Seen> read(const Result<Bytes>& set) {
  std::vector<Seen> seen;
  EXPECT_TRUE(set.ok()) << set.error().detail;
  MessageSetIterator entries(*set);
  while (entries.next()) {
    EXPECT_TRUE(entries.entry().crc_is_valid());
    const Status walked =
        for_each_message(entries.entry(), 1 << 20, [&](const MessageView& message) {
          EXPECT_TRUE(message.entry->crc_is_valid());
          EXPECT_EQ(message.key, "key");
          seen.push_back({message.entry->magic(), message.offset, message.timestamp,
                          std::string(*message.value)});
          return true;
        });
    EXPECT_TRUE(walked.ok());
  }
  EXPECT_TRUE(entries.status().ok());
  return seen;
}

TEST(DownConversion, EachFormatAndCodec) {
  for (const auto codec : {CompressionType::kNone, CompressionType::kGzip, CompressionType::kSnappy,
                           CompressionType::kLz4}) {
    const Bytes batches = joined_sets({batch_at(100, 2, codec), batch_at(102, 1, codec)});
    EXPECT_EQ(read(down_convert(batches, to(0, 100))),
              (std::vector<Seen>{{0, 100, kNoTimestamp, "value100"},
                                 {0, 101, kNoTimestamp, "value101"},
                                 {0, 102, kNoTimestamp, "value102"}}));
    EXPECT_EQ(read(down_convert(batches, to(1, 100))),
              (std::vector<Seen>{{1, 100, kTime, "value100"},
                                 {1, 101, kTime + 1, "value101"},
                                 {1, 102, kTime, "value102"}}));
  }
}

TEST(DownConversion, LogAppendTimeIsThatOfTheBatch) {
  for (const auto codec : {CompressionType::kNone, CompressionType::kGzip}) {
    const Bytes batch = batch_at(5, 2, codec, kTime + 50);
    const auto set = down_convert(batch, to(1, 5));
    EXPECT_EQ(read(set),
              (std::vector<Seen>{{1, 5, kTime + 50, "value5"}, {1, 6, kTime + 50, "value6"}}));
    EXPECT_EQ(MessageSetEntry::parse(*set)->timestamp_type(), TimestampType::kLogAppendTime);
  }
}

TEST(DownConversion, LeavesOutWhatWasReadAlreadyUnlessCompressed) {
  EXPECT_EQ(read(down_convert(batch_at(10, 4), to(1, 12))).size(), 2U);
  EXPECT_EQ(read(down_convert(batch_at(10, 4, CompressionType::kGzip), to(1, 12))).size(), 4U);
}

TEST(DownConversion, LeavesOutMarkers) {
  const Bytes marker = build_end_transaction_batch(
      {.producer_id = 7, .producer_epoch = 1, .committed = true, .coordinator_epoch = 0}, kTime,
      12);
  EXPECT_EQ(read(down_convert(joined_sets({marker, batch_at(13, 1)}), to(1, 12))),
            (std::vector<Seen>{{1, 13, kTime, "value13"}}));
  EXPECT_TRUE(read(down_convert(marker, to(0, 12))).empty());
}

TEST(DownConversion, KeepsWhatIsOldEnough) {
  MessageSetOptions old;
  old.magic = 1;
  old.codec = CompressionType::kGzip;
  MessageSetBuilder builder(old);
  builder.append(20, kTime, "key", "value20");
  builder.append(21, kTime + 1, "key", "value21");
  const Bytes set = builder.build();
  EXPECT_EQ(*down_convert(set, to(1, 20)), set);
  EXPECT_EQ(
      read(down_convert(set, to(0, 20))),
      (std::vector<Seen>{{0, 20, kNoTimestamp, "value20"}, {0, 21, kNoTimestamp, "value21"}}));
}

TEST(DownConversion, ZstdIsRefusedFirstAndEndsTheSetLater) {
  const Bytes zstd = batch_at(1, 1, CompressionType::kZstd);
  EXPECT_EQ(down_convert(zstd, to(1)).error().code, ErrorCode::kUnsupportedCompressionType);
  EXPECT_EQ(read(down_convert(joined_sets({batch_at(0, 1), zstd, batch_at(2, 1)}), to(1))).size(),
            1U);
}

TEST(DownConversion, ConvertsNoMoreThanIsWanted) {
  const Bytes batches = joined_sets({batch_at(0, 1), batch_at(1, 1), batch_at(2, 1)});
  DownConversionOptions options = to(1);
  options.bytes_wanted = 1;
  EXPECT_EQ(read(down_convert(batches, options)).size(), 1U);
  // What is not wanted is not looked at either.
  Bytes broken = Bytes::copy(batches.span());
  broken.exclusive_data()[batches.size() - 1] = 0xFF;
  const size_t message = down_convert(batch_at(0, 1), to(1))->size();
  options.bytes_wanted = 2 * message;
  EXPECT_EQ(read(down_convert(broken, options)).size(), 2U);
  // What the first batch becomes is whole; messages of others are cut off at the limit.
  const Bytes pairs = joined_sets({batch_at(0, 2), batch_at(2, 2)});
  for (const size_t messages : {1UL, 2UL, 3UL, 4UL}) {
    options.bytes_wanted = messages * message + 1;
    EXPECT_EQ(read(down_convert(pairs, options)).size(), std::max<size_t>(messages, 2));
  }
}

TEST(DownConversion, ABatchThatBecomesTooMuchIsRefused) {
  const Bytes large = batch_at(0, 1000, CompressionType::kGzip);
  DownConversionOptions options = to(1);
  options.bytes_max = 2000;
  EXPECT_EQ(down_convert(large, options).error().code, ErrorCode::kMessageTooLarge);
  EXPECT_EQ(read(down_convert(joined_sets({batch_at(0, 1), large}), options)).size(), 1U);
}

TEST(DownConversion, BrokenRecordsAreAnError) {
  Bytes batch = batch_at(0, 1);
  batch.exclusive_data()[kBatchHeaderSize] = 0x7E;  // the record's length
  EXPECT_EQ(down_convert(batch, to(1)).error().code, ErrorCode::kInvalidRecord);
}

}  // namespace
}  // namespace wire
