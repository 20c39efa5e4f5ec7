#include "cmd/api/advert_watch.h"

#include <vector>

#include <gmock/gmock.h>

#include "tests/cluster/manual_timers.h"

namespace api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AdvertWatchTest : public testing::Test {
 protected:
  static AdvertWatch::Client client(const std::string& host = "172.18.0.7") {
    return {host, "rdkafka"};
  }
  void told(uint64_t connection, const std::string& host = "172.18.0.7",
            AdvertWatch::Asked asked = AdvertWatch::Asked::kTopics) {
    watch_.told(connection, asked,
                {client(host), "librdkafka", "PLAINTEXT", "172.18.0.2:9092", "localhost:9092"});
  }
  void told_nodes(uint64_t connection) {
    told(connection, "172.18.0.7", AdvertWatch::Asked::kNodes);
  }
  void pass(wire::DurationMs ms) { timers_.advance(ms); }

  wire::ManualClock clock_;
  cluster::ManualTimers timers_{clock_};
  std::vector<std::string> reported_;
  AdvertWatch watch_{clock_, timers_, [this](const AdvertWatch::Doubt& doubt) {
                       reported_.push_back(doubt.client.host + " " + doubt.told);
                     }};
};

TEST_F(AdvertWatchTest, ReportsWhoWaitsInSilence) {
  told(1);
  pass(AdvertWatch::kSilenceMs - 1);
  EXPECT_THAT(reported_, IsEmpty());
  pass(1);
  EXPECT_THAT(reported_, ElementsAre("172.18.0.7 localhost:9092"));
  EXPECT_EQ(watch_.watched(), 0U);
  // Once.
  told(2);
  pass(AdvertWatch::kSilenceMs);
  EXPECT_EQ(reported_.size(), 1U);
}

TEST_F(AdvertWatchTest, ReportsWhoComesAgainAndAgain) {
  told(1);
  pass(4'000);
  watch_.closed(1);
  told(2);
  pass(4'000);
  watch_.closed(2);
  pass(2'000);
  EXPECT_EQ(reported_.size(), 1U);
}

TEST_F(AdvertWatchTest, WhoHasFoundTheBrokerIsNotInDoubt) {
  told(1);
  watch_.found(client());
  told(1);
  pass(AdvertWatch::kSilenceMs);
  EXPECT_THAT(reported_, IsEmpty());
  EXPECT_EQ(watch_.watched(), 0U);
}

TEST_F(AdvertWatchTest, WhoAsksAndGoesIsNotInDoubt) {
  for (uint64_t connection = 1; connection < 9; ++connection) {
    told(connection);
    watch_.closed(connection);
    pass(3'000);
  }
  // Nor who gave up after a while: perhaps somebody stopped it.
  pass(AdvertWatch::kSilenceMs);
  told(9);
  pass(5'000);
  watch_.closed(9);
  pass(5'000);
  EXPECT_THAT(reported_, IsEmpty());
}

TEST_F(AdvertWatchTest, WhoAsksAndGoesAgainAndAgainIs) {
  for (uint64_t connection = 1; connection <= AdvertWatch::kToldMax; ++connection) {
    told(connection);
    watch_.closed(connection);
    pass(500);
  }
  pass(AdvertWatch::kSilenceMs);
  EXPECT_EQ(reported_.size(), 1U);
}

TEST_F(AdvertWatchTest, WhoAskedForTheNodesAndDoesNotComeIsMissed) {
  told_nodes(1);
  watch_.closed(1);
  pass(AdvertWatch::kSilenceMs);
  EXPECT_EQ(reported_.size(), 1U);
}

TEST_F(AdvertWatchTest, WhoAskedForTheNodesAndComesIsNot) {
  // As a tool that asks each node for its versions.
  told_nodes(1);
  watch_.heard(1, client());
  watch_.heard(2, client());
  watch_.closed(1);
  pass(AdvertWatch::kSilenceMs);
  // Or a producer that has nothing to send yet.
  told_nodes(3);
  pass(AdvertWatch::kSilenceMs);
  EXPECT_THAT(reported_, IsEmpty());
}

TEST_F(AdvertWatchTest, WhoComesOnlyToAskForTheNodesAgainIsMissed) {
  told_nodes(1);
  watch_.closed(1);
  pass(2'000);
  watch_.heard(2, client());
  told_nodes(2);
  watch_.closed(2);
  pass(AdvertWatch::kSilenceMs);
  EXPECT_EQ(reported_.size(), 1U);
}

TEST_F(AdvertWatchTest, EachClientHasItsOwnTime) {
  told(1, "172.18.0.7");
  pass(6'000);
  told(2, "172.18.0.8");
  pass(4'000);
  EXPECT_EQ(reported_.size(), 1U);
  pass(6'000);
  EXPECT_EQ(reported_.size(), 2U);
}

TEST_F(AdvertWatchTest, RemembersSoManyClientsAtMost) {
  for (size_t i = 0; i < 2 * AdvertWatch::kWatchedMax; ++i) told(i, std::to_string(i));
  EXPECT_EQ(watch_.watched(), AdvertWatch::kWatchedMax);
}

TEST(AdvertWatch, WhatIsSentToAnyNodeShowsNothing) {
  EXPECT_FALSE(AdvertWatch::shows_found(wire::ApiKey::kMetadata));
  EXPECT_FALSE(AdvertWatch::shows_found(wire::ApiKey::kFindCoordinator));
  EXPECT_TRUE(AdvertWatch::shows_found(wire::ApiKey::kProduce));
  EXPECT_TRUE(AdvertWatch::shows_found(wire::ApiKey::kJoinGroup));
}

}  // namespace
}  // namespace api
