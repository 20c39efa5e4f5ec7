// DescribeConfigs against what a broker of Apache Kafka 4.3.1 answered (DescribeConfigs.java).
#include "cluster/config/describe_configs.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "cluster/config/config_def.h"
#include "cluster/metadata/delta.h"
#include "tests/source_folder.h"

namespace cluster::config {
namespace {

using metadata::ConfigResourceType;

const std::string kFolder = source_folder() + "/tests/cluster/config/";

BrokerConfig config() {
  std::ifstream file(kFolder + "describe_configs.properties");
  std::stringstream text;
  text << file.rdbuf() << "log.dirs=/data\n";
  std::vector<std::string> warnings;
  auto loaded = BrokerConfig::load(*parse_properties(text.str()), warnings);
  EXPECT_TRUE(loaded.ok()) << loaded.error().detail;
  return *std::move(loaded);
}

// What DescribeConfigs.java set.
metadata::ImagePtr image() {
  metadata::MetadataDelta delta(std::make_shared<const metadata::MetadataImage>());
  wire::TopicRecord topic;
  topic.name = "tweets";
  topic.topic_id = wire::Uuid{7, 7};
  EXPECT_TRUE(delta.replay({topic, 0}, 0).ok());
  const auto set = [&](ConfigResourceType type, std::string name, std::string key,
                       std::string value) {
    wire::ConfigRecord record;
    record.resource_type = static_cast<int8_t>(type);
    record.resource_name = std::move(name);
    record.name = std::move(key);
    record.value = std::move(value);
    EXPECT_TRUE(delta.replay({record, 0}, 0).ok());
  };
  set(ConfigResourceType::kTopic, "tweets", "retention.ms", "1000");
  set(ConfigResourceType::kTopic, "tweets", "cleanup.policy", "compact,delete");
  set(ConfigResourceType::kTopic, "tweets", "max.message.bytes", "5000");
  // A cluster with eligible leader replicas (KIP-966) is born with this one.
  set(ConfigResourceType::kBroker, "", "min.insync.replicas", "1");
  set(ConfigResourceType::kBroker, "", "log.segment.bytes", "3000000");
  set(ConfigResourceType::kBroker, "1", "log.segment.bytes", "4000000");
  set(ConfigResourceType::kBroker, "", "log.flush.interval.ms", "70000");
  set(ConfigResourceType::kBroker, "1", "background.threads", "5");
  set(ConfigResourceType::kGroup, "readers", "consumer.session.timeout.ms", "46000");
  set(ConfigResourceType::kClientMetrics, "watch", "interval.ms", "60000");
  return std::move(delta).build({});
}

std::string source_name(int8_t source) {
  static const std::map<int8_t, std::string> kNames = {{1, "DYNAMIC_TOPIC_CONFIG"},
                                                       {2, "DYNAMIC_BROKER_CONFIG"},
                                                       {3, "DYNAMIC_DEFAULT_BROKER_CONFIG"},
                                                       {4, "STATIC_BROKER_CONFIG"},
                                                       {5, "DEFAULT_CONFIG"},
                                                       {7, "DYNAMIC_CLIENT_METRICS_CONFIG"},
                                                       {8, "DYNAMIC_GROUP_CONFIG"}};
  return kNames.at(source);
}

std::string shown(const std::optional<std::string>& value) {
  return value.value_or("(null)");
}

// One line of the dump.
std::string line_of(std::string_view type, std::string_view resource,
                    const wire::DescribeConfigsResponse::DescribeConfigsResourceResult& entry) {
  std::string synonyms;
  for (const auto& synonym : entry.synonyms) {
    synonyms += (synonyms.empty() ? "" : ";") + synonym.name + "=" + shown(synonym.value) + "@" +
                source_name(synonym.source);
  }
  std::ostringstream line;
  line << type << '\t' << resource << '\t' << entry.name << '\t' << shown(entry.value) << '\t'
       << source_name(entry.config_source) << '\t'
       << type_name(static_cast<Type>(entry.config_type)) << '\t'
       << (entry.read_only ? "read-only" : "") << '\t' << (entry.is_sensitive ? "sensitive" : "")
       << '\t' << synonyms;
  return line.str();
}

std::set<std::string> apache_lines(const std::string& prefix) {
  std::set<std::string> lines;
  std::ifstream file(kFolder + "apache_described.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(prefix)) lines.insert(line);
  }
  return lines;
}

wire::DescribeConfigsResponse::DescribeConfigsResult describe(ConfigResourceType type,
                                                              std::string name,
                                                              std::vector<std::string> keys = {}) {
  const BrokerConfig loaded = config();
  return describe_resource({static_cast<int8_t>(type), std::move(name), std::move(keys)},
                           {true, true}, loaded, *image());
}

void expect_as_apache(ConfigResourceType type, const std::string& type_name_,
                      const std::string& name) {
  const auto answer = describe(type, name);
  ASSERT_EQ(answer.error_code, wire::ErrorCode::kNone) << answer.error_message.value_or("");
  std::set<std::string> ours;
  for (const auto& entry : answer.configs) {
    if (entry.name.starts_with("odradek.")) continue;
    ours.insert(line_of(type_name_, name, entry));
    if (find_config(Scope::kBroker, entry.name) != nullptr || type != ConfigResourceType::kBroker) {
      EXPECT_TRUE(entry.documentation.has_value());
    }
  }
  const std::set<std::string> theirs = apache_lines(type_name_ + "\t" + name + "\t");
  for (const std::string& line : theirs) EXPECT_TRUE(ours.contains(line)) << "lacks " << line;
  for (const std::string& line : ours) EXPECT_TRUE(theirs.contains(line)) << "has    " << line;
}

TEST(DescribeConfigs, OfATopicIsApaches) {
  expect_as_apache(ConfigResourceType::kTopic, "TOPIC", "tweets");
}
TEST(DescribeConfigs, OfABrokerIsApaches) {
  expect_as_apache(ConfigResourceType::kBroker, "BROKER", "1");
}
TEST(DescribeConfigs, OfAllBrokersIsApaches) {
  expect_as_apache(ConfigResourceType::kBroker, "BROKER", "");
}
TEST(DescribeConfigs, OfAGroupIsApaches) {
  expect_as_apache(ConfigResourceType::kGroup, "GROUP", "readers");
}
TEST(DescribeConfigs, OfClientMetricsIsApaches) {
  expect_as_apache(ConfigResourceType::kClientMetrics, "CLIENT_METRICS", "watch");
}

TEST(DescribeConfigs, AnswersOnlyWhatIsAskedFor) {
  const auto answer = describe(ConfigResourceType::kTopic, "tweets", {"retention.ms", "nonsense"});
  ASSERT_EQ(answer.configs.size(), 1U);
  EXPECT_EQ(answer.configs[0].name, "retention.ms");
}

TEST(DescribeConfigs, RefusesAsApacheDoes) {
  const auto error = [](ConfigResourceType type, std::string name) {
    return describe(type, std::move(name));
  };
  EXPECT_EQ(error(ConfigResourceType::kTopic, "nowhere").error_code,
            wire::ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(error(ConfigResourceType::kTopic, "a b").error_code,
            wire::ErrorCode::kInvalidTopicException);
  EXPECT_EQ(error(ConfigResourceType::kBroker, "2").error_message,
            "Unexpected broker id, expected 1 or empty string, but received 2");
  EXPECT_EQ(error(ConfigResourceType::kBroker, "one").error_message,
            "Broker id must be an integer, but it is: one");
  EXPECT_EQ(error(ConfigResourceType::kGroup, "").error_message, "Group name must not be empty");
  EXPECT_EQ(error(static_cast<ConfigResourceType>(99), "x").error_code,
            wire::ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace cluster::config
