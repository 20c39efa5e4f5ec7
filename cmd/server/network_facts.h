// What this process can see of the network around it: its addresses, its gateways, and whether it
// is in a container.
#pragma once

#include <string_view>
#include <vector>

#include "cmd/server/advertised_address.h"

namespace server {

// Read from the system: getifaddrs, /proc/net, the marks that container engines leave, the host
// name.  Costs a fraction of a millisecond; asks no name server.
NetworkFacts read_network_facts();

// Gateways of default routes, from the texts of /proc/net/route and /proc/net/ipv6_route.
std::vector<IpAddress> parse_gateways_v4(std::string_view routes);
std::vector<IpAddress> parse_gateways_v6(std::string_view routes);

// What this machine is called; "localhost" if it has no name.
std::string machine_name();

}  // namespace server
