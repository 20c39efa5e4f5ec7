#include "cluster/replica/gathered_appends.h"

#include <gtest/gtest.h>

#include "tests/cluster/replica/partition_fixture.h"

namespace cluster::replica {
namespace {

using wire::ErrorCode;

class GatheredAppendsTest : public PartitionTest {
 protected:
  void SetUp() override {
    PartitionTest::SetUp();
    services_.gathered = &gathered_;
    lead_alone();
    files_.plan(storage::Fault::kNone, 0);
  }
  void end_turn() { timers_.advance(0); }

  GatheredAppends gathered_{timers_};
};

TEST_F(GatheredAppendsTest, AppendsOfATurnAreOneWriteAndAnsweredAfterIt) {
  std::optional<AppendOutcome> first, second, third;
  append(1, first, 2);
  append(-1, second);
  append(1, third);
  EXPECT_FALSE(first || second || third);
  EXPECT_EQ(files_.calls(), 0);
  end_turn();
  ASSERT_TRUE(first && second && third);
  EXPECT_EQ(files_.calls(), 1);
  EXPECT_EQ(first->base_offset, 0);
  EXPECT_EQ(second->base_offset, 2);
  EXPECT_EQ(third->base_offset, 3);
  EXPECT_EQ(partition_->high_watermark(), 4);
  EXPECT_EQ(read(0).records->size(), 2 * batch().size() + batch(2).size());
}

TEST_F(GatheredAppendsTest, NothingIsVisibleBeforeItIsWritten) {
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  ASSERT_TRUE(partition_->lead(image({kSelf}, kSelf, 0)).ok());  // an image came
  EXPECT_EQ(partition_->high_watermark(), log_->written_offset());
  append(1, outcome);
  EXPECT_EQ(log_->log_end_offset(), 2);
  EXPECT_EQ(log_->written_offset(), 1);
  EXPECT_EQ(partition_->high_watermark(), 1);
  end_turn();
  EXPECT_EQ(partition_->high_watermark(), 2);
}

TEST_F(GatheredAppendsTest, AFailedWriteFailsAllThatWaitedForIt) {
  std::optional<AppendOutcome> first, second;
  append(1, first);
  append(1, second);
  files_.plan(storage::Fault::kFail, 1);
  end_turn();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->error, ErrorCode::kKafkaStorageError);
  EXPECT_EQ(second->error, ErrorCode::kKafkaStorageError);
  EXPECT_EQ(partition_->high_watermark(), 0);
}

TEST_F(GatheredAppendsTest, AReaderOfTheFileFindsWhatIsGathered) {
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  const auto found = log_->read({.offset = 0, .max_bytes = 1 << 20});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->records.size(), batch().size());
  EXPECT_EQ(log_->written_offset(), 1);
}

TEST_F(GatheredAppendsTest, WhoWaitsIsAnsweredBeforeLeadershipGoes) {
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  partition_->follow(image({kSelf, kOther}, kOther, 1));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
  EXPECT_EQ(files_.calls(), 1);
  end_turn();
}

TEST_F(GatheredAppendsTest, ManyBytesAreNotHeldUntilTheTurnEnds) {
  std::optional<AppendOutcome> outcome;
  for (int i = 0; i < 500; ++i) append(1, outcome, 50);
  EXPECT_GT(files_.calls(), 0);
  EXPECT_GT(log_->written_offset(), 0);
  end_turn();
  EXPECT_EQ(partition_->high_watermark(), 500 * 50);
}

TEST_F(GatheredAppendsTest, FsyncModeSyncsOnceForATurn) {
  require_sync();
  std::optional<AppendOutcome> first, second;
  append(-1, first);
  append(-1, second);
  end_turn();
  EXPECT_FALSE(first || second);
  disk_.run_all();
  EXPECT_TRUE(first && second);
}

