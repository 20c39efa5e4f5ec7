#include "cluster/config/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

wire::Result<std::string> no_files(const std::string& path) {
  return wire::Error{wire::ErrorCode::kInvalidConfig, "cannot read " + path};
}

EnvironmentReading reading_of(const Environment& environment, const ReadFile& files = no_files) {
  auto reading = read_environment(environment, files);
  EXPECT_TRUE(reading.ok()) << reading.error().detail;
  return *std::move(reading);
}

// "property=value (variable)"
std::vector<std::string> settings_of(const Environment& environment,
                                     const ReadFile& files = no_files) {
  std::vector<std::string> texts;
  for (const auto& setting : reading_of(environment, files).settings) {
    texts.push_back(setting.property + "=" + setting.value + " (" + setting.variable + ")");
  }
  return texts;
}

std::vector<std::string> ignored_of(const Environment& environment) {
  std::vector<std::string> names;
  for (const auto& ignored : reading_of(environment).ignored) names.push_back(ignored.variable);
  return names;
}

TEST(Environment, NamesAsTheImagesReadThem) {
  EXPECT_EQ(property_of_variable("KAFKA_LOG_RETENTION_MS"), "log.retention.ms");
  EXPECT_EQ(property_of_variable("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"),
            "listener.security.protocol.map");
  // The code of Apache's image and of Confluent's: __ is an underscore, ___ a dash.
  EXPECT_EQ(property_of_variable("KAFKA_MY__PLUG___IN_NAME"), "my_plug-in.name");
  EXPECT_EQ(property_of_variable("KAFKA_CFG_LOG_DIRS"), "log.dirs");
  EXPECT_EQ(property_of_variable("KAFKA_CFG_LISTENER_NAME_SASL_SSL_SSL_KEYSTORE_LOCATION"),
            "listener.name.sasl_ssl.ssl.keystore.location");
  EXPECT_EQ(property_of_variable("KAFKA_SEGMENT_BYTES"), "log.segment.bytes");
  EXPECT_EQ(property_of_variable("PATH"), "");
}

TEST(Environment, TheOtherReadingWhereNothingIsCalledSo) {
  // A listener called a_b: three underscores in the documentation's reading.
  EXPECT_EQ(property_of_variable("KAFKA_LISTENER_NAME_A___B_SSL_KEYSTORE_LOCATION"),
            "listener.name.a-b.ssl.keystore.location");
  EXPECT_EQ(property_of_variable("KAFKA_ZOOKEEPER_CONNECT"), "zookeeper.connect");
}

TEST(Environment, TopicsToCreateAreTakenAsTheyAreWritten) {
  EXPECT_THAT(settings_of({{"KAFKA_CREATE_TOPICS", "a:1:1\nb:2:1:compact\n"}}),
              ElementsAre("odradek.create.topics=a:1:1\nb:2:1:compact\n (KAFKA_CREATE_TOPICS)"));
}

TEST(Environment, ValuesAreThoseOfAPropertiesFile) {
  EXPECT_THAT(settings_of({{"KAFKA_LOG_DIRS", "C:\\\\data"},
                           {"KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM", ""},
                           {"HOME", "/root"}}),
              ElementsAre("log.dirs=C:\\data (KAFKA_LOG_DIRS)",
                          "ssl.endpoint.identification.algorithm= "
                          "(KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM)"));
  EXPECT_FALSE(read_environment({{"KAFKA_LOG_DIRS", "\\u12"}}, no_files).ok());
}

TEST(Environment, BitnamisNameWins) {
  const Environment both = {{"KAFKA_CFG_NUM_PARTITIONS", "3"}, {"KAFKA_NUM_PARTITIONS", "5"}};
  EXPECT_THAT(settings_of(both), ElementsAre("num.partitions=3 (KAFKA_CFG_NUM_PARTITIONS)"));
  EXPECT_THAT(ignored_of(both), ElementsAre("KAFKA_NUM_PARTITIONS"));
}

TEST(Environment, SecretsInFiles) {
  const auto files = [](const std::string& path) -> wire::Result<std::string> {
    return "content of " + path + "\n";
  };
  EXPECT_THAT(settings_of({{"KAFKA_CFG_SSL_KEY_PASSWORD_FILE", "/run/secrets/key"}}, files),
              ElementsAre("ssl.key.password=content of /run/secrets/key "
                          "(KAFKA_CFG_SSL_KEY_PASSWORD_FILE)"));
  EXPECT_FALSE(read_environment({{"KAFKA_CFG_SSL_KEY_PASSWORD_FILE", "/nowhere"}}, no_files).ok());
}

TEST(Environment, TheClustersId) {
  EXPECT_THAT(settings_of({{"CLUSTER_ID", "4L6g3nShT-eMCtK--X86sw"}}),
              ElementsAre("odradek.cluster.id=4L6g3nShT-eMCtK--X86sw (CLUSTER_ID)"));
  EXPECT_THAT(settings_of({{"KAFKA_KRAFT_CLUSTER_ID", "a"}}),
              ElementsAre("odradek.cluster.id=a (KAFKA_KRAFT_CLUSTER_ID)"));
  EXPECT_THAT(settings_of({{"CLUSTER_ID", ""}}), IsEmpty());
}

TEST(Environment, WhatIsNoProperty) {
  const Environment environment = {
      {"KAFKA_HEAP_OPTS", "-Xmx1g"},         {"KAFKA_ADVERTISED_LISTENERS", ""},
      {"KAFKA_PORT", "tcp://10.0.0.1:9092"}, {"KAFKA_PORT_9092_TCP_ADDR", "10.0.0.1"},
      {"KAFKA_SERVICE_HOST", "10.0.0.1"},    {"KAFKA_", "x"}};
  EXPECT_THAT(settings_of(environment), IsEmpty());
  EXPECT_THAT(ignored_of(environment),
              ElementsAre("KAFKA_ADVERTISED_LISTENERS", "KAFKA_HEAP_OPTS", "KAFKA_PORT",
                          "KAFKA_PORT_9092_TCP_ADDR", "KAFKA_SERVICE_HOST"));
  // A service of another name, and a property that only looks so.
  EXPECT_THAT(
      ignored_of({{"KAFKA_UI_PORT", "tcp://10.0.0.2:8080"},
                  {"KAFKA_UI_PORT_8080_TCP_PROTO", "tcp"},
                  {"KAFKA_UI_SERVICE_PORT_HTTP", "8080"},
                  {"KAFKA_BROKER_PORT_", "x"}}),
      ElementsAre("KAFKA_UI_PORT", "KAFKA_UI_PORT_8080_TCP_PROTO", "KAFKA_UI_SERVICE_PORT_HTTP"));
  // Variables of images that are no broker's properties.
  EXPECT_THAT(ignored_of({{"KAFKA_ENABLE_KRAFT", "yes"},
                          {"KAFKA_REST_BOOTSTRAP_SERVERS", "broker:29092"},
                          {"KAFKA_JMX_PORT", "9101"},
                          {"KAFKA_CLIENT_USERS", "user"},
                          {"KAFKA_TLS_TYPE", "PEM"}}),
              ElementsAre("KAFKA_CLIENT_USERS", "KAFKA_ENABLE_KRAFT", "KAFKA_JMX_PORT",
                          "KAFKA_REST_BOOTSTRAP_SERVERS", "KAFKA_TLS_TYPE"));
  // A real port of a real old image.
  EXPECT_THAT(settings_of({{"KAFKA_PORT", "9093"}}), ElementsAre("port=9093 (KAFKA_PORT)"));
}

}  // namespace
}  // namespace cluster::config
