// Where a client is, and what it is told: the thirteen classes of listener trouble, as far as one
// decision can tell them apart.
#include "cmd/server/advertised_address.h"

#include <gtest/gtest.h>

namespace server {
namespace {

using Reason = AdvertisedReason;

IpAddress ip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

// A container in two networks, with the default route through the first.
NetworkFacts container() {
  NetworkFacts facts;
  facts.place = Place::kContainer;
  facts.interfaces = {{ip("172.18.0.2"), 16}, {ip("172.19.0.2"), 16}, {ip("fd00::2"), 64}};
  facts.gateways = {ip("172.18.0.1")};
  facts.own_names = {"f00dcafe1234", "kafka"};
  return facts;
}

NetworkFacts machine() {
  NetworkFacts facts;
  facts.interfaces = {{ip("192.168.7.20"), 24}};
  facts.gateways = {ip("192.168.7.1")};
  facts.own_names = {"workstation"};
  return facts;
}

AdvertisedListener automatic(uint16_t published = 0) {
  return {.automatic = true, .host = "", .port = published};
}

AdvertisedListener explicitly(std::string host, uint16_t port) {
  return {.automatic = false, .host = std::move(host), .port = port, .rescue = true};
}

AdvertisedAddress told(const AdvertisedListener& listener, std::string_view local,
                       std::string_view peer, const NetworkFacts& facts) {
  return advertised_address(listener, {ip(local), 9092}, ip(peer), facts);
}

const AdvertisedAddress kAsRegistered = {};

TEST(PlaceOfPeer, IsKnownByItsAddress) {
  const NetworkFacts facts = container();
  EXPECT_EQ(place_of(ip("127.0.0.1"), facts), PeerPlace::kLoopback);
  EXPECT_EQ(place_of(ip("172.18.0.2"), facts), PeerPlace::kSameMachine);
  EXPECT_EQ(place_of(ip("172.18.0.1"), facts), PeerPlace::kGateway);
  EXPECT_EQ(place_of(ip("172.18.0.9"), facts), PeerPlace::kNeighbour);
  EXPECT_EQ(place_of(ip("10.9.8.7"), facts), PeerPlace::kElsewhere);
  // The bridges of the networks that the default route does not go through.
  EXPECT_EQ(place_of(ip("172.19.0.1"), facts), PeerPlace::kGateway);
  EXPECT_EQ(place_of(ip("fd00::1"), facts), PeerPlace::kGateway);
}

TEST(PlaceOfPeer, GatewayOfAMachineIsANeighbour) {
  EXPECT_EQ(place_of(ip("192.168.7.1"), machine()), PeerPlace::kNeighbour);
  NetworkFacts pod = container();
  pod.place = Place::kPod;
  EXPECT_EQ(place_of(ip("172.18.0.1"), pod), PeerPlace::kNeighbour);
}

TEST(PlaceOfPeer, NetworkOfOneAddressHasNoGateway) {
  NetworkFacts facts = container();
  facts.interfaces = {{ip("10.0.0.4"), 32}};
  EXPECT_EQ(place_of(ip("10.0.0.5"), facts), PeerPlace::kElsewhere);
}

TEST(AutomaticAddress, IsWhatWasDialled) {
  const NetworkFacts facts = container();
  const auto dialled = [](std::string host) {
    return AdvertisedAddress{Reason::kDialled, std::move(host), 9092};
  };
  EXPECT_EQ(told(automatic(), "127.0.0.1", "127.0.0.1", facts), dialled("127.0.0.1"));
  EXPECT_EQ(told(automatic(), "::1", "::1", facts), dialled("::1"));
  EXPECT_EQ(told(automatic(), "172.18.0.2", "172.18.0.7", facts), dialled("172.18.0.2"));
  EXPECT_EQ(told(automatic(), "172.19.0.2", "172.19.0.7", facts), dialled("172.19.0.2"));
  EXPECT_EQ(told(automatic(), "fd00::2", "fd00::7", facts), dialled("fd00::2"));
  EXPECT_EQ(told(automatic(), "172.18.0.2", "172.18.0.2", facts), dialled("172.18.0.2"));
  // On a machine without ports that are published, from everywhere.
  EXPECT_EQ(told(automatic(), "192.168.7.20", "192.168.7.1", machine()), dialled("192.168.7.20"));
  EXPECT_EQ(told(automatic(), "192.168.7.20", "10.9.8.7", machine()), dialled("192.168.7.20"));
}

TEST(AutomaticAddress, OfAMappedPeerIsIpv4) {
  EXPECT_EQ(told(automatic(), "::ffff:172.18.0.2", "::ffff:172.18.0.7", container()),
            (AdvertisedAddress{Reason::kDialled, "172.18.0.2", 9092}));
}

TEST(AutomaticAddress, ThroughAPublishedPortIsTheHostsLoopback) {
  EXPECT_EQ(told(automatic(), "172.18.0.2", "172.18.0.1", container()),
            (AdvertisedAddress{Reason::kPublished, "127.0.0.1", 9092}));
  EXPECT_EQ(told(automatic(), "fd00::2", "fd00::1", container()),
            (AdvertisedAddress{Reason::kPublished, "::1", 9092}));
  // Under another number, which only the configuration knows.
  EXPECT_EQ(told(automatic(29092), "172.18.0.2", "172.18.0.1", container()),
            (AdvertisedAddress{Reason::kPublished, "127.0.0.1", 29092}));
  EXPECT_EQ(told(automatic(29092), "172.18.0.2", "172.18.0.7", container()).port, 9092);
}

TEST(AutomaticAddress, OutsideHostIsForWhoComesFromOutside) {
  AdvertisedListener listener = automatic(29092);
  listener.outside_host = "docker.example.com";
  const AdvertisedAddress outside = {Reason::kPublished, "docker.example.com", 29092};
  EXPECT_EQ(told(listener, "172.18.0.2", "172.18.0.1", container()), outside);
  EXPECT_EQ(told(listener, "172.18.0.2", "10.9.8.7", container()), outside);
  EXPECT_EQ(told(listener, "172.18.0.2", "172.18.0.7", container()).host, "172.18.0.2");
}

TEST(AutomaticAddress, OfAClientRoutedIntoAContainerIsAGuess) {
  EXPECT_EQ(told(automatic(), "172.18.0.2", "10.9.8.7", container()),
            (AdvertisedAddress{Reason::kDialledByRouted, "172.18.0.2", 9092}));
  NetworkFacts pod = container();
  pod.place = Place::kPod;
  EXPECT_EQ(told(automatic(), "172.18.0.2", "10.9.8.7", pod).reason, Reason::kDialled);
}

TEST(AutomaticAddress, IsNeverLinkLocalNorOfATlsListener) {
  NetworkFacts facts = machine();
  facts.interfaces.push_back({ip("fe80::20"), 64});
  EXPECT_EQ(told(automatic(), "fe80::20", "fe80::7", facts), kAsRegistered);
  AdvertisedListener tls = automatic();
  tls.is_tls = true;
  EXPECT_EQ(told(tls, "172.18.0.2", "172.18.0.7", container()), kAsRegistered);
}

TEST(ExplicitAddress, IsToldToTheLetter) {
  AdvertisedListener listener = explicitly("broker.example.com", 9094);
  for (const char* peer : {"127.0.0.1", "172.18.0.1", "172.18.0.7", "10.9.8.7"}) {
    EXPECT_EQ(told(listener, "172.18.0.2", peer, container()), kAsRegistered) << peer;
  }
  // Loopback is right for whoever came by it, or through a published port.
  listener = explicitly("127.0.0.1", 9092);
  for (const char* peer : {"127.0.0.1", "172.18.0.1", "172.18.0.2", "10.9.8.7"}) {
    EXPECT_EQ(told(listener, "172.18.0.2", peer, container()), kAsRegistered) << peer;
  }
  // Our own name is right beside us.
  EXPECT_EQ(told(explicitly("kafka", 9092), "172.18.0.2", "172.18.0.7", container()),
            kAsRegistered);
}

TEST(ExplicitAddress, LoopbackIsNotToldToANeighbour) {
  for (const char* host : {"localhost", "LocalHost", "127.0.0.1", "::1"}) {
    EXPECT_EQ(told(explicitly(host, 29092), "172.18.0.2", "172.18.0.7", container()),
              (AdvertisedAddress{Reason::kNoLoopback, "172.18.0.2", 9092}))
        << host;
  }
}

TEST(ExplicitAddress, LocalhostIsToldInTheFamilyThatWorks) {
  const auto numeric = [](std::string host) {
    return AdvertisedAddress{Reason::kLoopbackInNumbers, std::move(host), 29092};
  };
  const AdvertisedListener listener = explicitly("localhost", 29092);
  EXPECT_EQ(told(listener, "172.18.0.2", "172.18.0.1", container()), numeric("127.0.0.1"));
  EXPECT_EQ(told(listener, "fd00::2", "fd00::1", container()), numeric("::1"));
  EXPECT_EQ(told(listener, "::1", "::1", machine()), numeric("::1"));
  EXPECT_EQ(told(listener, "192.168.7.20", "192.168.7.20", machine()), numeric("127.0.0.1"));
  EXPECT_EQ(told(listener, "172.18.0.2", "10.9.8.7", container()), kAsRegistered);
}

TEST(ExplicitAddress, OwnNameIsNotToldOutside) {
  for (const char* host : {"kafka", "Kafka", "f00dcafe1234", "172.18.0.2", "172.19.0.2"}) {
    EXPECT_EQ(told(explicitly(host, 29092), "172.18.0.2", "172.18.0.1", container()),
              (AdvertisedAddress{Reason::kNoOwnName, "127.0.0.1", 29092}))
        << host;
    // kubectl port-forward, or a program in the container: both reach loopback.
    EXPECT_EQ(told(explicitly(host, 9092), "127.0.0.1", "127.0.0.1", container()),
              (AdvertisedAddress{Reason::kNoOwnName, "127.0.0.1", 9092}))
        << host;
  }
  // On a machine its name may be known far away.
  EXPECT_EQ(told(explicitly("workstation", 9092), "127.0.0.1", "127.0.0.1", machine()),
            kAsRegistered);
}

TEST(ExplicitAddress, IsOnlyDoubtedWithoutRescueOrWithTls) {
  AdvertisedListener strict = explicitly("localhost", 9092);
  strict.rescue = false;
  AdvertisedListener tls = explicitly("localhost", 9092);
  tls.is_tls = true;
  for (const AdvertisedListener& listener : {strict, tls}) {
    EXPECT_EQ(told(listener, "172.18.0.2", "172.18.0.7", container()),
              (AdvertisedAddress{Reason::kNoLoopback, "", 0}));
  }
}

}  // namespace
}  // namespace server
