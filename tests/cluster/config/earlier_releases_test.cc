#include "cluster/config/earlier_releases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/config/broker_config.h"
#include "cluster/config/config_sources.h"

namespace cluster::config {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What a broker makes of a file, notes and all.
BrokerConfig load_properties(std::string_view file, std::vector<std::string>* notes = nullptr) {
  Properties properties = *parse_properties(file);
  std::vector<std::string> told;
  translate_earlier_names(properties, told);
  complete_lone_node(properties, told);
  if (notes != nullptr) *notes = told;
  std::vector<std::string> warnings;
  auto config = BrokerConfig::load(std::move(properties), warnings);
  EXPECT_TRUE(config.ok()) << config.error().detail;
  EXPECT_THAT(warnings, IsEmpty());
  return *std::move(config);
}

TEST(EarlierReleases, TheFileOfKafka010) {
  std::vector<std::string> notes;
  const BrokerConfig config = load_properties(
      "broker.id=3\nport=9095\nhost.name=127.0.0.1\nadvertised.host.name=kafka\n"
      "log.dirs=/data\nzookeeper.connect=zookeeper:2181\nzookeeper.connection.timeout.ms=6000\n",
      &notes);
  EXPECT_EQ(config.node_id(), 3);
  ASSERT_THAT(config.listeners(), SizeIs(2));
  EXPECT_EQ(config.listeners()[0].host, "127.0.0.1");
  EXPECT_EQ(config.listeners()[0].port, 9095);
  ASSERT_THAT(config.advertised_listeners(), SizeIs(1));
  EXPECT_EQ(config.advertised_listeners()[0].host, "kafka");
  EXPECT_EQ(config.advertised_listeners()[0].port, 9095);
  EXPECT_THAT(notes, Contains(HasSubstr("zookeeper.connect is of an earlier release")));
  EXPECT_THAT(notes,
              Contains(HasSubstr("port is of an earlier release: listeners takes its place")));
  EXPECT_THAT(notes, Contains(HasSubstr("process.roles is not set")));
}

TEST(EarlierReleases, AdvertisedPortAloneIsWhereThePortIsPublished) {
  const BrokerConfig config =
      load_properties("port=9092\nhost.name=0.0.0.0\nadvertised.port=29092\n");
  ASSERT_THAT(config.advertised_listeners(), SizeIs(1));
  EXPECT_TRUE(config.advertised_listeners()[0].automatic);
  EXPECT_EQ(config.advertised_listeners()[0].port, 29092);
}

TEST(EarlierReleases, ListenersOfANodeAloneMayEndWithAComma) {
  const BrokerConfig config = load_properties("listeners=PLAINTEXT://:9095,\n");
  ASSERT_THAT(config.listeners(), SizeIs(2));
  EXPECT_EQ(config.listeners()[1].listener, "CONTROLLER");
}

TEST(EarlierReleases, NothingAtAllIsANodeAlone) {
  const BrokerConfig config = load_properties("");
  EXPECT_EQ(config.node_id(), 1);
  EXPECT_TRUE(config.is_broker() && config.is_controller());
  EXPECT_EQ(config.get_int("offsets.topic.replication.factor"), 1);
  EXPECT_EQ(config.get_int("transaction.state.log.min.isr"), 1);
}

TEST(EarlierReleases, ListenersOfItsOwnKeepTheirProtocols) {
  const BrokerConfig config = load_properties(
      "listeners=INSIDE://:9092,OUTSIDE://:9094\n"
      "listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT\n"
      "inter.broker.listener.name=INSIDE\noffsets.topic.replication.factor=2\n"
      "broker.id=-1\nzookeeper.connect=z\n");
  EXPECT_THAT(config.listeners(), SizeIs(3));
  EXPECT_EQ(config.node_id(), 1);
  EXPECT_EQ(config.get_int("offsets.topic.replication.factor"), 2);
}

TEST(EarlierReleases, LimitsUnderTheirNewNames) {
  const BrokerConfig config = load_properties(
      "log.message.timestamp.difference.max.ms=5000\nlog.message.timestamp.after.max.ms=7000\n");
  EXPECT_EQ(config.get_long("log.message.timestamp.before.max.ms"), 5000);
  EXPECT_EQ(config.get_long("log.message.timestamp.after.max.ms"), 7000);
}

// Of a quorum of several, or of today, nothing is guessed.
TEST(EarlierReleases, ANodeWithZooKeeperIsOfNoQuorum) {
  const BrokerConfig config = load_properties(
      "zookeeper.connect=localhost:2181\nnode.id=1\ncontroller.quorum.voters=1@localhost:9094\n"
      "listeners=PLAINTEXT://:9092,BROKER://:9093,CONTROLLER://:9094\n"
      "inter.broker.listener.name=BROKER\nlistener.security.protocol.map="
      "PLAINTEXT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT\n");
  EXPECT_EQ(config.get_string("process.roles"), "broker,controller");
  EXPECT_TRUE(config.is_controller_listener("CONTROLLER"));
  EXPECT_THAT(config.listeners(), SizeIs(3));
}

TEST(EarlierReleases, WhoKnowsOfKRaftIsLeftAlone) {
  Properties properties = {{"controller.quorum.voters", "1@a:9093,2@b:9093"}, {"node.id", "1"}};
  const Properties before = properties;
  std::vector<std::string> notes;
  translate_earlier_names(properties, notes);
  complete_lone_node(properties, notes);
  EXPECT_EQ(properties, before);
  EXPECT_THAT(notes, IsEmpty());
}

TEST(ConfigSources, EachOverTheOnesBefore) {
  ConfigSources sources;
  ASSERT_TRUE(
      sources.add_file("a.properties", "# first\nnum.partitions=2\nlog.dirs=\\\n  /a\n").ok());
  ASSERT_TRUE(sources.add_file("b.properties", "log.dirs=/b\n").ok());
  EXPECT_EQ(sources.origin("log.dirs"), "b.properties:1");
  EXPECT_EQ(sources.origin("num.partitions"), "a.properties:2");
  sources.add_environment(
      {.settings = {{"num.partitions", "3", "KAFKA_NUM_PARTITIONS"}}, .ignored = {}});
  EXPECT_EQ(sources.origin("num.partitions"), "KAFKA_NUM_PARTITIONS");
  ASSERT_TRUE(sources.add_assignment("num.partitions=4").ok());
  EXPECT_EQ(sources.origin("num.partitions"), "--set");
  EXPECT_EQ(sources.properties().at("num.partitions"), "4");
  sources.bring_up_to_date();
  EXPECT_EQ(sources.origin("num.partitions"), "--set");
  EXPECT_EQ(sources.origin("process.roles"), "for a node that is alone");
  EXPECT_EQ(sources.origin("num.io.threads"), "");
  EXPECT_FALSE(sources.add_assignment("nothing").ok());
  EXPECT_FALSE(sources.add_file("c", "a=\\u1").ok());
}

}  // namespace
}  // namespace cluster::config
