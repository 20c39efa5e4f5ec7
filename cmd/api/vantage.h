// From where a client looks at the cluster: the listener that it came in by, and what it is told of
// the node that it talks to.
//
// Made when the connection is accepted (cmd/server/advertised_addresses.h) and immutable: an answer
// that comes later keeps the pointer.  Handlers ask address_of() for hosts and ports; nobody else
// makes any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "wire/base/types.h"

namespace api {

struct Vantage {
  struct OwnAddress {
    wire::NodeId node_id = wire::kNoNode;
    std::string host;
    uint16_t port = 0;

    bool operator==(const OwnAddress&) const = default;
  };

  std::string listener;  // "PLAINTEXT": which of the advertised addresses to answer with
  // Instead of the address that the node has registered for the listener; nothing: that one.
  std::optional<OwnAddress> own;
};

using VantagePtr = std::shared_ptr<const Vantage>;

// Of a connection that has none yet; one object for all, a flood of connections must not allocate.
inline const VantagePtr& no_vantage() {
  static const VantagePtr none = std::make_shared<const Vantage>();
  return none;
}

}  // namespace api
