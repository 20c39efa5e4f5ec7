// The listeners of a node, and what is said of them: to clients, to the controller, at the start.
//
// Lives on shard 0.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/config/broker_config.h"
#include "cmd/server/advertised_addresses.h"
#include "cmd/server/client_connections.h"
#include "cmd/server/listener.h"
#include "cmd/server/listener_table.h"
#include "cmd/server/name_lookup.h"
#include "cmd/server/shard.h"
#include "wire/base/result.h"

namespace server {

class Listeners {
 public:
  // REQUIRES: shard and config outlive this.
  Listeners(Shard& shard, const cluster::config::BrokerConfig& config)
      : shard_(shard), config_(config), addresses_(config, shard.clock()) {}

  // Takes the ports; clients are refused until serve().
  wire::Status open();
  // REQUIRES: connections is closed before this goes.
  wire::Status serve(ClientConnections& connections);
  void close();

  AdvertisedAddresses& addresses() { return addresses_; }
  // Null if none has the name.
  const Listener* find(const std::string& name) const;
  // The last one of the configuration.
  const Listener& last() const { return *listeners_.back(); }
  // The port of the first listener for clients.
  uint16_t client_port() const;
  // A line each, for people.
  std::vector<std::string> describe() const;

 private:
  ListenerOptions options_of(const cluster::config::Endpoint& endpoint) const;
  std::vector<ListenerRow> rows() const;
  void look_names_up();
  void on_names_found(const std::vector<NameLookup::Result>& results);

  Shard& shard_;
  const cluster::config::BrokerConfig& config_;
  AdvertisedAddresses addresses_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::optional<NameLookup> name_lookup_;
};

}  // namespace server
