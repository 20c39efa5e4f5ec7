#include "cmd/cli/shims/redpanda_start.h"

#include <gmock/gmock.h>

#include "cmd/cli/shims/stand_in_ports.h"

namespace cli::shims {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

// As Testcontainers' modules write it.
constexpr const char* kNodeFile = R"(# Injected by testcontainers
redpanda:
  admin:
    address: 0.0.0.0
    port: 9645
  kafka_api:
    - address: 0.0.0.0
      name: external
      port: 9092
      authentication_method: none
    - address: 0.0.0.0
      name: my-other.host
      port: 9093
      authentication_method:
  advertised_kafka_api:
    - address: localhost
      name: external
      port: 40001
    - address: "::1"
      name: my-other.host
      port: 9093
schema_registry:
  schema_registry_api:
  - address: "0.0.0.0"
    name: main
    port: 8083
    authentication_method: none
pandaproxy:
  pandaproxy_api:
    - address: 0.0.0.0
      port: 8084
auto_create_topics_enabled: false
)";

cluster::config::Properties properties_of(const Words& words, const RedpandaFiles& files = {},
                                          const cluster::config::Environment& environment = {}) {
  auto plan = plan_redpanda_start(words, files, environment);
  EXPECT_TRUE(plan.ok()) << plan.error().detail;
  return plan.ok() ? plan->properties : cluster::config::Properties();
}

std::string refusal_of(const Words& words, const RedpandaFiles& files = {},
                       const cluster::config::Environment& environment = {}) {
  const auto plan = plan_redpanda_start(words, files, environment);
  return plan.ok() ? "" : plan.error().detail;
}

TEST(RedpandaStart, WithoutAWordChangesNothing) {
  const auto plan = plan_redpanda_start({}, {}, {});
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->properties, IsEmpty());
  EXPECT_THAT(plan->notes, IsEmpty());
  EXPECT_THAT(plan->http_ports, UnorderedElementsAre(9644, 8081, 8082));
}

TEST(RedpandaStart, TakesAddressesFromFlagsInEitherForm) {
  const auto properties =
      properties_of({"--kafka-addr", "internal://0.0.0.0:29092,OUTSIDE://[::]:9092",
                     "--advertise-kafka-addr=internal://redpanda:29092,OUTSIDE://localhost:19092"});
  EXPECT_EQ(properties.at("listeners"), "INTERNAL://0.0.0.0:29092,OUTSIDE://[::]:9092");
  EXPECT_EQ(properties.at("advertised.listeners"),
            "INTERNAL://redpanda:29092,OUTSIDE://localhost:19092");
  EXPECT_EQ(properties.at("listener.security.protocol.map"),
            "INTERNAL:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT");
  EXPECT_EQ(properties.at("inter.broker.listener.name"), "INTERNAL");
}

TEST(RedpandaStart, SplitsWordsThatAreSeveral) {
  const auto properties = properties_of({"--mode dev-container", "--smp 1 --kafka-addr :9093"});
  EXPECT_EQ(properties.at("listeners"), "PLAINTEXT://:9093");
  EXPECT_EQ(properties.at("odradek.durability"), "relaxed");
}

TEST(RedpandaStart, PassesOverWhatIsForItsThreadsAndMemory) {
  EXPECT_THAT(properties_of({"--smp=1", "--memory", "1G", "--overprovisioned", "--reserve-memory",
                             "0M", "--rpc-addr", "redpanda:33145", "--check=false"}),
              IsEmpty());
}

TEST(RedpandaStart, ListensWhereItSendsClientsIfToldNothingElse) {
  const auto properties = properties_of({"--advertise-kafka-addr", "localhost:9095"});
  EXPECT_EQ(properties.at("listeners"), "PLAINTEXT://0.0.0.0:9095");
  EXPECT_EQ(properties.at("advertised.listeners"), "PLAINTEXT://localhost:9095");
}

