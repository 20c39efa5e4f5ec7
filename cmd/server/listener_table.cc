#include "cmd/server/listener_table.h"

#include <algorithm>

#include <fmt/core.h>

namespace server {
namespace {

// What `auto` tells whom.
std::string describe_automatic(const ListenerRow& row, const NetworkFacts& facts) {
  if (row.advertised.is_tls)
    return fmt::format("auto: the machine's name, as certificates have it");
  if (facts.place != Place::kContainer) {
    const std::string& outside = row.advertised.outside_host;
    return "auto: each client is told the address that it dialled" +
           (outside.empty()
                ? std::string()
                : fmt::format("; from other networks {}",
                              host_and_port(outside, row.advertised.port != 0 ? row.advertised.port
                                                                              : row.bound_port)));
  }
  std::string beside;
  for (const auto& own : facts.interfaces) {
    if (own.address.is_link_local()) continue;
    beside += (beside.empty() ? "" : " or ") + host_and_port(own.address.text(), row.bound_port);
  }
  const std::string host =
      row.advertised.outside_host.empty() ? "127.0.0.1" : row.advertised.outside_host;
  const uint16_t port = row.advertised.port != 0 ? row.advertised.port : row.bound_port;
  return fmt::format("auto: beside this container {}; through its host's port {}",
                     beside.empty() ? "nothing" : beside, host_and_port(host, port));
}

std::string describe_explicit(const ListenerRow& row, const NetworkFacts& facts) {
  const uint16_t port = row.advertised.port != 0 ? row.advertised.port : row.bound_port;
  const std::string address = host_and_port(row.advertised.host, port);
  const bool is_contained = facts.place != Place::kMachine;
  if (is_loopback_host(row.advertised.host)) {
    return address + (is_contained
                          ? ": for this container, and for its host if it publishes the port"
                          : ": for this machine");
  }
  const auto ip = IpAddress::parse(row.advertised.host);
  const bool is_ours = ip ? facts.has(*ip)
                          : std::find(facts.own_names.begin(), facts.own_names.end(),
                                      row.advertised.host) != facts.own_names.end();
  if (is_ours && is_contained) return address + ": for this container and its networks";
  return address;
}

// As doubts_about() says it of one host.
std::string doubt_about(const ListenerRow& row, const NameLookup::Result& lookup) {
  const std::string address = fmt::format("{}://{}", row.name, row.advertised.host);
  if (lookup.addresses.empty()) {
    return fmt::format(
        "advertised.listeners: {} does not resolve here ({}); clients to whom it does not resolve "
        "either cannot connect: advertise a name that they know, an IP address, or auto",
        address, lookup.failure);
  }
  const bool v4 = std::any_of(lookup.addresses.begin(), lookup.addresses.end(),
                              [](const IpAddress& ip) { return ip.is_v4(); });
  if (!v4) {
    return fmt::format(
        "advertised.listeners: {} resolves to IPv6 alone ({}); clients without IPv6 cannot connect",
        address, lookup.addresses.front().text());
  }
  return {};
}

}  // namespace

std::string describe_listener(const ListenerRow& row, const NetworkFacts& facts) {
  const std::string bound =
      fmt::format("Listener {} on {}", row.name, host_and_port(row.bound_host, row.bound_port));
  if (row.is_controller) return bound + ", for controllers";
  if (!row.is_advertised) return bound + ", not advertised";
  return fmt::format(
      "{}, advertised {}", bound,
      row.advertised.automatic ? describe_automatic(row, facts) : describe_explicit(row, facts));
}

std::vector<std::string> doubts_about(const std::vector<ListenerRow>& rows,
                                      const std::vector<NameLookup::Result>& lookups) {
  std::vector<std::string> doubts;
  for (const ListenerRow& row : rows) {
    if (!row.is_advertised || row.advertised.automatic) continue;
    const auto lookup = std::find_if(
        lookups.begin(), lookups.end(),
        [&](const NameLookup::Result& result) { return result.host == row.advertised.host; });
    if (lookup == lookups.end()) continue;
    if (std::string doubt = doubt_about(row, *lookup); !doubt.empty()) doubts.push_back(doubt);
  }
  return doubts;
}

std::vector<std::string> shared_addresses(const cluster::metadata::ClusterImage& cluster,
                                          const std::set<wire::NodeId>& changed,
                                          wire::NodeId self) {
  std::vector<std::string> lines;
  const auto* own = cluster.broker(self);
  if (own == nullptr) return lines;
  for (const auto& [id, other] : cluster.brokers) {
    if (id == self || (!changed.contains(id) && !changed.contains(self))) continue;
    for (const auto& endpoint : other->endpoints) {
      const auto* ours = own->endpoint(endpoint.name);
      if (ours == nullptr || ours->host != endpoint.host || ours->port != endpoint.port) continue;
      lines.push_back(fmt::format(
          "node {} advertises {} for listener {}, as this node {} does: clients of one reach the "
          "other; give each node an address or a port of its own in advertised.listeners",
          id, host_and_port(endpoint.host, endpoint.port), endpoint.name, self));
    }
  }
  return lines;
}

}  // namespace server
