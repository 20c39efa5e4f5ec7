// Load and commit of a coordinator partition, and what a crash between any two writes to the store
// leaves behind.

#include "cluster/coordinator/partition_runtime.h"

#include "gtest/gtest.h"
#include "storage/kv/memory_store.h"
#include "tests/cluster/coordinator/memory_partition.h"
#include "tests/cluster/fake_timers.h"
#include "wire/records/control_record.h"
#include "wire/records/record_batch_builder.h"

namespace cluster::coordinator {
namespace {

using wire::ErrorCode;

// A store that may be told to lose every write from now on, as a crash does that RocksDB's log did
// not survive.
class LosingStore final : public storage::KeyValueStore {
 public:
  wire::Result<std::optional<std::string>> get(std::string_view key) const override {
    if (fail_reads) return wire::Error{ErrorCode::kKafkaStorageError, "a bad block"};
    return store_.get(key);
  }
  wire::Status write(storage::WriteBatch batch) override {
    ++writes;
    if (fail_writes) return wire::Error{ErrorCode::kKafkaStorageError, "no space"};
    if (writes > writes_kept) return {};
    return store_.write(batch);
  }
  std::unique_ptr<storage::Cursor> cursor() override { return store_.cursor(); }

  int writes = 0;
  int writes_kept = 1'000'000;
  bool fail_writes = false;
  bool fail_reads = false;

 private:
  storage::MemoryStore store_;
};

PartitionRuntime::Verdict take_all(Record& record) {
  if (record.key.view().starts_with("skip")) return PartitionRuntime::Verdict::kSkip;
  if (record.key.view().starts_with("bad")) return PartitionRuntime::Verdict::kRefuse;
  return PartitionRuntime::Verdict::kTake;
}

class PartitionRuntimeTest : public ::testing::Test {
 protected:
  static constexpr wire::PartitionIndex kPartition = 5;

  void start(wire::Epoch epoch = 1) {
    runtime_ = std::make_unique<PartitionRuntime>(
        PartitionRuntime::Ports{clock_, timers_, partitions_, partitions_, store_}, options_,
        CoordinatorKind::kGroup, kPartition, epoch, take_all);
    partitions_.on_high_watermark = [this](wire::PartitionIndex, wire::Offset offset) {
      if (runtime_) runtime_->on_high_watermark(offset);
    };
    loaded_ = false;
    runtime_->load([this] { loaded_ = true; });
    timers_.run_due();
  }
  void restart(wire::Epoch epoch = 2) {
    runtime_.reset();
    start(epoch);
  }
  static Record record(const std::string& key, std::optional<std::string> value) {
    Record made{wire::Bytes::copy(key), std::nullopt};
    if (value) made.value = wire::Bytes::copy(*value);
    return made;
  }
  std::optional<ErrorCode> write(const std::string& key, std::optional<std::string> value) {
    std::vector<Record> records;
    records.push_back(record(key, std::move(value)));
    const auto answer = std::make_shared<std::optional<ErrorCode>>();
    runtime_->write(std::move(records), [answer](ErrorCode error) { *answer = error; });
    return *answer;
  }
  std::string rows(View view = View::kCommitted) const {
    std::string seen;
    auto walk = runtime_->state().walk(view);
    for (walk.seek(""); walk.valid(); walk.next()) {
      seen += std::string(walk.key()) + "=" + std::string(walk.value()) + " ";
    }
    return seen;
  }
  void append_foreign(wire::Bytes batch, wire::Epoch epoch = 1) {
    ASSERT_TRUE(partitions_.append(kPartition, epoch, std::move(batch)).ok());
  }

