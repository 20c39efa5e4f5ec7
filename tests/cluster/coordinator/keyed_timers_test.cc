#include "cluster/coordinator/keyed_timers.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/cluster/fake_timers.h"

namespace cluster::coordinator {
namespace {

class KeyedTimersTest : public ::testing::Test {
 protected:
  wire::ManualClock clock_;
  FakeTimers timers_{clock_};
  KeyedTimers keyed_{clock_, timers_};
  std::string fired_;
};

TEST_F(KeyedTimersTest, ReschedulingMovesTheDeadlineEitherWay) {
  keyed_.schedule("a", 100, [this] { fired_ += "1"; });
  timers_.advance(90);
  keyed_.schedule("a", 100, [this] { fired_ += "2"; });
  timers_.advance(99);
  EXPECT_EQ(fired_, "");
  timers_.advance(1);
  EXPECT_EQ(fired_, "2");
  keyed_.schedule("a", 100, [this] { fired_ += "3"; });
  keyed_.schedule("a", 10, [this] { fired_ += "4"; });
  timers_.advance(10);
  EXPECT_EQ(fired_, "24");
  timers_.advance(1'000);
  EXPECT_EQ(fired_, "24");
}

TEST_F(KeyedTimersTest, LaterDeadlineCostsNoTimer) {
  keyed_.schedule("a", 100, [] {});
  for (int i = 0; i < 10; ++i) keyed_.schedule("a", 200, [] {});
  EXPECT_EQ(timers_.pending(), 1U);
}

TEST_F(KeyedTimersTest, CancelledTimersAreSilent) {
  keyed_.schedule("a", 10, [this] { fired_ += "a"; });
  keyed_.schedule("b", 10, [this] { fired_ += "b"; });
  keyed_.cancel("a");
  timers_.advance(10);
  EXPECT_EQ(fired_, "b");
  keyed_.schedule("c", 10, [this] { fired_ += "c"; });
  keyed_.cancel_all();
  timers_.advance(10);
  EXPECT_EQ(fired_, "b");
  EXPECT_EQ(timers_.pending(), 0U);
}

TEST_F(KeyedTimersTest, ActionMayScheduleItselfAgain) {
  keyed_.schedule("a", 10, [this] {
    fired_ += "a";
    keyed_.schedule("a", 10, [this] { fired_ += "b"; });
  });
  timers_.advance(25);
  EXPECT_EQ(fired_, "ab");
}

}  // namespace
}  // namespace cluster::coordinator
