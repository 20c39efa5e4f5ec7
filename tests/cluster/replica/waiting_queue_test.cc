#include "cluster/replica/waiting_queue.h"

#include <memory>

#include <gtest/gtest.h>

namespace cluster::replica {
namespace {

TEST(WaitingQueue, ServesInOrderWhateverIsTakenAndAddedBetween) {
  WaitingQueue<std::unique_ptr<int>> queue;
  int added = 0;
  int served = 0;
  // Never empty, and longer and shorter by turns: the room of those before is taken back now and
  // then.
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 20 + round % 7 * 10; ++i) queue.push_back(std::make_unique<int>(added++));
    while (queue.size() > 10) ASSERT_EQ(*queue.take_front(), served++);
    ASSERT_EQ(*queue.front(), served);
  }
  ASSERT_EQ(queue.size(), 10u);
  for (const auto& waiting : queue) ASSERT_EQ(*waiting, served++);
  queue.erase(queue.begin());
  queue.insert(queue.end(), std::make_unique<int>(added));
  EXPECT_EQ(queue.size(), 10u);
  EXPECT_EQ(**std::prev(queue.end()), added);
  queue.clear();
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace cluster::replica
