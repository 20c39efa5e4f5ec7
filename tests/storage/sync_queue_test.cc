#include "storage/sync_queue.h"

#include <gmock/gmock.h>

#include "tests/storage/log_fixture.h"

namespace storage::testing {

using ::testing::ElementsAre;

// Ends the jobs one by one.
class StepExecutor final : public DiskExecutor {
 public:
  void run(wire::Callback<void()> work, wire::Callback<void()> done) override {
    jobs_.emplace_back(std::move(work), std::move(done));
  }
  size_t jobs() const { return jobs_.size(); }
  void run_one() {
    ASSERT_FALSE(jobs_.empty());
    auto [work, done] = std::move(jobs_.front());
    jobs_.pop_front();
    work();
    done();
  }

 private:
  std::deque<std::pair<wire::Callback<void()>, wire::Callback<void()>>> jobs_;
};

class SyncQueueTest : public LogFixture {
 protected:
  // A log with a record that is not on the disk.
  Log& dirty_log(int number) {
    LogOpen opening = how();
    opening.name = {"tweets", number};
    opening.path = "/data/" + opening.name.to_string();
    logs_.push_back(std::move(*Log::open(*directory_, std::move(opening))));
    append(*logs_.back());
    return *logs_.back();
  }
  void sync(Log& log, SyncQueue::Urgency urgency = SyncQueue::Urgency::kNow) {
    queue_.sync(
        log,
        [this, number = log.name().partition](wire::Status status) {
          EXPECT_TRUE(status.ok());
          synced_.push_back(number);
        },
        urgency);
  }

  StepExecutor executor_;
  std::vector<std::unique_ptr<Log>> logs_;
  SyncQueue queue_{executor_};
  std::vector<int> synced_;
};

TEST_F(SyncQueueTest, SyncsLogsSideBySideEachInOneJobAtATime) {
  Log& first = dirty_log(0);
  sync(first);
  sync(dirty_log(1));
  EXPECT_EQ(executor_.jobs(), 2U);
  append(first);
  sync(first);
  EXPECT_EQ(executor_.jobs(), 2U);  // what was appended meanwhile waits for the log's next
  executor_.run_one();
  EXPECT_THAT(synced_, ElementsAre(0));
  executor_.run_one();
  EXPECT_THAT(synced_, ElementsAre(0, 1));
  executor_.run_one();
  EXPECT_THAT(synced_, ElementsAre(0, 1, 0));
  EXPECT_TRUE(queue_.idle());
}

TEST_F(SyncQueueTest, HasSoManyJobsAtATime) {
  for (int i = 0; i < 20; ++i) sync(dirty_log(i));
  EXPECT_EQ(executor_.jobs(), SyncQueue::kJobsMax);
  while (executor_.jobs() > 0) executor_.run_one();
  EXPECT_EQ(synced_.size(), 20U);
}

TEST_F(SyncQueueTest, WhoWaitsGoesBeforeHundredsThatDoNot) {
  for (int i = 0; i < 300; ++i) sync(dirty_log(i), SyncQueue::Urgency::kWhenIdle);
  sync(dirty_log(1'000));
  // The first of the jobs that were running gives way to it.
  executor_.run_one();
  for (size_t i = 0; i < SyncQueue::kJobsMax; ++i) executor_.run_one();
  EXPECT_THAT(synced_, ::testing::Contains(1'000));
  EXPECT_LT(synced_.size(), 100U);
  while (executor_.jobs() > 0) executor_.run_one();
  EXPECT_EQ(synced_.size(), 301U);
}

TEST_F(SyncQueueTest, ABusyLogHasItsCheckpointsToo) {
  Log& log = dirty_log(0);
  sync(log);
  queue_.checkpoint(log);
  append(log);
  sync(log);
  executor_.run_one();
  EXPECT_EQ(log.recovery_point(), 0);
  append(log);
  sync(log);
  executor_.run_one();
  EXPECT_EQ(log.recovery_point(), 2);
  executor_.run_one();
  EXPECT_EQ(log.flushed_offset(), 3);
  EXPECT_TRUE(queue_.idle());
}

TEST_F(SyncQueueTest, ForgetsALogInTheMiddleOfItsJob) {
  sync(dirty_log(0));
  bool told = false;
  Log& gone = dirty_log(1);
  queue_.sync(gone, [&told](wire::Status status) { told = !status.ok(); });
  queue_.forget(gone);
  EXPECT_TRUE(told);
  logs_.pop_back();
  executor_.run_one();
  executor_.run_one();
  EXPECT_THAT(synced_, ElementsAre(0));
  EXPECT_TRUE(queue_.idle());
}

}  // namespace storage::testing
