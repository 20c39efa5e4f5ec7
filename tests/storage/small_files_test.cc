// The small files of a log directory and of a partition: texts, indexes, snapshots, names.
#include <gmock/gmock.h>

#include "storage/checkpoints.h"
#include "storage/fs/memory_file_system.h"
#include "storage/index_file.h"
#include "storage/leader_epochs.h"
#include "storage/meta_properties.h"
#include "storage/partition_directory.h"
#include "storage/producer_snapshot.h"
#include "storage/segment.h"
#include "tests/storage/log_fixture.h"

namespace storage::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

LeaderEpochs epochs_of(std::initializer_list<EpochEntry> entries) {
  LeaderEpochs epochs;
  for (const EpochEntry& entry : entries) epochs.assign(entry.epoch, entry.start_offset);
  return epochs;
}

}  // namespace

TEST(Checkpoints, ReadAndWriteKafkasText) {
  EXPECT_EQ(to_checkpoint_text({{{"tweets", 12}, 1801}}), "0\n1\ntweets 12 1801\n");
  const auto parsed = parse_offset_checkpoint("0\n1\ntweets 12 1801", "p");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->at({"tweets", 12}), 1801);
  for (const char* bad :
       {"", "1\n0\n", "0\n2\nt 0 1\n", "0\n1\nt 0\n", "0\n1\nt 0 x\n", "0\nx\n"}) {
    EXPECT_THAT(parse_offset_checkpoint(bad, "the/path").error().detail, HasSubstr("the/path"));
  }
}

TEST(Checkpoints, CleanShutdownFlagMayLackAnEpoch) {
  EXPECT_EQ(*parse_clean_shutdown(R"({"version":0,"brokerEpoch":7})", "p"), 7);
  EXPECT_EQ(*parse_clean_shutdown("", "p"), -1);
  EXPECT_FALSE(parse_clean_shutdown(R"({"version":1,"brokerEpoch":7})", "p").ok());
  EXPECT_FALSE(parse_clean_shutdown("{", "p").ok());
}

TEST(Checkpoints, PartitionMetadataIsKafkasText) {
  const std::string text = to_partition_metadata_text({1, 2});
  EXPECT_EQ(text, "version: 0\ntopic_id: AAAAAAAAAAEAAAAAAAAAAg");
  EXPECT_EQ(text.size(), kPartitionMetadataSize);
  EXPECT_EQ(*parse_partition_metadata(text + "\n", "p"), (wire::Uuid{1, 2}));
  EXPECT_FALSE(parse_partition_metadata("version: 1\ntopic_id: AAAAAAAAAAEAAAAAAAAAAg", "p").ok());
}

TEST(MetaProperties, ReadJavasEscapesAndRefuseZooKeepersVersion) {
  const auto parsed = MetaProperties::parse(
      "#Thu Nov 20\nversion=1\nnode.id = "
      "3\ncluster.id=a\\=b\ndirectory.id=5vn0-AuSSjyvaUUvICiC8w\n",
      "p");
  ASSERT_TRUE(parsed.ok()) << parsed.error().detail;
  EXPECT_EQ(parsed->node_id, 3);
  EXPECT_EQ(parsed->cluster_id, "a=b");
  EXPECT_EQ(parsed->directory_id->to_string(), "5vn0-AuSSjyvaUUvICiC8w");
  EXPECT_EQ(*MetaProperties::parse(MetaProperties{"c", 4, parsed->directory_id}.to_text(), "p"),
            (MetaProperties{"c", 4, parsed->directory_id}));
  EXPECT_THAT(MetaProperties::parse("version=0\nbroker.id=1\n", "p").error().detail,
              HasSubstr("ZooKeeper"));
  EXPECT_FALSE(MetaProperties::parse("version=1\ncluster.id=c\n", "p").ok());
}

TEST(PartitionDirectory, NamesAreParsedFromTheRight) {
  EXPECT_EQ(parse_partition_directory("my-topic-3")->name, (TopicPartition{"my-topic", 3}));
  const auto removed = parse_partition_directory("a.b-0.0123456789abcdef0123456789abcdef-delete");
  EXPECT_EQ(removed->name, (TopicPartition{"a.b", 0}));
  EXPECT_EQ(removed->suffix, kDeleteDirectorySuffix);
  for (const char* bad : {"lost+found", "-1", "topic-", "topic", "topic-1x", "topic--1x"}) {
    EXPECT_FALSE(parse_partition_directory(bad).has_value()) << bad;
  }
  wire::SeededRandom random(1);
  const std::string longest =
      renamed_partition_directory({std::string(249, 'x'), 7}, kStrayDirectorySuffix, random);
  EXPECT_EQ(longest.size(), 255U);
  EXPECT_EQ(parse_partition_directory(longest)->suffix, kStrayDirectorySuffix);
}

