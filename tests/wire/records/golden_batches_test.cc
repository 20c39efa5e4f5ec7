// What Apache's MemoryRecordsBuilder wrote (tests/golden/records): we read it, and write the same
// bytes.
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/source_folder.h"
#include "tests/wire/records/base64.h"
#include "wire/records/control_record.h"
#include "wire/records/message_set.h"
#include "wire/records/message_set_builder.h"
#include "wire/records/record.h"
#include "wire/records/record_batch_builder.h"

namespace wire {
namespace {

using nlohmann::json;

Bytes bytes_of(const json& node) {
  return Bytes::adopt(decode_base64(node.get<std::string>()));
}

const json& golden() {
  static const json file =
      json::parse(std::ifstream(source_folder() + "/tests/golden/records/batches.json"));
  return file;
}

// The rules of MakeBatches.Field.
std::optional<std::string> field(const json& node) {
  if (node.is_null()) return std::nullopt;
  const int seed = node[1];
  std::string out(node[2].get<size_t>(), '\0');
  uint64_t state = static_cast<uint64_t>(seed);
  for (size_t i = 0; i < out.size(); ++i) {
    if (node[0] == "random") {
      state = state * 6364136223846793005 + 1442695040888963407;
      out[i] = static_cast<char>(state >> 33);
    } else {
      out[i] = static_cast<char>('a' + (static_cast<size_t>(seed) + i / 7) % 26);
    }
  }
  return out;
}

std::optional<Bytes> sliced(const std::optional<std::string>& text) {
  if (!text.has_value()) return std::nullopt;
  return Bytes::copy(*text);
}

std::vector<Record> expected_records(const json& batch) {
  std::vector<Record> records;
  const bool appended = !batch["log_append_time"].is_null();
  for (const json& node : batch["records"]) {
    Record& record = records.emplace_back();
    record.offset = node[0];
    record.timestamp = appended ? batch["log_append_time"].get<int64_t>() : node[1].get<int64_t>();
    if (batch["magic"] == 0) record.timestamp = kNoTimestamp;
    const int32_t base_sequence = batch["base_sequence"];
    if (base_sequence >= 0) {
      record.sequence = advance_sequence(
          base_sequence, static_cast<int32_t>(record.offset - batch["base_offset"].get<int64_t>()));
    }
    record.key = sliced(field(node[2]));
    record.value = sliced(field(node[3]));
    for (const json& header : node[4]) {
      record.headers.push_back({*sliced(field(header[0])), sliced(field(header[1]))});
    }
  }
  return records;
}

Bytes rebuild(const json& batch) {
  BatchOptions options;
  options.base_offset = batch["base_offset"];
  options.compression.type = *compression_by_name(batch["codec"].get<std::string>());
  if (!batch["level"].is_null()) options.compression.level = batch["level"].get<int>();
  options.partition_leader_epoch = batch["leader_epoch"];
  options.producer_id = batch["producer_id"];
  options.producer_epoch = batch["producer_epoch"];
  options.base_sequence = batch["base_sequence"];
  options.transactional = batch["transactional"];
  if (!batch["log_append_time"].is_null()) options.log_append_time = batch["log_append_time"];
  if (batch["delete_horizon"] != -1) options.delete_horizon = batch["delete_horizon"];
  RecordBatchBuilder builder(options);
  for (const json& node : batch["records"]) {
    const auto key = field(node[2]);
    const auto value = field(node[3]);
    std::vector<std::string> texts;
    std::vector<RecordHeader> headers;
    texts.reserve(2 * node[4].size());
    for (const json& header : node[4]) {
      RecordHeader& made = headers.emplace_back();
      made.key = texts.emplace_back(*field(header[0]));
      if (const auto text = field(header[1])) made.value = texts.emplace_back(*text);
    }
    builder.append_at(node[0], node[1], key, value, headers);
  }
  return builder.build();
}

TEST(GoldenBatches, AreReadRecordForRecord) {
  int seen = 0;
  for (const json& batch : golden()["batches"]) {
    if (batch["magic"] != 2) continue;
    SCOPED_TRACE(batch["name"]);
    BatchIterator batches(bytes_of(batch["bytes"]));
    ASSERT_TRUE(batches.next());
    EXPECT_TRUE(batches.batch().crc_is_valid());
    const auto records = read_records(batches.batch());
    ASSERT_TRUE(records.ok()) << records.error().detail;
    EXPECT_TRUE(*records == expected_records(batch));
    EXPECT_FALSE(batches.next());
    EXPECT_TRUE(batches.status().ok());
    EXPECT_EQ(batches.remaining(), 0U);
    ++seen;
  }
  EXPECT_GE(seen, 20);
}

TEST(GoldenBatches, AreBuiltWithTheSameBytesWhenNotCompressed) {
  for (const json& batch : golden()["batches"]) {
    if (batch["magic"] != 2 || batch["codec"] != "none") continue;
    SCOPED_TRACE(batch["name"]);
    EXPECT_EQ(rebuild(batch), bytes_of(batch["bytes"]));
  }
}

// Snappy and lz4 have no freedom left but the compressor's; gzip and zstd differ in their versions.
TEST(GoldenBatches, AreBuiltWithTheSameHeaderWhenCompressed) {
  for (const json& batch : golden()["batches"]) {
    if (batch["magic"] != 2 || batch["codec"] == "none") continue;
    SCOPED_TRACE(batch["name"]);
    const RecordBatchView theirs = RecordBatchView::trusted(bytes_of(batch["bytes"]));
    const RecordBatchView ours = RecordBatchView::trusted(rebuild(batch));
    EXPECT_TRUE(ours.crc_is_valid());
    EXPECT_EQ(ours.bytes().slice(kBatchAttributesAt, kBatchHeaderSize - kBatchAttributesAt),
              theirs.bytes().slice(kBatchAttributesAt, kBatchHeaderSize - kBatchAttributesAt));
    EXPECT_LE(ours.size_bytes(), theirs.size_bytes() + theirs.size_bytes() / 10 + 64);
    const auto records = read_records(ours);
    ASSERT_TRUE(records.ok()) << records.error().detail;
    EXPECT_TRUE(*records == expected_records(batch));
  }
}

TEST(GoldenBatches, HoldTransactionMarkersAsWeWriteThem) {
  const EndTransactionMarker commit{42, 5, true, 9};
  const EndTransactionMarker abort{43, 6, false, 10};
  EXPECT_EQ(build_end_transaction_batch(commit, 1'700'000'000'000, 77, 3),
            bytes_of(golden()["commit"]));
  EXPECT_EQ(build_end_transaction_batch(abort, 1'700'000'000'001, 78, 3),
            bytes_of(golden()["abort"]));
  const auto read =
      parse_end_transaction_batch(RecordBatchView::trusted(bytes_of(golden()["abort"])));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, abort);
}

TEST(GoldenBatches, HoldRaftControlRecordsAsWeWriteThem) {
  const Bytes golden_batch = bytes_of(golden()["leader_change"]);
  const auto records = read_records(RecordBatchView::trusted(golden_batch));
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(parse_control_record_key(records->front().key->view()),
            ControlRecordType::kLeaderChange);
  EXPECT_EQ(build_raft_control_batch(ControlRecordType::kLeaderChange,
                                     records->front().value->view(), 11, 4, 1'700'000'000'002),
            golden_batch);
  const auto marker = parse_end_transaction_batch(RecordBatchView::trusted(golden_batch));
  ASSERT_TRUE(marker.ok());
  EXPECT_FALSE(marker->has_value());
}

Record owned(const MessageView& message) {
  Record record;
  record.offset = message.offset;
  record.timestamp = message.timestamp;
  if (message.key.has_value()) record.key = Bytes::copy(*message.key);
  if (message.value.has_value()) record.value = Bytes::copy(*message.value);
  return record;
}

TEST(GoldenMessageSets, AreWrittenByteForByte) {
  int written = 0;
  for (const json& set : golden()["batches"]) {
    if (set["magic"] == 2) continue;
    SCOPED_TRACE(set["name"]);
    MessageSetOptions options;
    options.magic = set["magic"];
    options.codec = *compression_by_name(set["codec"].get<std::string>());
    if (!set["log_append_time"].is_null()) options.log_append_time = set["log_append_time"];
    MessageSetBuilder builder(options);
    for (const json& node : set["records"]) {
      builder.append(node[0], node[1], field(node[2]), field(node[3]));
    }
    const Bytes ours = builder.build();
    const Bytes theirs = bytes_of(set["bytes"]);
    ++written;
    if (set["codec"] != "gzip") {
      EXPECT_EQ(ours, theirs);
      continue;
    }
    // Deflate differs from version to version: what lies around it may not.
    EXPECT_EQ(ours.slice(0, kBatchLengthAt), theirs.slice(0, kBatchLengthAt));
    EXPECT_EQ(ours.slice(kBatchMagicAt, 2), theirs.slice(kBatchMagicAt, 2));
    EXPECT_EQ(MessageSetEntry::parse(ours)->max_timestamp(),
              MessageSetEntry::parse(theirs)->max_timestamp());
  }
  EXPECT_EQ(written, 9);
}

TEST(GoldenMessageSets, AreReadRecordForRecord) {
  int seen = 0;
  for (const json& set : golden()["batches"]) {
    if (set["magic"] == 2) continue;
    SCOPED_TRACE(set["name"]);
    std::vector<Record> records;
    MessageSetIterator entries(bytes_of(set["bytes"]));
    while (entries.next()) {
      EXPECT_TRUE(entries.entry().crc_is_valid());
      const Status status =
          for_each_message(entries.entry(), kDefaultInflateLimit, [&](const MessageView& message) {
            records.push_back(owned(message));
            return true;
          });
      ASSERT_TRUE(status.ok()) << status.error().detail;
      EXPECT_EQ(entries.entry().last_offset(), records.back().offset);
    }
    EXPECT_TRUE(entries.status().ok());
    EXPECT_TRUE(records == expected_records(set));
    ++seen;
  }
  EXPECT_EQ(seen, 9);
}

}  // namespace
}  // namespace wire
