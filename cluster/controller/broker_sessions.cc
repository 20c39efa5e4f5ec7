#include "cluster/controller/broker_sessions.h"

#include <algorithm>
#include <limits>

#include "wire/base/check.h"

namespace cluster::controller {

void BrokerSessions::heard_from(wire::NodeId id, int64_t epoch, wire::DurationMs now_ms) {
  contacts_[{id, epoch}] = now_ms;
}

bool BrokerSessions::has_session(wire::NodeId id, int64_t epoch, wire::DurationMs now_ms) const {
  const auto contact = contacts_.find({id, epoch});
  return contact != contacts_.end() && now_ms - contact->second <= timeout_ms_;
}

std::optional<std::pair<wire::NodeId, int64_t>> BrokerSessions::take_expired(
    wire::DurationMs now_ms) {
  for (auto contact = contacts_.begin(); contact != contacts_.end(); ++contact) {
    if (now_ms - contact->second <= timeout_ms_) continue;
    const auto expired = contact->first;
    contacts_.erase(contact);
    return expired;
  }
  return std::nullopt;
}

std::optional<wire::DurationMs> BrokerSessions::next_expiry_ms() const {
  if (contacts_.empty()) return std::nullopt;
  wire::DurationMs earliest = std::numeric_limits<wire::DurationMs>::max();
  for (const auto& [who, contact] : contacts_) earliest = std::min(earliest, contact);
  return earliest + timeout_ms_ + 1;
}

void BrokerSessions::registered(wire::NodeId id, bool fenced) {
  const auto found = brokers_.find(id);
  // What it has read counts for the incarnation that said so.
  const wire::Offset offset = found != brokers_.end() && found->second.fenced != fenced
                                  ? found->second.metadata_offset
                                  : -1;
  brokers_.try_emplace(id);
  touch(id, fenced, offset);
}

void BrokerSessions::remove(wire::NodeId id) {
  brokers_.erase(id);
}

void BrokerSessions::fence(wire::NodeId id) {
  const auto found = brokers_.find(id);
  if (found != brokers_.end()) found->second.fenced = true;
}

void BrokerSessions::touch(wire::NodeId id, bool fenced, wire::Offset metadata_offset) {
  const auto found = brokers_.find(id);
  CHECK(found != brokers_.end());
  Broker& broker = found->second;
  broker.fenced = fenced;
  broker.metadata_offset = metadata_offset;
  // A fenced broker has left controlled shutdown: its next heartbeat lets it go at once.
  if (fenced) broker.controlled_shutdown_offset.reset();
}

void BrokerSessions::begin_controlled_shutdown(wire::NodeId id, wire::Offset offset) {
  const auto found = brokers_.find(id);
  CHECK(found != brokers_.end());
  if (!found->second.controlled_shutdown_offset) found->second.controlled_shutdown_offset = offset;
}

const BrokerSessions::Broker* BrokerSessions::find(wire::NodeId id) const {
  const auto found = brokers_.find(id);
  return found == brokers_.end() ? nullptr : &found->second;
}

wire::Offset BrokerSessions::lowest_active_offset() const {
  wire::Offset lowest = std::numeric_limits<wire::Offset>::max();
  for (const auto& [id, broker] : brokers_) {
    if (broker.fenced || broker.controlled_shutdown_offset) continue;
    lowest = std::min(lowest, broker.metadata_offset);
  }
  return lowest;
}

}  // namespace cluster::controller
