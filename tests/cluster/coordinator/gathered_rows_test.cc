#include "cluster/coordinator/gathered_rows.h"

#include <memory>
#include <string>

#include "cluster/coordinator/materialized_state.h"
#include "gtest/gtest.h"
#include "storage/kv/memory_store.h"
#include "tests/cluster/fake_timers.h"

namespace cluster::coordinator {
namespace {

using storage::WriteBatch;

class CountedStore final : public storage::KeyValueStore {
 public:
  wire::Result<std::optional<std::string>> get(std::string_view key) const override {
    return rows_.get(key);
  }
  wire::Status write(WriteBatch batch) override {
    if (fails) return wire::Error{wire::ErrorCode::kKafkaStorageError, "no space"};
    ++writes;
    changes += batch.changes().size();
    return rows_.write(std::move(batch));
  }
  std::unique_ptr<storage::Cursor> cursor() override { return rows_.cursor(); }

  // Every row, in order.
  std::string all() {
    std::string seen;
    const auto cursor = rows_.cursor();
    for (cursor->seek(""); cursor->valid(); cursor->next()) {
      seen += std::string(cursor->key()) + "=" + std::string(cursor->value()) + " ";
    }
    return seen;
  }

  int writes = 0;
  size_t changes = 0;
  bool fails = false;

 private:
  storage::MemoryStore rows_;
};

class GatheredRowsTest : public ::testing::Test {
 protected:
  wire::Status put(const std::string& key, const std::string& value) {
    WriteBatch batch;
    batch.put(key, value);
    return rows_->write(std::move(batch));
  }
  wire::Status erase(const std::string& key) {
    WriteBatch batch;
    batch.erase(key);
    return rows_->write(std::move(batch));
  }
  std::optional<std::string> get(const std::string& key) const {
    const auto row = rows_->get(key);
    EXPECT_TRUE(row.ok());
    return *row;
  }

