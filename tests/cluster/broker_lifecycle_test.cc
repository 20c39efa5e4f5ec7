#include "cluster/broker_lifecycle.h"

#include <gtest/gtest.h>

#include "storage/fs/memory_file_system.h"
#include "tests/cluster/single_node.h"

namespace cluster {
namespace {

TEST(SingleNode, RunsWithoutWaitingForAnyTimer) {
  wire::ManualClock clock;
  storage::MemoryFileSystem files(clock);
  SingleNode node(files, clock, "/data", 1);
  node.start();
  EXPECT_TRUE(node.running);
  EXPECT_EQ(node.lifecycle->state(), BrokerLifecycle::State::kRunning);
  EXPECT_EQ(clock.monotonic_ms(), 0);
  const auto* broker = node.image().broker(SingleNode::kId);
  ASSERT_NE(broker, nullptr);
  EXPECT_FALSE(broker->fenced);
  EXPECT_EQ(broker->epoch, node.lifecycle->epoch());
  EXPECT_EQ(node.image().features().metadata_version().level, 30);
  EXPECT_TRUE(node.image().cluster().controllers.contains(SingleNode::kId));
}

TEST(SingleNode, ComesBackAfterAKillWithItsTopicsLedAndWithoutWaiting) {
  wire::ManualClock clock;
  storage::MemoryFileSystem files(clock);
  wire::Uuid topic_id;
  {
    SingleNode node(files, clock, "/data", 1);
    node.start();
    topic_id = node.create("tweets", 3).topics[0].topic_id;
  }
  SingleNode again(files, clock, "/data", 2);
  again.start();
  EXPECT_TRUE(again.running);
  EXPECT_EQ(clock.monotonic_ms(), 0);
  const auto topic = again.image().topic("tweets");
  ASSERT_NE(topic, nullptr);
  EXPECT_EQ(topic->id, topic_id);
  for (const auto& partition : topic->partitions) {
    EXPECT_EQ(partition->leader, SingleNode::kId);
    EXPECT_EQ(partition->isr, std::vector<wire::NodeId>{SingleNode::kId});
    EXPECT_GT(partition->leader_epoch, 0);
  }
}

TEST(SingleNode, LeavesWhenAskedAndComesBackAsACleanIncarnation) {
  wire::ManualClock clock;
  storage::MemoryFileSystem files(clock);
  int64_t epoch = -1;
  {
    SingleNode node(files, clock, "/data", 1);
    node.start();
    node.create("tweets", 2);
    bool stopped = false;
    node.lifecycle->begin_shutdown([&] { stopped = true; });
    node.settle();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(clock.monotonic_ms(), 0);
    epoch = node.lifecycle->epoch();
  }
  SingleNode again(files, clock, "/data", 2, epoch);
  again.start();
  ASSERT_TRUE(again.running);
  const auto topic = again.image().topic("tweets");
  for (const auto& partition : topic->partitions) {
    EXPECT_EQ(partition->leader, SingleNode::kId);
    EXPECT_EQ(partition->leader_recovery_state, metadata::LeaderRecoveryState::kRecovered);
  }
}

// A client that was told of no broker at all would have nowhere to come back to.
TEST(SingleNode, HasStoppedOnceTheMetadataLacksIt) {
  class Reader final : public metadata::ImageListener {
   public:
    explicit Reader(SingleNode& node) : node_(node) { node.loader->add_listener(*this); }
    void on_image(const metadata::ImageChanges&, const metadata::ImagePtr&,
                  const metadata::ImagePtr& image) override {
      const auto* self = image->broker(SingleNode::kId);
      if (node_.running && self->fenced) stopped_when_fenced = stopped;
    }
    bool stopped = false;
    std::optional<bool> stopped_when_fenced;

   private:
    SingleNode& node_;
  };
  wire::ManualClock clock;
  storage::MemoryFileSystem files(clock);
  SingleNode node(files, clock, "/data", 1);
  Reader reader(node);
  node.start();
  node.create("tweets", 2);
  node.lifecycle->begin_shutdown([&] { reader.stopped = true; });
  node.settle();
  EXPECT_TRUE(reader.stopped);
  ASSERT_TRUE(reader.stopped_when_fenced.has_value());
  EXPECT_TRUE(*reader.stopped_when_fenced);
}

TEST(SingleNode, StartsFromItsSnapshot) {
  wire::ManualClock clock;
  storage::MemoryFileSystem files(clock);
  {
    SingleNode node(files, clock, "/data", 1, -1, {.max_bytes_between_snapshots = 2'000});
    node.start();
    for (int i = 0; i < 20; ++i) node.create("topic-" + std::to_string(i), 2);
  }
  SingleNode again(files, clock, "/data", 2);
  again.start();
  EXPECT_TRUE(again.running);
  EXPECT_EQ(again.image().topics().size(), 20u);
  EXPECT_EQ(again.loader->faults(), 0u);
}

TEST(SingleNode, StaysRegisteredAsTimePasses) {
  wire::ManualClock clock;
  storage::MemoryFileSystem files(clock);
  SingleNode node(files, clock, "/data", 1);
  node.start();
  for (int i = 0; i < 30; ++i) node.advance(1'000);
  EXPECT_FALSE(node.image().broker(SingleNode::kId)->fenced);
  EXPECT_EQ(node.lifecycle->state(), BrokerLifecycle::State::kRunning);
}

}  // namespace
}  // namespace cluster
