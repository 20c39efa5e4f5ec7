#include "cluster/replica/replica_moves.h"

#include <gmock/gmock.h>

#include "tests/cluster/replica/partition_fixture.h"
#include "wire/api/assign_replicas_to_dirs.h"

namespace cluster::replica {
namespace {

using wire::ErrorCode;

// Keeps what was asked, until the test answers.
class HeldTransport final : public Transport {
 public:
  void send(wire::NodeId, PeerRequest request,
            wire::Callback<void(wire::Result<PeerResponse>)> done) override {
    requests.push_back(std::get<wire::AssignReplicasToDirsRequest>(std::move(request)));
    answers.push_back(std::move(done));
  }
  // Grants the last request as it stands.
  void grant() {
    wire::AssignReplicasToDirsResponse response;
    for (const auto& asked : requests.back().directories) {
      auto& directory = response.directories.emplace_back();
      directory.id = asked.id;
      for (const auto& asked_topic : asked.topics) {
        auto& topic = directory.topics.emplace_back();
        topic.topic_id = asked_topic.topic_id;
        for (const auto& partition : asked_topic.partitions)
          topic.partitions.emplace_back().partition_index = partition.partition_index;
      }
    }
    answers.back()(PeerResponse(std::move(response)));
  }

  std::vector<wire::AssignReplicasToDirsRequest> requests;
  std::vector<wire::Callback<void(wire::Result<PeerResponse>)>> answers;
};

class ReplicaMovesTest : public PartitionTest {
 protected:
  void SetUp() override {
    auto opened = storage::LogDirectories::open(storage_, {.paths = {"/a", "/b"},
                                                           .cluster_id = "cluster",
                                                           .node_id = kSelf,
                                                           .metadata_directory = {}});
    ASSERT_TRUE(opened.ok());
    directories_ = std::move(*opened);
    ASSERT_TRUE(
        directories_
            ->load([](const std::string&) { return std::make_shared<const storage::LogOptions>(); })
            .ok());
    auto created = directories_->create(
        {"tweets", 0}, kTopicId, std::make_shared<const storage::LogOptions>(), directory(0));
    ASSERT_TRUE(created.ok());
    log_ = *created;
    make_partition();
    lead_alone();
    moves_ = std::make_unique<ReplicaMoves>(timers_, *directories_);
  }
  storage::LogDirectory* directory(size_t i) { return directories_->all().at(i).get(); }
  const std::string& place() { return partition_->log().directory().path(); }
  // Turns of the loop and of the disk until nothing is left to do.
  void settle() {
    for (int i = 0; i < 100; ++i) {
      timers_.advance(0);
      disk_.run_all();
    }
  }

