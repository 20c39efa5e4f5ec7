// What the start says of the listeners: where each is bound, what its clients are told, who can use
// that, and what looks wrong.
//
// Pure.  The lines are for people; the doubts name the property to set.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cluster/metadata/brokers.h"
#include "cmd/server/advertised_address.h"
#include "cmd/server/name_lookup.h"

namespace server {

// One listener that is bound.
struct ListenerRow {
  std::string name;
  std::string bound_host;  // "::"
  uint16_t bound_port = 0;
  bool is_controller = false;
  bool is_advertised = false;
  AdvertisedListener advertised = {};
};

// "Listener PLAINTEXT on [::]:9092, advertised localhost:9092: for this container and its host".
std::string describe_listener(const ListenerRow& row, const NetworkFacts& facts);

// What is wrong with the addresses, as far as name servers know: a line each.
std::vector<std::string> doubts_about(const std::vector<ListenerRow>& rows,
                                      const std::vector<NameLookup::Result>& lookups);

// Which of the nodes `changed` advertise an address that is this node's: a line each.
std::vector<std::string> shared_addresses(const cluster::metadata::ClusterImage& cluster,
                                          const std::set<wire::NodeId>& changed, wire::NodeId self);

}  // namespace server
