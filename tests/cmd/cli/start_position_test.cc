#include <gmock/gmock.h>

#include "cmd/cli/client.h"
#include "cmd/cli/records/reader.h"

namespace cli {
namespace {

using StartKind = StartPosition::Kind;

void expect_start(const std::string& text, StartKind kind, int64_t value) {
  const auto start = parse_start(text);
  ASSERT_TRUE(start) << text;
  EXPECT_EQ(start->kind, kind) << text;
  EXPECT_EQ(start->value, value) << text;
}

TEST(StartPosition, HasTheWordsOfAllTools) {
  expect_start("start", StartKind::kEarliest, 0);
  expect_start("beginning", StartKind::kEarliest, 0);
  expect_start("earliest", StartKind::kEarliest, 0);
  expect_start("end", StartKind::kLatest, 0);
  expect_start("latest", StartKind::kLatest, 0);
  expect_start("42", StartKind::kOffset, 42);
  expect_start("-10", StartKind::kFromEnd, 10);
  expect_start("@1700000000000", StartKind::kTimestamp, 1700000000000);
  expect_start("s@1700000000000", StartKind::kTimestamp, 1700000000000);
  expect_start("@1970-01-02", StartKind::kTimestamp, 86'400'000);
}

TEST(StartPosition, RefusesTheRest) {
  for (const char* text : {"", "middle", "4x", "@", "@yesterday", "-"}) {
    EXPECT_FALSE(parse_start(text)) << text;
  }
}

TEST(ParseTime, ReadsDatesAndZones) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:01"), 1000);
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.250Z"), 1250);
  EXPECT_EQ(parse_time("1970-01-01T01:30+01:00"), 30 * 60'000);
  EXPECT_EQ(parse_time("1970-01-01T00:00-0030"), 30 * 60'000);
  EXPECT_EQ(parse_time("soon"), std::nullopt);
  EXPECT_EQ(parse_time("1970-01-01Tnoon"), std::nullopt);
}

TEST(ParseDuration, ReadsUnits) {
  EXPECT_EQ(parse_duration("30s"), 30'000);
  EXPECT_EQ(parse_duration("500ms"), 500);
  EXPECT_EQ(parse_duration("2m"), 120'000);
  EXPECT_EQ(parse_duration("1h"), 3'600'000);
  EXPECT_EQ(parse_duration("7"), 7'000);
  for (const char* text : {"", "s", "-1s", "1d", "99999999999999999s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(SplitAddress, KnowsBracketsAndTheDefaultPort) {
  using Address = std::pair<std::string, std::string>;
  EXPECT_EQ(split_address("kafka:9093"), Address("kafka", "9093"));
  EXPECT_EQ(split_address("kafka"), Address("kafka", "9092"));
  EXPECT_EQ(split_address("[::1]:19092"), Address("::1", "19092"));
}

}  // namespace
}  // namespace cli