  wire::ManualClock clock_;
  FakeTimers timers_{clock_};
  MemoryPartitions partitions_;
  LosingStore store_;
  PartitionRuntime::Options options_;
  std::unique_ptr<PartitionRuntime> runtime_;
  bool loaded_ = false;
};

TEST_F(PartitionRuntimeTest, RestartReadsOnlyTheTail) {
  start();
  ASSERT_TRUE(loaded_);
  EXPECT_EQ(write("a", "1"), ErrorCode::kNone);
  EXPECT_EQ(write("b", "2"), ErrorCode::kNone);
  partitions_.reads = 0;
  restart();
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(partitions_.reads, 0) << "the rows hold all of the log";
  EXPECT_EQ(rows(), "a=1 b=2 ");
}

TEST_F(PartitionRuntimeTest, WritesInTheCodecItIsToldAndReadsItBack) {
  options_.compression.type = wire::CompressionType::kLz4;
  store_.writes_kept = 0;  // all comes from the log again
  start();
  EXPECT_EQ(write("a", std::string(1'000, 'x')), ErrorCode::kNone);
  const wire::Bytes& batch = partitions_.log(kPartition).batches.at(0);
  EXPECT_EQ(wire::RecordBatchView::trusted(batch).compression(), wire::CompressionType::kLz4);
  EXPECT_LT(batch.size(), 200u);
  store_.writes_kept = 1'000'000;
  restart();
  ASSERT_TRUE(loaded_);
  EXPECT_EQ(rows(), "a=" + std::string(1'000, 'x') + " ");
}

TEST_F(PartitionRuntimeTest, EveryCrashBetweenTwoWritesIsMadeGoodFromTheLog) {
  for (int kept = 0; kept <= 8; ++kept) {
    SCOPED_TRACE(kept);
    store_ = LosingStore();
    partitions_ = MemoryPartitions();
    store_.writes_kept = kept;
    start();
    write("a", "1");
    write("b", "2");
    write("a", std::nullopt);
    write("c", "3");
    write("b", "4");
    store_.writes_kept = 1'000'000;
    restart();
    ASSERT_TRUE(loaded_);
    EXPECT_EQ(rows(), "b=4 c=3 ");
  }
}

TEST_F(PartitionRuntimeTest, RowsBeyondTheLogAreRebuilt) {
  start();
  write("a", "1");
  write("b", "2");
  // The machine lost the end of the log, which was not synced; the store's own log was luckier.
  auto& log = partitions_.log(kPartition);
  log.batches.pop_back();
  log.end = log.high_watermark = 1;
  restart();
  ASSERT_TRUE(loaded_);
  EXPECT_EQ(rows(), "a=1 ");
}

TEST_F(PartitionRuntimeTest, RowsOfATruncatedHistoryAreRebuilt) {
  start();
  write("a", "1");
  write("b", "2");
  auto& log = partitions_.log(kPartition);
  log.batches.pop_back();
  log.end = log.high_watermark = 1;
  // Another leader has written something else in its place.
  wire::RecordBatchBuilder builder;
  builder.append(0, "c", "3");
  runtime_.reset();
  append_foreign(builder.build(), 2);
  start(3);
  EXPECT_EQ(rows(), "a=1 c=3 ");
}

TEST_F(PartitionRuntimeTest, RowsOfADeletedTopicAreForgotten) {
  start();
  write("a", "1");
  partitions_.log(kPartition) = {};
  partitions_.log(kPartition).topic_id = wire::Uuid{8, 8};
  restart();
  ASSERT_TRUE(loaded_);
  EXPECT_EQ(rows(), "");
}

TEST_F(PartitionRuntimeTest, RowsThatMayHaveMissedATombstoneAreRebuilt) {
  start();
  write("a", "1");
  write("b", "2");
  runtime_.reset();
  // While we were away "a" was deleted, and the tombstone cleaned away after a day.
  wire::RecordBatchBuilder builder;
  builder.append(0, "c", "3");
  append_foreign(builder.build(), 1);
  partitions_.log(kPartition).batches.erase(partitions_.log(kPartition).batches.begin());
  clock_.advance(86'400'000);
  start(2);
  EXPECT_EQ(rows(), "b=2 c=3 ");
}

// A17: state is made of what is committed, and of all that is.
TEST_F(PartitionRuntimeTest, A17_LoadEndsWhenAllOfTheElectionsLogIsCommitted) {
  partitions_.commit_at_once = false;
  wire::RecordBatchBuilder first;
  first.append(0, "a", "1");
  append_foreign(first.build());
  partitions_.commit(kPartition);
  wire::RecordBatchBuilder second;
  second.append(0, "a", "2");
  append_foreign(second.build());
  start();
  EXPECT_FALSE(loaded_) << "an earlier leader may have acknowledged a=2";
  EXPECT_EQ(runtime_->availability(), ErrorCode::kCoordinatorLoadInProgress);
  partitions_.commit(kPartition);
  timers_.run_due();
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(runtime_->availability(), ErrorCode::kNone);
  EXPECT_EQ(rows(), "a=2 ");
}

TEST_F(PartitionRuntimeTest, HolesOfCompactionAreSteppedOver) {
  start();
  for (const char* key : {"a", "b", "c"}) write(key, "1");
  auto& log = partitions_.log(kPartition);
  log.batches.erase(log.batches.begin() + 1);
  log.batches.pop_back();
  store_ = LosingStore();
  restart();
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(rows(), "a=1 ");
}

TEST_F(PartitionRuntimeTest, RecordNobodyUnderstandsRefusesTheLoad) {
  wire::RecordBatchBuilder builder;
  builder.append(0, "skip", "1");
  builder.append(0, "a", "1");
  append_foreign(builder.build());
  start();
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(rows(), "a=1 ");
  wire::RecordBatchBuilder bad;
  bad.append(0, "bad", "1");
  append_foreign(bad.build());
  restart();
  EXPECT_FALSE(loaded_);
  EXPECT_EQ(runtime_->availability(), ErrorCode::kNotCoordinator);
}

TEST_F(PartitionRuntimeTest, TransactionsInTheLogAreHonoured) {
  start();
  write("a", "0");
  for (const auto& [producer, key] : {std::pair(1, "a"), std::pair(2, "b")}) {
    wire::BatchOptions options;
    options.producer_id = producer;
    options.producer_epoch = 0;
    options.base_sequence = 0;
    options.transactional = true;
    wire::RecordBatchBuilder builder(options);
    builder.append(0, key, "txn");
    append_foreign(builder.build());
  }
  append_foreign(wire::build_end_transaction_batch({1, 0, true, 0}, 0));
  append_foreign(wire::build_end_transaction_batch({2, 0, false, 0}, 0));
  store_ = LosingStore();
  restart();
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(rows(), "a=txn ");
}

TEST_F(PartitionRuntimeTest, TransactionsWrittenHereEndWithTheirMarker) {
  partitions_.commit_at_once = false;
  start();
  std::string answered;
  const auto write_in = [&](wire::ProducerId producer, const char* key) {
    std::vector<Record> records;
    records.push_back(record(key, "txn"));
    runtime_->write_transactional({.id = producer, .epoch = 4, .guard = 9}, std::move(records),
                                  [&answered, key](ErrorCode) { answered += key; });
  };
  write_in(1, "a");
  EXPECT_EQ(partitions_.last_rules.guard, 9U);
  EXPECT_EQ(partitions_.last_rules.origin, storage::AppendOrigin::kCoordinator);
  write_in(2, "b");
  runtime_->end_transaction({1, 5, true, 0}, 2, [&answered](ErrorCode) { answered += "+"; });
  EXPECT_EQ(partitions_.last_rules.transaction_version, 2);
  EXPECT_EQ(rows(View::kLatest), "a=txn ");
  EXPECT_EQ(rows(), "");
  partitions_.commit(kPartition, 2);
  EXPECT_EQ(answered, "ab");
  EXPECT_EQ(rows(), "");
  partitions_.commit(kPartition);
  EXPECT_EQ(answered, "ab+");
  EXPECT_EQ(rows(), "a=txn ");
  // The other one is still open after a restart, and ends as the log says.
  restart();
  EXPECT_EQ(runtime_->state().keys_in_open_transactions(""), std::set<std::string>{"b"});
  runtime_->end_transaction({2, 5, false, 0}, 2, [](ErrorCode) {});
  partitions_.commit(kPartition);
  EXPECT_EQ(rows(), "a=txn ");
  EXPECT_TRUE(runtime_->state().keys_in_open_transactions("").empty());
}

TEST_F(PartitionRuntimeTest, AMarkerThatTheLogRefusesEndsNothing) {
  start();
  std::vector<Record> records;
  records.push_back(record("a", "txn"));
  runtime_->write_transactional({.id = 1, .epoch = 4}, std::move(records), [](ErrorCode) {});
  partitions_.refuse_appends = wire::Error{ErrorCode::kInvalidProducerEpoch, ""};
  ErrorCode answer = ErrorCode::kNone;
  EXPECT_FALSE(runtime_->end_transaction({1, 4, true, 0}, 2,
                                         [&answer](ErrorCode error) { answer = error; }));
  EXPECT_EQ(answer, ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(runtime_->state().keys_in_open_transactions("").size(), 1U);
}

TEST_F(PartitionRuntimeTest, A17_WritesAreAnsweredInOrderAsTheHighWatermarkPassesThem) {
  partitions_.commit_at_once = false;
  start();
  std::string answered;
  for (const char* key : {"a", "b", "c"}) {
    std::vector<Record> records;
    records.push_back(record(key, "1"));
    runtime_->write(std::move(records), [&answered, key](ErrorCode) { answered += key; });
  }
  runtime_->write({}, [&answered](ErrorCode) { answered += "."; });
  partitions_.commit(kPartition, 2);
  EXPECT_EQ(answered, "ab");
  EXPECT_EQ(rows(), "a=1 b=1 ");
  EXPECT_EQ(rows(View::kLatest), "a=1 b=1 c=1 ");
  partitions_.commit(kPartition);
  EXPECT_EQ(answered, "abc.");
}

TEST_F(PartitionRuntimeTest, EachWriteHasItsOwnTimeToBeCommitted) {
  partitions_.commit_at_once = false;
  start();
  std::string answered;
  const auto write_for = [&](const char* key, std::optional<wire::DurationMs> timeout_ms) {
    std::vector<Record> records;
    if (*key != '.') records.push_back(record(key, "1"));
    runtime_->write(
        std::move(records),
        [&answered, key](ErrorCode error) {
          EXPECT_EQ(error, ErrorCode::kCoordinatorNotAvailable);
          answered += key;
        },
        timeout_ms);
  };
  write_for("a", std::nullopt);
  write_for("b", 100);
  write_for("c", 60'000);
  write_for(".", 200);
  timers_.advance(99);
  EXPECT_EQ(answered, "");
  timers_.advance(1);
  EXPECT_EQ(answered, "b");
  timers_.advance(100);
  EXPECT_EQ(answered, "b.");
  timers_.advance(4'800);
  EXPECT_EQ(answered, "b.a") << "what the options say";
  timers_.advance(55'000);
  EXPECT_EQ(answered, "b.ac");
  partitions_.commit(kPartition);
  EXPECT_EQ(rows(), "a=1 b=1 c=1 ") << "they are in the log";
}

TEST_F(PartitionRuntimeTest, StoreThatCannotBeWrittenIsRebuiltFromTheLog) {
  start();
  write("a", "1");
  store_.fail_writes = true;
  EXPECT_EQ(write("b", "2"), ErrorCode::kNotCoordinator);
  EXPECT_NE(runtime_->availability(), ErrorCode::kNone);
  store_.fail_writes = false;
  restart();
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(rows(), "a=1 b=2 ");
}

TEST_F(PartitionRuntimeTest, UnreadableRowIsNoticed) {
  start();
  write("a", "1");
  store_.fail_reads = true;
  EXPECT_EQ(runtime_->state().get(View::kCommitted, "a"), std::nullopt);
  EXPECT_TRUE(runtime_->state().damaged());
  store_.fail_reads = false;
  runtime_->rebuild();
  timers_.run_due();
  EXPECT_FALSE(runtime_->state().damaged());
  EXPECT_EQ(runtime_->availability(), ErrorCode::kNone);
  EXPECT_EQ(rows(), "a=1 ");
}

TEST_F(PartitionRuntimeTest, TransactionWhoseRowsCannotBeReadIsRebuiltFromTheLog) {
  start();
  std::vector<Record> records;
  records.push_back(record("a", "1"));
  runtime_->write_transactional({.id = 1, .epoch = 4}, std::move(records), [](ErrorCode) {});
  store_.fail_reads = true;
  std::optional<ErrorCode> answer;
  runtime_->end_transaction({1, 4, true, 0}, 2, [&answer](ErrorCode error) { answer = error; });
  EXPECT_EQ(answer, ErrorCode::kNotCoordinator);
  store_.fail_reads = false;
  restart();
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(rows(), "a=1 ");
}

}  // namespace
}  // namespace cluster::coordinator
