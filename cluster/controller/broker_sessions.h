// Which brokers the controller has heard from, and how far each has read the metadata log.
//
// Soft state of the active controller: nothing of it is in the log.  A new controller gives every
// unfenced broker a fresh session.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "wire/base/types.h"

namespace cluster::controller {

class BrokerSessions {
 public:
  explicit BrokerSessions(wire::DurationMs timeout_ms) : timeout_ms_(timeout_ms) {}

  struct Broker {
    bool fenced = true;
    wire::Offset metadata_offset = -1;
    // Set when it asks to shut down: brokers must have read this far before it may go.
    std::optional<wire::Offset> controlled_shutdown_offset;
  };

  // A contact of this incarnation (its epoch) at `now_ms`.
  void heard_from(wire::NodeId id, int64_t epoch, wire::DurationMs now_ms);
  bool has_session(wire::NodeId id, int64_t epoch, wire::DurationMs now_ms) const;
  // One broker whose session has run out; it is forgotten.
  std::optional<std::pair<wire::NodeId, int64_t>> take_expired(wire::DurationMs now_ms);
  // When the first of the sessions ends; nothing if there is none.
  std::optional<wire::DurationMs> next_expiry_ms() const;

  void registered(wire::NodeId id, bool fenced);
  void remove(wire::NodeId id);
  void fence(wire::NodeId id);
  // State and offset after a heartbeat.
  void touch(wire::NodeId id, bool fenced, wire::Offset metadata_offset);
  void begin_controlled_shutdown(wire::NodeId id, wire::Offset offset);

  // Null if unknown.
  const Broker* find(wire::NodeId id) const;
  const std::map<wire::NodeId, Broker>& brokers() const { return brokers_; }
  // The smallest offset that an active broker has read; the greatest number if there is none.
  wire::Offset lowest_active_offset() const;

 private:
  wire::DurationMs timeout_ms_;
  std::map<wire::NodeId, Broker> brokers_;
  std::map<std::pair<wire::NodeId, int64_t>, wire::DurationMs> contacts_;
};

}  // namespace cluster::controller
