#include "tests/cluster/groups/group_fixture.h"

namespace cluster::groups {
namespace {

class GroupOffsetsTest : public GroupFixture {};

TEST_F(GroupOffsetsTest, SimpleConsumerCommitsWithoutJoining) {
  const auto committed = commit(commit_request(7));
  ASSERT_TRUE(committed.answered());
  EXPECT_EQ(error_of(committed), ErrorCode::kNone);
  EXPECT_EQ(committed->topics.at(0).topic_id, kTopicId);
  const auto answer = fetch();
  const auto& partition = answer->topics.at(0).partitions.at(0);
  EXPECT_EQ(partition.committed_offset, 7);
  EXPECT_EQ(partition.committed_leader_epoch, 3);
  EXPECT_EQ(partition.metadata, "meta");
  EXPECT_EQ(describe().group_state, "Empty");
  EXPECT_EQ(describe().protocol_type, "");
}

TEST_F(GroupOffsetsTest, UnknownOffsetIsMinusOne) {
  const auto answer = fetch();
  const auto& partition = answer->topics.at(0).partitions.at(0);
  EXPECT_EQ(answer->error_code, ErrorCode::kNone);
  EXPECT_EQ(partition.error_code, ErrorCode::kNone);
  EXPECT_EQ(partition.committed_offset, -1);
  EXPECT_EQ(partition.committed_leader_epoch, -1);
  EXPECT_EQ(partition.metadata, "");
  EXPECT_TRUE(fetch_all()->topics.empty());
  EXPECT_TRUE(list().empty()) << "asking makes no group";
}

// A29: an offset counts once it cannot be lost, and only its present owner may commit it.
TEST_F(GroupOffsetsTest, A29_CommitIsAnsweredAndSeenWhenTheHighWatermarkHasPassedIt) {
  commit(commit_request(1));
  partitions_.commit_at_once = false;
  const auto committed = commit(commit_request(2));
  const auto stable = fetch("group", "topic", 0, true);
  EXPECT_FALSE(committed.answered());
  EXPECT_EQ(fetched(), 1) << "another reader must not see what may be lost";
  EXPECT_FALSE(stable.answered()) << "KIP-447: waits for what is on its way";
  partitions_.commit_all();
  ASSERT_TRUE(committed.answered());
  EXPECT_EQ(error_of(committed), ErrorCode::kNone);
  EXPECT_EQ(fetched(), 2);
  EXPECT_EQ(stable->topics.at(0).partitions.at(0).committed_offset, 2);
}

TEST_F(GroupOffsetsTest, CommitsThatAreNotCommittedAreForgottenWithTheLeadership) {
  commit(commit_request(1));
  partitions_.commit_at_once = false;
  const auto lost = commit(commit_request(2));
  coordinator_->on_resignation(partition_of());
  ASSERT_TRUE(lost.answered());
  EXPECT_EQ(error_of(lost), ErrorCode::kNotCoordinator);
  partitions_.truncate_to_high_watermark(partition_of());
  restart(2);
  EXPECT_EQ(fetched(), 1);
}

TEST_F(GroupOffsetsTest, CommitThatIsNotReplicatedInTimeIsAnsweredAndMayStillCount) {
  partitions_.commit_at_once = false;
  const auto late = commit(commit_request(5));
  timers_.advance(5'000);
  ASSERT_TRUE(late.answered());
  EXPECT_EQ(error_of(late), ErrorCode::kCoordinatorNotAvailable);
  partitions_.commit_all();
  EXPECT_EQ(fetched(), 5) << "it is in the log";
}

TEST_F(GroupOffsetsTest, FailedAppendsAreMappedForClients) {
  for (const auto& [failure, answer] :
       {std::pair(ErrorCode::kNotEnoughReplicas, ErrorCode::kCoordinatorNotAvailable),
        std::pair(ErrorCode::kNotLeaderOrFollower, ErrorCode::kNotCoordinator),
        std::pair(ErrorCode::kKafkaStorageError, ErrorCode::kNotCoordinator),
        std::pair(ErrorCode::kMessageTooLarge, ErrorCode::kUnknownServerError)}) {
    partitions_.refuse_appends = wire::Error{failure, "refused"};
    EXPECT_EQ(error_of(commit(commit_request(1))), answer);
  }
  partitions_.refuse_appends.reset();
  EXPECT_TRUE(list().empty());
  EXPECT_EQ(fetched(), -1);
}

TEST_F(GroupOffsetsTest, A29_MemberCommitsInItsGenerationOnly) {
  const std::string id = stable_member();
  wire::OffsetCommitRequest request = commit_request(1);
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kUnknownMemberId)
      << "a simple commit to a group with members";
  request.member_id = id;
  request.generation_id_or_member_epoch = 0;
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kIllegalGeneration);
  request.generation_id_or_member_epoch = 1;
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kNone);
  request.member_id = "stranger";
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kUnknownMemberId);
  request.member_id = id;
  request.group_instance_id = "instance";
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kUnknownMemberId);
}