TEST(LeaderEpochs, EndOffsetsAnswerAsOffsetForLeaderEpochDoes) {
  const LeaderEpochs epochs = epochs_of({{2, 10}, {4, 20}, {7, 35}});
  EXPECT_EQ(epochs.end_offset_for(7, 50), (EpochEndOffset{7, 50}));
  EXPECT_EQ(epochs.end_offset_for(4, 50), (EpochEndOffset{4, 35}));
  EXPECT_EQ(epochs.end_offset_for(5, 50), (EpochEndOffset{4, 35}));
  EXPECT_EQ(epochs.end_offset_for(1, 50), (EpochEndOffset{1, 10}));
  EXPECT_EQ(epochs.end_offset_for(8, 50), (EpochEndOffset{-1, -1}));
  EXPECT_EQ(epochs.end_offset_for(-1, 50), (EpochEndOffset{-1, -1}));
  EXPECT_EQ(epochs.epoch_of(9), std::nullopt);
  EXPECT_EQ(epochs.epoch_of(34), 4);
}

TEST(LeaderEpochs, NewEntriesReplaceWhatContradictsThem) {
  LeaderEpochs epochs = epochs_of({{2, 10}, {4, 20}, {7, 35}});
  EXPECT_FALSE(epochs.assign(7, 40));
  EXPECT_TRUE(epochs.assign(9, 20));
  EXPECT_THAT(epochs.entries(), ElementsAre(EpochEntry{2, 10}, EpochEntry{9, 20}));
  EXPECT_TRUE(epochs.truncate_from_start(15));
  EXPECT_THAT(epochs.entries(), ElementsAre(EpochEntry{2, 15}, EpochEntry{9, 20}));
  EXPECT_TRUE(epochs.truncate_from_end(20));
  EXPECT_THAT(epochs.entries(), ElementsAre(EpochEntry{2, 15}));
}

