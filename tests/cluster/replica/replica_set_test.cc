// The partitions of a broker whose disk fails, and who lives in them.
#include "cluster/replica/replica_set.h"

#include <gmock/gmock.h>

#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_leadership.h"
#include "cluster/metadata/delta.h"
#include "cluster/replica/coordinator_partitions.h"
#include "storage/fs/faulty_file_system.h"
#include "storage/kv/memory_store.h"
#include "tests/cluster/fake_timers.h"

namespace cluster::replica {
namespace {

using wire::ErrorCode;

constexpr wire::NodeId kSelf = 1;
constexpr wire::Uuid kTopicId{5, 6};

class RememberingListener final : public LeadershipListener {
 public:
  void on_elected(wire::PartitionIndex, wire::Epoch) override { events.push_back("elected"); }
  void on_resigned(wire::PartitionIndex) override { events.push_back("resigned"); }
  void on_high_watermark(wire::PartitionIndex, wire::Offset) override {}
  std::vector<std::string> events;
};

class ReplicaSetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = storage::LogDirectories::open(
        storage_,
        {.paths = {"/data"}, .cluster_id = "cluster", .node_id = kSelf, .metadata_directory = {}});
    ASSERT_TRUE(opened.ok());
    directories_ = std::move(*opened);
    ASSERT_TRUE(
        directories_
            ->load([](const std::string&) { return std::make_shared<const storage::LogOptions>(); })
            .ok());
    replicas_ = std::make_unique<ReplicaSet>(
        kSelf, clock_, timers_, *directories_, nullptr,
        [](const std::string&, const metadata::MetadataImage&) { return PartitionOptions(); });
    directories_->on_directory_failed(
        [this](storage::LogDirectory& directory) { replicas_->on_directory_failed(directory); });
  }

  // The first image: one topic with one partition, led here.
  void publish_topic(const std::string& name) {
    const auto empty = std::make_shared<const metadata::MetadataImage>();
    metadata::MetadataDelta delta(empty);
    wire::TopicRecord topic;
    topic.name = name;
    topic.topic_id = kTopicId;
    ASSERT_TRUE(delta.replay({topic, 0}, 0).ok());
    wire::PartitionRecord partition;
    partition.topic_id = kTopicId;
    partition.partition_id = 0;
    partition.replicas = {kSelf};
    partition.directories = {directories_->all().front()->id()};
    partition.isr = {kSelf};
    partition.leader = kSelf;
    partition.leader_epoch = 0;
    partition.partition_epoch = 0;
    ASSERT_TRUE(delta.replay({partition, 1}, 1).ok());
    const metadata::ImageChanges changes = delta.changes();
    replicas_->on_image(changes, empty, std::move(delta).build({.last_offset = 1}));
  }

  wire::ManualClock clock_{1'700'000'000'000};
  wire::SeededRandom random_{1};
  FakeTimers timers_{clock_};
  storage::ManualDiskExecutor disk_;
  storage::FaultyFileSystem files_{clock_};
  storage::StorageServices storage_{files_, clock_, random_, disk_};
  std::unique_ptr<storage::LogDirectories> directories_;
  std::unique_ptr<ReplicaSet> replicas_;
};

// The coordinator's own write may be what fails: its shard is on the stack.
TEST_F(ReplicaSetTest, AGroupCoordinatorOutlivesTheWriteThatFailsItsDirectory) {
  storage::MemoryStore store;
  CoordinatorPartitions partitions(std::string(groups::kOffsetsTopic), *replicas_);
  groups::GroupOptions options;
  options.offsets_topic_num_partitions = 1;
  groups::GroupCoordinator coordinator(options,
                                       {clock_, random_, timers_, partitions, partitions, store});
  groups::GroupLeadership leadership(coordinator);
  replicas_->listen(std::string(groups::kOffsetsTopic), leadership);
  publish_topic(std::string(groups::kOffsetsTopic));
  timers_.run_due();

  const auto commit = [&] {
    wire::OffsetCommitRequest request;
    request.group_id = "group";
    auto& topic = request.topics.emplace_back();
    topic.name = "tweets";
    topic.partitions.emplace_back().committed_offset = 7;
    std::vector<ErrorCode> errors;
    coordinator.commit_offsets(
        std::move(request), {"client", "/127.0.0.1", 9},
        wire::Reply<wire::OffsetCommitResponse>([&](auto response) {
          ASSERT_TRUE(response.has_value());
          errors.push_back(response->topics.at(0).partitions.at(0).error_code);
        }));
    return errors;
  };
  ASSERT_THAT(commit(), ::testing::ElementsAre(ErrorCode::kNone));
  files_.plan(storage::Fault::kFail, 1);
  EXPECT_THAT(commit(), ::testing::ElementsAre(ErrorCode::kNotCoordinator));
  EXPECT_THAT(commit(), ::testing::ElementsAre(ErrorCode::kNotCoordinator));
  timers_.run_due();
  EXPECT_THAT(commit(), ::testing::ElementsAre(ErrorCode::kNotCoordinator));
}

TEST_F(ReplicaSetTest, AFailedDirectoryClosesItsPartitionsOnceTheCallThatFailedIsOver) {
  RememberingListener listener;
  replicas_->listen("tweets", listener);
  publish_topic("tweets");
  ASSERT_THAT(listener.events, ::testing::ElementsAre("elected"));
  const auto partition = replicas_->find("tweets", 0);

  directories_->all().front()->fail({ErrorCode::kKafkaStorageError, "Input/output error"});
  EXPECT_THAT(listener.events, ::testing::ElementsAre("elected"));
  // Meanwhile the log refuses.
  EXPECT_EQ(partition->append_as_coordinator(0, wire::Bytes::copy("batch")).error().code,
            ErrorCode::kKafkaStorageError);
  timers_.run_due();
  EXPECT_THAT(listener.events, ::testing::ElementsAre("elected", "resigned"));
  EXPECT_EQ(partition->check_leader(wire::kNoEpoch), ErrorCode::kKafkaStorageError);
}

TEST_F(ReplicaSetTest, LogsThatAreBeingClosedAreNotAskedForTheirDirectory) {
  RememberingListener listener;
  replicas_->listen("tweets", listener);
  publish_topic("tweets");
  // One directory fails just before the logs are closed, and once more while they are.
  directories_->all().front()->fail({ErrorCode::kKafkaStorageError, "Input/output error"});
  replicas_->shut_down();
  replicas_->release_logs();
  replicas_->on_directory_failed(*directories_->all().front());
  (void)directories_->shut_down(1);
  timers_.run_due();
  EXPECT_THAT(listener.events, ::testing::Not(::testing::Contains("resigned")));
}

TEST_F(ReplicaSetTest, AFailureIsForgottenWithThePartitions) {
  publish_topic("tweets");
  directories_->all().front()->fail({ErrorCode::kKafkaStorageError, "Input/output error"});
  directories_->on_directory_failed([](storage::LogDirectory&) {});
  replicas_.reset();
  timers_.run_due();
}

}  // namespace
}  // namespace cluster::replica
