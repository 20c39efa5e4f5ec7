// A member of a classic group: who it is, what it can speak, what it was assigned, and which of its
// requests wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api/join_group.h"
#include "wire/api/sync_group.h"
#include "wire/base/bytes.h"
#include "wire/base/reply.h"

namespace cluster::groups {

// A way of assigning that a member offers (a consumer's assignor), with what it says to the leader
// about itself.
struct MemberProtocol {
  std::string name;
  wire::Bytes metadata;

  bool operator==(const MemberProtocol&) const = default;
};

struct ClassicMember {
  std::string member_id;
  std::optional<std::string> group_instance_id;  // KIP-345: static membership
  std::string client_id;
  std::string client_host;
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  std::string protocol_type;
  std::vector<MemberProtocol> protocols;  // most wanted first
  wire::Bytes assignment;

  std::optional<wire::Reply<wire::JoinGroupResponse>> awaiting_join;
  std::optional<wire::Reply<wire::SyncGroupResponse>> awaiting_sync;
  // Has not got its first JoinGroup answer: it does not know its id and cannot heartbeat.
  bool is_new = false;

  bool is_static() const { return group_instance_id.has_value(); }
  bool is_awaiting_join() const { return awaiting_join.has_value(); }

  // A waiting request is a sign of life; but a new member whose client has gone would otherwise
  // wait for ever.
  bool has_satisfied_heartbeat() const {
    return !is_new && (awaiting_join.has_value() || awaiting_sync.has_value());
  }

  // Empty if the member does not offer the protocol.
  wire::Bytes metadata(std::string_view protocol) const {
    for (const MemberProtocol& offered : protocols) {
      if (offered.name == protocol) return offered.metadata;
    }
    return {};
  }
};

}  // namespace cluster::groups
