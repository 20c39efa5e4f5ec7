#include "cmd/server/network_facts.h"

#include <gmock/gmock.h>

namespace server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> all;
  for (const IpAddress& address : addresses) all.push_back(address.text());
  return all;
}

TEST(NetworkFacts, GatewaysAreThoseOfDefaultRoutes) {
  constexpr std::string_view kRoutes =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "eth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
      "eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
      "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n";
  EXPECT_THAT(texts(parse_gateways_v4(kRoutes)), ElementsAre("172.18.0.1"));
  constexpr std::string_view kRoutesV6 =
      "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
  EXPECT_THAT(texts(parse_gateways_v6(kRoutesV6)), ElementsAre("fd00::1"));
}

TEST(NetworkFacts, WhatIsNoRouteIsPassedOver) {
  for (const char* text : {"", "\n\n", "eth0", "eth0 00000000 xyz 0", "a b c d e"}) {
    EXPECT_THAT(parse_gateways_v4(text), IsEmpty()) << text;
    EXPECT_THAT(parse_gateways_v6(text), IsEmpty()) << text;
  }
  EXPECT_THAT(parse_gateways_v6(std::string(32, '0') + " 00 0 00 " + std::string(32, 'g')),
              IsEmpty());
}

TEST(NetworkFacts, OfThisMachineHaveItsName) {
  const NetworkFacts facts = read_network_facts();
  EXPECT_THAT(facts.own_names, ElementsAre(machine_name()));
  for (const auto& own : facts.interfaces) {
    EXPECT_FALSE(own.address.is_loopback());
    EXPECT_LE(own.prefix_bits, own.address.is_v4() ? 32 : 128);
  }
}

}  // namespace
}  // namespace server
