// The bytes of coordinator records.  Those written here were read back by Apache Kafka 4.3.1's own decoder
// (DumpLogSegments --offsets-decoder).

#include "cluster/groups/group_records.h"

#include <string>

#include <fmt/core.h>

#include "gtest/gtest.h"

namespace cluster::groups {
namespace {

using Verdict = coordinator::PartitionRuntime::Verdict;

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

TEST(GroupRecords, OffsetIsWrittenAsVersionFour) {
  CommittedOffset committed;
  committed.offset = 7;
  committed.leader_epoch = 3;
  committed.metadata = "meta";
  committed.commit_timestamp_ms = 1'700'000'000'000;
  committed.topic_id = wire::Uuid{1, 2};
  const coordinator::Record record = offset_record("simple", "tweets", 2, committed);
  EXPECT_EQ(hex(record.key.view()),
            "0001"
            "0006"
            "73696d706c65"
            "0006"
            "747765657473"
            "00000002");
  EXPECT_EQ(hex(record.value->view()),
            "0004"
            "0000000000000007"
            "00000003"
            "05"
            "6d657461"
            "0000018bcfe56800"
            "01"
            "00"
            "10"
            "00000000000000010000000000000002");
  EXPECT_EQ(parse_offset_value(record.value->view()), committed);
}

TEST(GroupRecords, OffsetWithAnExpiryTimeIsWrittenAsVersionOne) {
  CommittedOffset committed;
  committed.offset = 1;
  committed.commit_timestamp_ms = 1'000;
  committed.expire_timestamp_ms = 2'000;
  const coordinator::Record record = offset_record("g", "t", 0, committed);
  EXPECT_EQ(hex(record.value->view()),
            "0001"
            "0000000000000001"
            "0000"
            "00000000000003e8"
            "00000000000007d0");
  EXPECT_EQ(parse_offset_value(record.value->view()), committed);
}

TEST(GroupRecords, GroupIsWrittenAsVersionThree) {
  wire::GroupMetadataValue value;
  value.protocol_type = "consumer";
  value.generation = 1;
  value.protocol = "range";
  value.leader = "m";
  value.current_state_timestamp = 5;
  auto& member = value.members.emplace_back();
  member.member_id = "m";
  member.client_id = "c";
  member.client_host = "/127.0.0.1";
  member.rebalance_timeout = 60'000;
  member.session_timeout = 10'000;
  member.subscription = wire::Bytes::copy("s");
  member.assignment = wire::Bytes::copy("a");
  const coordinator::Record record = group_record("group", value);
  EXPECT_EQ(hex(record.key.view()),
            "0002"
            "0005"
            "67726f7570");
  EXPECT_EQ(hex(record.value->view()),
            "0003"
            "0008"
            "636f6e73756d6572"
            "00000001"
            "0005"
            "72616e6765"
            "0001"
            "6d"
            "0000000000000005"
            "00000001"
            "0001"
            "6d"
            "ffff"
            "0001"
            "63"
            "000a"
            "2f3132372e302e302e31"
            "0000ea60"
            "00002710"
            "00000001"
            "73"
            "00000001"
            "61");
  EXPECT_EQ(parse_group_value(record.value->view()), value);
}

TEST(GroupRecords, KeysComeBack) {
  EXPECT_EQ(parse_offset_key(offset_key("g", "topic", 5)), (OffsetKey{"g", "topic", 5}));
  EXPECT_EQ(parse_group_key(group_key("group")), "group");
  EXPECT_EQ(parse_group_key(offset_key("g", "topic", 5)), std::nullopt);
  const std::string whole = offset_key("g", "topic", 5);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse_offset_key(whole.substr(0, size)), std::nullopt);
  }
  EXPECT_EQ(parse_offset_key(whole + "x"), std::nullopt);
}

TEST(GroupRecords, KeysOfAGroupAreNeighbours) {
  const std::string prefix = offset_key_prefix("ab");
  EXPECT_TRUE(offset_key("ab", "t", 0).starts_with(prefix));
  EXPECT_FALSE(offset_key("abc", "t", 0).starts_with(prefix));
  EXPECT_FALSE(offset_key("a", "bt", 0).starts_with(prefix));
  EXPECT_LT(offset_key("ab", "t", 9), offset_key("ab", "t", 10));
  EXPECT_GT(key_behind(prefix), offset_key("ab", "\xFF\xFF", 0x7FFFFFFF));
  EXPECT_EQ(key_behind("a\xFF\xFF"), "b");
}

TEST(GroupRecords, OldKeysBecomeTodays) {
  std::string old = offset_key("g", "t", 1);
  old[1] = 0;
  CommittedOffset committed;
  coordinator::Record record{wire::Bytes::copy(old), offset_record("g", "t", 1, committed).value};
  EXPECT_EQ(inspect_record(record), Verdict::kTake);
  EXPECT_EQ(record.key.view(), offset_key("g", "t", 1));
}

TEST(GroupRecords, WhatIsNotUnderstoodIsNotSkipped) {
  CommittedOffset committed;
  coordinator::Record record = offset_record("g", "t", 1, committed);
  EXPECT_EQ(inspect_record(record), Verdict::kTake);
  std::string newer(record.value->view());
  newer[1] = 5;
  record.value = wire::Bytes::copy(newer);
  EXPECT_EQ(inspect_record(record), Verdict::kRefuse) << "a value of a later version";
  record.value = std::nullopt;
  EXPECT_EQ(inspect_record(record), Verdict::kTake) << "a tombstone";
  record.key = wire::Bytes::copy("\0");
  EXPECT_EQ(inspect_record(record), Verdict::kRefuse);
  record.key = wire::Bytes::copy(std::string("\0\x63", 2));
  EXPECT_EQ(inspect_record(record), Verdict::kSkip) << "a type of a later version, as Kafka does";
  record.key = wire::Bytes::copy(std::string("\0\x03\0\1g", 5));
  EXPECT_EQ(inspect_record(record), Verdict::kTake) << "kept for KIP-848";
}

}  // namespace
}  // namespace cluster::groups
