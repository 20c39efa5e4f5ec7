#include "cluster/config/first_topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster::config {
namespace {

std::string written(std::string_view text) {
  const auto topics = parse_first_topics(text);
  if (!topics.ok()) return topics.error().detail;
  std::string result;
  for (const FirstTopic& topic : *topics) {
    result += topic.name + '/' + std::to_string(topic.partitions) + '/' +
              std::to_string(topic.replicas) + '/' + topic.cleanup_policy + ' ';
  }
  return result;
}

TEST(FirstTopics, AreReadAsWurstmeistersImageReadsThem) {
  EXPECT_EQ(written("Topic1:1:3,Topic2:1:1:compact"), "Topic1/1/3/ Topic2/1/1/compact ");
  EXPECT_EQ(written("\nTopic1:1:3\n  Topic2:1:1:compact\n"), "Topic1/1/3/ Topic2/1/1/compact ");
  EXPECT_EQ(written("a:1:1;b:2:1;"), "a/1/1/ b/2/1/ ");
}

TEST(FirstTopics, LeaveOutWhatTheBrokerHasADefaultFor) {
  EXPECT_EQ(written("tweets"), "tweets/-1/-1/ ");
  EXPECT_EQ(written("tweets:3"), "tweets/3/-1/ ");
  EXPECT_EQ(written("tweets:3::compact"), "tweets/3/-1/compact ");
  EXPECT_EQ(written(""), "");
  EXPECT_EQ(written(" , "), "");
}

TEST(FirstTopics, NameTheEntryThatIsNone) {
  for (const char* entry : {"tweets:three", "tweets:0:1", "tweets:1:40000", ":3", "tweets:1:1x"}) {
    EXPECT_THAT(
        written(std::string("good,") + entry),
        testing::StartsWith("odradek.create.topics: \"" + std::string(entry) + "\" is not"));
  }
}

}  // namespace
}  // namespace cluster::config
