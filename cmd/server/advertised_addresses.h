// What the clients of this node are told of it, connection by connection.
//
// Holds what the decision (advertised_address.h) needs: the listeners' parts of the configuration,
// and the network around this machine, which is read at the start and again when a client comes by
// an address that was not there.  Lives on shard 0, and answers on it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/broker_config.h"
#include "cluster/metadata/brokers.h"
#include "cmd/api/vantage.h"
#include "cmd/server/network_facts.h"
#include "wire/base/clock.h"
#include "wire/base/types.h"

namespace server {

class AdvertisedAddresses {
 public:
  using ReadFacts = NetworkFacts (*)();

  // REQUIRES: the clock outlives this.
  AdvertisedAddresses(const cluster::config::BrokerConfig& config, const wire::Clock& clock,
                      ReadFacts read_facts = &read_network_facts);

  // The port that a listener got.  Before anything is asked about it.
  void bound(const std::string& listener, uint16_t port);

  // What this node registers with the controller: what other brokers, and their clients, are told.
  std::vector<cluster::metadata::Endpoint> registered() const;

  struct Told {
    api::VantagePtr vantage;
    bool may_be_wrong = false;
  };
  // For a client of `listener`, at the other end of a socket of these addresses.
  Told tell(const std::string& listener, const SocketAddress& local, const IpAddress& peer);

  // Null if it is not advertised.
  const AdvertisedListener* rule_of(std::string_view listener) const;

  // Names that were found to mean this node.  Connections that are open keep what they were told.
  void add_own_names(const std::vector<std::string>& names);

  const NetworkFacts& facts() const { return facts_; }
  // odradek.advertised.rescue
  bool rescues() const { return rescue_; }

 private:
  // One listener of advertised.listeners.
  struct Entry {
    AdvertisedListener rule;
    cluster::metadata::Endpoint registered;
    api::VantagePtr as_registered;
  };

  const Entry* entry_of(std::string_view listener) const;
  void read_network();
  void tell_once(const AdvertisedAddress& address, const Entry& entry, const SocketAddress& local,
                 const IpAddress& peer);

  const wire::NodeId node_id_;
  const wire::Clock& clock_;
  const ReadFacts read_facts_;
  const bool rescue_;
  NetworkFacts facts_;
  wire::DurationMs read_ms_ = 0;  // when facts_ were read
  std::vector<std::string> resolved_names_;
  std::vector<Entry> entries_;  // in the order of the configuration
  // Listeners and peers that a line has been written about.
  std::set<std::string> told_of_;
};

}  // namespace server
