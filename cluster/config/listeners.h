// Addresses in the forms that Kafka's properties give them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/result.h"
#include "wire/base/types.h"

namespace cluster::config {

enum class SecurityProtocol : int16_t {
  kPlaintext = 0,
  kSsl = 1,
  kSaslPlaintext = 2,
  kSaslSsl = 3
};
std::string_view security_protocol_name(SecurityProtocol protocol);
std::optional<SecurityProtocol> security_protocol_by_name(std::string_view name);

// LISTENER://host:port
struct Endpoint {
  std::string listener;  // upper case
  std::string host;      // empty: every address
  uint16_t port = 0;     // 0: any free one (listeners only)
  SecurityProtocol protocol = SecurityProtocol::kPlaintext;
  // Advertised, and each client is told an address that it can reach; the host is empty, the port
  // where it is published, or 0.
  bool automatic = false;

  bool operator==(const Endpoint&) const = default;
};

// Where something listens beside the listeners.
struct HostAndPort {
  std::string host;  // empty: every address
  uint16_t port = 0;

  bool operator==(const HostAndPort&) const = default;
};

// host:port, [ipv6]:port or :port; nothing if it is none.
std::optional<HostAndPort> parse_host_and_port(std::string_view text);

// One entry of controller.quorum.voters, "1@localhost:9093".
struct QuorumVoter {
  wire::NodeId id = wire::kNoNode;
  std::string host;
  uint16_t port = 0;

  bool operator==(const QuorumVoter&) const = default;
};

using ProtocolMap = std::map<std::string, SecurityProtocol, std::less<>>;

// "EXTERNAL:SSL,INTERNAL:PLAINTEXT"; listeners in upper case.
wire::Result<ProtocolMap> parse_protocol_map(std::string_view text);

enum class Ports : uint8_t { kDistinct, kAny };

// The endpoints of listeners (ports distinct) or advertised.listeners (any).
wire::Result<std::vector<Endpoint>> parse_endpoints(std::string_view property,
                                                    const std::vector<std::string>& texts,
                                                    const ProtocolMap& protocols, Ports ports);

wire::Result<std::vector<QuorumVoter>> parse_voters(const std::vector<std::string>& texts);

// The endpoints of advertised.listeners.  `auto` stands for every one of `listeners` that has no
// entry of its own, NAME://auto or NAME://auto:PORT for one; so does NAME://:PORT, which names no
// host.
wire::Result<std::vector<Endpoint>> parse_advertised(const std::vector<std::string>& texts,
                                                     const std::vector<Endpoint>& listeners,
                                                     const ProtocolMap& protocols);
// What is advertised if advertised.listeners is not set: the hosts that are bound, and `auto` where
// that is every address.
std::vector<Endpoint> advertised_by_default(std::vector<Endpoint> listeners);

// As scripts leave them that put lists of listeners together (Testcontainers for .NET).
void drop_trailing_commas(std::string& list);

std::string upper(std::string_view text);

}  // namespace cluster::config
