#include "cmd/server/advertised_address.h"

#include <algorithm>
#include <string_view>

#include <strings.h>

namespace server {
namespace {

bool same_name(const std::string& a, const std::string& b) {
  return ::strcasecmp(a.c_str(), b.c_str()) == 0;
}

AdvertisedAddress as_registered() {
  return {};
}

// What the client dialled.  A link-local address is none without its interface, whose name is
// another one at the client.
AdvertisedAddress dialled(AdvertisedReason reason, const SocketAddress& local) {
  if (local.ip.is_link_local() || local.ip.is_any()) return as_registered();
  return {reason, local.ip.text(), local.port};
}

// The other side of a published port.  Numeric, because "localhost" may be ::1 first, and ports are
// often published for IPv4 alone.
AdvertisedAddress published(AdvertisedReason reason, const AdvertisedListener& listener,
                            const SocketAddress& local) {
  const std::string_view loopback = local.ip.is_v4() ? "127.0.0.1" : "::1";
  return {reason, listener.outside_host.empty() ? std::string(loopback) : listener.outside_host,
          listener.port != 0 ? listener.port : local.port};
}

AdvertisedAddress automatic(const AdvertisedListener& listener, const SocketAddress& local,
                            PeerPlace peer, Place place) {
  switch (peer) {
    case PeerPlace::kLoopback:
    case PeerPlace::kSameMachine:
    case PeerPlace::kNeighbour:
      return dialled(AdvertisedReason::kDialled, local);
    case PeerPlace::kGateway:
      return published(AdvertisedReason::kPublished, listener, local);
    case PeerPlace::kElsewhere:
      break;
  }
  if (!listener.outside_host.empty())
    return published(AdvertisedReason::kPublished, listener, local);
  // Routed to us, or with the host's address replaced by ours on its way through a published port,
  // as Docker does for clients from other machines: only the first can come again.
  return dialled(
      place == Place::kContainer ? AdvertisedReason::kDialledByRouted : AdvertisedReason::kDialled,
      local);
}

// "localhost" is often ::1 first, where nobody may listen: loopback of the family that works.
AdvertisedAddress loopback_in_numbers(const AdvertisedListener& listener,
                                      const SocketAddress& local) {
  return {AdvertisedReason::kLoopbackInNumbers, local.ip.is_v4() ? "127.0.0.1" : "::1",
          listener.port != 0 ? listener.port : local.port};
}

bool is_own_name(const std::string& host, const NetworkFacts& facts) {
  if (const auto address = IpAddress::parse(host)) return facts.has(*address);
  return std::any_of(facts.own_names.begin(), facts.own_names.end(),
                     [&](const std::string& name) { return same_name(name, host); });
}

// What an explicit entry says, unless it cannot be right for this peer.
AdvertisedAddress rescued(const AdvertisedListener& listener, const SocketAddress& local,
                          PeerPlace peer, const NetworkFacts& facts) {
  if (is_loopback_host(listener.host)) {
    // A peer in our own network namespace would have come by loopback, or by our own address.
    if (peer == PeerPlace::kNeighbour) return dialled(AdvertisedReason::kNoLoopback, local);
    const bool is_name = !IpAddress::parse(listener.host).has_value();
    return is_name && peer != PeerPlace::kElsewhere ? loopback_in_numbers(listener, local)
                                                    : as_registered();
  }
  if (facts.place == Place::kMachine || !is_own_name(listener.host, facts)) return as_registered();
  if (peer == PeerPlace::kGateway) return published(AdvertisedReason::kNoOwnName, listener, local);
  // Beside us the name would do, but kubectl port-forward comes this way, too.
  if (peer == PeerPlace::kLoopback) return dialled(AdvertisedReason::kNoOwnName, local);
  return as_registered();
}

}  // namespace

bool NetworkFacts::has(const IpAddress& address) const {
  return std::any_of(interfaces.begin(), interfaces.end(),
                     [&](const Interface& own) { return own.address == address; });
}

PeerPlace place_of(const IpAddress& peer, const NetworkFacts& facts) {
  if (peer.is_loopback()) return PeerPlace::kLoopback;
  if (facts.has(peer)) return PeerPlace::kSameMachine;
  if (facts.place == Place::kContainer) {
    if (std::find(facts.gateways.begin(), facts.gateways.end(), peer) != facts.gateways.end())
      return PeerPlace::kGateway;
    // Of several networks only one has the default route; the bridge of each has the first address.
    for (const auto& own : facts.interfaces) {
      if (peer.in_network(own.address, own.prefix_bits) &&
          peer == own.address.first_of_network(own.prefix_bits))
        return PeerPlace::kGateway;
    }
  }
  const bool neighbour =
      std::any_of(facts.interfaces.begin(), facts.interfaces.end(),
                  [&](const auto& own) { return peer.in_network(own.address, own.prefix_bits); });
  return neighbour ? PeerPlace::kNeighbour : PeerPlace::kElsewhere;
}

AdvertisedAddress advertised_address(const AdvertisedListener& listener, const SocketAddress& local,
                                     const IpAddress& peer, const NetworkFacts& facts) {
  const PeerPlace place = place_of(peer, facts);
  if (listener.automatic) {
    return listener.is_tls ? as_registered() : automatic(listener, local, place, facts.place);
  }
  AdvertisedAddress address = rescued(listener, local, place, facts);
  if (!listener.rescue || listener.is_tls) {
    address.host.clear();
    address.port = 0;
  }
  return address;
}

bool may_be_wrong(const AdvertisedAddress& told, const SocketAddress& local, PeerPlace peer) {
  if (told.reason == AdvertisedReason::kDialled) return false;
  if (told.reason == AdvertisedReason::kDialledByRouted || peer == PeerPlace::kGateway) return true;
  if (told.port != local.port) return true;
  const bool is_here = peer == PeerPlace::kLoopback || peer == PeerPlace::kSameMachine;
  return told.host != local.ip.text() && !(is_here && is_loopback_host(told.host));
}

bool is_loopback_host(const std::string& host) {
  if (same_name(host, "localhost")) return true;
  const auto address = IpAddress::parse(host);
  return address && address->is_loopback();
}

}  // namespace server
