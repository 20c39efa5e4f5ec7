// The classic group protocol.
//
// FindCoordinator (key 10), v0-v6.   v1: transactions.  v4: several keys.  v6: share groups.
// JoinGroup (11), v0-v9.             v1: rebalance timeout.  v4: KIP-394.  v5: static members.
//                                    v9: skip assignment.
// Heartbeat (12), v0-v4.             v3: static members.
// LeaveGroup (13), v0-v5.            v3: several members.
// SyncGroup (14), v0-v5.             v3: static members.  v5: names its protocol.
// DescribeGroups (15), v0-v6.        v3: authorized operations.  v6: GROUP_ID_NOT_FOUND.
// ListGroups (16), v0-v5.            v4: filter by state.  v5: by type.
// DeleteGroups (42), v0-v2.
// ConsumerGroupDescribe (69), v0-v1. KIP-848: of which kind no group here is, and so it says.
// Not supported: coordinators of share groups; the consumer protocol itself.

#include <memory>
#include <optional>
#include <utility>

#include "cluster/groups/group_coordinator.h"
#include "cluster/metadata/image.h"
#include "cluster/transactions/transaction_coordinator.h"
#include "cmd/api/authorized_operations.h"
#include "cmd/api/group_identity.h"
#include "cmd/api/handlers.h"
#include "cmd/api/leader_hint.h"
#include "cmd/api/topic_creation.h"
#include "wire/api/consumer_group_describe.h"
#include "wire/api/find_coordinator.h"

