#include "cmd/cli/compose/compose_file.h"

#include <gmock/gmock.h>

namespace cli::compose {
namespace {

using testing::Contains;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;

std::string converted(const std::string& text) {
  const auto result = convert(text, "odradek");
  return result.ok() ? result->text : "error: " + result.error().detail;
}

TEST(ComposeFile, NeedsNoAddressWhereThePortIsTheSame) {
  const std::string text = compose_file({});
  EXPECT_THAT(text, HasSubstr("  kafka:\n    image: odradek\n    ports: [\"9092:9092\"]\n"));
  EXPECT_THAT(text, Not(HasSubstr("environment")));
}

TEST(ComposeFile, TellsThePortOfTheHost) {
  EXPECT_THAT(compose_file({.service = "broker", .port = 19092}),
              HasSubstr("ports: [\"19092:9092\"]\n    environment:\n      "
                        "KAFKA_LISTENERS: PLAINTEXT://:9092\n      "
                        "KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://auto:19092\n"));
}

TEST(Images, AreKnownFromAnyRegistryWithAnyTag) {
  for (const char* image :
       {"apache/kafka", "docker.io/bitnami/kafka:3.6", "apache/kafka@sha256:00",
        "registry:5000/confluentinc/cp-kafka:7.6.0",
        "docker.redpanda.com/redpandadata/redpanda:v24.1.1", "wurstmeister/kafka:2.12-2.5.0"}) {
    EXPECT_TRUE(is_kafka_image(image)) << image;
  }
  for (const char* image : {"confluentinc/cp-kafka-connect:7.6.0", "provectuslabs/kafka-ui",
                            "kafka", "confluentinc/cp-zookeeper", ""}) {
    EXPECT_FALSE(is_kafka_image(image)) << image;
  }
  EXPECT_TRUE(is_zookeeper_image("zookeeper:3.9"));
  EXPECT_TRUE(is_zookeeper_image("confluentinc/cp-zookeeper:latest"));
  EXPECT_TRUE(is_zookeeper_image("wurstmeister/zookeeper"));
  EXPECT_FALSE(is_zookeeper_image("elkozmon/zoonavigator"));
}

// As the examples of that time have it.
constexpr const char* kOld = R"(version: '2'
services:
  zookeeper:
    image: confluentinc/cp-zookeeper:6.2.0
    volumes:
      - zk-data:/var/lib/zookeeper/data
  kafka:
    image: confluentinc/cp-kafka:6.2.0
    depends_on:
      - zookeeper
    ports: ["9092:9092"]
    volumes: ["kafka-data:/var/lib/kafka/data"]
    environment:
      KAFKA_BROKER_ID: 1
      KAFKA_ZOOKEEPER_CONNECT: zookeeper:2181
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://kafka:29092,PLAINTEXT_HOST://localhost:9092
  app:
    image: app
    depends_on:
      zookeeper: {condition: service_started}
      kafka: {condition: service_started}
volumes:
  zk-data:
  kafka-data:
)";

TEST(Convert, PutsOneBrokerInThePlaceOfKafkaAndZooKeeper) {
  EXPECT_THAT(converted(kOld), Eq(R"(version: "2"
services:
  kafka:
    image: odradek
    ports: ["9092:9092"]
    volumes: ["kafka-data:/var/lib/kafka/data"]
    environment:
      KAFKA_BROKER_ID: 1
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://kafka:29092,PLAINTEXT_HOST://localhost:9092
  app:
    image: app
    depends_on:
      kafka: {condition: service_started}
volumes:
  kafka-data: ~
)"));
}

TEST(Convert, TellsWhatItChanged) {
  const auto result = convert(kOld, "odradek");
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->changes, Contains(HasSubstr("zookeeper: gone")));
  EXPECT_THAT(result->changes, Contains("kafka: odradek instead of confluentinc/cp-kafka:6.2.0"));
  EXPECT_THAT(result->changes, Contains("kafka: without KAFKA_ZOOKEEPER_CONNECT"));
  EXPECT_THAT(result->changes, Contains("app: depends_on without zookeeper"));
  EXPECT_THAT(result->changes, Contains("the volumes of ZooKeeper"));
}

TEST(Convert, KnowsVariablesAsAListAndServicesAtTheTop) {
  EXPECT_THAT(converted(R"(
zk:
  image: wurstmeister/zookeeper
kafka:
  image: wurstmeister/kafka
  links: [zk:zookeeper]
  environment:
    - KAFKA_ZOOKEEPER_CONNECT=zookeeper:2181
    - KAFKA_CREATE_TOPICS=tweets:1:1
)"),
              Eq(R"(kafka:
  image: odradek
  environment:
    - KAFKA_CREATE_TOPICS=tweets:1:1
)"));
}

TEST(Convert, LeavesCommandsAlone) {
  EXPECT_THAT(
      converted("services: {rp: {image: redpandadata/redpanda, command: [redpanda start]}}"),
      HasSubstr("command: [redpanda start]"));
}

TEST(Convert, KeepsAnchors) {
  EXPECT_THAT(converted("x-env: &env {A: 1}\nservices:\n  k:\n    image: apache/kafka\n    "
                        "environment: *env\n"),
              HasSubstr("A: 1"));
}

TEST(Convert, RefusesWhatItCannotConvert) {
  EXPECT_THAT(converted("services: {a: {image: nginx}}"), HasSubstr("no service of this file"));
  EXPECT_THAT(converted("- a"), HasSubstr("no compose file"));
  EXPECT_THAT(converted(""), HasSubstr("no compose file"));
  EXPECT_THAT(converted("a: ["), HasSubstr("no YAML"));
  EXPECT_THAT(converted("services: {k1: {image: apache/kafka}, k2: {image: apache/kafka}}"),
              HasSubstr("2 brokers (k1, k2)"));
}

}  // namespace
}  // namespace cli::compose
