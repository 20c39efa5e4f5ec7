#include "cmd/api/fetch_conversion.h"

#include <memory>

#include <gtest/gtest.h>

#include "tests/cmd/api/led_partition.h"
#include "wire/records/message_set.h"
#include "wire/records/record_batch_builder.h"

namespace api {
namespace {

using cluster::replica::FetchedPartition;
using cluster::replica::PartitionOptions;
using wire::ErrorCode;

constexpr size_t kLimit = 1 << 20;

wire::Bytes batch(int records, wire::CompressionType codec = wire::CompressionType::kNone) {
  wire::BatchOptions options;
  options.compression.type = codec;
  wire::RecordBatchBuilder builder(options);
  for (int i = 0; i < records; ++i) builder.append(1'700'000'000'000, "key", "value");
  return builder.build();
}

class FetchConversionTest : public ::testing::Test {
 protected:
  FetchedPartition convert(const wire::Bytes& records, int16_t version, wire::Offset offset = 0) {
    FetchedPartition result;
    result.data.partition_index = 0;
    result.data.high_watermark = 10;
    result.data.records = records;
    convert_for_old_consumer(result, version, offset, led_.partition.get(), memory_);
    return result;
  }

  LedPartition led_;
  ConversionMemory memory_{kLimit};
};

TEST_F(FetchConversionTest, TheVersionChoosesTheFormat) {
  for (int16_t version = 0; version <= kLastFetchOfMessageSets; ++version) {
    const FetchedPartition result = convert(batch(2), version);
    EXPECT_EQ(result.data.error_code, ErrorCode::kNone);
    EXPECT_EQ(result.data.high_watermark, 10);
    const auto entry = wire::MessageSetEntry::parse(*result.data.records);
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(entry->magic(), version < 2 ? 0 : 1);
  }
}

TEST_F(FetchConversionTest, MemoryIsCountedUntilTheAnswerIsGone) {
  std::optional<FetchedPartition> result = convert(batch(100), 2);
  const size_t size = result->data.records->size();
  EXPECT_EQ(memory_.available(), kLimit - size);
  std::optional<wire::Bytes> slice = result->data.records->slice(size / 2);
  result.reset();
  EXPECT_EQ(memory_.available(), kLimit - size);
  slice.reset();
  EXPECT_EQ(memory_.available(), kLimit);
}

TEST_F(FetchConversionTest, WithoutMemoryTheConsumerWaitsAndABatchBeyondItIsAnError) {
  const wire::Bytes held = memory_.count(wire::Bytes::copy(std::string(kLimit - 10, 'x')));
  FetchedPartition result = convert(batch(1), 2);
  EXPECT_EQ(result.data.error_code, ErrorCode::kNone);
  EXPECT_TRUE(result.data.records->empty());

  ConversionMemory small(100);
  result.data.records = batch(10);
  convert_for_old_consumer(result, 2, 0, led_.partition.get(), small);
  EXPECT_EQ(result.data.error_code, ErrorCode::kMessageTooLarge);
  EXPECT_EQ(result.data.high_watermark, -1);
  EXPECT_FALSE(result.data.records.has_value());
}

TEST_F(FetchConversionTest, ZstdIsRefusedByTopicAndByBatch) {
  EXPECT_EQ(convert(batch(1, wire::CompressionType::kZstd), 3).data.error_code,
            ErrorCode::kUnsupportedCompressionType);
  EXPECT_EQ(convert({}, 3).data.error_code, ErrorCode::kNone);
  PartitionOptions zstd;
  zstd.target_compression = wire::Compression{wire::CompressionType::kZstd, std::nullopt};
  led_.partition->set_options(zstd);
  EXPECT_EQ(convert({}, 3).data.error_code, ErrorCode::kUnsupportedCompressionType);
}

}  // namespace
}  // namespace api
