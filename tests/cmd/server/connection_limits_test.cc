#include "cmd/server/connection_limits.h"

#include <gtest/gtest.h>

namespace server {
namespace {

using cluster::metadata::ConfigMap;

TEST(ConnectionLimits, ComeFromTheStrongestLayer) {
  std::vector<std::string> warnings;
  const auto config =
      cluster::config::BrokerConfig::load({{"process.roles", "broker,controller"},
                                           {"node.id", "1"},
                                           {"controller.quorum.voters", "1@localhost:9093"},
                                           {"controller.listener.names", "CONTROLLER"},
                                           {"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
                                           {"max.connections.per.ip", "7"}},
                                          warnings);
  ASSERT_TRUE(config.ok());
  const ConfigMap nothing;
  EXPECT_EQ(connection_limits({*config, nothing, nothing}).connections_per_address_max, 7U);
  const ConfigMap all = {{"max.connections", "9"}, {"max.connections.per.ip", "8"}};
  const ConfigMap mine = {{"max.connections", "5"},
                          {"max.connections.per.ip.overrides", "127.0.0.1:3,::1:4"}};
  const ConnectionLimits limits = connection_limits({*config, mine, all});
  EXPECT_EQ(limits.connections_max, 5U);
  EXPECT_EQ(limits.connections_per_address_max, 8U);
  EXPECT_EQ(limits.connections_max_of_address.at("127.0.0.1"), 3U);
  EXPECT_EQ(limits.connections_max_of_address.at("::1"), 4U);
}

}  // namespace
}  // namespace server
