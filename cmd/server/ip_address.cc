#include "cmd/server/ip_address.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

namespace server {
namespace {

constexpr std::array<uint8_t, 12> kV4Mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kV4Offset = 96;  // bits before those of an IPv4 address
constexpr int kBits = 128;

using NameFunction = int (*)(int, sockaddr*, socklen_t*);

SocketAddress address_by(NameFunction function, int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* const generic = reinterpret_cast<sockaddr*>(&storage);
  if (function(socket, generic, &size) != 0) return {};
  const auto ip = IpAddress::of(generic);
  if (!ip) return {};
  const uint16_t port = storage.ss_family == AF_INET
                            ? reinterpret_cast<const sockaddr_in*>(&storage)->sin_port
                            : reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port;
  return {*ip, ntohs(port)};
}

}  // namespace

IpAddress IpAddress::of_v4(uint32_t host_order) {
  IpAddress address;
  std::copy(kV4Mapped.begin(), kV4Mapped.end(), address.bytes_.begin());
  for (size_t i = 0; i < 4; ++i) {
    address.bytes_[12 + i] = static_cast<uint8_t>(host_order >> (24 - 8 * i));
  }
  return address;
}

IpAddress IpAddress::of_v6(const std::array<uint8_t, 16>& bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  in_addr v4{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) return of_v4(ntohl(v4.s_addr));
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    return of_v4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  IpAddress v6;
  std::memcpy(v6.bytes_.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr,
              v6.bytes_.size());
  return v6;
}

bool IpAddress::is_v4() const {
  return std::equal(kV4Mapped.begin(), kV4Mapped.end(), bytes_.begin());
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t byte) { return byte == 0; }) &&
         bytes_.back() == 1;
}

bool IpAddress::is_link_local() const {
  if (is_v4()) return bytes_[12] == 169 && bytes_[13] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_any() const {
  const auto begin = is_v4() ? bytes_.begin() + kV4Offset / 8 : bytes_.begin();
  return std::all_of(begin, bytes_.end(), [](uint8_t byte) { return byte == 0; });
}

bool IpAddress::in_network(const IpAddress& network, int prefix_bits) const {
  if (is_v4() != network.is_v4()) return false;
  const int bits = prefix_bits + (is_v4() ? kV4Offset : 0);
  for (int bit = 0; bit < bits && bit < kBits; bit += 8) {
    const auto at = static_cast<size_t>(bit / 8);
    const int rest = std::min(8, bits - bit);
    const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
    if ((bytes_[at] & mask) != (network.bytes_[at] & mask)) return false;
  }
  return true;
}

IpAddress IpAddress::first_of_network(int prefix_bits) const {
  IpAddress first = *this;
  for (int bit = prefix_bits + (is_v4() ? kV4Offset : 0); bit < kBits; ++bit) {
    first.bytes_[static_cast<size_t>(bit / 8)] &= static_cast<uint8_t>(~(0x80 >> (bit % 8)));
  }
  first.bytes_.back() |= 1;
  return first;
}

std::string IpAddress::text() const {
  char text[INET6_ADDRSTRLEN] = "?";
  if (is_v4()) {
    inet_ntop(AF_INET, bytes_.data() + kV4Offset / 8, text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, bytes_.data(), text, sizeof(text));
  }
  return text;
}

SocketAddress local_address(int socket) {
  return address_by(::getsockname, socket);
}

SocketAddress peer_address(int socket) {
  return address_by(::getpeername, socket);
}

std::string host_and_port(std::string_view host, uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace server
