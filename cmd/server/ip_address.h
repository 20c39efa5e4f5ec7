// IP addresses as values: of both families, compared and asked what they are.
//
// An IPv4 address that comes as "::ffff:1.2.3.4", as the peers of a dual-stack socket do, is the
// IPv4 address.  Scopes (the "%eth0" of a link-local address) are not kept.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace server {

class IpAddress {
 public:
  // "::", every address.
  IpAddress() = default;
  // "10.0.0.1", "fe80::1"; without brackets.
  static std::optional<IpAddress> parse(std::string_view text);
  // Of an AF_INET or AF_INET6 address; nothing of another.
  static std::optional<IpAddress> of(const sockaddr* address);
  static IpAddress of_v4(uint32_t host_order);
  static IpAddress of_v6(const std::array<uint8_t, 16>& bytes);

  bool is_v4() const;
  bool is_loopback() const;
  bool is_link_local() const;
  bool is_any() const;
  // Of the same family, and the same in the first `prefix_bits` (of 32 or of 128).
  bool in_network(const IpAddress& network, int prefix_bits) const;
  // What a network calls .1, or ::1.
  IpAddress first_of_network(int prefix_bits) const;

  // As parse() takes it.
  std::string text() const;

  bool operator==(const IpAddress&) const = default;

 private:
  std::array<uint8_t, 16> bytes_ = {};  // an IPv4 address as "::ffff:1.2.3.4"
};

struct SocketAddress {
  IpAddress ip;
  uint16_t port = 0;

  bool operator==(const SocketAddress&) const = default;
};

// Of a connected or bound socket: its own end, and the other one.  All zero if it has none (any
// more).
SocketAddress local_address(int socket);
SocketAddress peer_address(int socket);

// "host:port", an IPv6 address in brackets.
std::string host_and_port(std::string_view host, uint16_t port);

}  // namespace server
