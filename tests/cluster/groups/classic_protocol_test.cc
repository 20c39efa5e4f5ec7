#include "tests/cluster/groups/group_fixture.h"

namespace cluster::groups {
namespace {

class ClassicProtocolTest : public GroupFixture {};

TEST_F(ClassicProtocolTest, NewMemberIsAskedToJoinAgainWithTheIdItIsGiven) {
  const auto first = join(join_request());
  ASSERT_TRUE(first.answered());
  EXPECT_EQ(first->error_code, ErrorCode::kMemberIdRequired);
  EXPECT_TRUE(first->member_id.starts_with("client-"));
  EXPECT_EQ(first->member_id.size(), std::string("client-").size() + 36);

  const auto second = join(join_request(first->member_id));
  EXPECT_FALSE(second.answered());
  timers_.advance(3'000);
  ASSERT_TRUE(second.answered());
  EXPECT_EQ(second->error_code, ErrorCode::kNone);
  EXPECT_EQ(second->generation_id, 1);
  EXPECT_EQ(second->leader, first->member_id);
  EXPECT_EQ(second->protocol_name, "range");
  EXPECT_EQ(second->members.size(), 1U);
}

TEST_F(ClassicProtocolTest, OlderClientJoinsAtOnce) {
  const auto joined = join(join_request(), 3);
  EXPECT_FALSE(joined.answered());
  timers_.advance(3'000);
  EXPECT_EQ(joined->error_code, ErrorCode::kNone);
  EXPECT_EQ(joined->generation_id, 1);
}

TEST_F(ClassicProtocolTest, JoinVersionZeroTakesTheSessionTimeoutForRebalances) {
  wire::JoinGroupRequest request = join_request();
  request.rebalance_timeout_ms = -1;
  const auto joined = join(std::move(request), 0);
  timers_.advance(3'000);
  ASSERT_TRUE(joined.answered());
  sync(joined->member_id, 1, {});
  EXPECT_EQ(last_group_record()->members.at(0).rebalance_timeout, 10'000);
}

TEST_F(ClassicProtocolTest, RefusesWhatCannotBeJoined) {
  wire::JoinGroupRequest request = join_request();
  request.group_id = "";
  EXPECT_EQ(join(request)->error_code, ErrorCode::kInvalidGroupId);
  request = join_request();
  request.session_timeout_ms = 5'999;
  EXPECT_EQ(join(request)->error_code, ErrorCode::kInvalidSessionTimeout);
  request.session_timeout_ms = 1'800'001;
  EXPECT_EQ(join(request)->error_code, ErrorCode::kInvalidSessionTimeout);
  request = join_request("stranger");
  EXPECT_EQ(join(request)->error_code, ErrorCode::kUnknownMemberId);
  EXPECT_TRUE(list().empty()) << "who names a member makes no group";
  request = join_request();
  request.protocols.clear();
  EXPECT_EQ(join(request)->error_code, ErrorCode::kInconsistentGroupProtocol);
  EXPECT_EQ(list({"Empty"}).size(), 1U) << "the group is made before the protocols are looked at";
  EXPECT_TRUE(last_group_record().has_value());
}

TEST_F(ClassicProtocolTest, MemberOfAnotherProtocolIsRefused) {
  stable_member();
  wire::JoinGroupRequest request = join_request();
  request.protocol_type = "connect";
  EXPECT_EQ(join(request)->error_code, ErrorCode::kInconsistentGroupProtocol);
  request = join_request();
  request.protocols.at(0).name = "sticky";
  EXPECT_EQ(join(request)->error_code, ErrorCode::kInconsistentGroupProtocol);
}

TEST_F(ClassicProtocolTest, FirstRebalanceWaitsOnWhileMembersKeepComing) {
  const std::string a = member_id();
  const std::string b = member_id();
  const auto first = join(join_request(a));
  timers_.advance(2'000);
  const auto second = join(join_request(b));
  timers_.advance(1'000);
  EXPECT_FALSE(first.answered()) << "the second member prolongs the delay";
  timers_.advance(3'000);
  ASSERT_TRUE(first.answered());
  ASSERT_TRUE(second.answered());
  EXPECT_EQ(first->generation_id, 1);
  EXPECT_EQ(first->leader, a);
  EXPECT_EQ(second->leader, a);
  EXPECT_EQ(first->members.size(), 2U);
  EXPECT_TRUE(second->members.empty()) << "only the leader is told the members";
}

TEST_F(ClassicProtocolTest, FollowersSyncWaitsForTheLeaders) {
  const std::string a = member_id();
  const std::string b = member_id();
  const auto first = join(join_request(a));
  join(join_request(b));
  timers_.advance(6'000);
  const auto follower = sync(b, 1);
  EXPECT_FALSE(follower.answered());
  EXPECT_EQ(describe().group_state, "CompletingRebalance");
  const auto leader = sync(a, 1, {{a, "for a"}, {b, "for b"}});
  ASSERT_TRUE(leader.answered());
  ASSERT_TRUE(follower.answered());
  EXPECT_EQ(leader->assignment.view(), "for a");
  EXPECT_EQ(follower->assignment.view(), "for b");
  EXPECT_EQ(follower->protocol_name, "range");
  EXPECT_EQ(describe().group_state, "Stable");
  EXPECT_EQ(sync(b, 1)->assignment.view(), "for b") << "a repeated sync gets the same";
}

TEST_F(ClassicProtocolTest, AssignmentIsToldOnlyWhenItIsCommitted) {
  const std::string id = member_id();
  const auto joined = join(join_request(id));
  timers_.advance(3'000);
  partitions_.commit_at_once = false;
  const auto synced = sync(id, 1, {{id, "assignment"}});
  EXPECT_FALSE(synced.answered());
  EXPECT_EQ(describe().group_state, "CompletingRebalance");
  partitions_.commit_all();
  ASSERT_TRUE(synced.answered());
  EXPECT_EQ(synced->assignment.view(), "assignment");
}

TEST_F(ClassicProtocolTest, AssignmentThatCannotBeStoredStartsOver) {
  const std::string id = member_id();
  join(join_request(id));
  timers_.advance(3'000);
  partitions_.refuse_appends = wire::Error{ErrorCode::kNotEnoughReplicas, "too few"};
  const auto synced = sync(id, 1, {{id, "assignment"}});
  EXPECT_EQ(synced->error_code, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(describe().group_state, "PreparingRebalance");
  partitions_.refuse_appends.reset();
  const auto again = join(join_request(id));
  ASSERT_TRUE(again.answered());
  EXPECT_EQ(again->generation_id, 2);
}

TEST_F(ClassicProtocolTest, SyncIsCheckedAgainstTheGeneration) {
  EXPECT_EQ(sync("nobody", 1)->error_code, ErrorCode::kUnknownMemberId);
  const std::string id = stable_member();
  EXPECT_EQ(sync("nobody", 1)->error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(sync(id, 2)->error_code, ErrorCode::kIllegalGeneration);
  wire::SyncGroupRequest request;
  request.group_id = "group";
  request.member_id = id;
  request.generation_id = 1;
  request.protocol_type = "consumer";
  request.protocol_name = "sticky";
  Pending<wire::SyncGroupResponse> pending;
  coordinator_->sync_group(request, identity(5), pending.reply());
  EXPECT_EQ(pending->error_code, ErrorCode::kInconsistentGroupProtocol);
  request.protocol_name.reset();
  Pending<wire::SyncGroupResponse> silent;
  coordinator_->sync_group(request, identity(5), silent.reply());
  EXPECT_EQ(silent->error_code, ErrorCode::kInconsistentGroupProtocol);
}

TEST_F(ClassicProtocolTest, LeaderRejoinTriggersRebalance) {
  const std::string id = stable_member();
  const auto again = join(join_request(id));
  ASSERT_TRUE(again.answered());
  EXPECT_EQ(again->generation_id, 2);
  EXPECT_EQ(heartbeat(id, 1), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(heartbeat(id, 2), ErrorCode::kNone);
}

TEST_F(ClassicProtocolTest, FollowerRejoinWithoutChangeIsToldTheGeneration) {
  const std::string a = member_id();
  const std::string b = member_id();
  join(join_request(a));
  join(join_request(b));
  timers_.advance(6'000);
  sync(b, 1);
  sync(a, 1, {{a, "x"}, {b, "y"}});
  const auto again = join(join_request(b));
  ASSERT_TRUE(again.answered());
  EXPECT_EQ(again->generation_id, 1);
  EXPECT_EQ(again->leader, a);

  wire::JoinGroupRequest changed = join_request(b);
  changed.protocols.at(0).metadata = subscription({"topic", "other"});
  const auto rejoined = join(std::move(changed));
  EXPECT_FALSE(rejoined.answered());
  EXPECT_EQ(heartbeat(a, 1), ErrorCode::kRebalanceInProgress);
  const auto leader = join(join_request(a));
  EXPECT_EQ(leader->generation_id, 2);
  EXPECT_EQ(rejoined->generation_id, 2);
}

TEST_F(ClassicProtocolTest, MemberThatDoesNotRejoinInTimeIsRemoved) {
  const std::string a = member_id();
  const std::string b = member_id();
  join(join_request(a));
  join(join_request(b));
  timers_.advance(6'000);
  sync(b, 1);
  sync(a, 1, {{a, "x"}, {b, "y"}});
  const auto rejoined = join(join_request(a));
  EXPECT_FALSE(rejoined.answered());
  for (int i = 0; i < 59; ++i) {
    timers_.advance(1'000);
    heartbeat(b, 1);
  }
  EXPECT_FALSE(rejoined.answered());
  timers_.advance(1'000);
  ASSERT_TRUE(rejoined.answered());
  EXPECT_EQ(rejoined->members.size(), 1U);
  EXPECT_EQ(heartbeat(b, 1), ErrorCode::kUnknownMemberId);
}

// A11: a client that dies in close() never leaves; nobody waits for it longer than its session.
TEST_F(ClassicProtocolTest, A11_SilentMemberLosesItsSession) {
  const std::string id = stable_member();
  timers_.advance(9'999);
  EXPECT_EQ(heartbeat(id, 1), ErrorCode::kNone);
  timers_.advance(9'999);
  EXPECT_EQ(describe().members.size(), 1U) << "the heartbeat has prolonged the session";
  timers_.advance(1);
  EXPECT_EQ(describe().group_state, "Empty");
  EXPECT_EQ(heartbeat(id, 1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(last_group_record()->generation, 2);
  EXPECT_TRUE(last_group_record()->members.empty());
}

TEST_F(ClassicProtocolTest, PendingMemberIsForgottenAfterItsSessionTimeout) {
  const std::string a = stable_member();
  const std::string ghost = member_id();
  const auto rejoined = join(join_request(a));
  EXPECT_FALSE(rejoined.answered()) << "the one who got an id is waited for";
  timers_.advance(10'000);
  ASSERT_TRUE(rejoined.answered());
  EXPECT_EQ(rejoined->members.size(), 1U);
  EXPECT_EQ(join(join_request(ghost))->error_code, ErrorCode::kUnknownMemberId);
}

TEST_F(ClassicProtocolTest, MemberThatNeverSyncsIsRemoved) {
  const std::string a = member_id();
  const std::string b = member_id();
  join(join_request(a));
  join(join_request(b));
  timers_.advance(6'000);
  sync(a, 1, {{a, "x"}, {b, "y"}});
  for (int i = 0; i < 60; ++i) {
    timers_.advance(1'000);
    heartbeat(a, 1);
    heartbeat(b, 1);
  }
  EXPECT_EQ(heartbeat(b, 1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(heartbeat(a, 1), ErrorCode::kRebalanceInProgress);
}

TEST_F(ClassicProtocolTest, LeavingEndsTheGenerationForTheOthers) {
  const std::string a = member_id();
  const std::string b = member_id();
  join(join_request(a));
  join(join_request(b));
  timers_.advance(6'000);
  sync(b, 1);
  sync(a, 1, {{a, "x"}, {b, "y"}});
  const auto left = leave({{a, std::nullopt, "closing"}, {"stranger", std::nullopt, std::nullopt}});
  ASSERT_TRUE(left.answered());
  EXPECT_EQ(left->members.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(left->members.at(1).error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(heartbeat(b, 1), ErrorCode::kRebalanceInProgress);
  const auto rejoined = join(join_request(b));
  EXPECT_EQ(rejoined->generation_id, 2);
  EXPECT_EQ(rejoined->leader, b);
}

TEST_F(ClassicProtocolTest, LastLeaveIsAnsweredWhenTheEmptyGroupIsStored) {
  const std::string id = stable_member();
  partitions_.commit_at_once = false;
  const auto left = leave({{id, std::nullopt, std::nullopt}});
  EXPECT_FALSE(left.answered());
  partitions_.commit_all();
  ASSERT_TRUE(left.answered());
  EXPECT_EQ(left->error_code, ErrorCode::kNone);
  EXPECT_EQ(describe().group_state, "Empty");
}

TEST_F(ClassicProtocolTest, OldLeaveRequestNamesItsMemberAtTheTop) {
  const std::string id = stable_member();
  wire::LeaveGroupRequest request;
  request.group_id = "group";
  request.member_id = "stranger";
  Pending<wire::LeaveGroupResponse> refused;
  coordinator_->leave_group(request, identity(2), refused.reply());
  EXPECT_EQ(refused->error_code, ErrorCode::kUnknownMemberId);
  request.member_id = id;
  Pending<wire::LeaveGroupResponse> left;
  coordinator_->leave_group(request, identity(2), left.reply());
  EXPECT_EQ(left->error_code, ErrorCode::kNone);
  EXPECT_EQ(describe().group_state, "Empty");
}

TEST_F(ClassicProtocolTest, GroupOverItsSizeTakesNoMore) {
  options_.group_max_size = 1;
  restart();
  stable_member();
  EXPECT_EQ(join(join_request())->error_code, ErrorCode::kGroupMaxSizeReached);
}

TEST_F(ClassicProtocolTest, ProtocolThatMostWantIsChosen) {
  const std::string a = member_id();
  const std::string b = member_id();
  const std::string c = member_id();
  std::vector<Pending<wire::JoinGroupResponse>> joins;
  for (const auto& [id, first, second] :
       {std::tuple(a, "range", "sticky"), std::tuple(b, "sticky", "range"),
        std::tuple(c, "sticky", "range")}) {
    wire::JoinGroupRequest request = join_request(id);
    request.protocols = {{first, subscription({"topic"})}, {second, subscription({"topic"})}};
    joins.push_back(join(std::move(request)));
  }
  timers_.advance(60'000);
  for (const auto& joined : joins) EXPECT_EQ(joined->protocol_name, "sticky");
}

TEST_F(ClassicProtocolTest, RepeatedJoinReplacesTheOneThatWaits) {
  const std::string id = member_id();
  const auto first = join(join_request(id));
  const auto second = join(join_request(id));
  ASSERT_TRUE(first.answered());
  EXPECT_EQ(first->error_code, ErrorCode::kRebalanceInProgress);
  timers_.advance(3'000);
  EXPECT_EQ(second->error_code, ErrorCode::kNone);
}

TEST_F(ClassicProtocolTest, ResignationAnswersAllWhoWait) {
  const std::string id = member_id();
  const auto waiting = join(join_request(id));
  coordinator_->on_resignation(partition_of());
  ASSERT_TRUE(waiting.answered());
  EXPECT_EQ(waiting->error_code, ErrorCode::kNotCoordinator);
  EXPECT_EQ(heartbeat(id, 1), ErrorCode::kNotCoordinator);
}

TEST_F(ClassicProtocolTest, NewEpochOfTheSameLeaderDisturbsNobody) {
  const std::string id = member_id();
  const auto waiting = join(join_request(id));
  coordinator_->on_election(partition_of(), 2);
  EXPECT_FALSE(waiting.answered());
  timers_.advance(3'000);
  EXPECT_EQ(waiting->error_code, ErrorCode::kNone);
  sync(id, 1, {{id, "assignment"}});
  const auto& last = partitions_.log(partition_of()).batches.back();
  EXPECT_EQ(wire::RecordBatchView::trusted(last).partition_leader_epoch(), 2);
}

class StaticMemberTest : public GroupFixture {};

TEST_F(StaticMemberTest, ReturnsWithoutRebalance) {
  const std::string old_id = stable_member("instance");
  EXPECT_TRUE(old_id.starts_with("instance-"));
  const auto back = join(join_request("", "instance"));
  ASSERT_TRUE(back.answered());
  EXPECT_EQ(back->error_code, ErrorCode::kNone);
  EXPECT_EQ(back->generation_id, 1);
  EXPECT_NE(back->member_id, old_id);
  EXPECT_EQ(back->leader, back->member_id);
  EXPECT_TRUE(back->skip_assignment) << "KIP-814";
  EXPECT_EQ(back->members.size(), 1U);
  EXPECT_EQ(sync(back->member_id, 1)->assignment.view(), "assignment");
  EXPECT_EQ(heartbeat(old_id, 1, "instance"), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(heartbeat(back->member_id, 1, "instance"), ErrorCode::kNone);
  EXPECT_EQ(last_group_record()->members.at(0).member_id, back->member_id);
}

TEST_F(StaticMemberTest, OlderLeaderIsToldThatItDoesNotLead) {
  const std::string old_id = stable_member("instance");
  const auto back = join(join_request("", "instance"), 8);
  EXPECT_FALSE(back->skip_assignment);
  EXPECT_EQ(back->leader, old_id);
  EXPECT_TRUE(back->members.empty());
}

TEST_F(StaticMemberTest, ReturnIsTakenBackIfItCannotBeStored) {
  const std::string old_id = stable_member("instance");
  partitions_.refuse_appends = wire::Error{ErrorCode::kNotLeaderOrFollower, "moved"};
  const auto back = join(join_request("", "instance"));
  EXPECT_EQ(back->error_code, ErrorCode::kNotCoordinator);
  EXPECT_EQ(heartbeat(old_id, 1, "instance"), ErrorCode::kNone);
}

TEST_F(StaticMemberTest, WaitingPredecessorIsFenced) {
  const auto first = join(join_request("", "instance"));
  const auto second = join(join_request("", "instance"));
  ASSERT_TRUE(first.answered());
  EXPECT_EQ(first->error_code, ErrorCode::kFencedInstanceId);
  timers_.advance(3'000);
  ASSERT_TRUE(second.answered());
  EXPECT_EQ(second->error_code, ErrorCode::kNone);
  EXPECT_EQ(second->members.size(), 1U);
}

TEST_F(StaticMemberTest, AnAdministratorRemovesItByItsInstance) {
  stable_member("instance");
  const auto left = leave({{"", "instance", std::nullopt}, {"", "other", std::nullopt}});
  EXPECT_EQ(left->members.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(left->members.at(1).error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(describe().group_state, "Empty");
}

TEST_F(StaticMemberTest, KeepsItsPlaceThroughARebalanceItMisses) {
  const std::string resident = stable_member("instance");
  const std::string b = member_id();
  const auto joined = join(join_request(b));
  timers_.advance(9'000);
  heartbeat(resident, 1, "instance");
  EXPECT_FALSE(joined.answered());
  for (int i = 0; i < 52; ++i) {
    timers_.advance(1'000);
    heartbeat(resident, 1, "instance");
  }
  ASSERT_TRUE(joined.answered());
  EXPECT_EQ(joined->leader, b) << "a leader must be there";
  EXPECT_EQ(joined->members.size(), 2U);
}

class RestartTest : public GroupFixture {};

TEST_F(RestartTest, StableGroupGoesOn) {
  const std::string id = stable_member();
  restart();
  EXPECT_EQ(describe().group_state, "Stable");
  EXPECT_EQ(heartbeat(id, 1), ErrorCode::kNone);
  EXPECT_EQ(sync(id, 1)->assignment.view(), "assignment");
}

TEST_F(RestartTest, MembersThatDiedMeanwhileAreFoundOut) {
  stable_member();
  restart();
  timers_.advance(10'000);
  EXPECT_EQ(describe().group_state, "Empty");
}

TEST_F(RestartTest, GroupOverItsNewSizeRebalances) {
  const std::string a = member_id();
  const std::string b = member_id();
  join(join_request(a));
  join(join_request(b));
  timers_.advance(6'000);
  sync(b, 1);
  sync(a, 1, {{a, "x"}, {b, "y"}});
  options_.group_max_size = 1;
  restart();
  EXPECT_EQ(describe().group_state, "PreparingRebalance");
  const auto first = join(join_request(a));
  EXPECT_EQ(join(join_request(b))->error_code, ErrorCode::kGroupMaxSizeReached);
}

TEST_F(RestartTest, GroupWithoutMembersKeepsItsGeneration) {
  const std::string id = stable_member();
  leave({{id, std::nullopt, std::nullopt}});
  restart();
  EXPECT_EQ(describe().group_state, "Empty");
  const std::string next = member_id();
  const auto joined = join(join_request(next));
  timers_.advance(3'000);
  EXPECT_EQ(joined->generation_id, 3);
}

}  // namespace
}  // namespace cluster::groups
