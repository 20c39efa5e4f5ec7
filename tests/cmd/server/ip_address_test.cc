#include "cmd/server/ip_address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace server {
namespace {

IpAddress parsed(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

TEST(IpAddress, IsReadAndWrittenInBothFamilies) {
  for (const char* text : {"127.0.0.1", "10.1.2.3", "::1", "fe80::1", "2001:db8::7", "::"}) {
    EXPECT_EQ(parsed(text).text(), text);
  }
  for (const char* text : {"", "localhost", "1.2.3", "[::1]", "1.2.3.4:9092"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
}

TEST(IpAddress, MappedIpv4IsTheIpv4Address) {
  EXPECT_EQ(parsed("::ffff:10.1.2.3"), parsed("10.1.2.3"));
  EXPECT_EQ(parsed("::ffff:10.1.2.3").text(), "10.1.2.3");
  EXPECT_TRUE(parsed("::ffff:127.0.0.1").is_loopback());

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
  EXPECT_TRUE(parsed("127.3.2.1").is_loopback());
  EXPECT_TRUE(parsed("::1").is_loopback());
  EXPECT_FALSE(parsed("128.0.0.1").is_loopback());
  EXPECT_FALSE(parsed("::2").is_loopback());
  EXPECT_FALSE(parsed("1::1").is_loopback());
  EXPECT_TRUE(parsed("169.254.1.1").is_link_local());
  EXPECT_TRUE(parsed("febf::1").is_link_local());
  EXPECT_FALSE(parsed("fec0::1").is_link_local());
  EXPECT_TRUE(parsed("0.0.0.0").is_any());
  EXPECT_TRUE(parsed("::").is_any());
  EXPECT_FALSE(parsed("0.0.0.1").is_any());
}

TEST(IpAddress, IsInANetworkOfItsFamily) {
  EXPECT_TRUE(parsed("172.18.0.5").in_network(parsed("172.18.0.2"), 16));
  EXPECT_FALSE(parsed("172.19.0.5").in_network(parsed("172.18.0.2"), 16));
  EXPECT_TRUE(parsed("10.0.0.130").in_network(parsed("10.0.0.129"), 25));
  EXPECT_FALSE(parsed("10.0.0.127").in_network(parsed("10.0.0.129"), 25));
  EXPECT_FALSE(parsed("10.0.0.2").in_network(parsed("10.0.0.1"), 32));
  EXPECT_TRUE(parsed("fd00::5").in_network(parsed("fd00::2"), 64));
  EXPECT_FALSE(parsed("fd00:0:0:1::5").in_network(parsed("fd00::2"), 64));
  EXPECT_FALSE(parsed("fd00::5").in_network(parsed("172.18.0.2"), 0));
}

TEST(IpAddress, FindsTheFirstOfItsNetwork) {
  EXPECT_EQ(parsed("172.18.3.5").first_of_network(16), parsed("172.18.0.1"));
  EXPECT_EQ(parsed("10.0.0.130").first_of_network(25), parsed("10.0.0.129"));
  EXPECT_EQ(parsed("fd00::abcd").first_of_network(64), parsed("fd00::1"));
}

TEST(IpAddress, PortsFollowBracketsOfIpv6) {
  EXPECT_EQ(host_and_port("kafka", 9092), "kafka:9092");
  EXPECT_EQ(host_and_port("::1", 9092), "[::1]:9092");
}

}  // namespace
}  // namespace server
