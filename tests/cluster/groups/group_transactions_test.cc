// Offsets committed in transactions: pending until the marker, KIP-447's checks, and what deletion,
// expiry and restarts do to them.
#include "tests/cluster/groups/group_fixture.h"

namespace cluster::groups {
namespace {

class GroupTransactions : public GroupFixture {
 protected:
  static wire::TxnOffsetCommitRequest request(wire::Offset offset, wire::ProducerId producer = 77) {
    wire::TxnOffsetCommitRequest request;
    request.transactional_id = "txn";
    request.group_id = "group";
    request.producer_id = producer;
    request.producer_epoch = 0;
    auto& topic = request.topics.emplace_back();
    topic.name = "topic";
    topic.partitions.emplace_back().committed_offset = offset;
    return request;
  }
  Pending<wire::TxnOffsetCommitResponse> commit_in(wire::TxnOffsetCommitRequest request,
                                                   storage::VerificationGuard guard = 1) {
    Pending<wire::TxnOffsetCommitResponse> pending;
    coordinator_->commit_offsets_in_transaction(std::move(request), guard, pending.reply());
    return pending;
  }
  static ErrorCode error_of(const Pending<wire::TxnOffsetCommitResponse>& pending) {
    return pending->topics.at(0).partitions.at(0).error_code;
  }
  ErrorCode end(bool committed, wire::ProducerId producer = 77) {
    std::optional<ErrorCode> answer;
    coordinator_->end_transaction(partition_of(),
                                  {.producer_id = producer,
                                   .producer_epoch = 0,
                                   .committed = committed,
                                   .coordinator_epoch = 0},
                                  0, [&answer](ErrorCode error) { answer = error; });
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(ErrorCode::kUnknownServerError);
  }
  ErrorCode stable_error() {
    return fetch("group", "topic", 0, true)->topics.at(0).partitions.at(0).error_code;
  }
};

TEST_F(GroupTransactions, OffsetsCountWhenTheTransactionIsCommitted) {
  commit(commit_request(5));
  EXPECT_EQ(error_of(commit_in(request(9))), ErrorCode::kNone);
  EXPECT_EQ(fetched(), 5);
  EXPECT_EQ(stable_error(), ErrorCode::kUnstableOffsetCommit);
  EXPECT_EQ(end(true), ErrorCode::kNone);
  EXPECT_EQ(fetched(), 9);
  EXPECT_EQ(stable_error(), ErrorCode::kNone);
}

// A10: who asks where the group stands goes back behind an abort; who goes on from its own position does not ask.
TEST_F(GroupTransactions, A10_AbortedOffsetsNeverCount) {
  commit(commit_request(5));
  commit_in(request(9));
  EXPECT_EQ(end(false), ErrorCode::kNone);
  EXPECT_EQ(fetched(), 5);
  EXPECT_EQ(stable_error(), ErrorCode::kNone);
}

TEST_F(GroupTransactions, ALaterPlainCommitWinsOverTheTransaction) {
  commit_in(request(9));
  commit(commit_request(12));
  end(true);
  EXPECT_EQ(fetched(), 12);
}

// A23: whoever coordinates next ends what is pending; the group does not stay unstable.
TEST_F(GroupTransactions, A23_PendingOffsetsSurviveARestartAndEndThere) {
  commit(commit_request(5));
  commit_in(request(9));
  restart();
  EXPECT_EQ(fetched(), 5);
  EXPECT_EQ(stable_error(), ErrorCode::kUnstableOffsetCommit);
  EXPECT_EQ(end(true), ErrorCode::kNone);
  restart(3);
  EXPECT_EQ(fetched(), 9);
  EXPECT_EQ(stable_error(), ErrorCode::kNone);
}

TEST_F(GroupTransactions, PendingOffsetsAreReplayedFromTheLogAlone) {
  commit_in(request(9));
  store_ = storage::MemoryStore();
  restart();
  EXPECT_EQ(stable_error(), ErrorCode::kUnstableOffsetCommit);
  EXPECT_EQ(describe().error_code, ErrorCode::kNone);
  end(true);
  EXPECT_EQ(fetched(), 9);
}

TEST_F(GroupTransactions, AnsweredWhenCommitted) {
  partitions_.commit_at_once = false;
  auto committing = commit_in(request(9));
  EXPECT_FALSE(committing.answered());
  auto fetching = fetch("group", "topic", 0, true);
  EXPECT_FALSE(fetching.answered());
  partitions_.commit_all();
  EXPECT_EQ(error_of(committing), ErrorCode::kNone);
  EXPECT_EQ(fetching->topics.at(0).partitions.at(0).error_code, ErrorCode::kUnstableOffsetCommit);
}

// KIP-447: a zombie's offsets are refused by generation and member.
TEST_F(GroupTransactions, MembersAreChecked) {
  const std::string member = stable_member("instance");
  auto as_member = request(9);
  as_member.member_id = member;
  as_member.group_instance_id = "instance";
  as_member.generation_id = 1;
  EXPECT_EQ(error_of(commit_in(as_member)), ErrorCode::kNone);
  as_member.generation_id = 2;
  EXPECT_EQ(error_of(commit_in(as_member)), ErrorCode::kIllegalGeneration);
  as_member.generation_id = 1;
  as_member.member_id = "other";
  EXPECT_EQ(error_of(commit_in(as_member)), ErrorCode::kFencedInstanceId);
  as_member.group_instance_id.reset();
  EXPECT_EQ(error_of(commit_in(as_member)), ErrorCode::kUnknownMemberId);
  // A producer that does not know the group's members.
  EXPECT_EQ(error_of(commit_in(request(9))), ErrorCode::kNone);
}

TEST_F(GroupTransactions, AnUnknownGroupIsMadeUnlessAGenerationIsNamed) {
  auto unknown = request(9);
  unknown.generation_id = 3;
  EXPECT_EQ(error_of(commit_in(unknown)), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(error_of(commit_in(request(9))), ErrorCode::kNone);
  EXPECT_EQ(describe().group_state, "Empty");
}

TEST_F(GroupTransactions, MetadataHasALimit) {
  auto large = request(9);
  large.topics[0].partitions[0].committed_metadata =
      std::string(static_cast<size_t>(options_.offset_metadata_max_bytes) + 1, 'm');
  EXPECT_EQ(error_of(commit_in(large)), ErrorCode::kOffsetMetadataTooLarge);
  EXPECT_TRUE(list().empty());
}

TEST_F(GroupTransactions, TheLogsRefusalIsTheAnswer) {
  partitions_.refuse_appends = wire::Error{ErrorCode::kInvalidTxnState, ""};
  EXPECT_EQ(error_of(commit_in(request(9))), ErrorCode::kInvalidTxnState);
  EXPECT_TRUE(list().empty());
}

TEST_F(GroupTransactions, DeletedGroupsDoNotComeBackWithTheMarker) {
  commit(commit_request(5));
  commit_in(request(9));
  EXPECT_EQ(remove_group()->results.at(0).error_code, ErrorCode::kNone);
  end(true);
  EXPECT_EQ(fetched(), -1);
  EXPECT_TRUE(list().empty());
}

TEST_F(GroupTransactions, DeletedOffsetsDoNotComeBackWithTheMarker) {
  commit_in(request(9));
  wire::OffsetDeleteRequest deletion;
  deletion.group_id = "group";
  auto& topic = deletion.topics.emplace_back();
  topic.name = "topic";
  topic.partitions.emplace_back();
  Pending<wire::OffsetDeleteResponse> deleted;
  coordinator_->delete_offsets(std::move(deletion), identity(0), deleted.reply());
  EXPECT_EQ(deleted->topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(stable_error(), ErrorCode::kNone);
  end(true);
  EXPECT_EQ(fetched(), -1);
}

TEST_F(GroupTransactions, DeletedTopicsDoNotComeBackWithTheMarker) {
  commit_in(request(9));
  const DeletedTopic deleted{kTopicId, "topic"};
  coordinator_->on_topics_deleted({&deleted, 1});
  timers_.run_due();
  end(true);
  EXPECT_EQ(fetched(), -1);
}

TEST_F(GroupTransactions, PendingOffsetsDoNotExpire) {
  commit(commit_request(5));
  commit_in(request(9));
  timers_.advance(2 * options_.offsets_retention_ms);
  EXPECT_EQ(fetched(), 5);
  end(true);
  EXPECT_EQ(fetched(), 9);
}

TEST_F(GroupTransactions, AMarkerForAPartitionThatIsNotLedHereIsRefused) {
  coordinator_->on_resignation(partition_of());
  EXPECT_EQ(end(true), ErrorCode::kNotCoordinator);
}

}  // namespace
}  // namespace cluster::groups
