// A few hundred seeds of the storm, and the proof that the storm would find a bug.
#include <gtest/gtest.h>

#include "sim/raft_cluster.h"
#include "wire/base/log.h"

namespace sim {
namespace {

using cluster::raft::PlantedBug;

inline constexpr uint64_t kSeeds = 200;
// Each planted bug must show within so many seeds.
inline constexpr uint64_t kSeedsToFindABug = 2000;

class RaftSim : public ::testing::Test {
 protected:
  void SetUp() override { wire::log::set_level(wire::log::Level::kOff); }
};

TEST_F(RaftSim, PropertiesHoldUnderFaultsAndTheQuorumRecovers) {
  Reached reached;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RaftSimResult result = simulate_raft(RaftSimOptions{.seed = seed});
    reached.add(result.reached);
    ASSERT_EQ(result.failure, "") << "raft_sim --seed=" << seed << " --trace";
  }
  for (size_t i = 0; i < static_cast<size_t>(Mark::kCount); ++i) {
    EXPECT_GT(reached.counts[i], 0U) << mark_name(static_cast<Mark>(i)) << " was never reached";
  }
}

TEST_F(RaftSim, TheSameSeedGivesTheSameTrace) {
  for (uint64_t seed : {uint64_t{3}, uint64_t{17}, uint64_t{42}}) {
    const RaftSimResult first = simulate_raft(RaftSimOptions{.seed = seed, .trace = true});
    const RaftSimResult second = simulate_raft(RaftSimOptions{.seed = seed, .trace = true});
    EXPECT_EQ(first.trace, second.trace);
    EXPECT_EQ(first.events, second.events);
  }
}

class PlantedRaftBug : public ::testing::TestWithParam<PlantedBug> {};

TEST_P(PlantedRaftBug, IsFound) {
  wire::log::set_level(wire::log::Level::kOff);
  for (uint64_t seed = 1; seed <= kSeedsToFindABug; ++seed) {
    if (!simulate_raft(RaftSimOptions{.seed = seed, .bug = GetParam()}).failure.empty()) {
      RecordProperty("seeds", static_cast<int>(seed));
      return;
    }
  }
  FAIL() << "not found in " << kSeedsToFindABug << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    All, PlantedRaftBug,
    ::testing::Values(PlantedBug::kVoteNotPersisted, PlantedBug::kVoteGrantedTwice,
                      PlantedBug::kCommitOnMinority, PlantedBug::kTruncationSkipped,
                      PlantedBug::kCommitEarlierEpoch, PlantedBug::kLeaderCountsUnflushed));

}  // namespace
}  // namespace sim
