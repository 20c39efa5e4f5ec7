#include "cluster/raft/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/raft/quorum_state_file.h"
#include "tests/cluster/raft/quorum_fixture.h"

namespace cluster::raft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void append(Quorum& quorum, wire::NodeId id, std::string_view text) {
  const wire::Bytes one = record(text);
  const auto result = quorum.driver(id).append(quorum.driver(id).core().epoch(), {&one, 1});
  ASSERT_TRUE(result.ok()) << result.error().detail;
}

TEST(RaftDriver, SoleVoterLeadsWithoutWaitingForAnElection) {
  Quorum quorum(1);
  quorum.start(1);
  EXPECT_FALSE(quorum.driver(1).leader().leader_id == 1) << "nothing is on the disk yet";
  quorum.settle();
  EXPECT_EQ(quorum.driver(1).leader(), (LeaderAndEpoch{1, 1}));
  EXPECT_THAT(quorum.recorder(1).leaders, ::testing::Contains(LeaderAndEpoch{1, 1}));
  EXPECT_EQ(quorum.driver(1).high_watermark(), 1) << "the LeaderChange record";
  EXPECT_EQ(quorum.timers().pending(), 0U) << "an idle node has nothing to wake up for";
}

TEST(RaftDriver, CommitsWhenTheRecordIsOnTheDisk) {
  Quorum quorum(1);
  quorum.start(1);
  quorum.settle();
  append(quorum, 1, "a");
  EXPECT_THAT(quorum.recorder(1).records, IsEmpty());
  quorum.settle();
  EXPECT_THAT(quorum.recorder(1).records, ElementsAre("a"));
  EXPECT_EQ(quorum.driver(1).high_watermark(), 2);
}

TEST(RaftDriver, RefusesAnAppendOfAnotherEpoch) {
  Quorum quorum(1);
  quorum.start(1);
  quorum.settle();
  const wire::Bytes one = record("a");
  const auto result = quorum.driver(1).append(7, {&one, 1});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, wire::ErrorCode::kNotController);
}

TEST(RaftDriver, KeepsCommittedRecordsAndItsEpochThroughAPowerCut) {
  Quorum quorum(1);
  quorum.start(1);
  quorum.settle();
  append(quorum, 1, "a");
  quorum.settle();
  quorum.stop(1, /*power_cut=*/true);
  quorum.start(1);
  quorum.settle();
  EXPECT_EQ(quorum.driver(1).leader(), (LeaderAndEpoch{1, 2}));
  EXPECT_THAT(quorum.recorder(1).records, ElementsAre("a"));
}