  std::unique_ptr<ReplicaMoves> moves_;
};

TEST_F(ReplicaMovesTest, TheReplicaGoesOnInTheOtherDirectory) {
  require_sync();
  std::optional<AppendOutcome> first;
  append(-1, first, 3);
  disk_.run_all();
  ASSERT_TRUE(first && first->error == ErrorCode::kNone);
  EXPECT_EQ(moves_->begin(partition_, *directory(1)), ErrorCode::kNone);
  // A produce that waits for the old log's sync when the copy takes its place.
  timers_.advance(0);
  settle();
  EXPECT_EQ(place(), "/b");
  EXPECT_TRUE(moves_->idle());
  EXPECT_EQ(partition_->high_watermark(), 3);
  EXPECT_EQ(read(0).error_code, ErrorCode::kNone);

  std::optional<AppendOutcome> second;
  append(-1, second);
  EXPECT_FALSE(second.has_value());
  disk_.run_all();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->error, ErrorCode::kNone);
  EXPECT_EQ(second->base_offset, 3);
}

TEST_F(ReplicaMovesTest, RecordsThatComeMeanwhileComeAlong) {
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  ASSERT_EQ(moves_->begin(partition_, *directory(1)), ErrorCode::kNone);
  for (int i = 0; i < 20 && !moves_->idle(); ++i) {
    append(1, outcome);
    timers_.advance(0);
    disk_.run_all();
  }
  settle();
  EXPECT_TRUE(moves_->idle());
  EXPECT_EQ(place(), "/b");
  const wire::Offset end = partition_->log().log_end_offset();
  EXPECT_EQ(end, outcome->base_offset + 1);
  EXPECT_EQ(partition_->log().leader_epochs().end_offset_for(0, end).end_offset, end);
}

TEST_F(ReplicaMovesTest, AProduceThatWaitsForTheOldLogsSyncIsAnswered) {
  require_sync();
  ASSERT_EQ(moves_->begin(partition_, *directory(1)), ErrorCode::kNone);
  timers_.advance(0);
  disk_.run_all();
  std::optional<AppendOutcome> outcome;
  append(-1, outcome);  // its sync is on the pool; the promotion comes first
  for (int i = 0; i < 5; ++i) timers_.advance(0);
  settle();
  EXPECT_EQ(place(), "/b");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
}

TEST_F(ReplicaMovesTest, TheControllerKnowsBeforeTheCopyTakesOver) {
  HeldTransport transport;
  DirectoryAssignments assignments({.timers = timers_,
                                    .transport = transport,
                                    .node_id = kSelf,
                                    .controller = [] { return kSelf; },
                                    .broker_epoch = [] { return int64_t{7}; }});
  moves_->use(&assignments);
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  ASSERT_EQ(moves_->begin(partition_, *directory(1)), ErrorCode::kNone);
  settle();
  EXPECT_EQ(place(), "/a");
  ASSERT_EQ(transport.requests.size(), 1u);
  EXPECT_EQ(transport.requests[0].broker_epoch, 7);
  EXPECT_EQ(transport.requests[0].directories.at(0).id, directory(1)->id());
  EXPECT_EQ(transport.requests[0].directories.at(0).topics.at(0).topic_id, kTopicId);
  append(1, outcome);
  // The controller was not there: asked again.
  transport.answers.back()(wire::Error{ErrorCode::kNetworkException, "gone"});
  timers_.advance(100);
  ASSERT_EQ(transport.requests.size(), 2u);
  transport.grant();
  settle();
  EXPECT_EQ(place(), "/b");
  EXPECT_EQ(partition_->log().log_end_offset(), 2);
}

TEST_F(ReplicaMovesTest, AnotherWishReplacesTheFirst) {
  HeldTransport transport;  // never answers: the move stays under way
  DirectoryAssignments assignments({.timers = timers_,
                                    .transport = transport,
                                    .node_id = kSelf,
                                    .controller = [] { return kSelf; },
                                    .broker_epoch = [] { return int64_t{7}; }});
  moves_->use(&assignments);
  ASSERT_EQ(moves_->begin(partition_, *directory(1)), ErrorCode::kNone);
  settle();
  EXPECT_NE(directories_->future({"tweets", 0}), nullptr);
  ASSERT_EQ(moves_->begin(partition_, *directory(0)), ErrorCode::kNone);
  EXPECT_TRUE(moves_->idle());
  EXPECT_EQ(directories_->future({"tweets", 0}), nullptr);
  EXPECT_EQ(place(), "/a");
}

TEST_F(ReplicaMovesTest, AFailedTargetLeavesTheReplicaWhereItIs) {
  std::optional<AppendOutcome> outcome;
  append(1, outcome);
  ASSERT_EQ(moves_->begin(partition_, *directory(1)), ErrorCode::kNone);
  directory(1)->fail({ErrorCode::kKafkaStorageError, "a bad block"});
  moves_->on_directory_failed(*directory(1));
  settle();
  EXPECT_TRUE(moves_->idle());
  EXPECT_EQ(place(), "/a");
  EXPECT_EQ(moves_->begin(partition_, *directory(1)), ErrorCode::kKafkaStorageError);
  append(1, outcome);
  EXPECT_EQ(outcome->error, ErrorCode::kNone);
}

}  // namespace
}  // namespace cluster::replica