  wire::ManualClock clock_;
  FakeTimers timers_{clock_};
  CountedStore store_;
  std::unique_ptr<GatheredRows> rows_ = std::make_unique<GatheredRows>(store_, timers_);
};

TEST_F(GatheredRowsTest, LastWordOfATickLeavesInOneWrite) {
  ASSERT_TRUE(put("a", "1").ok());
  ASSERT_TRUE(put("b", "1").ok());
  ASSERT_TRUE(put("a", "2").ok());
  ASSERT_TRUE(erase("b").ok());
  timers_.advance(GatheredRows::kDelayMs - 1);
  EXPECT_EQ(store_.writes, 0);
  EXPECT_EQ(get("a"), "2");
  EXPECT_EQ(get("b"), std::nullopt);
  timers_.advance(1);
  EXPECT_EQ(store_.writes, 1);
  EXPECT_EQ(store_.changes, 2U);
  EXPECT_EQ(store_.all(), "a=2 ");
  EXPECT_EQ(get("a"), "2");
  EXPECT_EQ(timers_.pending(), 0U) << "an idle broker has no ticks";
}

TEST_F(GatheredRowsTest, ErasedRowOfTheStoreIsNotReadAnyMore) {
  ASSERT_TRUE(put("a", "1").ok());
  ASSERT_TRUE(rows_->flush().ok());
  ASSERT_TRUE(erase("a").ok());
  EXPECT_EQ(store_.all(), "a=1 ");
  EXPECT_EQ(get("a"), std::nullopt);
}

TEST_F(GatheredRowsTest, CursorSeesWhatWaits) {
  ASSERT_TRUE(put("b", "2").ok());
  ASSERT_TRUE(put("a", "1").ok());
  const auto cursor = rows_->cursor();
  cursor->seek("");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->key(), "a");
  EXPECT_EQ(store_.all(), "a=1 b=2 ");
}

TEST_F(GatheredRowsTest, ErasedRangeTakesWhatWaitsWithIt) {
  ASSERT_TRUE(put("a", "1").ok());
  ASSERT_TRUE(put("b", "2").ok());
  WriteBatch batch;
  batch.erase_range("b", "c");
  batch.put("c", "3");
  ASSERT_TRUE(rows_->write(std::move(batch)).ok());
  EXPECT_EQ(store_.all(), "a=1 c=3 ");
  EXPECT_EQ(get("b"), std::nullopt);
}

TEST_F(GatheredRowsTest, NoMoreWaitsThanTheBound) {
  const std::string value(1'000, 'v');
  size_t waiting = 0;
  for (int i = 0; store_.writes == 0; ++i, ++waiting) {
    ASSERT_LE(waiting * value.size(), GatheredRows::kBytesMax);
    ASSERT_TRUE(put(std::to_string(i), value).ok());
  }
  EXPECT_EQ(store_.changes, waiting);
  // What is written again and again takes the room of one.
  for (size_t i = 0; i < waiting; ++i) ASSERT_TRUE(put("again", value).ok());
  EXPECT_EQ(store_.writes, 1);
}

TEST_F(GatheredRowsTest, LargeBatchGoesAtOnceBehindWhatWaits) {
  ASSERT_TRUE(put("a", "old").ok());
  ASSERT_TRUE(put("b", "1").ok());
  WriteBatch batch;
  batch.put("a", std::string(GatheredRows::kBytesMax, 'v'));
  batch.put("a", "new");
  ASSERT_TRUE(rows_->write(std::move(batch)).ok());
  EXPECT_EQ(store_.all(), "a=new b=1 ");
  EXPECT_EQ(get("a"), "new");
  timers_.advance(GatheredRows::kDelayMs);
  EXPECT_EQ(store_.writes, 1);
}

TEST_F(GatheredRowsTest, FailedWriteIsToldToTheNextOneAndWhatWaitedIsNotLost) {
  ASSERT_TRUE(put("a", "1").ok());
  store_.fails = true;
  timers_.advance(GatheredRows::kDelayMs);
  EXPECT_EQ(get("a"), "1");
  EXPECT_FALSE(rows_->cursor()->status().ok());
  EXPECT_FALSE(put("b", "2").ok());
  EXPECT_EQ(get("b"), std::nullopt) << "as in a store that could not be written to";
  store_.fails = false;
  EXPECT_TRUE(put("c", "3").ok());
  EXPECT_EQ(store_.all(), "a=1 ");
  timers_.advance(GatheredRows::kDelayMs);
  EXPECT_EQ(store_.all(), "a=1 c=3 ");
  EXPECT_EQ(store_.writes, 2) << "what goes well waits again";
}

TEST_F(GatheredRowsTest, NoMoreWaitsWhileTheStoreFails) {
  const std::string value(1'000, 'v');
  store_.fails = true;
  int taken = 0;
  while (put(std::to_string(taken), value).ok()) ++taken;
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(put("more" + std::to_string(i), value).ok());
  store_.fails = false;
  ASSERT_TRUE(rows_->flush().ok());
  EXPECT_EQ(store_.changes, static_cast<size_t>(taken) + 1) << "and the one that reached the bound";
}

TEST_F(GatheredRowsTest, FailureOfAWriteThatWentAtOnceIsToldToTheNextOne) {
  store_.fails = true;
  WriteBatch batch;
  batch.erase_range("b", "c");
  EXPECT_FALSE(rows_->write(std::move(batch)).ok());
  EXPECT_FALSE(put("a", "1").ok());
}

TEST_F(GatheredRowsTest, WhatWaitsIsWrittenAtTheEnd) {
  ASSERT_TRUE(put("a", "1").ok());
  rows_.reset();
  EXPECT_EQ(store_.all(), "a=1 ");
  EXPECT_EQ(timers_.pending(), 0U);
}

// What a kill takes, the position in the store shows: the log is replayed from there.
TEST_F(GatheredRowsTest, RowsNeverLeaveWithoutTheirPosition) {
  const auto commit = [this](wire::PartitionIndex partition, wire::Offset offset) {
    MaterializedState state(*rows_, CoordinatorKind::kGroup, partition);
    const Record record{wire::Bytes::copy("key"), wire::Bytes::copy(std::to_string(offset))};
    const AppendedRecord appended{offset, record};
    ASSERT_TRUE(state.commit({&appended, 1}, {{1, 2}, offset + 1, 5, 1'000}).ok());
  };
  commit(1, 10);
  commit(2, 20);
  commit(1, 11);
  timers_.advance(GatheredRows::kDelayMs);
  commit(1, 12);
  commit(2, 21);
  for (const auto& [partition, offset] : {std::pair{1, 11}, std::pair{2, 20}}) {
    const MaterializedState after_kill(store_, CoordinatorKind::kGroup, partition);
    EXPECT_EQ(after_kill.applied()->next_offset, offset + 1);
    EXPECT_EQ(after_kill.get(View::kCommitted, "key"), std::to_string(offset));
  }
}

TEST_F(GatheredRowsTest, TransactionOfOneTickIsOneWrite) {
  MaterializedState state(*rows_, CoordinatorKind::kGroup, 1);
  constexpr wire::ProducerId kProducer = 7;
  const Record record{wire::Bytes::copy("key"), wire::Bytes::copy("value")};
  const AppendedRecord appended{10, record};
  ASSERT_TRUE(state.commit_transactional(kProducer, {&appended, 1}, {{1, 2}, 11, 5, 0}).ok());
  EXPECT_EQ(state.keys_in_open_transactions("key").size(), 1U);
  ASSERT_TRUE(state.end_transaction(kProducer, true, {{1, 2}, 12, 5, 0}).ok());
  EXPECT_EQ(store_.writes, 0) << "its end finds what waits";
  timers_.advance(GatheredRows::kDelayMs);
  EXPECT_EQ(store_.writes, 1);
  const MaterializedState after_kill(store_, CoordinatorKind::kGroup, 1);
  EXPECT_EQ(after_kill.get(View::kCommitted, "key"), "value");
  EXPECT_TRUE(after_kill.keys_in_open_transactions("").empty());
  EXPECT_EQ(after_kill.applied()->next_offset, 12);
}

}  // namespace
}  // namespace cluster::coordinator