TEST(RaftDriver, ThreeVotersElectReplicateAndSurviveTheLossOfTheLeader) {
  Quorum quorum(3);
  quorum.start_all();
  quorum.advance(5'000);
  const wire::NodeId first = quorum.leader();
  ASSERT_NE(first, wire::kNoNode);
  append(quorum, first, "a");
  quorum.advance(1'000);
  for (wire::NodeId id : {1, 2, 3}) EXPECT_THAT(quorum.recorder(id).records, ElementsAre("a"));

  quorum.stop(first, /*power_cut=*/true);
  quorum.advance(10'000);
  const wire::NodeId second = quorum.leader();
  ASSERT_NE(second, wire::kNoNode);
  ASSERT_NE(second, first);
  append(quorum, second, "b");
  quorum.start(first);
  quorum.advance(5'000);
  for (wire::NodeId id : {1, 2, 3}) {
    EXPECT_THAT(quorum.recorder(id).records, ElementsAre("a", "b")) << id;
  }
}

TEST(RaftDriver, LeaderCutOffFromTheOthersResigns) {
  Quorum quorum(3);
  quorum.start_all();
  quorum.advance(5'000);
  const wire::NodeId first = quorum.leader();
  quorum.node(first).connected = false;
  quorum.advance(3'500);
  EXPECT_FALSE(quorum.driver(first).core().is_leader());
  quorum.node(first).connected = true;
  quorum.advance(10'000);
  EXPECT_NE(quorum.leader(), wire::kNoNode);
}

TEST(RaftDriver, DivergentRecordsAreTruncatedAndReplaced) {
  Quorum quorum(3);
  quorum.start_all();
  quorum.advance(5'000);
  const wire::NodeId first = quorum.leader();
  quorum.node(first).connected = false;
  append(quorum, first, "lost");
  quorum.advance(10'000);
  const wire::NodeId second = quorum.leader();
  ASSERT_NE(second, wire::kNoNode);
  append(quorum, second, "kept");
  quorum.advance(1'000);
  quorum.node(first).connected = true;
  quorum.advance(5'000);
  EXPECT_THAT(quorum.recorder(first).records, ElementsAre("kept"));
  EXPECT_EQ(quorum.driver(first).end_offset(), quorum.driver(second).end_offset());
}

TEST(RaftDriver, ReplicaFarBehindCatchesUpFromASnapshot) {
  Quorum quorum(1, /*observers=*/1);
  quorum.start(1);
  quorum.settle();
  for (const char* text : {"a", "b", "c"}) append(quorum, 1, text);
  quorum.settle();
  const std::vector<wire::Bytes> state = {record("abc")};
  const SnapshotId id{quorum.driver(1).high_watermark(), 1};
  ASSERT_TRUE(quorum.driver(1).write_snapshot(id, 17, state).ok());
  quorum.settle();
  append(quorum, 1, "d");
  quorum.start(2);
  quorum.advance(3'000);
  EXPECT_THAT(quorum.recorder(2).snapshots, ElementsAre(id));
  EXPECT_THAT(quorum.recorder(2).records, ElementsAre("abc", "d"));

  quorum.stop(2, /*power_cut=*/true);
  quorum.start(2);
  quorum.advance(3'000);
  EXPECT_THAT(quorum.recorder(2).records, ElementsAre("abc", "d"));
  EXPECT_EQ(quorum.driver(2).leader(), (LeaderAndEpoch{1, 1}));
}

TEST(RaftDriver, RefusesASnapshotOfWhatIsNotCommitted) {
  Quorum quorum(1);
  quorum.start(1);
  quorum.settle();
  EXPECT_FALSE(quorum.driver(1).write_snapshot({99, 1}, 0, {}).ok());
}

TEST(RaftDriver, OldSnapshotsAndTheLogBelowGoWhenThereIsTooMuch) {
  struct Small final : Quorum {
    using Quorum::Quorum;
    DriverOptions options_of(wire::NodeId id) override {
      DriverOptions options = Quorum::options_of(id);
      options.retention_bytes = 1;
      return options;
    }
  } quorum(1);
  quorum.start(1);
  quorum.settle();
  for (const char* text : {"a", "b"}) {
    append(quorum, 1, text);
    quorum.settle();
    const std::vector<wire::Bytes> state = {record(text)};
    ASSERT_TRUE(
        quorum.driver(1).write_snapshot({quorum.driver(1).high_watermark(), 1}, 0, state).ok());
    quorum.settle();
  }
  EXPECT_EQ(quorum.driver(1).core().log().snapshots().size(), 1U);
  EXPECT_EQ(quorum.driver(1).core().log().start(), 3);
  quorum.stop(1, /*power_cut=*/true);
  quorum.start(1);
  quorum.settle();
  EXPECT_THAT(quorum.recorder(1).records, ElementsAre("b"));
}

TEST(RaftDriver, HandsOverWhenItShutsDown) {
  Quorum quorum(3);
  quorum.start_all();
  quorum.advance(5'000);
  const wire::NodeId first = quorum.leader();
  bool done = false;
  quorum.driver(first).shut_down([&done] { done = true; });
  quorum.advance(500);
  EXPECT_TRUE(done);
  EXPECT_NE(quorum.leader(), first);
  EXPECT_NE(quorum.leader(), wire::kNoNode)
      << "the next leader stands at once, not after a timeout";
}

TEST(RaftDriver, DescribesTheQuorum) {
  Quorum quorum(3, /*observers=*/1);
  quorum.start_all();
  quorum.advance(6'000);
  wire::DescribeQuorumRequest request;
  request.topics.emplace_back().topic_name = kTopicName;
  request.topics[0].partitions.emplace_back();
  const auto response = quorum.driver(quorum.leader()).handle(request);
  const auto& partition = response.topics[0].partitions[0];
  EXPECT_EQ(partition.error_code, wire::ErrorCode::kNone);
  EXPECT_EQ(partition.leader_id, quorum.leader());
  EXPECT_EQ(partition.current_voters.size(), 3U);
  ASSERT_EQ(partition.observers.size(), 1U);
  EXPECT_EQ(partition.observers[0].replica_id, 4);
  EXPECT_EQ(partition.observers[0].log_end_offset, partition.high_watermark);
}

TEST(QuorumStateFile, IsWrittenAsApacheWritesIt) {
  const VoterSet voters(std::vector<Voter>{{{1, {}}, {}}, {{2, {}}, {}}});
  EXPECT_EQ(quorum_state_text({4, 1, std::nullopt}, 0, voters),
            R"({"clusterId":"","leaderId":1,"leaderEpoch":4,"votedId":-1,"appliedOffset":0,)"
            R"("currentVoters":[{"voterId":1},{"voterId":2}],"data_version":0})");
  EXPECT_EQ(quorum_state_text({4, std::nullopt, ReplicaKey{2, {0, 7}}}, 1, voters),
            R"({"leaderId":-1,"leaderEpoch":4,"votedId":2,)"
            R"("votedDirectoryId":"AAAAAAAAAAAAAAAAAAAABw","data_version":1})");
}

TEST(QuorumStateFile, ReadsBackWhatItWrote) {
  const VoterSet voters(std::vector<Voter>{{{1, {}}, {}}});
  for (const Election& election : {Election{}, Election{4, 1, std::nullopt},
                                   Election{9, std::nullopt, ReplicaKey{2, {3, 4}}}}) {
    const auto parsed = parse_quorum_state(quorum_state_text(election, 1, voters), "x");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, election);
  }
  EXPECT_FALSE(parse_quorum_state("{}", "x").ok());
  EXPECT_FALSE(parse_quorum_state("{\"data_version\":0,\"leaderId\":1}", "x").ok());
}

}  // namespace
}  // namespace cluster::raft