namespace api {
namespace {

using wire::ErrorCode;
using wire::FindCoordinatorResponse;

constexpr int8_t kGroupKey = 0;
constexpr int8_t kTransactionKey = 1;
constexpr int16_t kManyKeysVersion = 4;
constexpr int32_t kGroupOperations = acl_operation::kRead | acl_operation::kDescribe |
                                     acl_operation::kDelete | acl_operation::kDescribeConfigs |
                                     acl_operation::kAlterConfigs;

FindCoordinatorResponse::Coordinator no_coordinator(const std::string& key, ErrorCode error) {
  FindCoordinatorResponse::Coordinator none;
  none.key = key;
  none.node_id = wire::kNoNode;
  none.port = -1;
  none.error_code = error;
  return none;
}

FindCoordinatorResponse::Coordinator find_coordinator(Services& services, int8_t key_type,
                                                      const std::string& key,
                                                      const Vantage& vantage) {
  const auto image = services.image;
  const LeaderHint hint =
      key_type == kGroupKey
          ? leader_of(*image, kOffsetsTopic, services.groups->partition_for(key))
          : leader_of(*image, kTransactionTopic, services.transactions->partition_for(key));
  auto address = address_of(*image, hint.leader_id, vantage);
  if (!address) return no_coordinator(key, ErrorCode::kCoordinatorNotAvailable);
  FindCoordinatorResponse::Coordinator found;
  found.key = key;
  found.node_id = address->node_id;
  found.host = std::move(address->host);
  found.port = address->port;
  return found;
}

// Versions below 4 ask for one key and have the answer at the top.
FindCoordinatorResponse shaped(std::vector<FindCoordinatorResponse::Coordinator> found,
                               int16_t version) {
  FindCoordinatorResponse response;
  if (version >= kManyKeysVersion) {
    response.coordinators = std::move(found);
    return response;
  }
  auto& one = found.front();
  response.error_code = one.error_code;
  response.error_message = std::string(wire::error_message(one.error_code));
  response.node_id = one.node_id;
  response.host = std::move(one.host);
  response.port = one.port;
  return response;
}

}  // namespace

cluster::groups::RequestIdentity group_identity(const RequestContext& context) {
  return {std::string(context.client_id_or_empty()), "/" + context.connection.client_host,
          context.api_version};
}

// Apache answers COORDINATOR_NOT_AVAILABLE while the first request creates the topic, and
// the client asks again after its retry backoff.  Here the first answer waits for the topic.
void handle_find_coordinator(RequestContext& context, wire::FindCoordinatorRequest request,
                             wire::Reply<wire::FindCoordinatorResponse> reply) {
  std::vector<std::string> keys = context.api_version >= kManyKeysVersion
                                      ? std::move(request.coordinator_keys)
                                      : std::vector{std::move(request.key)};
  const int16_t version = context.api_version;
  if (request.key_type != kGroupKey && request.key_type != kTransactionKey) {
    std::vector<FindCoordinatorResponse::Coordinator> none;
    for (const std::string& key : keys) {
      none.push_back(no_coordinator(key, ErrorCode::kInvalidRequest));
    }
    return reply(shaped(std::move(none), version));
  }
  const std::string_view topic = request.key_type == kGroupKey ? kOffsetsTopic : kTransactionTopic;
  auto answer = [&services = context.services, keys = std::move(keys), version,
                 key_type = request.key_type, vantage = context.connection.vantage,
                 reply = std::move(reply)]() mutable {
    std::vector<FindCoordinatorResponse::Coordinator> found;
    found.reserve(keys.size());
    for (const std::string& key : keys) {
      found.push_back(find_coordinator(services, key_type, key, *vantage));
    }
    reply(shaped(std::move(found), version));
  };
  if (context.services.image->topic(topic) != nullptr) return answer();
  create_topics_on_demand(
      context.services, {std::string(topic)},
      [answer = std::move(answer)](std::map<std::string, ErrorCode>) mutable { answer(); });
}

void handle_join_group(RequestContext& context, wire::JoinGroupRequest request,
                       wire::Reply<wire::JoinGroupResponse> reply) {
  // v0 has one timeout for both.
  if (context.api_version == 0) request.rebalance_timeout_ms = request.session_timeout_ms;
  // v7: no protocol is null; before, the field could only be empty.
  auto done = [reply = std::move(reply), has_null = context.api_version >= 7](
                  std::optional<wire::JoinGroupResponse> response) mutable {
    if (!response) return;
    if (has_null && response->protocol_name == "") response->protocol_name = std::nullopt;
    reply(*std::move(response));
  };
  context.services.groups->join_group(std::move(request), group_identity(context),
                                      wire::Reply<wire::JoinGroupResponse>(std::move(done)));
}

void handle_sync_group(RequestContext& context, wire::SyncGroupRequest request,
                       wire::Reply<wire::SyncGroupResponse> reply) {
  context.services.groups->sync_group(std::move(request), group_identity(context),
                                      std::move(reply));
}

void handle_heartbeat(RequestContext& context, wire::HeartbeatRequest request,
                      wire::Reply<wire::HeartbeatResponse> reply) {
  context.services.groups->heartbeat(std::move(request), group_identity(context), std::move(reply));
}

void handle_leave_group(RequestContext& context, wire::LeaveGroupRequest request,
                        wire::Reply<wire::LeaveGroupResponse> reply) {
  context.services.groups->leave_group(std::move(request), group_identity(context),
                                       std::move(reply));
}

void handle_describe_groups(RequestContext& context, wire::DescribeGroupsRequest request,
                            wire::Reply<wire::DescribeGroupsResponse> reply) {
  if (!request.include_authorized_operations) {
    return context.services.groups->describe_groups(std::move(request), group_identity(context),
                                                    std::move(reply));
  }
  wire::Reply<wire::DescribeGroupsResponse> with_operations(
      [reply = std::move(reply)](std::optional<wire::DescribeGroupsResponse> response) mutable {
        if (!response) return;
        for (auto& group : response->groups) {
          if (group.error_code == ErrorCode::kNone) group.authorized_operations = kGroupOperations;
        }
        reply(std::move(*response));
      });
  context.services.groups->describe_groups(std::move(request), group_identity(context),
                                           std::move(with_operations));
}

void handle_consumer_group_describe(RequestContext& context,
                                    wire::ConsumerGroupDescribeRequest request,
                                    wire::Reply<wire::ConsumerGroupDescribeResponse> reply) {
  using Described = wire::ConsumerGroupDescribeResponse::DescribedGroup;
  wire::ConsumerGroupDescribeResponse response;
  wire::DescribeGroupsRequest known;
  for (std::string& id : request.group_ids) {
    if (!id.empty()) {
      known.groups.push_back(std::move(id));
      continue;
    }
    response.groups.emplace_back().error_code = ErrorCode::kInvalidGroupId;
  }
  // What there is of a name is a classic group, and none of those that are asked for.
  wire::Reply<wire::DescribeGroupsResponse> translated(
      [response = std::move(response),
       reply = std::move(reply)](std::optional<wire::DescribeGroupsResponse> found) mutable {
        if (!found) return;
        for (const auto& group : found->groups) {
          Described& described = response.groups.emplace_back();
          described.group_id = group.group_id;
          described.error_code = group.error_code;
          if (group.error_code == ErrorCode::kGroupIdNotFound) {
            described.error_message = group.error_message;
          } else if (group.error_code == ErrorCode::kNone) {
            described.error_code = ErrorCode::kGroupIdNotFound;
            described.error_message = "Group " + group.group_id + " is not a consumer group.";
          }
        }
        reply(std::move(response));
      });
  cluster::groups::RequestIdentity identity = group_identity(context);
  identity.api_version = wire::DescribeGroupsRequest::kMaxVersion;  // tells unknown groups apart
  context.services.groups->describe_groups(std::move(known), identity, std::move(translated));
}

void handle_list_groups(RequestContext& context, wire::ListGroupsRequest request,
                        wire::Reply<wire::ListGroupsResponse> reply) {
  context.services.groups->list_groups(std::move(request), group_identity(context),
                                       std::move(reply));
}

void handle_delete_groups(RequestContext& context, wire::DeleteGroupsRequest request,
                          wire::Reply<wire::DeleteGroupsResponse> reply) {
  context.services.groups->delete_groups(std::move(request), group_identity(context),
                                         std::move(reply));
}

}  // namespace api
