#include "cmd/cli/shims/shims.h"

#include <gmock/gmock.h>

#include "cmd/cli/shims/config_entities.h"
#include "cmd/cli/shims/iso_duration.h"
#include "cmd/cli/shims/java_order.h"
#include "cmd/cli/shims/line_message.h"
#include "cmd/cli/shims/message_formatter.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/shims/tool_options.h"
#include "cmd/cli/shims/topic_pattern.h"

namespace cli::shims {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr OptionRow kRows[] = {
    {"bootstrap-server|broker-list", Takes::kText, ""},
    {"topic", Takes::kText, ""},
    {"partitions", Takes::kInteger, ""},
    {"shift-by", Takes::kLong, ""},
    {"list", Takes::kNothing, ""},
    {"state", Takes::kOptionalText, ""},
};

std::string complaint(const Words& words) {
  const auto parsed = ToolOptions::parse(kRows, words);
  return parsed.ok() ? "" : parsed.error().detail;
}

TEST(ToolOptions, TakesValuesInEveryWayThatJavaDoes) {
  const auto parsed = ToolOptions::parse(
      kRows, {"--broker-list", "b:1", "--topic=t", "-partitions", "3", "--shift-by", "-5", "rest"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->value("bootstrap-server"), "b:1");
  EXPECT_TRUE(parsed->given_as("broker-list"));
  EXPECT_FALSE(parsed->given_as("bootstrap-server"));
  EXPECT_EQ(parsed->value("topic"), "t");
  EXPECT_EQ(parsed->number("partitions"), 3);
  EXPECT_EQ(parsed->number("shift-by"), -5);
  EXPECT_THAT(parsed->rest(), ElementsAre("rest"));
}

TEST(ToolOptions, MayHaveAnOptionWithoutItsValue) {
  const auto alone = ToolOptions::parse(kRows, {"--state", "--list"});
  ASSERT_TRUE(alone.ok());
  EXPECT_TRUE(alone->has("state"));
  EXPECT_EQ(alone->value("state"), std::nullopt);
  EXPECT_TRUE(alone->has("list"));
  EXPECT_EQ(ToolOptions::parse(kRows, {"--state", "Stable"})->value("state"), "Stable");
}

TEST(ToolOptions, RefusesInKafkasWords) {
  EXPECT_EQ(complaint({"--tpoic", "t"}), "tpoic is not a recognized option");
  EXPECT_EQ(complaint({"--topic"}), "Option topic requires an argument");
  EXPECT_EQ(complaint({"--topic", "--list"}), "Option topic requires an argument");
  EXPECT_EQ(complaint({"--partitions", "three"}),
            "Cannot parse argument 'three' of option partitions");
  const auto parsed = ToolOptions::parse(kRows, {"--list", "--topic", "t"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(require_option(*parsed, "partitions").error().detail,
            "Missing required argument \"[partitions]\"");
  EXPECT_EQ(forbid_with(*parsed, "topic", {"list"}).error().detail,
            "Option \"[topic]\" can't be used with option \"[list]\"");
}

TEST(FindTool, IgnoresFoldersAndSh) {
  ASSERT_NE(find_tool("/opt/kafka/bin/kafka-topics.sh"), nullptr);
  EXPECT_EQ(find_tool("/opt/kafka/bin/kafka-topics.sh"), find_tool("kafka-topics"));
  EXPECT_EQ(find_tool("odradek"), nullptr);
  EXPECT_EQ(find_tool(""), nullptr);
}

TEST(JavaOrder, IsThatOfAHashMap) {
  EXPECT_EQ(java_hash("retention.ms"), 0xb02d1e76u);
  EXPECT_EQ(java_table_size(12, 16), 16u);
  EXPECT_EQ(java_table_size(13, 16), 32u);
  EXPECT_EQ(java_table_size(3, 1), 4u);
  std::vector<std::string> names = {"a", "b", "c", "tweets"};
  sort_as_java(names, [](const std::string& name) { return std::string_view(name); });
  EXPECT_THAT(names, ElementsAre("a", "b", "c", "tweets"));
}

TEST(JavaErrors, NamesClassesAndStripsTheCode) {
  EXPECT_EQ(java_class(wire::ErrorCode::kTopicAlreadyExists),
            "org.apache.kafka.common.errors.TopicExistsException");
  EXPECT_EQ(java_class(wire::ErrorCode::kGroupIdNotFound),
            "org.apache.kafka.common.errors.GroupIdNotFoundException");
  EXPECT_EQ(plain_detail({wire::ErrorCode::kTopicAlreadyExists, "TOPIC_ALREADY_EXISTS: Topic 't'"}),
            "Topic 't'");
  const auto code = wire::ErrorCode::kNonEmptyGroup;
  EXPECT_EQ(plain_detail({code, "NON_EMPTY_GROUP: " + std::string(wire::error_message(code))}),
            "The group is not empty.");
}

TEST(TopicPattern, HasCommasForAlternativesAndMeansTheWholeName) {
  const TopicPattern pattern("\"tweets, user.*\"");
  EXPECT_TRUE(pattern.matches("tweets"));
  EXPECT_TRUE(pattern.matches("users"));
  EXPECT_FALSE(pattern.matches("tweets2"));
  EXPECT_FALSE(TopicPattern("(").ok());
}

TEST(IsoDuration, ReadsDaysAndTimes) {
  EXPECT_EQ(parse_iso_duration("PT1H"), 3'600'000);
  EXPECT_EQ(parse_iso_duration("P1DT1M0.5S"), 86'460'500);
  for (const char* text : {"", "P", "1H", "PT", "P1H", "PT1D", "PTH"}) {
    EXPECT_EQ(parse_iso_duration(text), std::nullopt) << text;
  }
}

TEST(ConfigList, KeepsWhatIsInBracketsTogether) {
  const auto configs = parse_config_list("a=1, b=[2,3],c=");
  ASSERT_TRUE(configs.ok());
  EXPECT_THAT(*configs, ElementsAre(Pair("a", "1"), Pair("b", "2,3"), Pair("c", "")));
  EXPECT_FALSE(parse_config_list("a").ok());
  EXPECT_FALSE(parse_config_list("a=1=2").ok());
}

TEST(LineMessage, CutsHeadersKeyAndValue) {
  const auto format = LineMessageFormat::create({{"parse.key", "true"},
                                                 {"parse.headers", "true"},
                                                 {"key.separator", ":"},
                                                 {"headers.key.separator", "="},
                                                 {"null.marker", "NULL"}});
  ASSERT_TRUE(format.ok());
  const auto record = format->parse("a=1,b=NULL\tk:v:w", 1);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->key, "k");
  EXPECT_EQ(record->value, "v:w");
  EXPECT_THAT(record->headers, ElementsAre(Pair("a", "1"), Pair("b", std::nullopt)));
  EXPECT_EQ(format->parse("a=1\tNULL:NULL", 2)->key, std::nullopt);
  EXPECT_EQ(format->parse("a=1\tk", 3).error().detail,
            "No key separator found on line number 3: 'a=1\tk'");
}

TEST(LineMessage, RefusesSeparatorsThatAreTheSame) {
  EXPECT_EQ(LineMessageFormat::create({{"headers.separator", ":"}}).error().detail,
            "headers.separator and headers.key.separator may not be equal");
  EXPECT_EQ(LineMessageFormat::create({{"null.marker", "\t"}}).error().detail,
            "null.marker and key.separator may not be equal");
}

TEST(MessageFormatter, PrintsColumnsInKafkasOrder) {
  const auto formatter = MessageFormatter::create(
      "", {{"print.key", "true"},
           {"print.timestamp", "true"},
           {"print.partition", "true"},
           {"print.offset", "true"},
           {"print.headers", "true"},
           {"key.separator", "|"},
           {"value.deserializer", "org.apache.kafka.common.serialization.LongDeserializer"}});
  ASSERT_TRUE(formatter.ok());
  wire::RecordView record;
  record.offset = 7;
  record.timestamp = 1234;
  record.value = std::string_view("\0\0\0\0\0\0\0\x2a", 8);
  record.headers = {{"a", "1"}, {"b", std::nullopt}};
  const TopicPartition partition{"t", 2};
  std::string line;
  formatter->append({partition, record}, line);
  EXPECT_EQ(line, "CreateTime:1234|Partition:2|Offset:7|a:1,b:null|null|42\n");
  EXPECT_FALSE(MessageFormatter::create("com.example.Mine", {}).ok());
}

}  // namespace
}  // namespace cli::shims
