// Which address of this node a client is told, decided from where the client is.
//
// A client that dialled an address of this machine can dial it again: with `auto` that is what it
// is told.  It is the peer's own address that says when that is not so: the gateway of a
// container's network stands for all who came through a published port, and they must be told the
// port's other side.  docs/decisions/0007 has the reasons.
//
// Pure: what the machine has is in NetworkFacts, and whoever calls reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/server/ip_address.h"

namespace server {

enum class Place : uint8_t {
  kMachine,    // a machine, virtual or not, or a container in its network
  kContainer,  // a container with a network of its own: ports of its host may be published to it
  kPod         // a pod of Kubernetes: reached by its own address from everywhere in the cluster
};

// What this process can know of the network around it.
struct NetworkFacts {
  struct Interface {
    IpAddress address;
    int prefix_bits = 0;
  };

  Place place = Place::kMachine;
  std::vector<Interface> interfaces;  // of both families; loopback is not among them
  std::vector<IpAddress> gateways;    // of the default routes
  // Names that mean this node: its host name, and of those that are advertised the ones that
  // resolve to an address of this machine.
  std::vector<std::string> own_names;

  bool has(const IpAddress& address) const;
};

// Where a peer is, seen from here.
enum class PeerPlace : uint8_t {
  kLoopback,     // this machine, or what forwards ports into it (kubectl port-forward)
  kSameMachine,  // it came by an address of this machine
  kGateway,      // of a container's network: the host, or anyone who came through its ports
  kNeighbour,    // in one of our networks
  kElsewhere
};
PeerPlace place_of(const IpAddress& peer, const NetworkFacts& facts);

// One listener's part of advertised.listeners.
struct AdvertisedListener {
  bool automatic = false;
  std::string host = {};  // of an explicit entry
  uint16_t port = 0;      // of an explicit entry, or where `auto` is published; 0: the one bound
  // A certificate names hosts: such a listener's addresses are never replaced by numeric ones.
  bool is_tls = false;
  bool rescue = false;  // odradek.advertised.rescue
  // odradek.advertised.host: what clients outside call the machine whose ports are published.
  std::string outside_host = {};
};

// Why the address is the one it is.
enum class AdvertisedReason : uint8_t {
  kAsRegistered,      // what the configuration says
  kDialled,           // auto: what the client dialled
  kPublished,         // auto: this side's port, through the host's
  kDialledByRouted,   // auto: what was dialled, but a container's port may stand between: a guess
  kNoLoopback,        // told of loopback, the client meets itself
  kNoOwnName,         // our own name is not known on the other side of a published port
  kLoopbackInNumbers  // "localhost" may be the other family's first
};

struct AdvertisedAddress {
  AdvertisedReason reason = AdvertisedReason::kAsRegistered;
  // Empty: as registered.  With kNoLoopback or kNoOwnName that is of no use to the client, and it
  // was not to be rescued.
  std::string host = {};
  uint16_t port = 0;

  bool operator==(const AdvertisedAddress&) const = default;
};

// For a client at `peer` that is connected to our end `local`.
AdvertisedAddress advertised_address(const AdvertisedListener& listener, const SocketAddress& local,
                                     const IpAddress& peer, const NetworkFacts& facts);

// Whether a client may be unable to use what it is told (with the host in it, registered or not):
// all that is certain is that it can dial again what it dialled.
bool may_be_wrong(const AdvertisedAddress& told, const SocketAddress& local, PeerPlace peer);

// "localhost", or a numeric address of loopback.
bool is_loopback_host(const std::string& host);

}  // namespace server
