#include "cmd/cli/admin/reset_plan.h"

#include <gmock/gmock.h>

namespace cli {
namespace {

using Kind = ResetTarget::Kind;

const TopicPartition kPartition{"tweets", 0};
constexpr ResetFacts kFacts{.begin = 10, .end = 100, .committed = 50};

wire::Offset planned(Kind kind, int64_t value = 0, ResetFacts facts = kFacts) {
  const auto offset = reset_offset({.kind = kind, .value = value}, kPartition, facts);
  return offset.ok() ? *offset : -1;
}

TEST(ResetOffset, StaysInsideOfWhatThePartitionHolds) {
  EXPECT_EQ(planned(Kind::kEarliest), 10);
  EXPECT_EQ(planned(Kind::kLatest), 100);
  EXPECT_EQ(planned(Kind::kOffset, 70), 70);
  EXPECT_EQ(planned(Kind::kOffset, 5), 10);
  EXPECT_EQ(planned(Kind::kOffset, 500), 100);
  EXPECT_EQ(planned(Kind::kFromEnd, 1), 99);
  EXPECT_EQ(planned(Kind::kFromEnd, 1000), 10);
}

TEST(ResetOffset, ShiftsWhatIsCommitted) {
  EXPECT_EQ(planned(Kind::kShiftBy, -7), 43);
  EXPECT_EQ(planned(Kind::kShiftBy, 1000), 100);
  const auto refused =
      reset_offset({.kind = Kind::kShiftBy, .value = 1}, kPartition, {.begin = 0, .end = 1});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(
      refused.error().detail,
      "Cannot shift offset for partition tweets-0 since there is no current committed offset");
}

TEST(ResetOffset, GoesToTheEndWhereNothingIsKnown) {
  EXPECT_EQ(planned(Kind::kCurrent), 50);
  EXPECT_EQ(planned(Kind::kCurrent, 0, {.begin = 10, .end = 100}), 100);
  EXPECT_EQ(planned(Kind::kTimestamp, 0, {.begin = 10, .end = 100, .at_time = 33}), 33);
  EXPECT_EQ(planned(Kind::kTimestamp, 0, {.begin = 10, .end = 100}), 100);
}

TEST(ResetOffset, TakesOffsetsOneByOne) {
  const ResetTarget target{.kind = Kind::kOffsets, .offsets = {{kPartition, 20}}};
  EXPECT_EQ(*reset_offset(target, kPartition, kFacts), 20);
  EXPECT_FALSE(reset_offset(target, {"tweets", 1}, kFacts).ok());
}

TEST(ParseResetFile, ReadsBothFormsOfKafkasExport) {
  const auto plain = parse_reset_file("\"tweets\",0,5\ntweets,1,6\n", "g");
  ASSERT_TRUE(plain.ok());
  EXPECT_THAT(*plain, testing::ElementsAre(testing::Pair(TopicPartition{"tweets", 0}, 5),
                                           testing::Pair(TopicPartition{"tweets", 1}, 6)));
  const auto with_groups = parse_reset_file("g,tweets,0,5\nh,tweets,1,6\r\n", "g");
  ASSERT_TRUE(with_groups.ok());
  EXPECT_THAT(*with_groups, testing::ElementsAre(testing::Pair(TopicPartition{"tweets", 0}, 5)));
  EXPECT_FALSE(parse_reset_file("tweets,zero,5\n", "g").ok());
}

}  // namespace
}  // namespace cli
