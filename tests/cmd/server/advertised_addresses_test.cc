#include "cmd/server/advertised_addresses.h"

#include <gmock/gmock.h>

#include "wire/base/clock.h"

namespace server {
namespace {

using cluster::config::BrokerConfig;
using cluster::config::Properties;

IpAddress address_of(std::string_view text) {
  return IpAddress::parse(text).value_or(IpAddress());
}

// What the system says now.
NetworkFacts facts_now;

class AdvertisedAddressesTest : public testing::Test {
 protected:
  AdvertisedAddressesTest() {
    facts_now = {};
    facts_now.place = Place::kContainer;
    facts_now.interfaces = {{address_of("172.18.0.2"), 16}};
    facts_now.gateways = {address_of("172.18.0.1")};
  }

  AdvertisedAddresses& with(const Properties& given) {
    Properties properties = {{"process.roles", "broker,controller"},
                             {"node.id", "1"},
                             {"controller.quorum.voters", "1@localhost:9093"},
                             {"controller.listener.names", "CONTROLLER"},
                             {"listener.security.protocol.map",
                              "PLAINTEXT:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT"}};
    properties.insert(given.begin(), given.end());
    std::vector<std::string> warnings;
    auto config = BrokerConfig::load(properties, warnings);
    EXPECT_TRUE(config.ok()) << config.error().detail;
    addresses_.emplace(*config, clock_, [] { return facts_now; });
    for (const auto& listener : config->listeners()) {
      addresses_->bound(listener.listener, listener.port == 0 ? 40000 : listener.port);
    }
    return *addresses_;
  }
  std::string told(std::string_view local, std::string_view peer,
                   const std::string& listener = "PLAINTEXT") {
    const auto vantage =
        addresses_->tell(listener, {address_of(local), 9092}, address_of(peer)).vantage;
    EXPECT_EQ(vantage->listener, listener);
    if (!vantage->own) return "as registered";
    EXPECT_EQ(vantage->own->node_id, 1);
    return host_and_port(vantage->own->host, vantage->own->port);
  }
  std::string registered() {
    std::string all;
    for (const auto& endpoint : addresses_->registered()) {
      all += endpoint.name + "://" + host_and_port(endpoint.host, endpoint.port) + " ";
    }
    return all;
  }

  wire::ManualClock clock_;
  std::optional<AdvertisedAddresses> addresses_;
};

TEST_F(AdvertisedAddressesTest, AreAutomaticWhereNothingIsSaid) {
  with({{"listeners", "PLAINTEXT://0.0.0.0:9092,OUTSIDE://127.0.0.1:0,CONTROLLER://:9093"}});
  EXPECT_EQ(told("172.18.0.2", "172.18.0.7"), "172.18.0.2:9092");
  EXPECT_EQ(told("127.0.0.1", "127.0.0.1", "OUTSIDE"), "as registered");
  EXPECT_EQ(told("127.0.0.1", "127.0.0.1", "CONTROLLER"), "as registered");
  // Other brokers are told the machine's name, and the port that was got.
  EXPECT_EQ(registered(), "PLAINTEXT://" + machine_name() + ":9092 OUTSIDE://127.0.0.1:40000 ");
}

TEST_F(AdvertisedAddressesTest, ExplicitOnesWin) {
  with({{"listeners", "PLAINTEXT://:9092,OUTSIDE://:9094,CONTROLLER://:9093"},
        {"advertised.listeners", "auto,OUTSIDE://broker.example.com:19094"}});
  EXPECT_EQ(told("172.18.0.2", "172.18.0.1", "OUTSIDE"), "as registered");
  EXPECT_EQ(told("172.18.0.2", "172.18.0.1"), "127.0.0.1:9092");
  EXPECT_EQ(registered(),
            "OUTSIDE://broker.example.com:19094 PLAINTEXT://" + machine_name() + ":9092 ");
}

TEST_F(AdvertisedAddressesTest, PublishedPortAndOutsideHostAreOfTheConfiguration) {
  with({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
        {"advertised.listeners", "PLAINTEXT://auto:29092"},
        {"odradek.advertised.host", "docker"}});
  EXPECT_EQ(told("172.18.0.2", "172.18.0.1"), "docker:29092");
  EXPECT_EQ(told("172.18.0.2", "172.18.0.7"), "172.18.0.2:9092");
  EXPECT_EQ(registered(), "PLAINTEXT://" + machine_name() + ":9092 ");
}

TEST_F(AdvertisedAddressesTest, NetworkAttachedLaterIsNoticed) {
  with({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
        {"advertised.listeners", "PLAINTEXT://localhost:9092"},
        {"odradek.advertised.rescue", "true"}});
  EXPECT_EQ(told("172.20.0.2", "172.20.0.7"), "as registered");
  facts_now.interfaces.push_back({address_of("172.20.0.2"), 16});
  // Not for each strange address at once.
  EXPECT_EQ(told("172.20.0.2", "172.20.0.7"), "as registered");
  clock_.advance(1'000);
  EXPECT_EQ(told("172.20.0.2", "172.20.0.7"), "172.20.0.2:9092");
}

TEST_F(AdvertisedAddressesTest, NamesFoundToBeOurOwnAreNotToldOutside) {
  AdvertisedAddresses& addresses = with({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
                                         {"advertised.listeners", "PLAINTEXT://kafka:9092"},
                                         {"odradek.advertised.rescue", "true"}});
  EXPECT_EQ(told("172.18.0.2", "172.18.0.1"), "as registered");
  addresses.add_own_names({"kafka"});
  EXPECT_EQ(told("172.18.0.2", "172.18.0.1"), "127.0.0.1:9092");
  EXPECT_EQ(told("172.18.0.2", "172.18.0.7"), "as registered");
  // And are remembered when the network is read again.
  clock_.advance(1'000);
  EXPECT_EQ(told("172.20.0.2", "172.18.0.1"), "127.0.0.1:9092");
}

TEST_F(AdvertisedAddressesTest, OnlyWhatWasDialledIsCertain) {
  const auto is_certain = [this](std::string_view local, std::string_view peer) {
    return !addresses_->tell("PLAINTEXT", {address_of(local), 9092}, address_of(peer)).may_be_wrong;
  };
  with({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"}});
  EXPECT_TRUE(is_certain("172.18.0.2", "172.18.0.7"));
  EXPECT_TRUE(is_certain("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(is_certain("172.18.0.2", "172.18.0.1"));
  with({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
        {"advertised.listeners", "PLAINTEXT://localhost:9092"}});
  EXPECT_TRUE(is_certain("127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(is_certain("172.18.0.2", "172.18.0.2"));
  EXPECT_FALSE(is_certain("172.18.0.2", "172.18.0.7"));
  EXPECT_FALSE(is_certain("172.18.0.2", "172.18.0.1"));
  with({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
        {"advertised.listeners", "PLAINTEXT://localhost:29092"}});
  EXPECT_FALSE(is_certain("127.0.0.1", "127.0.0.1"));
  with({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
        {"advertised.listeners", "PLAINTEXT://172.18.0.2:9092"}});
  EXPECT_TRUE(is_certain("172.18.0.2", "172.18.0.7"));
  EXPECT_FALSE(is_certain("172.18.0.2", "172.18.0.1"));
}

}  // namespace
}  // namespace server
