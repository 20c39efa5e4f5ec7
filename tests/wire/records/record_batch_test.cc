#include "wire/records/record_batch.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "wire/base/varint.h"
#include "wire/records/control_record.h"
#include "wire/records/record.h"
#include "wire/records/record_batch_builder.h"

namespace wire {
namespace {

Bytes small_batch(int records, Offset base_offset = 0) {
  BatchOptions options;
  options.base_offset = base_offset;
  RecordBatchBuilder builder(options);
  for (int i = 0; i < records; ++i) builder.append(1000 + i, "key", "value");
  return builder.build();
}

Bytes joined(std::initializer_list<Bytes> parts) {
  std::string run;
  for (const Bytes& part : parts) run += part.view();
  return Bytes::adopt(std::move(run));
}

// A batch of one record whose body is `record`, right in every other way.
RecordBatchView batch_with(std::string record, int32_t count = 1) {
  std::string bytes(small_batch(1).view().substr(0, kBatchHeaderSize));
  bytes += record;
  auto* raw = reinterpret_cast<uint8_t*>(bytes.data());
  store_big_endian(raw + kBatchLengthAt, static_cast<int32_t>(bytes.size() - kLogOverhead));
  store_big_endian(raw + kBatchRecordCountAt, count);
  return RecordBatchView::trusted(Bytes::adopt(std::move(bytes)));
}

TEST(RecordBatchView, RefusesWhatIsNoWholeBatch) {
  const Bytes batch = small_batch(2);
  for (size_t size = 0; size < batch.size(); ++size) {
    EXPECT_FALSE(RecordBatchView::parse(batch.slice(0, size)).ok()) << size;
  }
  EXPECT_TRUE(RecordBatchView::parse(batch).ok());

  std::string bytes(batch.view());
  auto* raw = reinterpret_cast<uint8_t*>(bytes.data());
  raw[kBatchMagicAt] = 1;
  EXPECT_FALSE(RecordBatchView::parse(Bytes::copy(bytes)).ok());
  raw[kBatchMagicAt] = 2;
  for (const int32_t length : {-1, 0, 13, 48, INT32_MAX, INT32_MIN}) {
    store_big_endian(raw + kBatchLengthAt, length);
    EXPECT_FALSE(RecordBatchView::parse(Bytes::copy(bytes)).ok()) << length;
  }
}

TEST(RecordBatchView, LastSequenceWrapsToZero) {
  BatchOptions options;
  options.producer_id = 1;
  options.producer_epoch = 0;
  options.base_sequence = INT32_MAX - 1;
  RecordBatchBuilder builder(options);
  for (int i = 0; i < 4; ++i) builder.append(0, "k", "v");
  const auto batch = RecordBatchView::trusted(builder.build());
  EXPECT_EQ(batch.last_sequence(), 1);
  EXPECT_EQ(batch.last_offset(), 3);
  const auto records = read_records(batch);
  ASSERT_TRUE(records.ok());
  EXPECT_EQ((*records)[1].sequence, INT32_MAX);
  EXPECT_EQ((*records)[2].sequence, 0);
}

TEST(BatchIterator, StopsAtABatchThatIsCutOff) {
  const Bytes first = small_batch(2);
  const Bytes second = small_batch(1, 2);
  const Bytes run = joined({first, second, first.slice(0, 30)});
  BatchIterator batches(run);
  ASSERT_TRUE(batches.next());
  EXPECT_EQ(batches.position(), 0U);
  ASSERT_TRUE(batches.next());
  EXPECT_EQ(batches.batch().base_offset(), 2);
  EXPECT_EQ(batches.position(), first.size());
  EXPECT_FALSE(batches.next());
  EXPECT_TRUE(batches.status().ok());
  EXPECT_EQ(batches.remaining(), 30U);
}

TEST(BatchIterator, SaysWhatIsWrongWithGarbage) {
  const Bytes run = joined({small_batch(1), Bytes::copy(std::string(100, '\0'))});
  BatchIterator batches(run);
  EXPECT_TRUE(batches.next());
  EXPECT_FALSE(batches.next());
  ASSERT_FALSE(batches.status().ok());
  EXPECT_EQ(batches.status().error().detail,
            "Record size 0 is less than the minimum record overhead (14)");
  EXPECT_FALSE(batches.next());
}

TEST(PatchBatch, LeavesTheChecksumValid) {
  Bytes batch = small_batch(3);
  patch_batch(batch.exclusive_data(), 123'456'789'012, 7);
  const auto view = RecordBatchView::trusted(batch);
  EXPECT_EQ(view.base_offset(), 123'456'789'012);
  EXPECT_EQ(view.last_offset(), 123'456'789'014);
  EXPECT_EQ(view.partition_leader_epoch(), 7);
  EXPECT_TRUE(view.crc_is_valid());
}

TEST(SetLogAppendTime, GivesEveryRecordTheTime) {
  Bytes batch = small_batch(3);
  set_log_append_time({batch.exclusive_data(), batch.size()}, 5000);
  const auto view = RecordBatchView::trusted(batch);
  EXPECT_TRUE(view.crc_is_valid());
  EXPECT_EQ(view.timestamp_type(), TimestampType::kLogAppendTime);
  const auto records = read_records(view);
  ASSERT_TRUE(records.ok());
  for (const Record& record : *records) EXPECT_EQ(record.timestamp, 5000);
}

TEST(Records, KeepTheirBatchAlive) {
  std::vector<Record> records;
  for (const CompressionType type : {CompressionType::kNone, CompressionType::kLz4}) {
    BatchOptions options;
    options.compression.type = type;
    RecordBatchBuilder builder(options);
    // Several chunks' worth, so that kept slices stop a chunk from being used again.
    for (int i = 0; i < 300; ++i) builder.append(i, std::to_string(i), std::string(1000, 'x'));
    const auto view = RecordBatchView::trusted(builder.build());
    ASSERT_TRUE(for_each_record(view, kDefaultInflateLimit, [&](Record record) {
                  records.push_back(std::move(record));
                  return true;
                }).ok());
  }
  ASSERT_EQ(records.size(), 600U);
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].key->view(), std::to_string(i % 300));
    EXPECT_EQ(records[i].value->view(), std::string(1000, 'x'));
  }
}

TEST(Records, StopWhenTheVisitorHasEnough) {
  int seen = 0;
  ASSERT_TRUE(
      for_each_record(RecordBatchView::trusted(small_batch(9)), kDefaultInflateLimit, [&](Record) {
        return ++seen < 4;
      }).ok());
  EXPECT_EQ(seen, 4);
}

TEST(Records, RefuseBrokenFraming) {
  const std::string good("\x0E\x00\x00\x00\x01\x01\x00\x00", 8);  // trailing byte inside
  const std::string right("\x0C\x00\x00\x00\x01\x01\x00", 7);
  EXPECT_TRUE(read_records(batch_with(right)).ok());
  EXPECT_FALSE(read_records(batch_with(good)).ok());
  EXPECT_FALSE(read_records(batch_with(right, 2)).ok());       // more declared than there
  EXPECT_FALSE(read_records(batch_with(right + right)).ok());  // more there than declared
  EXPECT_FALSE(read_records(batch_with(right, -1)).ok());
  EXPECT_FALSE(read_records(batch_with(right, INT32_MAX)).ok());
  for (size_t size = 0; size < right.size(); ++size) {
    EXPECT_FALSE(read_records(batch_with(right.substr(0, size))).ok()) << size;
  }
  // Lengths beyond the record: of the record, the key, the value, the headers, a header's key.
  EXPECT_FALSE(read_records(batch_with(std::string("\xFE\xFF\xFF\xFF\x0F", 5) + right)).ok());
  EXPECT_FALSE(read_records(batch_with(std::string("\x0C\x00\x00\x00\x20\x01\x00", 7))).ok());
  EXPECT_FALSE(read_records(batch_with(std::string("\x0C\x00\x00\x00\x01\x20\x00", 7))).ok());
  EXPECT_FALSE(read_records(batch_with(std::string("\x0C\x00\x00\x00\x01\x01\x20", 7))).ok());
  EXPECT_FALSE(read_records(batch_with(std::string("\x0C\x00\x00\x00\x01\x01\x01", 7))).ok());
  EXPECT_FALSE(
      read_records(batch_with(std::string("\x10\x00\x00\x00\x01\x01\x02\x01\x01", 9))).ok());
}

TEST(Records, RefuseToInflateBeyondTheLimit) {
  BatchOptions options;
  options.compression.type = CompressionType::kZstd;
  RecordBatchBuilder builder(options);
  builder.append(0, "k", std::string(10'000'000, 'x'));
  const Bytes batch = builder.build();
  EXPECT_LT(batch.size(), 10'000U);
  const auto refused = read_records(RecordBatchView::trusted(batch), 1'000'000);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidRecord);
  EXPECT_TRUE(read_records(RecordBatchView::trusted(batch), 10'001'000).ok());
}

TEST(RecordBatchBuilder, KnowsItsSizeAsItGrows) {
  RecordBatchBuilder builder;
  const std::vector<RecordHeader> headers = {{"h", "v"}, {"n", std::nullopt}};
  size_t expected = kBatchHeaderSize;
  for (int i = 0; i < 100; ++i) {
    expected += record_size(i, i, "key", std::nullopt, headers);
    builder.append(i, "key", std::nullopt, headers);
    EXPECT_EQ(builder.plain_size(), expected);
  }
  EXPECT_EQ(builder.next_offset(), 100);
  EXPECT_EQ(builder.build().size(), expected);
}

TEST(ControlRecord, KeysOfUnknownTypesAreNone) {
  EXPECT_EQ(parse_control_record_key(control_record_key(ControlRecordType::kKRaftVoters)),
            ControlRecordType::kKRaftVoters);
  EXPECT_EQ(parse_control_record_key(std::nullopt), std::nullopt);
  EXPECT_EQ(parse_control_record_key(std::string_view("\0\0\0", 3)), std::nullopt);
  EXPECT_EQ(parse_control_record_key(std::string_view("\0\0\0\x07", 4)), std::nullopt);
  EXPECT_EQ(parse_control_record_key(std::string_view("\0\0\xFF\xFF", 4)), std::nullopt);
}

}  // namespace
}  // namespace wire
