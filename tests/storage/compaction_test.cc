#include "storage/compaction.h"

#include <gmock/gmock.h>

#include "tests/storage/compaction_fixture.h"

namespace storage::testing {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::Not;

class CompactionTest : public CompactionFixture {};

TEST_F(CompactionTest, KeepsTheLastRecordOfEachKeyAtItsOffset) {
  const auto log = open();
  append_keyed(*log, {{"a", "1"}, {"b", "1"}, {"c", "1"}});
  append_keyed(*log, {{"a", "2"}, {"d", "1"}});
  append_keyed(*log, {{"c", "2"}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("b=1@1", "a=2@3", "d=1@4", "c=2@5"));
  EXPECT_EQ(log->log_end_offset(), 6);
  EXPECT_EQ(log->compacted_offset(), 6);
  expect_found(*log);
  // A second one finds nothing to do, and changes nothing.
  append_keyed(*log, {{"e", "1"}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("b=1@1", "a=2@3", "d=1@4", "c=2@5", "e=1@6"));
}

TEST_F(CompactionTest, TheActiveSegmentAndWhatIsNotReplicatedStay) {
  const auto log = open();
  append_keyed(*log, {{"a", "1"}});
  ASSERT_TRUE(log->roll().ok());
  append_keyed(*log, {{"a", "2"}});
  ASSERT_TRUE(log->roll().ok());
  append_keyed(*log, {{"a", "3"}});
  sync(*log);
  EXPECT_EQ(log->cleanable()->upper_bound_offset, 0);
  log->note_high_watermark(1);
  EXPECT_EQ(log->cleanable()->upper_bound_offset, 1);
  log->note_high_watermark(3);
  EXPECT_EQ(log->cleanable()->upper_bound_offset, 2);
  EXPECT_EQ(log->cleanable()->dirty_ratio(), 1.0);
  EXPECT_TRUE(compact(*log)->result().ok());
  EXPECT_THAT(contents(*log), ElementsAre("a=2@1", "a=3@2"));
}

TEST_F(CompactionTest, WhatARecoveryWouldReadAgainStays) {
  const auto log = open();
  append_keyed(*log, {{"a", "1"}});
  ASSERT_TRUE(log->roll().ok());
  log->note_high_watermark(1);
  EXPECT_EQ(log->cleanable()->upper_bound_offset, 0);
  sync(*log);
  EXPECT_EQ(log->cleanable()->upper_bound_offset, 1);
}

TEST_F(CompactionTest, SmallSegmentsBecomeOne) {
  options_.segment_bytes = 4000;
  const auto log = open();
  for (int i = 0; i < 60; ++i) {
    append_keyed(*log, {{"k" + std::to_string(i % 10), std::string(200, 'x')}});
  }
  const size_t before = log->segment_count();
  ASSERT_GT(before, 4U);
  options_.segment_bytes = 1 << 20;
  log->set_options(std::make_shared<LogOptions>(options_));
  seal_and_compact(*log);
  EXPECT_EQ(log->segment_count(), 2U);
  EXPECT_EQ(contents(*log).size(), 10U);
  expect_found(*log);
  EXPECT_THAT(names(), Each(Not(EndsWith(".cleaned"))));
  EXPECT_THAT(names(), Each(Not(EndsWith(".swap"))));
  EXPECT_THAT(names(), Contains("00000000000000000000.log"));
  EXPECT_TRUE(log->close().ok());
  for (const bool clean : {true, false}) {
    const auto again = open(clean, 0);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->log_end_offset(), 60);
    EXPECT_EQ(contents(*again).size(), 10U);
    expect_found(*again);
  }
}

TEST_F(CompactionTest, ATombstoneStaysUntilItsHorizonIsOver) {
  const auto log = open();
  append_keyed(*log, {{"a", "1"}, {"b", "1"}});
  append_keyed(*log, {{"a", std::nullopt}, {"c", "1"}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("b=1@1", "a=@2", "c=1@3"));
  const wire::TimestampMs horizon = clock_.wall_ms() + options_.delete_retention_ms;
  const auto marked = batches(*log)[1];
  EXPECT_EQ(marked.delete_horizon(), horizon);
  EXPECT_EQ(wire::read_records(marked)->front().timestamp, clock_.wall_ms());
  EXPECT_EQ(marked.max_timestamp(), clock_.wall_ms());

  clock_.advance(options_.delete_retention_ms - 1);
  append_keyed(*log, {{"d", "1"}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("b=1@1", "a=@2", "c=1@3", "d=1@4"));
  EXPECT_EQ(batches(*log)[1].delete_horizon(), horizon);

  clock_.advance(1);
  append_keyed(*log, {{"e", "1"}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("b=1@1", "c=1@3", "d=1@4", "e=1@5"));
}

TEST_F(CompactionTest, TheLastBatchOfAProducerStaysEmptyWithItsSequence) {
  const auto log = open();
  wire::BatchOptions options = of_producer(77, 0, 2);
  append_keyed(*log, {{"a", "1"}, {"b", "1"}}, options);
  options.base_sequence = 2;
  append_keyed(*log, {{"a", "2"}, {"b", "2"}, {"a", "3"}}, options);
  append_keyed(*log, {{"a", "4"}, {"b", "4"}});
  seal_and_compact(*log);
  const auto left = batches(*log);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].record_count(), 0);
  EXPECT_EQ(left[0].base_offset(), 2);
  EXPECT_EQ(left[0].last_offset(), 4);
  EXPECT_EQ(left[0].last_sequence(), 4);
  EXPECT_EQ(left[0].base_timestamp(), wire::kNoTimestamp);
  EXPECT_EQ(left[0].max_timestamp(), clock_.wall_ms());
  EXPECT_THAT(contents(*log), ElementsAre("a=4@5", "b=4@6"));
  // The state comes back from the log alone.
  const ProducerState state = *log->producers().find(77);
  ASSERT_TRUE(log->close().ok());
  for (const std::string& name : names()) {
    if (name.ends_with(".snapshot")) {
      ASSERT_TRUE(files_.remove("/data/tweets-0/" + name).ok());
    }
  }
  const auto again = open(false, 0);
  const ProducerState* restored = again->producers().find(77);
  ASSERT_NE(restored, nullptr);
  EXPECT_EQ(restored->last_batch(), state.last_batch());
  EXPECT_EQ(restored->epoch, 2);
  options.base_sequence = 5;
  append_keyed(*again, {{"c", "1"}}, options);
}

TEST_F(CompactionTest, TheLastBatchOfTheRoundStaysToKeepTheEnd) {
  const auto log = open();
  append_keyed(*log, {{"a", "1"}});
  append_keyed(*log, {{"a", "2"}});
  ASSERT_TRUE(log->roll().ok());
  append_keyed(*log, {{"a", "3"}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("a=3@2"));
  // The deleted value at the end of a round: the batch stays, without it.
  clock_.advance(1);
  append_keyed(*log, {{"a", std::nullopt}});
  seal_and_compact(*log);
  clock_.advance(options_.delete_retention_ms + 1);
  append_keyed(*log, {{"a", std::nullopt}});
  seal_and_compact(*log);
  clock_.advance(options_.delete_retention_ms + 1);
  append_keyed(*log, {{"b", "1"}, {"b", std::nullopt}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("b=@6"));
  EXPECT_EQ(log->log_end_offset(), 7);
}

TEST_F(CompactionTest, CompressedBatchesStayCompressed) {
  const auto log = open();
  for (const auto type : {wire::CompressionType::kGzip, wire::CompressionType::kSnappy,
                          wire::CompressionType::kLz4, wire::CompressionType::kZstd}) {
    wire::BatchOptions options;
    options.compression.type = type;
    append_keyed(*log, {{"a", "1"}, {"k" + std::to_string(static_cast<int>(type)), "v"}}, options);
  }
  append_keyed(*log, {{"a", "2"}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("k1=v@1", "k2=v@3", "k3=v@5", "k4=v@7", "a=2@8"));
  uint8_t codec = 1;
  for (const auto& batch : batches(*log)) {
    EXPECT_EQ(batch.codec(), codec == 5 ? 0 : codec);
    ++codec;
  }
}

TEST_F(CompactionTest, LogAppendTimeIsKept) {
  const auto log = open();
  wire::BatchOptions options;
  options.log_append_time = 1'699'000'000'000;
  append_keyed(*log, {{"a", "1"}, {"b", "1"}}, options);
  append_keyed(*log, {{"a", "2"}});
  seal_and_compact(*log);
  const auto first = batches(*log).front();
  EXPECT_EQ(first.timestamp_type(), wire::TimestampType::kLogAppendTime);
  EXPECT_EQ(wire::read_records(first)->front().timestamp, 1'699'000'000'000);
}

// Its checksum is right, its records are not: nobody can say which keys it holds.
TEST_F(CompactionTest, AnOpaqueBatchStaysAndReplacesNothing) {
  const auto log = open();
  append_keyed(*log, {{"a", "1"}, {"b", "1"}});
  std::string broken(make_keyed_batch({{"a", "2"}, {"b", "2"}}).view());
  broken[broken.size() - 9] = '\x7f';  // the length of the last record
  auto* data = reinterpret_cast<uint8_t*>(broken.data());
  wire::store_big_endian(data + wire::kBatchMaxTimestampAt, int64_t{0});
  wire::set_max_timestamp({data, broken.size()}, wire::TimestampType::kCreateTime, 5);
  const wire::Bytes batch = wire::Bytes::adopt(std::move(broken));
  ASSERT_FALSE(wire::read_records(wire::RecordBatchView::trusted(batch)).ok());
  ASSERT_TRUE(log->append_as_leader(batch, 0).ok());
  append_keyed(*log, {{"b", "3"}});
  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("a=1@0", "b=3@4"));
  const auto left = batches(*log);
  ASSERT_EQ(left.size(), 3U);
  EXPECT_EQ(left[1].record_count(), 2);
  EXPECT_EQ(left[1].base_offset(), 2);
}

TEST_F(CompactionTest, A5_ABatchWhoseChecksumIsWrongEndsIt) {
  const auto log = open();
  append_keyed(*log, {{"a", "1"}});
  append_keyed(*log, {{"a", "2"}});
  seal(*log);
  auto file = files_.open("/data/tweets-0/00000000000000000000.log", OpenMode::kUpdate);
  ASSERT_TRUE((*file)->write(wire::kBatchHeaderSize + 5, wire::Bytes::copy("!")).ok());
  const auto done = compact(*log);
  ASSERT_FALSE(done->result().ok());
  EXPECT_EQ(done->result().error().code, wire::ErrorCode::kCorruptMessage);
  EXPECT_TRUE(directory_->online());
  EXPECT_EQ(log->segment_count(), 2U);
  EXPECT_THAT(names(), Each(Not(EndsWith(".cleaned"))));
}

TEST_F(CompactionTest, WithASmallTableItTakesSeveralRounds) {
  const auto log = open();
  for (int i = 0; i < 40; ++i) {
    append_keyed(*log, {{"k" + std::to_string(i % 20), std::to_string(i)}, {"all", "x"}});
  }
  seal(*log);
  CompactionLimits limits;
  limits.map_bytes = 8 * OffsetMap::kEntrySize;
  wire::Offset last = 0;
  int rounds = 0;
  while (log->compacted_offset().value_or(0) < 80) {
    const auto done = compact(*log, limits);
    ASSERT_TRUE(done->result().ok());
    ASSERT_GT(done->end_offset(), last) << "no progress";
    last = done->end_offset();
    ASSERT_LT(++rounds, 40);
  }
  EXPECT_GT(rounds, 3);
  // Each key's last value, and of what a round could not know some older ones before it.
  std::map<std::string, std::string> values;
  for (const std::string& each : contents(*log)) {
    values[each.substr(0, each.find('='))] = each.substr(each.find('=') + 1);
  }
  EXPECT_EQ(values.size(), 21U);
  for (int i = 20; i < 40; ++i) {
    EXPECT_EQ(values["k" + std::to_string(i % 20)],
              std::to_string(i) + "@" + std::to_string(2 * i));
  }
  EXPECT_EQ(values["all"], "x@79");
}

TEST_F(CompactionTest, AbortedDataGoesAndItsMarkerLater) {
  const auto log = open();
  const auto transactional = [](wire::ProducerId id, int32_t sequence) {
    wire::BatchOptions options = of_producer(id, sequence);
    options.transactional = true;
    return options;
  };
  append_keyed(*log, {{"a", "committed"}}, transactional(1, 0));  // 0
  append_keyed(*log, {{"b", "before"}});                          // 1
  append_keyed(*log, {{"b", "aborted"}}, transactional(2, 0));    // 2
  append_marker(*log, 1, true);                                   // 3
  append_marker(*log, 2, false);                                  // 4
  append_keyed(*log, {{"c", "1"}}, transactional(2, 1));          // 5
  append_marker(*log, 2, true);                                   // 6
  seal(*log);
  const AbortedTransaction aborted{
      .producer_id = 2, .first_offset = 2, .last_offset = 4, .last_stable_offset = 5};
  const std::string index = "/data/tweets-0/00000000000000000000.txnindex";

  seal_and_compact(*log);
  EXPECT_THAT(contents(*log), ElementsAre("a=committed@0", "b=before@1", "c=1@5"));
  // The marker stays in the round that takes the data away, and so does its entry.
  std::vector<wire::Offset> markers;
  for (const auto& batch : batches(*log)) {
    if (batch.is_control()) markers.push_back(batch.base_offset());
  }
  EXPECT_THAT(markers, ElementsAre(3, 4, 6));
  const auto indexed = read_file(files_, index);
  ASSERT_TRUE(indexed.ok());
  EXPECT_THAT(decode_index<AbortedTransaction>(indexed->span()), ElementsAre(aborted));

  // The next round finds no data of it, and gives the marker a horizon; the entry is needless.
  append_keyed(*log, {{"d", "1"}});
  seal_and_compact(*log);
  EXPECT_FALSE(files_.exists(index));
  for (const auto& batch : batches(*log)) {
    if (batch.base_offset() == 4) {
      EXPECT_EQ(batch.delete_horizon(), clock_.wall_ms() + options_.delete_retention_ms);
    } else {
      EXPECT_FALSE(batch.has_delete_horizon());
    }
  }
  clock_.advance(options_.delete_retention_ms);
  append_keyed(*log, {{"e", "1"}});
  seal_and_compact(*log);
  markers.clear();
  for (const auto& batch : batches(*log)) {
    if (batch.is_control()) markers.push_back(batch.base_offset());
  }
  EXPECT_THAT(markers, ElementsAre(3, 6));
}

TEST_F(CompactionTest, ATruncationMeanwhileEndsIt) {
  const auto log = open();
  for (int i = 0; i < 4; ++i) {
    append_keyed(*log, {{"a", std::to_string(i)}});
    ASSERT_TRUE(log->roll().ok());
  }
  seal(*log);
  const auto compaction = begin(*log);
  compaction->work();
  ASSERT_TRUE(compaction->advance(*log));
  ASSERT_TRUE(*log->truncate_to(2));
  compaction->work();
  EXPECT_FALSE(compaction->advance(*log));
  EXPECT_TRUE(compaction->interrupted());
  EXPECT_TRUE(compaction->result().ok());
  EXPECT_THAT(contents(*log), ElementsAre("a=0@0", "a=1@1"));
  EXPECT_THAT(names(), Each(Not(EndsWith(".cleaned"))));
}

// At whatever turn it ends, the log is whole.
TEST_F(CompactionTest, AbandonedAtAnyTurnTheLogIsWhole) {
  for (int turns = 0; turns < 12; ++turns) {
    SCOPED_TRACE(turns);
    options_.segment_bytes = 400;
    const auto log = open();
    append_keyed(*log, {{"a", "0"}});
    for (int i = 0; i < 10; ++i) {
      append_keyed(*log, {{"a", std::to_string(i)}, {"b", std::string(100, 'x')}});
    }
    seal(*log);
    const auto compaction = begin(*log);
    bool more = true;
    for (int turn = 0; turn < turns && more; ++turn) {
      compaction->work();
      more = compaction->advance(*log);
    }
    if (more) compaction->abandon(*log);
    EXPECT_THAT(names(), Each(Not(EndsWith(".cleaned"))));
    EXPECT_THAT(names(), Each(Not(EndsWith(".swap"))));
    EXPECT_EQ(contents(*log).back().substr(0, 4), "b=xx");
    expect_found(*log);
    ASSERT_TRUE(log->close().ok());
    const auto again = open(false, 0);
    EXPECT_EQ(contents(*again), contents(*log));
    ASSERT_TRUE(remove_tree(files_, "/data/tweets-0").ok());
  }
}

TEST_F(CompactionTest, TheLeastAgeIsObeyed) {
  options_.min_compaction_lag_ms = 1000;
  const auto log = open();
  append_keyed(*log, {{"a", "1"}});
  seal(*log);
  clock_.advance(999);
  append_keyed(*log, {{"a", "2"}});
  seal(*log);
  EXPECT_EQ(log->cleanable()->upper_bound_offset, 0);
  clock_.advance(1);
  EXPECT_EQ(log->cleanable()->upper_bound_offset, 1);
}

TEST_F(CompactionTest, TheGreatestAgeMakesItOverdue) {
  options_.max_compaction_lag_ms = 1000;
  const auto log = open();
  append_keyed(*log, {{"a", "1"}});
  seal(*log);
  clock_.advance(1000);
  EXPECT_FALSE(log->cleanable()->overdue);
  clock_.advance(1);
  EXPECT_TRUE(log->cleanable()->overdue);
  log->note_compacted(1);
  EXPECT_FALSE(log->cleanable()->overdue);
}

TEST_F(CompactionTest, ACompactedOffsetThatLiesOutsideBeginsAgain) {
  const auto log = open();
  append_keyed(*log, {{"a", "1"}});
  seal(*log);
  log->note_compacted(100);
  EXPECT_EQ(log->cleanable()->first_dirty_offset, 0);
  log->note_compacted(1);
  EXPECT_EQ(log->cleanable()->first_dirty_offset, 1);
  ASSERT_TRUE(*log->truncate_to(0));
  EXPECT_EQ(log->cleanable()->first_dirty_offset, 0);
}

}  // namespace storage::testing
