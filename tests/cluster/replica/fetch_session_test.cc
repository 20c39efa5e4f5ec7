#include "cluster/replica/fetch_session.h"

#include <gtest/gtest.h>

namespace cluster::replica {
namespace {

using wire::ErrorCode;

constexpr int16_t kByName = 12;
constexpr int16_t kById = 13;

class FetchSessions : public ::testing::Test {
 protected:
  static wire::FetchRequest request(int32_t session_id, int32_t epoch,
                                    const std::vector<std::pair<std::string, int>>& partitions) {
    wire::FetchRequest made;
    made.session_id = session_id;
    made.session_epoch = epoch;
    for (const auto& [topic, index] : partitions) {
      auto& added = made.topics.emplace_back();
      added.topic = topic;
      added.topic_id = {1, static_cast<uint64_t>(topic.front())};
      auto& partition = added.partitions.emplace_back();
      partition.partition = index;
      partition.partition_max_bytes = 100;
    }
    return made;
  }

  static std::vector<FetchedPartition> results(const FetchContext& context,
                                               wire::Offset high_watermark,
                                               std::string_view records = {}) {
    std::vector<FetchedPartition> made;
    for (const FetchPartition& partition : context.partitions()) {
      FetchedPartition& result = made.emplace_back();
      result.target = partition.target;
      result.data.partition_index = partition.target.partition;
      result.data.high_watermark = high_watermark;
      result.data.log_start_offset = 0;
      result.data.records = wire::Bytes::copy(records);
    }
    return made;
  }

  int32_t open_session(const std::vector<std::pair<std::string, int>>& partitions,
                       wire::Offset high_watermark = 5) {
    FetchContext context = cache_.begin(request(0, 0, partitions), kByName);
    return context.respond(results(context, high_watermark)).session_id;
  }

  wire::ManualClock clock_;
  wire::SeededRandom random_{7};
  FetchSessionCache cache_{2, clock_, random_};
};

TEST_F(FetchSessions, FullRequestOpensASessionAndAnswersEveryPartition) {
  FetchContext context = cache_.begin(request(0, 0, {{"a", 0}, {"b", 1}}), kByName);
  const auto response = context.respond(results(context, 5));
  EXPECT_NE(response.session_id, 0);
  ASSERT_EQ(response.responses.size(), 2U);
  EXPECT_EQ(response.responses[1].topic, "b");
  EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(FetchSessions, IncrementalAnswerNamesOnlyWhatChanged) {
  const int32_t id = open_session({{"a", 0}, {"b", 0}});
  FetchContext context = cache_.begin(request(id, 1, {}), kByName);
  ASSERT_EQ(context.partitions().size(), 2U);
  auto changed = results(context, 5);
  changed[1].data.high_watermark = 6;
  const auto response = context.respond(std::move(changed));
  ASSERT_EQ(response.responses.size(), 1U);
  EXPECT_EQ(response.responses[0].topic, "b");
  EXPECT_EQ(response.session_id, id);
}

TEST_F(FetchSessions, PartitionThatGaveDataIsReadLastNextTime) {
  const int32_t id = open_session({{"a", 0}, {"b", 0}});
  FetchContext first = cache_.begin(request(id, 1, {}), kByName);
  auto data = results(first, 5);
  data[0].data.records = wire::Bytes::copy(std::string_view("batch"));
  EXPECT_EQ(first.respond(std::move(data)).responses.size(), 1U);
  FetchContext second = cache_.begin(request(id, 2, {}), kByName);
  EXPECT_EQ(second.partitions()[0].target.topic, "b");
  EXPECT_EQ(second.partitions()[1].target.topic, "a");
}

TEST_F(FetchSessions, AnErrorIsToldAgainOnceItIsGone) {
  const int32_t id = open_session({{"a", 0}});
  FetchContext failing = cache_.begin(request(id, 1, {}), kByName);
  auto error = results(failing, -1);
  error[0].data.error_code = ErrorCode::kNotLeaderOrFollower;
  EXPECT_EQ(failing.respond(std::move(error)).responses.size(), 1U);
  FetchContext well = cache_.begin(request(id, 2, {}), kByName);
  EXPECT_EQ(well.respond(results(well, 5)).responses.size(), 1U);
}

TEST_F(FetchSessions, WrongEpochUnknownIdAndMixedIdsAreRefused) {
  const int32_t id = open_session({{"a", 0}});
  EXPECT_EQ(cache_.begin(request(id, 2, {}), kByName).error(),
            ErrorCode::kInvalidFetchSessionEpoch);
  EXPECT_EQ(cache_.begin(request(id + 1, 1, {}), kByName).error(),
            ErrorCode::kFetchSessionIdNotFound);
  EXPECT_EQ(cache_.begin(request(id, 1, {}), kById).error(), ErrorCode::kFetchSessionTopicIdError);
}

TEST_F(FetchSessions, ForgettingTheLastPartitionClosesTheSession) {
  const int32_t id = open_session({{"a", 0}});
  wire::FetchRequest forget = request(id, 1, {});
  auto& topic = forget.forgotten_topics_data.emplace_back();
  topic.topic = "a";
  topic.partitions = {0};
  FetchContext context = cache_.begin(forget, kByName);
  EXPECT_EQ(context.error(), ErrorCode::kNone);
  EXPECT_EQ(context.respond({}).session_id, 0);
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(FetchSessions, FinalEpochClosesTheSession) {
  const int32_t id = open_session({{"a", 0}});
  FetchContext context = cache_.begin(request(id, -1, {{"a", 0}}), kByName);
  EXPECT_EQ(context.respond(results(context, 5)).session_id, 0);
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(FetchSessions, OvertakenAnswerIsRefused) {
  const int32_t id = open_session({{"a", 0}});
  FetchContext parked = cache_.begin(request(id, 1, {}), kByName);
  FetchContext later = cache_.begin(request(id, 2, {}), kByName);
  EXPECT_EQ(parked.respond(results(parked, 5)).error_code, ErrorCode::kInvalidFetchSessionEpoch);
  EXPECT_EQ(later.respond(results(later, 5)).error_code, ErrorCode::kNone);
}

TEST_F(FetchSessions, FullCacheKeepsYoungSessionsAndDropsStaleOnes) {
  open_session({{"a", 0}});
  open_session({{"b", 0}});
  EXPECT_EQ(open_session({{"c", 0}}), 0);
  clock_.advance(120'001);
  EXPECT_NE(open_session({{"c", 0}}), 0);
  EXPECT_EQ(cache_.size(), 2U);
}

}  // namespace
}  // namespace cluster::replica
