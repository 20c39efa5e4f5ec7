#include "cmd/server/listener_table.h"

#include <gmock/gmock.h>

namespace server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

NetworkFacts bridged_container() {
  NetworkFacts facts;
  facts.place = Place::kContainer;
  facts.interfaces = {{*IpAddress::parse("172.18.0.2"), 16}, {*IpAddress::parse("fe80::2"), 64}};
  facts.own_names = {"f00dcafe"};
  return facts;
}

ListenerRow row(AdvertisedListener advertised) {
  return {.name = "PLAINTEXT",
          .bound_host = "::",
          .bound_port = 9092,
          .is_controller = false,
          .is_advertised = true,
          .advertised = std::move(advertised)};
}

ListenerRow told_as(std::string host) {
  return row({.automatic = false, .host = std::move(host), .port = 29092});
}

TEST(ListenerTable, SaysWhatClientsAreTold) {
  const std::string bound = "Listener PLAINTEXT on [::]:9092, advertised ";
  EXPECT_EQ(describe_listener(row({.automatic = true}), NetworkFacts()),
            bound + "auto: each client is told the address that it dialled");
  EXPECT_EQ(describe_listener(row({.automatic = true, .port = 29092}), bridged_container()),
            bound +
                "auto: beside this container 172.18.0.2:9092; through its host's port "
                "127.0.0.1:29092");
  EXPECT_EQ(describe_listener(told_as("localhost"), NetworkFacts()),
            bound + "localhost:29092: for this machine");
  EXPECT_EQ(
      describe_listener(told_as("localhost"), bridged_container()),
      bound + "localhost:29092: for this container, and for its host if it publishes the port");
  EXPECT_EQ(describe_listener(told_as("f00dcafe"), bridged_container()),
            bound + "f00dcafe:29092: for this container and its networks");
  EXPECT_EQ(describe_listener(told_as("kafka.example.com"), bridged_container()),
            bound + "kafka.example.com:29092");
}

TEST(ListenerTable, ListenersOfControllersAreNotForClients) {
  ListenerRow controller = row({});
  controller.is_controller = true;
  EXPECT_THAT(describe_listener(controller, NetworkFacts()), HasSubstr("for controllers"));
  ListenerRow hidden = row({});
  hidden.is_advertised = false;
  EXPECT_THAT(describe_listener(hidden, NetworkFacts()), HasSubstr("not advertised"));
}

TEST(ListenerTable, DoubtsNamesThatResolveToNothingOrToIpv6Alone) {
  const std::vector<ListenerRow> rows = {told_as("kafka"), told_as("kafka6"), told_as("well"),
                                         row({.automatic = true})};
  const auto doubts = doubts_about(rows, {{"kafka", {}, "Name or service not known"},
                                          {"kafka6", {*IpAddress::parse("fd00::2")}, ""},
                                          {"well", {*IpAddress::parse("10.0.0.1")}, ""}});
  EXPECT_THAT(doubts, ElementsAre(HasSubstr("PLAINTEXT://kafka does not resolve here (Name or"),
                                  HasSubstr("PLAINTEXT://kafka6 resolves to IPv6 alone")));
  EXPECT_THAT(doubts_about(rows, {}), IsEmpty());
}

TEST(ListenerTable, NamesNodesThatAdvertiseOurAddress) {
  cluster::metadata::ClusterImage cluster;
  const auto add = [&](wire::NodeId id, uint16_t port) {
    auto broker = std::make_shared<cluster::metadata::BrokerImage>();
    broker->id = id;
    broker->endpoints = {{.name = "PLAINTEXT", .host = "localhost", .port = port}};
    cluster.brokers[id] = std::move(broker);
  };
  add(1, 9092);
  add(2, 9092);
  add(3, 9094);
  add(4, 9092);
  EXPECT_THAT(shared_addresses(cluster, {2, 3}, 1),
              ElementsAre(HasSubstr("node 2 advertises localhost:9092 for listener PLAINTEXT, as "
                                    "this node 1 does")));
  EXPECT_EQ(shared_addresses(cluster, {1}, 1).size(), 2U);
  EXPECT_THAT(shared_addresses(cluster, {}, 1), IsEmpty());
  EXPECT_THAT(shared_addresses(cluster, {2}, 9), IsEmpty());
}

}  // namespace
}  // namespace server
