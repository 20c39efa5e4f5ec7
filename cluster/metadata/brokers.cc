#include "cluster/metadata/brokers.h"

#include <algorithm>

#include "cluster/metadata/delta.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::metadata {

namespace {

template <typename Endpoints>
std::vector<Endpoint> endpoints_from(const Endpoints& endpoints) {
  std::vector<Endpoint> result;
  result.reserve(endpoints.size());
  for (const auto& endpoint : endpoints) {
    result.push_back({endpoint.name, endpoint.host, endpoint.port,
                      static_cast<SecurityProtocol>(endpoint.security_protocol)});
  }
  return result;
}

template <typename Features>
std::vector<SupportedFeature> features_from(const Features& features) {
  std::vector<SupportedFeature> result;
  result.reserve(features.size());
  for (const auto& feature : features) {
    result.push_back({feature.name, feature.min_supported_version, feature.max_supported_version});
  }
  return result;
}

template <typename To>
void write_endpoints(const std::vector<Endpoint>& endpoints, std::vector<To>& out) {
  for (const Endpoint& endpoint : endpoints) {
    To& to = out.emplace_back();
    to.name = endpoint.name;
    to.host = endpoint.host;
    to.port = endpoint.port;
    to.security_protocol = static_cast<int16_t>(endpoint.security_protocol);
  }
}

template <typename To>
void write_supported(const std::vector<SupportedFeature>& features, std::vector<To>& out) {
  for (const SupportedFeature& feature : features) {
    To& to = out.emplace_back();
    to.name = feature.name;
    to.min_supported_version = feature.min_version;
    to.max_supported_version = feature.max_version;
  }
}

wire::Error corrupt(std::string detail) {
  return {wire::ErrorCode::kUnknownServerError, std::move(detail)};
}

}  // namespace

const Endpoint* BrokerImage::endpoint(std::string_view listener) const {
  for (const Endpoint& candidate : endpoints) {
    if (candidate.name == listener) return &candidate;
  }
  return nullptr;
}

bool BrokerImage::has_online_dir(const wire::Uuid& directory) const {
  if (directory == wire::kUnassignedDirectory || directory == wire::kMigratingDirectory) {
    return true;
  }
  if (directory == wire::kLostDirectory) return false;
  // It registered before directories had ids: there is nothing to compare with.
  if (log_dirs.empty()) return true;
  return std::find(log_dirs.begin(), log_dirs.end(), directory) != log_dirs.end();
}

bool BrokerImage::has_uncordoned_dirs() const {
  if (log_dirs.empty() || !cordoned_log_dirs) return true;
  return std::any_of(log_dirs.begin(), log_dirs.end(), [&](const wire::Uuid& directory) {
    return std::find(cordoned_log_dirs->begin(), cordoned_log_dirs->end(), directory) ==
           cordoned_log_dirs->end();
  });
}

wire::Uuid BrokerImage::default_dir() const {
  if (log_dirs.empty()) return wire::kMigratingDirectory;
  return log_dirs.size() == 1 ? log_dirs.front() : wire::kUnassignedDirectory;
}

const BrokerImage* ClusterImage::broker(wire::NodeId id) const {
  const auto found = brokers.find(id);
  return found == brokers.end() ? nullptr : found->second.get();
}

bool ClusterImage::is_active(wire::NodeId id) const {
  const BrokerImage* found = broker(id);
  return found != nullptr && found->active();
}

wire::Status MetadataDelta::apply(const wire::RegisterBrokerRecord& record, wire::Offset offset) {
  auto broker = std::make_shared<BrokerImage>();
  broker->id = record.broker_id;
  broker->epoch = record.broker_epoch;
  broker->incarnation_id = record.incarnation_id;
  broker->endpoints = endpoints_from(record.end_points);
  broker->features = features_from(record.features);
  broker->rack = record.rack;
  broker->fenced = record.fenced;
  broker->in_controlled_shutdown = record.in_controlled_shutdown;
  broker->is_migrating_zk_broker = record.is_migrating_zk_broker;
  broker->log_dirs = record.log_dirs;
  broker->cordoned_log_dirs = record.cordoned_log_dirs;
  broker->registration_offset = offset;
  cluster().brokers[record.broker_id] = std::move(broker);
  changes_.brokers.insert(record.broker_id);
  return {};
}