TEST(RedpandaStart, ReadsTheFileOfFixtures) {
  const auto plan =
      plan_redpanda_start({"--mode=dev-container"},
                          {kNodeFile, "auto_create_topics_enabled: true\nsuperusers:\n  []"}, {});
  ASSERT_TRUE(plan.ok()) << plan.error().detail;
  EXPECT_EQ(plan->properties.at("listeners"),
            "EXTERNAL://0.0.0.0:9092,MY_OTHER_HOST://0.0.0.0:9093");
  EXPECT_EQ(plan->properties.at("advertised.listeners"),
            "EXTERNAL://localhost:40001,MY_OTHER_HOST://[::1]:9093");
  // The cluster's property; at the top of the node's file Redpanda knows none.
  EXPECT_EQ(plan->properties.at("auto.create.topics.enable"), "true");
  EXPECT_THAT(plan->http_ports, UnorderedElementsAre(9645, 8083, 8084));
}

TEST(RedpandaStart, TakesFlagsOverVariablesOverTheFile) {
  const cluster::config::Environment environment = {
      {"REDPANDA_KAFKA_ADDRESS", "env://0.0.0.0:1"},
      {"REDPANDA_ADVERTISE_KAFKA_ADDRESS", "env://host:1"}};
  EXPECT_EQ(properties_of({}, {kNodeFile, ""}, environment).at("listeners"), "ENV://0.0.0.0:1");
  const auto properties =
      properties_of({"--kafka-addr", "env://0.0.0.0:2"}, {kNodeFile, ""}, environment);
  EXPECT_EQ(properties.at("listeners"), "ENV://0.0.0.0:2");
  EXPECT_EQ(properties.at("advertised.listeners"), "ENV://host:1");
}

TEST(RedpandaStart, TranslatesClusterProperties) {
  const auto plan = plan_redpanda_start({"--set", "redpanda.default_topic_partitions=3", "--set",
                                         "redpanda.cloud_storage_enabled=true", "--node-id=7"},
                                        {}, {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->properties.at("num.partitions"), "3");
  EXPECT_EQ(plan->properties.at("node.id"), "7");
  EXPECT_THAT(plan->notes, ElementsAre(HasSubstr("cloud_storage_enabled=true is not for")));
}

TEST(RedpandaStart, RefusesWhatItWouldBeDangerousToPassOver) {
  EXPECT_THAT(refusal_of({}, {"redpanda:\n  kafka_api_tls:\n    - enabled: true", ""}),
              HasSubstr("no TLS"));
  EXPECT_THAT(refusal_of({}, {"redpanda:\n  kafka_api:\n    - {address: 0.0.0.0, port: 9092, "
                              "authentication_method: sasl}",
                              ""}),
              HasSubstr("no authentication"));
  EXPECT_THAT(refusal_of({}, {"", "kafka_enable_authorization: true"}),
              HasSubstr("no authentication"));
  EXPECT_THAT(refusal_of({}, {}, {{"RP_BOOTSTRAP_USER", "u:p"}}), HasSubstr("no users"));
}

TEST(RedpandaStart, SaysWhatIsWrongWithAFileOrAnAddress) {
  EXPECT_THAT(refusal_of({}, {"redpanda: [", ""}), StartsWith("redpanda start: redpanda.yaml: "));
  EXPECT_THAT(refusal_of({}, {"redpanda:\n  kafka_api: 9092", ""}), HasSubstr("is no list"));
  EXPECT_THAT(refusal_of({"--kafka-addr", "0.0.0.0:port"}), HasSubstr("no port that is a number"));
}

TEST(StandInPorts, KnowOnePathOfRedpandaAlone) {
  EXPECT_EQ(redpanda_http_answer("GET / HTTP/1.1\r\n"), std::nullopt);
  EXPECT_THAT(*redpanda_http_answer("GET / HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(*redpanda_http_answer("POST /v1/security/users HTTP/1.1\r\n\r\n{}"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(*redpanda_http_answer("GET /v1/status/ready HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(StandInPorts, SayThatTheyAreWellAsZooKeeper) {
  EXPECT_EQ(zookeeper_answer("ruo"), std::nullopt);
  EXPECT_EQ(zookeeper_answer("ruok\n"), "imok");
  EXPECT_EQ(zookeeper_answer(std::string_view("\0\0\0\x2d", 4)), "");
}

}  // namespace
}  // namespace cli::shims
