#include "cluster/controller/brokers.h"

#include <algorithm>
#include <map>
#include <set>

#include "cluster/controller/partitions.h"
#include "wire/base/log.h"

namespace cluster::controller {

using metadata::BrokerImage;
using metadata::MetadataRecord;
using metadata::PartitionImage;
using wire::ErrorCode;
using wire::NodeId;

namespace {

constexpr int8_t kFence = 1;
constexpr int8_t kUnfence = -1;

bool in_elr(const PartitionImage& partition, NodeId broker) {
  return std::find(partition.elr.begin(), partition.elr.end(), broker) != partition.elr.end();
}

PartitionFilter with_isr_member(NodeId broker) {
  return [broker](const PartitionImage& partition) { return partition.is_in_sync(broker); };
}
PartitionFilter with_elr_member(NodeId broker) {
  return [broker](const PartitionImage& partition) { return in_elr(partition, broker); };
}

wire::BrokerRegistrationChangeRecord change_of(const BrokerImage& broker) {
  wire::BrokerRegistrationChangeRecord record;
  record.broker_id = broker.id;
  record.broker_epoch = broker.epoch;
  return record;
}

void fence(const ControllerState& state, const BrokerImage& broker,
           std::vector<MetadataRecord>& records) {
  update_leaders(state, {.removed = broker.id}, with_isr_member(broker.id), records);
  auto record = change_of(broker);
  record.fenced = kFence;
  records.push_back({std::move(record), 0});
}

void unfence(const ControllerState& state, const BrokerImage& broker,
             std::vector<MetadataRecord>& records) {
  auto record = change_of(broker);
  record.fenced = kUnfence;
  records.push_back({std::move(record), 0});
  update_leaders(
      state, {.added = broker.id},
      [](const PartitionImage& partition) { return !partition.has_leader(); }, records);
}

void enter_controlled_shutdown(const ControllerState& state, const BrokerImage& broker,
                               std::vector<MetadataRecord>& records) {
  if (!broker.in_controlled_shutdown) {
    auto record = change_of(broker);
    record.in_controlled_shutdown = 1;
    records.push_back({std::move(record), 1});
  }
  update_leaders(state, {.removed = broker.id}, with_isr_member(broker.id), records);
}

// What the end of an incarnation means for its partitions, told when the next one registers.
void clean_up_incarnation(const ControllerState& state, NodeId broker, bool clean_shutdown,
                          std::vector<MetadataRecord>& records) {
  if (state.features().elr_enabled() && !clean_shutdown) {
    const LeadershipCause cause{.unclean_shutdown = broker};
    update_leaders(state, cause, with_isr_member(broker), records);
    update_leaders(state, cause, with_elr_member(broker), records);
  } else {
    update_leaders(state, {.removed = broker}, with_isr_member(broker), records);
  }
}

ErrorCode check_log_dirs(const ControllerState& state,
                         const wire::BrokerRegistrationRequest& request) {
  if (!state.version().directory_assignment_supported()) return ErrorCode::kNone;
  if (request.log_dirs.empty()) return ErrorCode::kInvalidRegistration;
  std::set<wire::Uuid> seen;
  for (const wire::Uuid& directory : request.log_dirs) {
    if (directory.is_reserved() || !seen.insert(directory).second) {
      return ErrorCode::kInvalidRegistration;
    }
  }
  for (const auto& [id, broker] : state.cluster().brokers) {
    if (id == request.broker_id) continue;
    for (const wire::Uuid& directory : broker->log_dirs) {
      if (seen.contains(directory)) return ErrorCode::kInvalidRegistration;
    }
  }
  return ErrorCode::kNone;
}

// Every finalised level must lie in the range that the broker supports; what it does not name it
// supports at 0.
ErrorCode check_features(const ControllerState& state,
                         const wire::BrokerRegistrationRequest& request) {
  const auto& finalized = state.features();
  std::set<std::string, std::less<>> named;
  for (const auto& feature : request.features) {
    named.insert(feature.name);
    // kraft.version is the quorum's; the log that the broker reads has told it.
    if (feature.name == metadata::kKRaftVersionFeature) continue;
    const int16_t level = finalized.level(feature.name);
    if (level < feature.min_supported_version || level > feature.max_supported_version) {
      wire::log::warn("broker {} supports {} to {} of {}, but {} is finalised", request.broker_id,
                      feature.min_supported_version, feature.max_supported_version,
                      wire::log::printable(feature.name), level);
      return ErrorCode::kUnsupportedVersion;
    }
  }
  if (!named.contains(metadata::kMetadataVersionFeature)) return ErrorCode::kInvalidRegistration;
  for (const auto& [name, level] : finalized.finalized) {
    if (!named.contains(name)) {
      wire::log::warn("broker {} does not support {}, which is finalised at {}", request.broker_id,
                      name, level);
      return ErrorCode::kUnsupportedVersion;
    }
  }
  return ErrorCode::kNone;
}

// Another process that still lives holds the id.
bool is_duplicate(const ControllerState& state, const wire::BrokerRegistrationRequest& request,
                  const BrokerImage* existing) {
  if (existing == nullptr || existing->incarnation_id == request.incarnation_id) return false;
  // The broker of this very process: what was registered under its id before is dead.
  if (request.broker_id == state.options.node_id &&
      request.incarnation_id == state.options.local_incarnation_id) {
    return false;
  }
  return state.sessions.has_session(request.broker_id, existing->epoch, state.now_ms);
}

ErrorCode check_registration(const ControllerState& state,
                             const wire::BrokerRegistrationRequest& request,
                             const BrokerImage* existing) {
  if (request.cluster_id != state.options.cluster_id) return ErrorCode::kInconsistentClusterId;
  if (is_duplicate(state, request, existing)) return ErrorCode::kDuplicateBrokerRegistration;
  if (request.is_migrating_zk_broker) return ErrorCode::kBrokerIdNotRegistered;
  if (const ErrorCode code = check_log_dirs(state, request); code != ErrorCode::kNone) return code;
  return check_features(state, request);
}

wire::RegisterBrokerRecord registration_record(const ControllerState& state,
                                               const wire::BrokerRegistrationRequest& request) {
  wire::RegisterBrokerRecord record;
  record.broker_id = request.broker_id;
  record.incarnation_id = request.incarnation_id;
  record.rack = request.rack;
  for (const auto& listener : request.listeners) {
    auto& endpoint = record.end_points.emplace_back();
    endpoint.name = listener.name;
    endpoint.host = listener.host;
    endpoint.port = listener.port;
    endpoint.security_protocol = listener.security_protocol;
  }
  for (const auto& feature : request.features) {
    auto& supported = record.features.emplace_back();
    supported.name = feature.name;
    supported.min_supported_version = feature.min_supported_version;
    supported.max_supported_version = feature.max_supported_version;
  }
  if (state.version().directory_assignment_supported()) record.log_dirs = request.log_dirs;
  return record;
}

}  // namespace

Decision<wire::BrokerRegistrationResponse> register_broker(
    ControllerState& state, const OperationContext& context,
    const wire::BrokerRegistrationRequest& request) {
  Decision<wire::BrokerRegistrationResponse> decision;
  // The clean-up may be long; it is safe in parts because the registration comes last: were it
  // lost, the broker would register again and the clean-up be finished then.
  decision.atomic = false;
  const BrokerImage* existing = state.cluster().broker(request.broker_id);
  decision.response.error_code = check_registration(state, request, existing);
  if (decision.response.error_code != ErrorCode::kNone) return decision;

  wire::RegisterBrokerRecord record = registration_record(state, request);
  const bool same_incarnation =
      existing != nullptr && existing->incarnation_id == request.incarnation_id;
  if (same_incarnation) {
    record.fenced = existing->fenced;
    record.in_controlled_shutdown = existing->in_controlled_shutdown;
    record.broker_epoch = existing->epoch;
  } else {
    // Before v3 it cannot tell how it went down, so the worst is assumed.
    const bool clean = context.version >= 3 && existing != nullptr &&
                       existing->epoch == request.previous_broker_epoch;
    clean_up_incarnation(state, request.broker_id, clean, decision.records);
    record.broker_epoch = state.next_offset;
    wire::log::info("broker {} registers, incarnation {}, epoch {}{}", request.broker_id,
                    request.incarnation_id.to_string(), record.broker_epoch,
                    existing == nullptr ? ""
                    : clean             ? ", after a clean shutdown"
                                        : ", after a crash");
    state.sessions.remove(request.broker_id);
  }
  state.sessions.registered(request.broker_id, record.fenced);
  decision.response.broker_epoch = record.broker_epoch;
  decision.records.push_back({std::move(record), state.version().register_broker_record_version()});
  return decision;
}

namespace {

enum class BrokerPhase { kFenced, kUnfenced, kControlledShutdown, kShutdownNow };

BrokerPhase current_phase(const BrokerSessions::Broker& broker) {
  if (broker.controlled_shutdown_offset) return BrokerPhase::kControlledShutdown;
  return broker.fenced ? BrokerPhase::kFenced : BrokerPhase::kUnfenced;
}

BrokerPhase next_phase(const ControllerState& state, const BrokerImage& broker,
                       const BrokerSessions::Broker& session,
                       const wire::BrokerHeartbeatRequest& request) {
  switch (current_phase(session)) {
    case BrokerPhase::kFenced:
      if (request.want_shut_down) return BrokerPhase::kShutdownNow;
      if (request.want_fence) return BrokerPhase::kFenced;
      // It must have read its own registration, so everything that happened before too.
      return request.current_metadata_offset >= broker.registration_offset ? BrokerPhase::kUnfenced
                                                                           : BrokerPhase::kFenced;
    case BrokerPhase::kUnfenced:
      if (request.want_fence) {
        return request.want_shut_down ? BrokerPhase::kShutdownNow : BrokerPhase::kFenced;
      }
      if (!request.want_shut_down) return BrokerPhase::kUnfenced;
      return leads_any_partition(state, broker.id) ? BrokerPhase::kControlledShutdown
                                                   : BrokerPhase::kShutdownNow;
    default:
      if (leads_any_partition(state, broker.id)) return BrokerPhase::kControlledShutdown;
      // All others must have seen that its leaders moved.
      return *session.controlled_shutdown_offset <= state.sessions.lowest_active_offset()
                 ? BrokerPhase::kShutdownNow
                 : BrokerPhase::kControlledShutdown;
  }
}

void report_offline_dirs(const ControllerState& state, const BrokerImage& broker,
                         const std::vector<wire::Uuid>& offline,
                         std::vector<MetadataRecord>& records) {
  std::vector<wire::Uuid> lost;
  std::vector<wire::Uuid> online;
  for (const wire::Uuid& directory : broker.log_dirs) {
    const bool is_lost = std::find(offline.begin(), offline.end(), directory) != offline.end();
    (is_lost ? lost : online).push_back(directory);
  }
  if (lost.empty()) return;
  for (const wire::Uuid& directory : lost) {
    update_leaders(
        state, {.removed = broker.id},
        [&](const PartitionImage& partition) {
          return partition.directory(broker.id) == directory;
        },
        records);
  }
  auto record = change_of(broker);
  record.log_dirs = std::move(online);
  records.push_back({std::move(record), 2});
}

void report_cordoned_dirs(const BrokerImage& broker,
                          const std::optional<std::vector<wire::Uuid>>& cordoned,
                          std::vector<MetadataRecord>& records) {
  if (!cordoned) return;
  if (broker.cordoned_log_dirs) {
    const std::set<wire::Uuid> known(broker.cordoned_log_dirs->begin(),
                                     broker.cordoned_log_dirs->end());
    if (known == std::set<wire::Uuid>(cordoned->begin(), cordoned->end())) return;
  }
  auto record = change_of(broker);
  record.cordoned_log_dirs = cordoned;
  records.push_back({std::move(record), 3});
}

}  // namespace

Decision<wire::BrokerHeartbeatResponse> process_heartbeat(
    ControllerState& state, const OperationContext&, const wire::BrokerHeartbeatRequest& request) {
  Decision<wire::BrokerHeartbeatResponse> decision;
  decision.atomic = false;
  auto& response = decision.response;
  response.error_code = check_broker_epoch(state, request.broker_id, request.broker_epoch);
  const BrokerSessions::Broker* session = state.sessions.find(request.broker_id);
  if (session == nullptr) response.error_code = ErrorCode::kStaleBrokerEpoch;
  if (response.error_code != ErrorCode::kNone) return decision;
  const BrokerImage& broker = *state.cluster().broker(request.broker_id);
  state.sessions.heard_from(broker.id, broker.epoch, state.now_ms);

  const BrokerPhase current = current_phase(*session);
  const BrokerPhase next = next_phase(state, broker, *session, request);
  if (current != next) {
    switch (next) {
      case BrokerPhase::kFenced:
      case BrokerPhase::kShutdownNow:
        fence(state, broker, decision.records);
        break;
      case BrokerPhase::kUnfenced:
        wire::log::info("broker {} is unfenced", broker.id);
        unfence(state, broker, decision.records);
        break;
      case BrokerPhase::kControlledShutdown:
        enter_controlled_shutdown(state, broker, decision.records);
        break;
    }
  }
  const bool fenced = next == BrokerPhase::kFenced || next == BrokerPhase::kShutdownNow;
  state.sessions.touch(broker.id, fenced, request.current_metadata_offset);
  if (next == BrokerPhase::kControlledShutdown) {
    // Up to the last of the records that move its leaders.
    state.sessions.begin_controlled_shutdown(
        broker.id, state.next_offset + static_cast<wire::Offset>(decision.records.size()) - 1);
  }
  if (state.version().directory_assignment_supported()) {
    report_offline_dirs(state, broker, request.offline_log_dirs, decision.records);
  }
  if (state.version().cordoned_log_dirs_supported()) {
    report_cordoned_dirs(broker, request.cordoned_log_dirs, decision.records);
  }
  response.is_caught_up = request.current_metadata_offset >= broker.registration_offset;
  response.is_fenced = fenced;
  response.should_shut_down = next == BrokerPhase::kShutdownNow;
  return decision;
}

Decision<wire::UnregisterBrokerResponse> unregister_broker(
    const ControllerState& state, const OperationContext&,
    const wire::UnregisterBrokerRequest& request) {
  Decision<wire::UnregisterBrokerResponse> decision;
  decision.atomic = false;
  const BrokerImage* broker = state.cluster().broker(request.broker_id);
  if (broker == nullptr) {
    decision.response.error_code = ErrorCode::kBrokerIdNotRegistered;
    decision.response.error_message =
        "Broker ID " + std::to_string(request.broker_id) + " is not currently registered";
    return decision;
  }
  const LeadershipCause cause{.removed = broker->id};
  update_leaders(state, cause, with_isr_member(broker->id), decision.records);
  update_leaders(state, cause, with_elr_member(broker->id), decision.records);
  wire::UnregisterBrokerRecord record;
  record.broker_id = broker->id;
  record.broker_epoch = broker->epoch;
  decision.records.push_back({record, 0});
  return decision;
}

Decision<wire::ControllerRegistrationResponse> register_controller(
    const ControllerState& state, const OperationContext&,
    const wire::ControllerRegistrationRequest& request) {
  Decision<wire::ControllerRegistrationResponse> decision;
  if (!state.version().controller_registration_supported()) {
    decision.response.error_code = ErrorCode::kUnsupportedVersion;
    decision.response.error_message =
        "The current MetadataVersion is too old to support controller registrations.";
    return decision;
  }
  wire::RegisterControllerRecord record;
  record.controller_id = request.controller_id;
  record.incarnation_id = request.incarnation_id;
  for (const auto& listener : request.listeners) {
    auto& endpoint = record.end_points.emplace_back();
    endpoint.name = listener.name;
    endpoint.host = listener.host;
    endpoint.port = listener.port;
    endpoint.security_protocol = listener.security_protocol;
  }
  for (const auto& feature : request.features) {
    auto& supported = record.features.emplace_back();
    supported.name = feature.name;
    supported.min_supported_version = feature.min_supported_version;
    supported.max_supported_version = feature.max_supported_version;
  }
  decision.records.push_back({std::move(record), 0});
  return decision;
}

void start_sessions(ControllerState& state) {
  for (const auto& [id, broker] : state.cluster().brokers) {
    state.sessions.registered(id, broker->fenced);
    if (!broker->fenced) state.sessions.heard_from(id, broker->epoch, state.now_ms);
  }
}

void track_registration(ControllerState& state, const MetadataRecord& record) {
  if (const auto* registered = std::get_if<wire::RegisterBrokerRecord>(&record.message)) {
    state.sessions.registered(registered->broker_id, registered->fenced);
  } else if (const auto* gone = std::get_if<wire::UnregisterBrokerRecord>(&record.message)) {
    state.sessions.remove(gone->broker_id);
  }
}

std::optional<std::vector<MetadataRecord>> fence_one_expired(ControllerState& state) {
  const auto expired = state.sessions.take_expired(state.now_ms);
  if (!expired) return std::nullopt;
  std::vector<MetadataRecord> records;
  const auto [id, epoch] = *expired;
  const BrokerImage* broker = state.cluster().broker(id);
  if (broker == nullptr) {
    state.sessions.remove(id);
  } else if (broker->epoch == epoch) {
    if (broker->fenced) return records;
    wire::log::warn("broker {} is fenced: nothing heard from it in time", id);
    fence(state, *broker, records);
    state.sessions.fence(id);
  }
  return records;
}

}  // namespace cluster::controller
