#include "cluster/coordinator/materialized_state.h"

#include "gtest/gtest.h"
#include "storage/kv/memory_store.h"

namespace cluster::coordinator {
namespace {

class MaterializedStateTest : public ::testing::Test {
 protected:
  static AppendedRecord record(wire::Offset offset, const std::string& key,
                               std::optional<std::string> value) {
    Record record{wire::Bytes::copy(key), std::nullopt};
    if (value) record.value = wire::Bytes::copy(*value);
    return {offset, std::move(record)};
  }
  AppliedPosition after(wire::Offset last) const { return {{1, 2}, last + 1, 5, 1'000}; }
  void commit(std::vector<AppendedRecord> records) {
    const wire::Offset last = records.back().offset;
    ASSERT_TRUE(state_.commit(records, after(last)).ok());
  }
  std::string walk(View view, const std::string& from = "") const {
    std::string seen;
    auto rows = state_.walk(view);
    for (rows.seek(from); rows.valid(); rows.next()) {
      seen += std::string(rows.key()) + "=" + std::string(rows.value()) + " ";
    }
    return seen;
  }

  storage::MemoryStore store_;
  MaterializedState state_{store_, CoordinatorKind::kGroup, 3};
};

TEST_F(MaterializedStateTest, RowsComeWithTheirPosition) {
  EXPECT_EQ(state_.applied(), std::nullopt);
  commit({record(4, "a", "1"), record(5, "b", "2"), record(6, "a", std::nullopt)});
  EXPECT_EQ(state_.applied(), (AppliedPosition{{1, 2}, 7, 5, 1'000}));
  const MaterializedState again(store_, CoordinatorKind::kGroup, 3);
  EXPECT_EQ(again.applied(), state_.applied());
  EXPECT_EQ(again.get(View::kCommitted, "a"), std::nullopt);
  EXPECT_EQ(again.get(View::kCommitted, "b"), "2");
}

TEST_F(MaterializedStateTest, StagedRecordsAreLatestButNotCommitted) {
  commit({record(0, "a", "1"), record(1, "c", "3"), record(2, "d", "4")});
  state_.stage(record(3, "b", "2"));
  state_.stage(record(4, "c", std::nullopt));
  state_.stage(record(5, "d", "new"));
  state_.stage(record(6, "e", std::nullopt));
  EXPECT_EQ(walk(View::kCommitted), "a=1 c=3 d=4 ");
  EXPECT_EQ(walk(View::kLatest), "a=1 b=2 d=new ");
  EXPECT_EQ(walk(View::kLatest, "b"), "b=2 d=new ");
  EXPECT_EQ(state_.get(View::kCommitted, "c"), "3");
  EXPECT_EQ(state_.get(View::kLatest, "c"), std::nullopt);
  commit({record(3, "b", "2"), record(4, "c", std::nullopt)});
  EXPECT_EQ(walk(View::kCommitted), "a=1 b=2 d=4 ");
  EXPECT_EQ(walk(View::kLatest), "a=1 b=2 d=new ");
  EXPECT_TRUE(state_.has_staged());
}

TEST_F(MaterializedStateTest, LaterWriteToAKeyStaysStagedUntilItIsCommitted) {
  state_.stage(record(0, "a", "1"));
  state_.stage(record(1, "a", "2"));
  commit({record(0, "a", "1")});
  EXPECT_EQ(state_.get(View::kCommitted, "a"), "1");
  EXPECT_EQ(state_.get(View::kLatest, "a"), "2");
  commit({record(1, "a", "2")});
  EXPECT_EQ(state_.get(View::kCommitted, "a"), "2");
  EXPECT_FALSE(state_.has_staged());
}

TEST_F(MaterializedStateTest, PartitionsAndCoordinatorsDoNotSeeEachOther) {
  MaterializedState neighbour(store_, CoordinatorKind::kGroup, 4);
  MaterializedState other(store_, CoordinatorKind::kTransaction, 3);
  commit({record(0, "a", "1")});
  ASSERT_TRUE(neighbour.commit(std::vector{record(0, "b", "2")}, after(0)).ok());
  ASSERT_TRUE(other.commit(std::vector{record(0, "c", "3")}, after(0)).ok());
  EXPECT_EQ(walk(View::kCommitted), "a=1 ");
  ASSERT_TRUE(state_.wipe().ok());
  EXPECT_EQ(walk(View::kCommitted), "");
  EXPECT_EQ(state_.applied(), std::nullopt);
  EXPECT_EQ(neighbour.get(View::kCommitted, "b"), "2");
  EXPECT_EQ(other.get(View::kCommitted, "c"), "3");
}

TEST_F(MaterializedStateTest, TransactionsRowsCountWhenItIsCommitted) {
  commit({record(0, "a", "old"), record(1, "b", "old")});
  ASSERT_TRUE(state_
                  .commit_transactional(
                      77, std::vector{record(2, "a", "txn"), record(3, "b", "txn")}, after(3))
                  .ok());
  ASSERT_TRUE(state_.commit_transactional(78, std::vector{record(4, "c", "txn")}, after(4)).ok());
  EXPECT_EQ(walk(View::kLatest), "a=old b=old ");
  EXPECT_EQ(state_.keys_in_open_transactions(""), (std::set<std::string>{"a", "b", "c"}));
  EXPECT_EQ(state_.keys_in_open_transactions("a"), (std::set<std::string>{"a"}));
  commit({record(5, "b", "later")});
  ASSERT_TRUE(state_.end_transaction(77, true, after(6)).ok());
  EXPECT_EQ(walk(View::kCommitted), "a=txn b=later ");
  ASSERT_TRUE(state_.end_transaction(78, false, after(7)).ok());
  EXPECT_EQ(walk(View::kCommitted), "a=txn b=later ");
  EXPECT_TRUE(state_.keys_in_open_transactions("").empty());
  EXPECT_EQ(state_.applied()->next_offset, 8);
}

TEST_F(MaterializedStateTest, TransactionsOnTheirWayAreLatest) {
  using Keys = std::set<std::string>;
  commit({record(0, "a", "old")});
  state_.stage_transactional(77, record(1, "a", "txn"));
  state_.stage_transactional(78, record(2, "b", "txn"));
  EXPECT_EQ(state_.keys_in_open_transactions(""), (Keys{"a", "b"}));
  state_.stage_end(77, true, 3);
  state_.stage_end(78, false, 4);
  EXPECT_EQ(state_.keys_in_open_transactions(""), Keys{});
  EXPECT_EQ(walk(View::kLatest), "a=txn ");
  EXPECT_EQ(walk(View::kCommitted), "a=old ");
  // The same producer goes on before its first end is committed.
  state_.stage_transactional(77, record(5, "c", "next"));
  ASSERT_TRUE(state_.commit_transactional(77, std::vector{record(1, "a", "txn")}, after(1)).ok());
  ASSERT_TRUE(state_.commit_transactional(78, std::vector{record(2, "b", "txn")}, after(2)).ok());
  EXPECT_EQ(state_.keys_in_open_transactions(""), Keys{"c"});
  ASSERT_TRUE(state_.end_transaction(77, true, after(3)).ok());
  ASSERT_TRUE(state_.end_transaction(78, false, after(4)).ok());
  EXPECT_EQ(walk(View::kCommitted), "a=txn ");
  EXPECT_EQ(state_.keys_in_open_transactions(""), Keys{"c"});
  ASSERT_TRUE(state_.commit_transactional(77, std::vector{record(5, "c", "next")}, after(5)).ok());
  EXPECT_FALSE(state_.has_staged());
  EXPECT_EQ(state_.keys_in_open_transactions(""), Keys{"c"});
}

TEST_F(MaterializedStateTest, ATombstoneTakesItsKeyOutOfOpenTransactions) {
  using Keys = std::set<std::string>;
  ASSERT_TRUE(state_
                  .commit_transactional(
                      77, std::vector{record(0, "a", "txn"), record(1, "b", "txn")}, after(1))
                  .ok());
  state_.stage(record(2, "a", std::nullopt));
  EXPECT_EQ(state_.keys_in_open_transactions(""), Keys{"b"});
  commit({record(2, "a", std::nullopt)});
  ASSERT_TRUE(state_.end_transaction(77, true, after(3)).ok());
  EXPECT_EQ(walk(View::kCommitted), "b=txn ");
}

TEST_F(MaterializedStateTest, OpenTransactionsAreReadBackFromTheRows) {
  ASSERT_TRUE(state_.commit_transactional(77, std::vector{record(0, "a", "txn")}, after(0)).ok());
  MaterializedState again(store_, CoordinatorKind::kGroup, 3);
  EXPECT_EQ(again.keys_in_open_transactions(""), std::set<std::string>{"a"});
  again.stage_end(77, true, 1);
  EXPECT_EQ(again.get(View::kLatest, "a"), "txn");
  ASSERT_TRUE(again.end_transaction(77, true, after(1)).ok());
  EXPECT_EQ(again.get(View::kCommitted, "a"), "txn");
  EXPECT_FALSE(again.has_staged());
}

}  // namespace
}  // namespace cluster::coordinator
