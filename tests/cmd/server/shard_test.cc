#include "cmd/server/shard.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cmd/server/disk_pool.h"
#include "cmd/server/timer_queue.h"

namespace server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TimerQueue, FiresByDeadlineThenByOrderOfAdding) {
  TimerQueue timers;
  std::vector<int> fired;
  timers.add(20, [&] { fired.push_back(3); });
  timers.add(10, [&] { fired.push_back(1); });
  timers.add(10, [&] { fired.push_back(2); });
  while (auto action = timers.take_due(15)) (*action)();
  EXPECT_THAT(fired, ElementsAre(1, 2));
  EXPECT_EQ(timers.next_deadline(), 20);
}

TEST(TimerQueue, ForgetsCancelledTimersAndNeverConfusesTheirSuccessors) {
  TimerQueue timers;
  std::vector<int> fired;
  const auto first = timers.add(10, [&] { fired.push_back(1); });
  timers.cancel(first);
  timers.add(10, [&] { fired.push_back(2); });  // takes the place of the first
  timers.cancel(first);
  timers.cancel(cluster::kNoTimer);
  EXPECT_EQ(timers.size(), 1u);
  while (auto action = timers.take_due(10)) (*action)();
  EXPECT_THAT(fired, ElementsAre(2));
  EXPECT_EQ(timers.next_deadline(), std::nullopt);
}

TEST(TimerQueue, ShrinksWhenMostOfItIsCancelled) {
  TimerQueue timers;
  for (int i = 0; i < 10'000; ++i) timers.cancel(timers.add(1'000'000, [] {}));
  EXPECT_EQ(timers.size(), 0u);
  EXPECT_EQ(timers.next_deadline(), std::nullopt);
}

TEST(Shard, RunsWhatIsPostedAfterThePosterHasReturned) {
  Shard shard;
  std::vector<int> order;
  shard.post([&] {
    order.push_back(1);
    shard.post([&] { order.push_back(3); });
    order.push_back(2);
  });
  EXPECT_THAT(order, IsEmpty());
  shard.run_once(false);
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(Shard, RunsWhatAnotherThreadPosts) {
  Shard shard;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i)
      shard.post([&shard, i] {
        if (i == 99) shard.stop();
      });
  });
  shard.run();
  other.join();
}

TEST(Shard, FiresTimersAndLetsThemBeCancelled) {
  Shard shard;
  std::vector<int> fired;
  shard.schedule(3, [&] {
    fired.push_back(3);
    shard.stop();
  });
  const auto cancelled = shard.schedule(2, [&] { fired.push_back(2); });
  shard.schedule(1, [&] { fired.push_back(1); });
  shard.schedule(0, [&] { fired.push_back(0); });
  shard.cancel(cancelled);
  shard.run();
  EXPECT_THAT(fired, ElementsAre(0, 1, 3));
}

TEST(Shard, CancelsATimerOfNoDelay) {
  Shard shard;
  bool fired = false;
  shard.cancel(shard.schedule(0, [&] { fired = true; }));
  shard.run_once(false);
  EXPECT_FALSE(fired);
}

TEST(DiskPool, RunsWorkElsewhereAndTheRestOnTheShard) {
  Shard shard;
  DiskPool pool(shard, "disk", 2);
  std::thread::id worked_on;
  std::thread::id done_on;
  pool.run([&] { worked_on = std::this_thread::get_id(); },
           [&] {
             done_on = std::this_thread::get_id();
             shard.stop();
           });
  shard.run();
  EXPECT_NE(worked_on, std::this_thread::get_id());
  EXPECT_EQ(done_on, std::this_thread::get_id());
}

}  // namespace
}  // namespace server