TEST(IndexFile, AppendsToItsFileWhatIsNew) {
  wire::ManualClock clock;
  MemoryFileSystem files(clock);
  ASSERT_TRUE(files.make_directory("/d").ok());
  OffsetIndex index;
  index.start_empty();
  for (int32_t i = 1; i < 100; ++i) index.append({i * 10, i * 4096});
  ASSERT_TRUE(index.write_back(files, "/d/i").ok());
  EXPECT_FALSE(index.dirty());
  index.append({2000, 999'999});
  index.truncate(50);
  EXPECT_TRUE(index.dirty());
  ASSERT_TRUE(index.write_back(files, "/d/i").ok());
  EXPECT_EQ(files.info("/d/i")->size, 50 * 8);
  OffsetIndex again;
  ASSERT_TRUE(again.load(files, "/d/i").ok());
  EXPECT_EQ(again.entries(), index.entries());
  EXPECT_EQ(again.lookup(9), nullptr);
  EXPECT_EQ(again.lookup(10)->position, 4096);
  EXPECT_EQ(again.lookup(19)->position, 4096);
}

TEST(IndexFile, ZerosBehindTheEntriesAreNoEntries) {
  std::vector<uint8_t> bytes(10 * 12);
  OffsetIndexEntry{5, 4200}.encode(bytes.data());
  EXPECT_EQ(decode_index<OffsetIndexEntry>(bytes).size(), 1U);
  TimeIndexEntry{1000, 5}.encode(bytes.data());
  EXPECT_EQ(decode_index<TimeIndexEntry>(bytes).size(), 1U);
}

TEST(ProducerSnapshot, KeepsTheLastBatchOfEachProducer) {
  ProducerStates states;
  for (int i = 0; i < 7; ++i) {
    states.replay(wire::RecordBatchView::trusted(make_batch({.count = 2,
                                                             .timestamp = 5000,
                                                             .producer_id = 4,
                                                             .producer_epoch = 3,
                                                             .base_sequence = i * 2,
                                                             .transactional = true,
                                                             .base_offset = 100 + i * 2})));
  }
  EXPECT_EQ(states.find(4)->batch_count(), ProducerState::kBatchesKept);
  EXPECT_EQ(states.first_unstable_offset(), 100);
  const wire::Bytes bytes = encode_producer_snapshot(states);
  EXPECT_EQ(bytes.size(), kSnapshotHeaderSize + kSnapshotEntrySize);
  const auto read = decode_producer_snapshot(bytes, "p", 6000, 100'000);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->find(4)->last_batch(), states.find(4)->last_batch());
  EXPECT_EQ(read->first_unstable_offset(), 100);
  auto broken = wire::Bytes::copy(bytes.span());
  broken.exclusive_data()[20] ^= 1;
  EXPECT_THAT(decode_producer_snapshot(broken, "the/path", 0, 0).error().detail,
              HasSubstr("the/path"));
  ProducerStates idle;
  idle.load(1, ProducerState());
  ProducerState ancient;
  ancient.last_timestamp = INT64_MIN;
  idle.load(2, ancient);
  EXPECT_TRUE(decode_producer_snapshot(encode_producer_snapshot(idle), "p", 1000, 500)->empty());
}

TEST(ProducerState, SequencesWrapAndNewEpochsStartOver) {
  ProducerStates states;
  ProducerUpdates updates;
  const auto append = [&](wire::ProducerEpoch epoch, int32_t sequence, int count = 1) {
    updates.clear();
    const auto batch = make_batch({.count = count,
                                   .producer_id = 1,
                                   .producer_epoch = epoch,
                                   .base_sequence = sequence,
                                   .base_offset = 0});
    auto status = states.check(wire::RecordBatchView::trusted(batch), {}, false, updates);
    if (!status) return status.error().code;
    if (updates.duplicate) return wire::ErrorCode::kDuplicateSequenceNumber;
    states.commit(updates);
    return wire::ErrorCode::kNone;
  };
  EXPECT_EQ(append(0, INT32_MAX - 1, 2), wire::ErrorCode::kNone);  // unknown producer: any sequence
  EXPECT_EQ(append(0, 1), wire::ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(append(0, 0, 3), wire::ErrorCode::kNone);
  EXPECT_EQ(append(0, INT32_MAX - 1, 2), wire::ErrorCode::kDuplicateSequenceNumber);
  EXPECT_EQ(append(1, 3), wire::ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(append(1, 0), wire::ErrorCode::kNone);
  EXPECT_EQ(append(0, 3), wire::ErrorCode::kInvalidProducerEpoch);
  for (int32_t i = 1; i <= 5; ++i) EXPECT_EQ(append(1, i), wire::ErrorCode::kNone);
  EXPECT_EQ(append(1, 1), wire::ErrorCode::kDuplicateSequenceNumber);
  EXPECT_EQ(append(1, 0), wire::ErrorCode::kOutOfOrderSequenceNumber);  // older than five batches
}

// A24: of a producer that was forgotten any sequence is taken for its next one, whatever its epoch was.
TEST(ProducerState, A24_AForgottenProducerGoesOnAnywhere) {
  ProducerStates states;
  ProducerUpdates updates;
  const auto append = [&](wire::ProducerEpoch epoch, int32_t sequence) {
    updates.clear();
    const auto batch = make_batch({.timestamp = 1000,
                                   .producer_id = 1,
                                   .producer_epoch = epoch,
                                   .base_sequence = sequence,
                                   .base_offset = 0});
    auto status = states.check(wire::RecordBatchView::trusted(batch), {}, false, updates);
    if (!status) return status.error().code;
    states.commit(updates);
    return wire::ErrorCode::kNone;
  };
  EXPECT_EQ(append(3, 0), wire::ErrorCode::kNone);
  EXPECT_EQ(append(3, 8), wire::ErrorCode::kOutOfOrderSequenceNumber);
  states.remove_expired(1000 + 86'400'000, 86'400'000);
  ASSERT_TRUE(states.empty());
  EXPECT_EQ(append(3, 8), wire::ErrorCode::kNone) << "librdkafka goes on where it was";
  EXPECT_EQ(append(3, 9), wire::ErrorCode::kNone);
  EXPECT_EQ(append(4, 0), wire::ErrorCode::kNone) << "Java's raises its epoch";
}

TEST(SegmentFile, NamesHaveTwentyDigits) {
  EXPECT_EQ(segment_file_name(1742, kLogSuffix), "00000000000000001742.log");
  EXPECT_EQ(parse_segment_file_name("00000000000000001742.log", kLogSuffix), 1742);
  EXPECT_FALSE(parse_segment_file_name("1742.log", kLogSuffix).has_value());
  EXPECT_FALSE(parse_segment_file_name("-0000000000000001742.log", kLogSuffix).has_value());
}

}  // namespace storage::testing
