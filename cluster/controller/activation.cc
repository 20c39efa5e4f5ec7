#include "cluster/controller/activation.h"

#include <algorithm>

namespace cluster::controller {

using metadata::MetadataRecord;

std::map<std::string, int16_t, std::less<>> default_feature_levels(int16_t metadata_version) {
  constexpr int16_t kElrByDefaultSince = 26;           // 4.1-IV0
  constexpr int16_t kTransactionsByDefaultSince = 24;  // 4.0-IV2: transaction.version 2 (KIP-890)
  std::map<std::string, int16_t, std::less<>> levels;
  levels.emplace(metadata::kMetadataVersionFeature, metadata_version);
  if (metadata_version >= kElrByDefaultSince) levels.emplace(metadata::kElrVersionFeature, 1);
  if (metadata_version >= kTransactionsByDefaultSince) {
    levels.emplace(metadata::kTransactionVersionFeature, 2);
  }
  return levels;
}

std::vector<MetadataRecord> bootstrap_records(
    const std::map<std::string, int16_t, std::less<>>& levels) {
  std::vector<MetadataRecord> records;
  const auto add = [&](const std::string& name, int16_t level) {
    wire::FeatureLevelRecord record;
    record.name = name;
    record.feature_level = level;
    records.push_back({std::move(record), 0});
  };
  if (const auto version = levels.find(metadata::kMetadataVersionFeature);
      version != levels.end()) {
    add(version->first, version->second);
  }
  for (const auto& [name, level] : levels) {
    // kraft.version is not a metadata record but a control record of the quorum.
    if (name == metadata::kMetadataVersionFeature || name == metadata::kKRaftVersionFeature) {
      continue;
    }
    if (level > 0) add(name, level);
  }
  return records;
}

namespace {

int16_t level_in(const std::vector<MetadataRecord>& records, std::string_view feature) {
  int16_t level = 0;
  for (const MetadataRecord& record : records) {
    const auto* feature_level = std::get_if<wire::FeatureLevelRecord>(&record.message);
    if (feature_level != nullptr && feature_level->name == feature) {
      level = feature_level->feature_level;
    }
  }
  return level;
}

}  // namespace

std::vector<MetadataRecord> activation_records(const ControllerState& state,
                                               bool open_transaction) {
  std::vector<MetadataRecord> records;
  if (open_transaction) {
    wire::AbortTransactionRecord abort;
    abort.reason = "Controller failover";
    records.push_back({std::move(abort), 0});
  }
  if (state.version().level > 0) return records;

  std::vector<MetadataRecord> bootstrap = state.options.bootstrap_records;
  if (bootstrap.empty()) {
    bootstrap = bootstrap_records(default_feature_levels(metadata::kLatestMetadataVersion));
  }
  const metadata::MetadataVersion version{level_in(bootstrap, metadata::kMetadataVersionFeature)};
  const bool elr = level_in(bootstrap, metadata::kElrVersionFeature) > 0;
  if (version.transactions_supported()) {
    wire::BeginTransactionRecord begin;
    begin.name = "Bootstrap records";
    records.push_back({std::move(begin), 0});
  }
  std::move(bootstrap.begin(), bootstrap.end(), std::back_inserter(records));
  if (elr) {
    // With ELR all brokers must agree on the default minimum, so it is written down.
    wire::ConfigRecord config;
    config.resource_type = static_cast<int8_t>(metadata::ConfigResourceType::kBroker);
    config.name = "min.insync.replicas";
    config.value = std::to_string(state.options.default_min_insync_replicas);
    records.push_back({std::move(config), 0});
  }
  if (version.transactions_supported()) records.push_back({wire::EndTransactionRecord{}, 0});
  return records;
}

std::vector<MetadataRecord> own_registration(const ControllerState& state) {
  const auto& options = state.options;
  if (options.controller_listeners.empty() ||
      !state.version().controller_registration_supported()) {
    return {};
  }
  std::vector<metadata::SupportedFeature> features;
  for (const auto& range : metadata::registration_features(state.features())) {
    features.push_back({std::string(range.name), range.min_version, range.max_version});
  }
  if (const auto known = state.cluster().controllers.find(options.node_id);
      known != state.cluster().controllers.end() &&
      known->second->endpoints == options.controller_listeners &&
      known->second->features == features) {
    return {};
  }
  wire::RegisterControllerRecord record;
  record.controller_id = options.node_id;
  record.incarnation_id = options.local_incarnation_id ? *options.local_incarnation_id
                                                       : wire::Uuid::random(state.random);
  for (const metadata::Endpoint& listener : options.controller_listeners) {
    auto& endpoint = record.end_points.emplace_back();
    endpoint.name = listener.name;
    endpoint.host = listener.host;
    endpoint.port = listener.port;
    endpoint.security_protocol = static_cast<int16_t>(listener.security_protocol);
  }
  for (const metadata::SupportedFeature& feature : features) {
    auto& supported = record.features.emplace_back();
    supported.name = feature.name;
    supported.min_supported_version = feature.min_version;
    supported.max_supported_version = feature.max_version;
  }
  return {MetadataRecord{std::move(record), 0}};
}

}  // namespace cluster::controller