TEST_F(GatheredAppendsTest, ARetryInTheSameTurnIsAnsweredWithTheFirst) {
  const auto produce = [&](std::optional<AppendOutcome>& outcome) {
    wire::BatchOptions options;
    options.producer_id = 7;
    options.producer_epoch = 0;
    options.base_sequence = 0;
    wire::RecordBatchBuilder builder(options);
    builder.append(clock_.wall_ms(), "key", "value");
    partition_->append(builder.build(), {.required_acks = 1},
                       [&outcome](AppendOutcome came) { outcome = std::move(came); });
  };
  std::optional<AppendOutcome> first, retry;
  produce(first);
  produce(retry);
  EXPECT_FALSE(first || retry);
  files_.plan(storage::Fault::kFail, 1);
  end_turn();
  ASSERT_TRUE(first && retry);
  EXPECT_EQ(first->error, ErrorCode::kKafkaStorageError);
  EXPECT_EQ(retry->error, ErrorCode::kKafkaStorageError);
}

TEST_F(GatheredAppendsTest, DeletionStopsAtWhatIsWritten) {
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  EXPECT_EQ(partition_->delete_records_before(1).error().code, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(*partition_->delete_records_before(-1), 0);
  end_turn();
  EXPECT_EQ(*partition_->delete_records_before(-1), 1);
}

// Tells the high watermark as it was when the coordinator heard of it.
class Heard final : public PartitionObserver {
 public:
  void on_high_watermark(Partition& partition) override { mark = partition.high_watermark(); }
  wire::Offset mark = -1;
};

TEST_F(GatheredAppendsTest, ACoordinatorHearsOfWhatIsWritten) {
  Heard heard;
  services_.observer = &heard;
  ASSERT_TRUE(partition_->append_as_coordinator(0, batch()).ok());
  EXPECT_EQ(heard.mark, -1);
  end_turn();
  EXPECT_EQ(heard.mark, 1);
  ASSERT_TRUE(partition_->append_as_coordinator(0, batch()).ok());
  files_.plan(storage::Fault::kFail, 1);
  end_turn();
  EXPECT_EQ(heard.mark, 1);
}

// Who answers may append again at once.  It must not reach a log that is no more, or one that
// somebody else leads.
class AppendsWithinAnswers : public GatheredAppendsTest {
 protected:
  // Appends, and once more when that is answered.
  void append_twice() {
    partition_->append(batch(), {.required_acks = 1}, [this](AppendOutcome came) {
      first_ = std::move(came);
      append(1, second_);
    });
  }
  std::optional<AppendOutcome> first_, second_;
};

TEST_F(AppendsWithinAnswers, AreWrittenByThemselves) {
  append_twice();
  end_turn();
  ASSERT_TRUE(first_ && second_);
  EXPECT_EQ(second_->base_offset, 1);
  EXPECT_EQ(files_.calls(), 2);
}

TEST_F(AppendsWithinAnswers, AreRefusedByAPartitionThatCloses) {
  append_twice();
  partition_->close(ErrorCode::kUnknownTopicOrPartition);
  ASSERT_TRUE(first_ && second_);
  EXPECT_EQ(first_->error, ErrorCode::kNone);
  EXPECT_EQ(second_->error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(log_->log_end_offset(), 1);
  ASSERT_TRUE(directories_->remove({"tweets", 0}).ok());
  end_turn();  // and does not touch the log
}

TEST_F(AppendsWithinAnswers, AreRefusedByAPartitionThatFollows) {
  append_twice();
  partition_->follow(image({kSelf, kOther}, kOther, 1));
  ASSERT_TRUE(first_ && second_);
  EXPECT_EQ(first_->error, ErrorCode::kNone);
  EXPECT_EQ(second_->error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(log_->log_end_offset(), 1);
  EXPECT_EQ(log_->leader_epochs().latest_epoch(), 0);
}

TEST_F(AppendsWithinAnswers, GoToTheCopyThatTookTheLogsPlace) {
  append_twice();
  auto made =
      directories_->create({"copied", 0}, kTopicId, std::make_shared<const storage::LogOptions>());
  ASSERT_TRUE(made.ok());
  storage::Log* const copy = *made;
  ASSERT_TRUE(copy->append_as_follower(log_->read({.max_bytes = 1 << 20})->records).ok());
  ASSERT_TRUE(partition_->replace_log([&] { return wire::Result(copy); }).ok());
  EXPECT_FALSE(first_ || second_);
  end_turn();
  end_turn();
  ASSERT_TRUE(first_ && second_);
  EXPECT_EQ(second_->base_offset, 1);
  EXPECT_EQ(copy->log_end_offset(), 2);
  EXPECT_EQ(partition_->high_watermark(), 2);
}

}  // namespace
}  // namespace cluster::replica
