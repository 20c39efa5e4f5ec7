#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/raft/core_fixture.h"

namespace cluster::raft {
namespace {

const wire::FetchResponse::PartitionData& partition_of(const wire::FetchResponse& response) {
  return response.responses[0].partitions[0];
}

wire::ErrorCode fetch_error_of(CoreFixture& node, wire::FetchRequest request) {
  return partition_of(*node.ask<wire::FetchResponse>(std::move(request))).error_code;
}

TEST(RaftLeader, CommitsOnlyWhatAMajorityHasOnDisk) {
  CoreFixture node;
  node.start();
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  ASSERT_EQ(node.core().log().end(), 1);
  EXPECT_FALSE(node.core().high_watermark().has_value());
  EXPECT_EQ(node.core().leader().leader_id, wire::kNoNode);
  node.ask<wire::FetchResponse>(fetch_request(2, epoch, 1, epoch));
  EXPECT_EQ(node.core().high_watermark(), 1);
  EXPECT_EQ(node.core().leader(), (LeaderAndEpoch{1, epoch}));
}

TEST(RaftLeader, DoesNotCountItselfBeforeItsOwnDiskHasTheRecord) {
  CoreFixture node;
  node.start();
  node.flush_at_once = false;
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  node.ask<wire::FetchResponse>(fetch_request(2, epoch, 1, epoch));
  EXPECT_FALSE(node.core().high_watermark().has_value());
  node.ask<wire::FetchResponse>(fetch_request(3, epoch, 1, epoch));
  EXPECT_EQ(node.core().high_watermark(), 1) << "the two others are a majority";
}

TEST(RaftLeader, CommitsNothingOfAnOlderEpochBeforeItsOwnFirstRecord) {
  CoreFixture node;
  node.with_log({1, 2});
  node.start();
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  node.ask<wire::FetchResponse>(fetch_request(2, epoch, 2, 2));
  EXPECT_FALSE(node.core().high_watermark().has_value()) << "Raft, figure 8";
  node.ask<wire::FetchResponse>(fetch_request(2, epoch, 3, epoch));
  EXPECT_EQ(node.core().high_watermark(), 3);
}

TEST(RaftLeader, ObserversDoNotCount) {
  CoreFixture node;
  node.start();
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  node.ask<wire::FetchResponse>(fetch_request(9, epoch, 1, epoch));
  EXPECT_FALSE(node.core().high_watermark().has_value());
}

TEST(RaftLeader, FetchWaitsForRecordsOrAHigherHighWatermark) {
  CoreFixture node;
  node.start();
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  EXPECT_FALSE(node.ask<wire::FetchResponse>(fetch_request(3, epoch, 1, epoch)).has_value());
  const CallId for_records = node.last_call();
  node.step(Propose{data_batch(1, epoch)});
  EXPECT_TRUE(node.answered<wire::FetchResponse>(for_records).has_value());

  node.ask<wire::FetchResponse>(fetch_request(9, epoch, 2, epoch));
  const CallId for_high_watermark = node.last_call();
  EXPECT_FALSE(node.answered<wire::FetchResponse>(for_high_watermark).has_value());
  node.ask<wire::FetchResponse>(fetch_request(2, epoch, 2, epoch));
  const auto answer = node.answered<wire::FetchResponse>(for_high_watermark);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(partition_of(*answer).high_watermark, 2);

  EXPECT_FALSE(node.ask<wire::FetchResponse>(fetch_request(3, epoch, 2, epoch)).has_value());
  const CallId expiring = node.last_call();
  node.advance(500);
  EXPECT_TRUE(node.answered<wire::FetchResponse>(expiring).has_value());
}

TEST(RaftLeader, WaitingFetchesAreRefusedWhenLeadershipEnds) {
  CoreFixture node;
  node.start();
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  EXPECT_FALSE(node.ask<wire::FetchResponse>(fetch_request(3, epoch, 1, epoch)).has_value());
  node.step(Resign{epoch});
  const auto answer = node.answered<wire::FetchResponse>(node.last_call());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(partition_of(*answer).error_code, wire::ErrorCode::kNotLeaderOrFollower);
}

TEST(RaftLeader, TellsAFollowerWhereTheirLogsPart) {
  CoreFixture node;
  node.with_log({1, 1, 3});
  node.start();
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  const auto longer = node.ask<wire::FetchResponse>(fetch_request(2, epoch, 5, 1));
  EXPECT_EQ(partition_of(*longer).diverging_epoch.epoch, 1);
  EXPECT_EQ(partition_of(*longer).diverging_epoch.end_offset, 2);
  const auto unknown = node.ask<wire::FetchResponse>(fetch_request(2, epoch, 3, 2));
  EXPECT_EQ(partition_of(*unknown).diverging_epoch.epoch, 1);
  EXPECT_EQ(partition_of(*unknown).diverging_epoch.end_offset, 2);
}

TEST(RaftLeader, RefusesFetchesThatMakeNoSense) {
  CoreFixture node;
  node.start();
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  EXPECT_EQ(fetch_error_of(node, fetch_request(2, epoch - 1, 0, 0)),
            wire::ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(fetch_error_of(node, fetch_request(2, epoch + 1, 0, 0)),
            wire::ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(fetch_error_of(node, fetch_request(2, epoch, -1, 0)), wire::ErrorCode::kInvalidRequest);
  EXPECT_EQ(fetch_error_of(node, fetch_request(2, epoch, 0, epoch + 1)),
            wire::ErrorCode::kInvalidRequest);
  EXPECT_EQ(fetch_error_of(node, fetch_request(1, epoch, 0, 0)), wire::ErrorCode::kInvalidRequest);
  wire::FetchRequest other = fetch_request(2, epoch, 0, 0);
  other.topics[0].topic_id = {5, 5};
  EXPECT_EQ(node.ask<wire::FetchResponse>(other)->error_code, wire::ErrorCode::kInvalidRequest);
}

TEST(RaftFollower, FetchesAgainOnlyWhenItsDiskHasWhatItGot) {
  CoreFixture node;
  node.start();
  node.flush_at_once = false;
  node.follow(2, 3);
  auto answer = node.fetch_answer(2);
  answer.responses[0].partitions[0].records = data_batch(0, 3);
  answer.responses[0].partitions[0].high_watermark = 0;
  node.respond(*node.take_sent<wire::FetchRequest>(2), std::move(answer));
  EXPECT_EQ(node.core().log().end(), 1);
  EXPECT_FALSE(node.take_sent<wire::FetchRequest>(2).has_value());
  node.step(LogFlushed{1});
  const auto next = node.take_sent<wire::FetchRequest>(2);
  ASSERT_TRUE(next.has_value());
  const auto& asked = std::get<wire::FetchRequest>(next->request).topics[0].partitions[0];
  EXPECT_EQ(asked.fetch_offset, 1);
  EXPECT_EQ(asked.last_fetched_epoch, 3);
}

TEST(RaftFollower, TruncatesWhereTheLogsPart) {
  CoreFixture node;
  node.with_log({1, 1, 2});
  node.start();
  node.follow(2, 3);
  auto answer = node.fetch_answer(2);
  answer.responses[0].partitions[0].diverging_epoch.epoch = 1;
  answer.responses[0].partitions[0].diverging_epoch.end_offset = 2;
  node.respond(*node.take_sent<wire::FetchRequest>(2), std::move(answer));
  EXPECT_EQ(node.out.truncate_to, 2);
  EXPECT_EQ(node.core().log().position(), (LogPosition{1, 2}));
}

TEST(RaftFollower, NeverTruncatesBelowItsHighWatermark) {
  CoreFixture node;
  node.with_log({1, 1, 2});
  node.start();
  node.follow(2, 3);
  auto committed = node.fetch_answer(2);
  committed.responses[0].partitions[0].high_watermark = 3;
  node.respond(*node.take_sent<wire::FetchRequest>(2), std::move(committed));
  ASSERT_EQ(node.core().high_watermark(), 3);
  auto answer = node.fetch_answer(2);
  answer.responses[0].partitions[0].diverging_epoch.epoch = 1;
  answer.responses[0].partitions[0].diverging_epoch.end_offset = 2;
  node.respond(*node.take_sent<wire::FetchRequest>(2), std::move(answer));
  EXPECT_FALSE(node.out.truncate_to.has_value());
  EXPECT_EQ(node.core().log().end(), 3);
}

TEST(RaftFollower, RefusesRecordsThatAreDamagedOrLeaveAGap) {
  CoreFixture node;
  node.start();
  node.follow(2, 3);
  std::string damaged(data_batch(0, 3).view());
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  for (const wire::Bytes& records :
       {wire::Bytes::adopt(std::move(damaged)), data_batch(5, 3), data_batch(0, 4)}) {
    auto answer = node.fetch_answer(2);
    answer.responses[0].partitions[0].records = records;
    node.respond(*node.take_sent<wire::FetchRequest>(2), std::move(answer));
    EXPECT_EQ(node.core().log().end(), 0);
  }
}

TEST(RaftFollower, StandsWhenItsLeaderIsSilent) {
  CoreFixture node;
  node.start();
  node.follow(2, 3);
  node.advance(2'000);
  EXPECT_TRUE(node.is<Prospective>());
  EXPECT_EQ(node.state().leader, 2) << "it goes back if nobody agrees";
}

TEST(RaftFollower, FetchesTheSnapshotThatTheLeaderNames) {
  CoreFixture node;
  node.start();
  node.follow(2, 3);
  auto answer = node.fetch_answer(2);
  answer.responses[0].partitions[0].snapshot_id.end_offset = 100;
  answer.responses[0].partitions[0].snapshot_id.epoch = 2;
  node.respond(*node.take_sent<wire::FetchRequest>(2), std::move(answer));
  for (int64_t position : {0, 10}) {
    const auto asked = node.take_sent<wire::FetchSnapshotRequest>(2);
    ASSERT_TRUE(asked.has_value());
    EXPECT_EQ(std::get<wire::FetchSnapshotRequest>(asked->request).topics[0].partitions[0].position,
              position);
    wire::FetchSnapshotResponse chunk;
    auto& topic = chunk.topics.emplace_back();
    topic.name = kTopicName;
    auto& partition = topic.partitions.emplace_back();
    partition.current_leader.leader_id = 2;
    partition.current_leader.leader_epoch = 3;
    partition.snapshot_id.end_offset = 100;
    partition.snapshot_id.epoch = 2;
    partition.size = 20;
    partition.position = position;
    partition.unaligned_records = wire::Bytes::copy(std::string_view("0123456789"));
    node.respond(*asked, std::move(chunk));
    ASSERT_TRUE(node.out.store_chunk.has_value());
    EXPECT_EQ(node.out.store_chunk->last, position == 10);
  }
  node.step(SnapshotStored{{100, 2}, 20, true, {}});
  EXPECT_EQ(node.out.restart_log_at, (SnapshotId{100, 2}));
  EXPECT_EQ(node.out.commit_to, 100);
  EXPECT_EQ(node.core().log().position(), (LogPosition{2, 100}));
}

TEST(RaftLeader, SendsAnEmptyReplicaToTheSnapshot) {
  CoreFixture node;
  node.with_log({1, 1, 1});
  node.recovered.log.add_snapshot({2, 1}, 77);
  node.start();
  node.become_leader();
  const wire::Epoch epoch = node.core().epoch();
  const auto answer = node.ask<wire::FetchResponse>(fetch_request(2, epoch, 0, 0));
  EXPECT_EQ(partition_of(*answer).snapshot_id.end_offset, 2);
  wire::FetchSnapshotRequest request;
  request.replica_id = 2;
  auto& topic = request.topics.emplace_back();
  topic.name = kTopicName;
  auto& partition = topic.partitions.emplace_back();
  partition.current_leader_epoch = epoch;
  partition.snapshot_id.end_offset = 2;
  partition.snapshot_id.epoch = 1;
  partition.position = 77;
  const auto beyond = node.ask<wire::FetchSnapshotResponse>(request);
  EXPECT_EQ(beyond->topics[0].partitions[0].error_code, wire::ErrorCode::kPositionOutOfRange);
  request.topics[0].partitions[0].snapshot_id.end_offset = 1;
  const auto unknown = node.ask<wire::FetchSnapshotResponse>(request);
  EXPECT_EQ(unknown->topics[0].partitions[0].error_code, wire::ErrorCode::kSnapshotNotFound);
}

}  // namespace
}  // namespace cluster::raft