TEST_F(GroupOffsetsTest, CommitDuringARebalance) {
  const std::string a = stable_member();
  const std::string b = member_id();
  const auto joining = join(join_request(b));
  wire::OffsetCommitRequest request = commit_request(4);
  request.member_id = a;
  request.generation_id_or_member_epoch = 1;
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kNone) << "its generation still holds";
  join(join_request(a));
  request.generation_id_or_member_epoch = 2;
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kRebalanceInProgress)
      << "nobody has an assignment of generation 2 yet";
}

TEST_F(GroupOffsetsTest, A29_FencedInstanceMayNotCommit) {
  const std::string old_id = stable_member("instance");
  join(join_request("", "instance"));
  wire::OffsetCommitRequest request = commit_request(1);
  request.member_id = old_id;
  request.group_instance_id = "instance";
  request.generation_id_or_member_epoch = 1;
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kFencedInstanceId);
}

TEST_F(GroupOffsetsTest, CommitOfAGenerationToAnUnknownGroup) {
  wire::OffsetCommitRequest request = commit_request(1);
  request.generation_id_or_member_epoch = 1;
  request.member_id = "member";
  EXPECT_EQ(error_of(commit(request, 8)), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(error_of(commit(request, 9)), ErrorCode::kGroupIdNotFound);
}

TEST_F(GroupOffsetsTest, CommitKeepsTheSessionAlive) {
  const std::string id = stable_member();
  wire::OffsetCommitRequest request = commit_request(1);
  request.member_id = id;
  request.generation_id_or_member_epoch = 1;
  for (int i = 0; i < 4; ++i) {
    timers_.advance(9'000);
    EXPECT_EQ(error_of(commit(request)), ErrorCode::kNone);
  }
}

TEST_F(GroupOffsetsTest, MetadataIsLimitedInJavaCharacters) {
  wire::OffsetCommitRequest request = commit_request(1);
  auto& partition = request.topics.at(0).partitions.at(0);
  std::string umlauts;
  for (int i = 0; i < 4'096; ++i) umlauts += "\xC3\xA4";
  partition.committed_metadata = umlauts;
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kNone);
  partition.committed_metadata = umlauts + "x";
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kOffsetMetadataTooLarge);
}

TEST_F(GroupOffsetsTest, RefusedCommitLeavesAnEmptyGroup) {
  wire::OffsetCommitRequest request = commit_request(1);
  request.topics.at(0).partitions.at(0).committed_metadata = std::string(4'097, 'x');
  EXPECT_EQ(error_of(commit(request)), ErrorCode::kOffsetMetadataTooLarge);
  EXPECT_TRUE(list().empty()) << "as nothing was written since";

  wire::OffsetDeleteRequest deletion;
  deletion.group_id = "group";
  Pending<wire::OffsetDeleteResponse> deleted;
  coordinator_->delete_offsets(deletion, identity(0), deleted.reply());
  EXPECT_EQ(deleted->error_code, ErrorCode::kNone);

  std::string neighbour = "neighbour";
  while (partition_of(neighbour) != partition_of()) neighbour += 'x';
  commit(commit_request(1, neighbour));
  EXPECT_EQ(list().size(), 2U);
  EXPECT_EQ(remove_group()->results.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(list().size(), 1U);
}

TEST_F(GroupOffsetsTest, OffsetOfADeletedTopicsNamesakeIsNotShown) {
  commit(commit_request(7));
  wire::OffsetFetchRequest::OffsetFetchRequestGroup request;
  request.group_id = "group";
  auto& asked = request.topics->emplace_back();
  asked.name = "topic";
  asked.topic_id = wire::Uuid{9, 9};
  asked.partition_indexes.push_back(0);
  Pending<FetchedGroup> pending;
  coordinator_->fetch_offsets(request, false, identity(10), pending.reply());
  EXPECT_EQ(pending->topics.at(0).partitions.at(0).committed_offset, -1);
}

TEST_F(GroupOffsetsTest, FetchOfAllTopicsListsThem) {
  commit(commit_request(1, "group", "a", 0));
  commit(commit_request(2, "group", "a", 3));
  commit(commit_request(3, "group", "b", 0));
  commit(commit_request(4, "groups", "c", 0));
  const auto all = fetch_all();
  ASSERT_EQ(all->topics.size(), 2U);
  EXPECT_EQ(all->topics.at(0).name, "a");
  EXPECT_EQ(all->topics.at(0).partitions.size(), 2U);
  EXPECT_EQ(all->topics.at(0).partitions.at(1).partition_index, 3);
  EXPECT_EQ(all->topics.at(1).partitions.at(0).committed_offset, 3);
}

TEST_F(GroupOffsetsTest, OffsetsOfSubscribedTopicsAreNotDeleted) {
  commit(commit_request(1, "group", "topic"));
  commit(commit_request(2, "group", "other"));
  stable_member();
  wire::OffsetDeleteRequest request;
  request.group_id = "group";
  request.topics.push_back({"topic", {{0}}});
  request.topics.push_back({"other", {{0}, {1}}});
  Pending<wire::OffsetDeleteResponse> pending;
  coordinator_->delete_offsets(request, identity(0), pending.reply());
  EXPECT_EQ(pending->error_code, ErrorCode::kNone);
  EXPECT_EQ(pending->topics.at(0).partitions.at(0).error_code, ErrorCode::kGroupSubscribedToTopic);
  EXPECT_EQ(pending->topics.at(1).partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(fetched("group", "topic"), 1);
  EXPECT_EQ(fetched("group", "other"), -1);
  request.group_id = "none";
  Pending<wire::OffsetDeleteResponse> unknown;
  coordinator_->delete_offsets(request, identity(0), unknown.reply());
  EXPECT_EQ(unknown->error_code, ErrorCode::kGroupIdNotFound);
}

TEST_F(GroupOffsetsTest, DeletedGroupIsGoneWithItsOffsets) {
  EXPECT_EQ(remove_group()->results.at(0).error_code, ErrorCode::kGroupIdNotFound);
  const std::string id = stable_member();
  EXPECT_EQ(remove_group()->results.at(0).error_code, ErrorCode::kNonEmptyGroup);
  leave({{id, std::nullopt, std::nullopt}});
  commit(commit_request(1));
  EXPECT_EQ(list().size(), 1U);
  const auto removed = remove_group();
  ASSERT_TRUE(removed.answered());
  EXPECT_EQ(removed->results.at(0).error_code, ErrorCode::kNone);
  EXPECT_TRUE(list().empty());
  EXPECT_EQ(fetched(), -1);
  EXPECT_EQ(describe().error_code, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(describe("group", 5).error_code, ErrorCode::kNone);
  EXPECT_EQ(describe("group", 5).group_state, "Dead");
  restart();
  EXPECT_TRUE(list().empty());
}

TEST_F(GroupOffsetsTest, GroupsAreListedByStateAndType) {
  commit(commit_request(1, "simple"));
  stable_member();
  EXPECT_EQ(list().size(), 2U);
  ASSERT_EQ(list({" stable "}).size(), 1U);
  EXPECT_EQ(list({"Stable"}).at(0).group_id, "group");
  EXPECT_EQ(list({"Stable"}).at(0).group_type, "classic");
  EXPECT_EQ(list({"Stable"}).at(0).protocol_type, "consumer");
  EXPECT_EQ(list({"empty"}).at(0).group_id, "simple");
  EXPECT_EQ(list({}, {"Classic"}).size(), 2U);
  EXPECT_TRUE(list({}, {"share"}).empty());
}

class ExpiryTest : public GroupFixture {
 protected:
  static constexpr wire::DurationMs kCheck = 600'000;
  void pass_days(int64_t days) {
    timers_.advance(days * 24 * 60 * 60 * 1'000);
    timers_.advance(kCheck);
  }
};

TEST_F(ExpiryTest, OffsetsOfSimpleGroupsExpireByTheirCommit) {
  commit(commit_request(1, "simple", "a"));
  pass_days(4);
  commit(commit_request(2, "simple", "b"));
  pass_days(3);
  EXPECT_EQ(fetched("simple", "a"), -1);
  EXPECT_EQ(fetched("simple", "b"), 2);
  pass_days(7);
  EXPECT_TRUE(list().empty()) << "the group goes with its last offset";
}

TEST_F(ExpiryTest, EmptyGroupOfARefusedCommitIsForgotten) {
  wire::OffsetCommitRequest request = commit_request(1);
  request.topics.clear();
  commit(request);
  timers_.advance(kCheck);
  EXPECT_EQ(remove_group()->results.at(0).error_code, ErrorCode::kGroupIdNotFound);
}

TEST_F(ExpiryTest, OffsetsOfALeftGroupExpireFromTheTimeItWasLeft) {
  const std::string id = stable_member();
  wire::OffsetCommitRequest request = commit_request(1);
  request.member_id = id;
  request.generation_id_or_member_epoch = 1;
  commit(request);
  for (int day = 0; day < 8 * 24 * 60 * 10; ++day) {
    timers_.advance(6'000);
    ASSERT_EQ(heartbeat(id, 1), ErrorCode::kNone);
  }
  EXPECT_EQ(fetched(), 1) << "a subscribed topic does not expire";
  leave({{id, std::nullopt, std::nullopt}});
  pass_days(6);
  EXPECT_EQ(fetched(), 1);
  pass_days(1);
  EXPECT_EQ(fetched(), -1);
  EXPECT_TRUE(list().empty());
  EXPECT_FALSE(last_group_record().has_value()) << "a tombstone was written";
}

TEST_F(ExpiryTest, ClientsOwnRetentionCounts) {
  wire::OffsetCommitRequest request = commit_request(1);
  request.retention_time_ms = 1'000;
  commit(request, 2);
  timers_.advance(kCheck);
  EXPECT_EQ(fetched(), -1);
}

TEST_F(ExpiryTest, GroupThatLostEverythingIsForgottenAfterARestartToo) {
  const std::string id = stable_member();
  leave({{id, std::nullopt, std::nullopt}});
  restart();
  EXPECT_EQ(list().size(), 1U);
  timers_.advance(kCheck);
  EXPECT_TRUE(list().empty()) << "no members and no offsets";
}

TEST_F(ExpiryTest, OffsetsOfDeletedTopicsAreForgotten) {
  commit(commit_request(1, "group", "topic"));
  commit(commit_request(2, "group", "other"));
  const DeletedTopic deleted{kTopicId, "topic"};
  coordinator_->on_topics_deleted({&deleted, 1});
  timers_.run_due();
  EXPECT_EQ(fetched("group", "topic"), -1);
  EXPECT_EQ(fetched("group", "other"), 2);
  commit(commit_request(3, "group", "topic"));
  const DeletedTopic namesake{wire::Uuid{5, 5}, "topic"};
  coordinator_->on_topics_deleted({&namesake, 1});
  timers_.run_due();
  EXPECT_EQ(fetched("group", "topic"), 3) << "another topic of that name";
}

TEST(PartitionForGroup, IsJavasStringHash) {
  EXPECT_EQ(partition_for_group("", 50), 0);
  // By Utils.abs of kafka-clients 4.3.1; negative hashes are negated, not masked.
  EXPECT_EQ(partition_for_group("my-group", 50), 12);
  EXPECT_EQ(partition_for_group("tweets", 50), 18);
  EXPECT_EQ(partition_for_group("readers", 50), 28);
  EXPECT_EQ(partition_for_group("polygenelubricants", 50), 0);  // the smallest int
  EXPECT_EQ(partition_for_group("console-consumer-12345", 50), 6);
  // "Verwandlung \u00e4\u20ac\U0001F577": two, three and four bytes of UTF-8.
  EXPECT_EQ(partition_for_group("Verwandlung \xC3\xA4\xE2\x82\xAC\xF0\x9F\x95\xB7", 50), 21);
}

}  // namespace
}  // namespace cluster::groups