wire::Status MetadataDelta::apply(const wire::UnregisterBrokerRecord& record, wire::Offset) {
  const BrokerImage* broker = cluster().broker(record.broker_id);
  if (broker == nullptr || broker->epoch != record.broker_epoch) {
    return corrupt("UnregisterBrokerRecord: no broker " + std::to_string(record.broker_id) +
                   " with epoch " + std::to_string(record.broker_epoch));
  }
  cluster().brokers.erase(record.broker_id);
  changes_.brokers.insert(record.broker_id);
  return {};
}

wire::Status MetadataDelta::change_broker(wire::NodeId id, int64_t epoch,
                                          const std::function<void(BrokerImage&)>& change) {
  const BrokerImage* broker = cluster().broker(id);
  if (broker == nullptr || broker->epoch != epoch) {
    return corrupt("a change of broker " + std::to_string(id) + " with epoch " +
                   std::to_string(epoch) + ", which is not registered");
  }
  auto next = std::make_shared<BrokerImage>(*broker);
  change(*next);
  if (*next == *broker) return {};
  cluster().brokers[id] = std::move(next);
  changes_.brokers.insert(id);
  return {};
}

wire::Status MetadataDelta::apply(const wire::FenceBrokerRecord& record, wire::Offset) {
  return change_broker(record.id, record.epoch, [](BrokerImage& broker) { broker.fenced = true; });
}

wire::Status MetadataDelta::apply(const wire::UnfenceBrokerRecord& record, wire::Offset) {
  return change_broker(record.id, record.epoch, [](BrokerImage& broker) { broker.fenced = false; });
}

wire::Status MetadataDelta::apply(const wire::BrokerRegistrationChangeRecord& record,
                                  wire::Offset) {
  if (record.fenced < -1 || record.fenced > 1) {
    return corrupt("BrokerRegistrationChangeRecord: fenced is " + std::to_string(record.fenced));
  }
  if (record.in_controlled_shutdown < 0 || record.in_controlled_shutdown > 1) {
    return corrupt("BrokerRegistrationChangeRecord: in controlled shutdown is " +
                   std::to_string(record.in_controlled_shutdown));
  }
  return change_broker(record.broker_id, record.broker_epoch, [&](BrokerImage& broker) {
    if (record.fenced != 0) broker.fenced = record.fenced > 0;
    if (record.in_controlled_shutdown != 0) broker.in_controlled_shutdown = true;
    if (!record.log_dirs.empty()) broker.log_dirs = record.log_dirs;
    if (record.cordoned_log_dirs) broker.cordoned_log_dirs = record.cordoned_log_dirs;
  });
}

wire::Status MetadataDelta::apply(const wire::RegisterControllerRecord& record, wire::Offset) {
  auto controller = std::make_shared<ControllerImage>();
  controller->id = record.controller_id;
  controller->incarnation_id = record.incarnation_id;
  controller->zk_migration_ready = record.zk_migration_ready;
  controller->endpoints = endpoints_from(record.end_points);
  controller->features = features_from(record.features);
  cluster().controllers[record.controller_id] = std::move(controller);
  changes_.controllers.insert(record.controller_id);
  return {};
}

void write_cluster(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  const MetadataVersion version = image.features().metadata_version();
  for (const auto& [id, broker] : image.cluster().brokers) {
    wire::RegisterBrokerRecord record;
    record.broker_id = id;
    record.is_migrating_zk_broker = broker->is_migrating_zk_broker && version.level >= 8;
    record.incarnation_id = broker->incarnation_id;
    record.broker_epoch = broker->epoch;
    write_endpoints(broker->endpoints, record.end_points);
    write_supported(broker->features, record.features);
    record.rack = broker->rack;
    record.fenced = broker->fenced;
    record.in_controlled_shutdown = broker->in_controlled_shutdown;
    if (version.directory_assignment_supported()) record.log_dirs = broker->log_dirs;
    if (version.cordoned_log_dirs_supported()) record.cordoned_log_dirs = broker->cordoned_log_dirs;
    records.push_back({std::move(record), version.register_broker_record_version()});
  }
  if (!version.controller_registration_supported()) return;
  for (const auto& [id, controller] : image.cluster().controllers) {
    wire::RegisterControllerRecord record;
    record.controller_id = id;
    record.incarnation_id = controller->incarnation_id;
    record.zk_migration_ready = controller->zk_migration_ready;
    write_endpoints(controller->endpoints, record.end_points);
    write_supported(controller->features, record.features);
    records.push_back({std::move(record), 0});
  }
}

}  // namespace cluster::metadata
