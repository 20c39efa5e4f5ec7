// What operations of the controller take and yield.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/metadata/brokers.h"
#include "cluster/metadata/record.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace cluster::controller {

// A request may make at most so many records; more is refused.
inline constexpr size_t kMaxRecordsPerOperation = 10'000;

struct ControllerOptions {
  wire::NodeId node_id = wire::kNoNode;
  std::string cluster_id;
  int32_t default_partitions = 1;                      // num.partitions
  int16_t default_replication_factor = 1;              // default.replication.factor
  int32_t default_min_insync_replicas = 1;             // min.insync.replicas
  wire::DurationMs broker_session_timeout_ms = 9'000;  // broker.session.timeout.ms
  wire::DurationMs leader_imbalance_check_interval_ms =
      300'000;  // leader.imbalance.check.interval.seconds
  wire::DurationMs unclean_election_interval_ms = 300'000;
  bool auto_leader_rebalance = true;  // auto.leader.rebalance.enable
  // What an empty log starts with: the content of bootstrap.checkpoint.
  std::vector<metadata::MetadataRecord> bootstrap_records;
  // What this controller registers as, when it takes over; no endpoint: it does not.
  std::vector<metadata::Endpoint> controller_listeners;
  // The incarnation of the broker in this process, if there is one.  An older registration under
  // node_id is then known to be dead, so a broker that was killed comes back without waiting for
  // its old session to expire.
  std::optional<wire::Uuid> local_incarnation_id;
};

// What is known of the request beside its content.
struct OperationContext {
  int16_t version = 0;  // of the request
  // Whether the client may see a topic (DESCRIBE), and its configs (DESCRIBE_CONFIGS); null:
  // everything.
  std::function<bool(std::string_view topic)> may_describe;
  std::function<bool(std::string_view topic)> may_describe_configs;

  bool describes(std::string_view topic) const { return !may_describe || may_describe(topic); }
  bool describes_configs(std::string_view topic) const {
    return !may_describe_configs || may_describe_configs(topic);
  }
};

template <typename Response>
struct Decision {
  std::vector<metadata::MetadataRecord> records;
  Response response;
  // One batch or nothing; else a long list may be cut into several.
  bool atomic = true;
};

}  // namespace cluster::controller
