#include "cmd/server/ip_address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace server {
namespace {

IpAddress ip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

TEST(IpAddress, IsReadAndWrittenInBothFamilies) {
  for (const char* text : {"127.0.0.1", "10.1.2.3", "::1", "fe80::1", "2001:db8::7", "::"}) {
    EXPECT_EQ(ip(text).text(), text);
  }
  for (const char* text : {"", "localhost", "1.2.3", "[::1]", "1.2.3.4:9092"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
}

TEST(IpAddress, MappedIpv4IsTheIpv4Address) {
  EXPECT_EQ(ip("::ffff:10.1.2.3"), ip("10.1.2.3"));
  EXPECT_EQ(ip("::ffff:10.1.2.3").text(), "10.1.2.3");
  EXPECT_TRUE(ip("::ffff:127.0.0.1").is_loopback());

  sockaddr_in6 peer{};
  peer.sin6_family = AF_INET6;
  peer.sin6_addr.s6_addr[10] = peer.sin6_addr.s6_addr[11] = 0xff;
  peer.sin6_addr.s6_addr[12] = 10;
  peer.sin6_addr.s6_addr[15] = 7;
  const auto of = IpAddress::of(reinterpret_cast<const sockaddr*>(&peer));
  ASSERT_TRUE(of.has_value());
  EXPECT_TRUE(of->is_v4());
  EXPECT_EQ(of->text(), "10.0.0.7");
}

TEST(IpAddress, KnowsWhatItIs) {
  EXPECT_TRUE(ip("127.3.2.1").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_FALSE(ip("128.0.0.1").is_loopback());
  EXPECT_FALSE(ip("::2").is_loopback());
  EXPECT_FALSE(ip("1::1").is_loopback());
  EXPECT_TRUE(ip("169.254.1.1").is_link_local());
  EXPECT_TRUE(ip("febf::1").is_link_local());
  EXPECT_FALSE(ip("fec0::1").is_link_local());
  EXPECT_TRUE(ip("0.0.0.0").is_any());
  EXPECT_TRUE(ip("::").is_any());
  EXPECT_FALSE(ip("0.0.0.1").is_any());
}

TEST(IpAddress, IsInANetworkOfItsFamily) {
  EXPECT_TRUE(ip("172.18.0.5").in_network(ip("172.18.0.2"), 16));
  EXPECT_FALSE(ip("172.19.0.5").in_network(ip("172.18.0.2"), 16));
  EXPECT_TRUE(ip("10.0.0.130").in_network(ip("10.0.0.129"), 25));
  EXPECT_FALSE(ip("10.0.0.127").in_network(ip("10.0.0.129"), 25));
  EXPECT_FALSE(ip("10.0.0.2").in_network(ip("10.0.0.1"), 32));
  EXPECT_TRUE(ip("fd00::5").in_network(ip("fd00::2"), 64));
  EXPECT_FALSE(ip("fd00:0:0:1::5").in_network(ip("fd00::2"), 64));
  EXPECT_FALSE(ip("fd00::5").in_network(ip("172.18.0.2"), 0));
}

TEST(IpAddress, FindsTheFirstOfItsNetwork) {
  EXPECT_EQ(ip("172.18.3.5").first_of_network(16), ip("172.18.0.1"));
  EXPECT_EQ(ip("10.0.0.130").first_of_network(25), ip("10.0.0.129"));
  EXPECT_EQ(ip("fd00::abcd").first_of_network(64), ip("fd00::1"));
}

TEST(IpAddress, PortsFollowBracketsOfIpv6) {
  EXPECT_EQ(host_and_port("kafka", 9092), "kafka:9092");
  EXPECT_EQ(host_and_port("::1", 9092), "[::1]:9092");
}

}  // namespace
}  // namespace server
