// Addresses of any form, as properties and the kernel give them: what is taken, is what was said.
#include <string>
#include <string_view>

#include "cluster/config/broker_config.h"
#include "cmd/server/network_facts.h"
#include "wire/base/check.h"

namespace {

void check_listeners(const std::string& listeners, const std::string& advertised) {
  std::vector<std::string> warnings;
  const auto config = cluster::config::BrokerConfig::load(
      {{"process.roles", "broker,controller"},
       {"node.id", "1"},
       {"controller.quorum.bootstrap.servers", "127.0.0.1:9093"},
       {"controller.listener.names", "CONTROLLER"},
       {"listeners", "CONTROLLER://:0," + listeners},
       {"advertised.listeners", advertised}},
      warnings);
  if (!config.ok()) {
    CHECK(!config.error().detail.empty());
    return;
  }
  for (const auto& endpoint : config->advertised_listeners()) {
    CHECK(!endpoint.listener.empty());
    CHECK(endpoint.automatic == endpoint.host.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(text.find('\n'), text.size());
  check_listeners(std::string(text.substr(0, cut)), std::string(text.substr(cut)));
  if (const auto address = server::IpAddress::parse(text)) {
    CHECK(server::IpAddress::parse(address->text()) == address);
  }
  server::parse_gateways_v4(text);
  server::parse_gateways_v6(text);
  return 0;
}
