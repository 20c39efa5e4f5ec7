#include "cluster/controller/features.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace cluster::controller {

using metadata::MetadataRecord;
using wire::ErrorCode;

namespace {

// FeatureUpdate.UpgradeType of KIP-584.
constexpr int8_t kUpgrade = 1;
// 2: a downgrade that loses nothing.
constexpr int8_t kUnsafeDowngrade = 3;

// Those that Apache Kafka has beside metadata.version and kraft.version, enforced here or not.
constexpr std::array<std::string_view, 5> kFeatures = {"transaction.version", "group.version",
                                                       "eligible.leader.replicas.version",
                                                       "share.version", "streams.version"};

struct Update {
  int16_t level = 0;
  int8_t type = kUpgrade;
};

ApiError invalid_update(const std::string& feature, int16_t level, const std::string& why) {
  return {ErrorCode::kInvalidUpdateVersion, "Invalid update version " + std::to_string(level) +
                                                " for feature " + feature + ". " + why};
}

std::string range_text(int16_t min_version, int16_t max_version) {
  if (min_version == max_version) return std::to_string(min_version);
  return std::to_string(min_version) + "-" + std::to_string(max_version);
}

// Why `who`, whose range is [min, max], cannot have the level; empty if it can.
std::string unsupported(int16_t level, const std::string& who, int16_t min_version,
                        int16_t max_version) {
  if (level >= min_version && level <= max_version) return {};
  if (max_version == 0) return who + " does not support this feature.";
  return who + " only supports versions " + range_text(min_version, max_version);
}

std::string unsupported_by(const std::vector<metadata::SupportedFeature>& features,
                           const std::string& feature, int16_t level, const std::string& who) {
  for (const metadata::SupportedFeature& supported : features) {
    if (supported.name != feature) continue;
    return unsupported(level, who, supported.min_version, supported.max_version);
  }
  return unsupported(level, who, 0, 0);
}

// Every node must be able to enforce the level.
std::string why_unsupported(const ControllerState& state, const std::string& feature,
                            int16_t level) {
  metadata::FeatureRange local{feature, 0, 0};
  for (const metadata::FeatureRange& range : metadata::enforced_features()) {
    if (range.name == feature) local = range;
  }
  const std::string self = "Local controller " + std::to_string(state.options.node_id);
  if (auto why = unsupported(level, self, local.min_version, local.max_version); !why.empty()) {
    return why;
  }
  for (const auto& [id, broker] : state.cluster().brokers) {
    auto why = unsupported_by(broker->features, feature, level, "Broker " + std::to_string(id));
    if (!why.empty()) return why;
  }
  for (const auto& [id, controller] : state.cluster().controllers) {
    if (id == state.options.node_id) continue;
    auto why =
        unsupported_by(controller->features, feature, level, "Controller " + std::to_string(id));
    if (!why.empty()) return why;
  }
  return {};
}

ApiError check_metadata_version(const ControllerState& state, const Update& update) {
  const int16_t current = state.version().level;
  if (metadata::metadata_version_name(update.level).empty()) {
    return {ErrorCode::kInvalidUpdateVersion,
            "Invalid metadata.version " + std::to_string(update.level) +
                ". Valid versions are from " + std::to_string(metadata::kMinMetadataVersion) +
                " to " + std::to_string(metadata::kLatestMetadataVersion) + "."};
  }
  if (update.level >= current || !metadata::metadata_changed_between(current, update.level)) {
    return {};
  }
  const std::string refused = "Unsupported metadata.version downgrade from " +
                              std::to_string(current) + " to " + std::to_string(update.level) +
                              ". ";
  if (update.type == kUnsafeDowngrade) {
    return {ErrorCode::kInvalidUpdateVersion,
            refused + "Unsafe metadata downgrade is not supported in this version."};
  }
  return {ErrorCode::kInvalidUpdateVersion,
          refused +
              "Refusing to perform the requested downgrade because it might delete metadata "
              "information."};
}

// What other features a level needs.
ApiError check_dependencies(const ControllerState& state, const std::string& feature,
                            const Update& update, const std::map<std::string, Update>& updates) {
  if (feature != metadata::kElrVersionFeature || update.level == 0) return {};
  constexpr int16_t kNeeded = 23;
  int16_t version = state.version().level;
  if (const auto with = updates.find(std::string(metadata::kMetadataVersionFeature));
      with != updates.end()) {
    version = with->second.level;
  }
  if (version >= kNeeded) return {};
  return invalid_update(feature, update.level,
                        feature + " could not be set to " + std::to_string(update.level) +
                            " because it depends on metadata.version level " +
                            std::to_string(kNeeded));
}

ApiError check_update(const ControllerState& state, const std::string& feature,
                      const Update& update, const std::map<std::string, Update>& updates) {
  if (update.type < kUpgrade || update.type > kUnsafeDowngrade) {
    return invalid_update(feature, update.level,
                          "The controller does not support the given upgrade type.");
  }
  if (update.level < 0) {
    return invalid_update(feature, update.level, "A feature version cannot be less than 0.");
  }
  if (const std::string why = why_unsupported(state, feature, update.level); !why.empty()) {
    return invalid_update(feature, update.level, why);
  }
  const bool is_kraft_version = feature == metadata::kKRaftVersionFeature;
  const int16_t current = is_kraft_version ? state.kraft_version : state.features().level(feature);
  if (update.level < current && update.type == kUpgrade) {
    return invalid_update(feature, update.level,
                          "Can't downgrade the version of this feature without setting the upgrade "
                          "type to either safe or unsafe downgrade.");
  }
  if (update.level > current && update.type != kUpgrade) {
    return invalid_update(feature, update.level, "Can't downgrade to a newer version.");
  }
  if (is_kraft_version && update.level < current) {
    return invalid_update(feature, update.level, "Can't downgrade the version of this feature.");
  }
  if (feature == metadata::kMetadataVersionFeature) return check_metadata_version(state, update);
  const bool exists = std::find(kFeatures.begin(), kFeatures.end(), feature) != kFeatures.end();
  if (!is_kraft_version && !exists) {
    return invalid_update(feature, update.level, "Feature " + feature + " not found.");
  }
  return check_dependencies(state, feature, update, updates);
}

MetadataRecord config_record(const std::string& broker, std::optional<std::string> value) {
  wire::ConfigRecord record;
  record.resource_type = static_cast<int8_t>(metadata::ConfigResourceType::kBroker);
  record.resource_name = broker;
  record.name = "min.insync.replicas";
  record.value = std::move(value);
  return {std::move(record), 0};
}

// With ELR all brokers must agree on the default minimum of in-sync replicas (KIP-966).
void unify_min_isr(const ControllerState& state, std::vector<MetadataRecord>& records) {
  const metadata::ConfigsImage& configs = state.image->configs();
  if (!configs.cluster_default().contains("min.insync.replicas")) {
    records.push_back(config_record("", std::to_string(state.options.default_min_insync_replicas)));
  }
  for (const auto& [resource, values] : configs.all()) {
    if (resource.type != metadata::ConfigResourceType::kBroker || resource.name.empty()) continue;
    if (values->contains("min.insync.replicas")) {
      records.push_back(config_record(resource.name, std::nullopt));
    }
  }
}

// v0's allow_downgrade is not looked at: as in Apache that version only upgrades, which is what
// upgrade_type says when it was not sent.
std::map<std::string, Update> updates_of(const wire::UpdateFeaturesRequest& request) {
  std::map<std::string, Update> updates;
  for (const auto& update : request.feature_updates) {
    updates[update.feature] = {update.max_version_level, update.upgrade_type};
  }
  return updates;
}

}  // namespace

FeaturesDecision refused_update(const ApiError& error) {
  FeaturesDecision decision;
  decision.response.error_code = error.code;
  decision.response.error_message =
      "The update failed for all features since the following feature had an error: " +
      error.message.value_or("");
  return decision;
}

FeaturesDecision update_features(const ControllerState& state, const OperationContext& context,
                                 const wire::UpdateFeaturesRequest& request) {
  FeaturesDecision decision;
  decision.response.error_message.reset();
  const std::map<std::string, Update> updates = updates_of(request);
  for (const auto& [feature, update] : updates) {
    const ApiError error = check_update(state, feature, update, updates);
    if (!error.ok()) return refused_update(error);
    if (feature == metadata::kKRaftVersionFeature) {
      if (update.type != kUpgrade) continue;
      decision.kraft_version = update.level;
      // Something to wait for until the log's own record is committed.
      decision.records.push_back({wire::NoOpRecord(), 0});
      continue;
    }
    if (feature == metadata::kElrVersionFeature && update.level > 0) {
      unify_min_isr(state, decision.records);
    }
    wire::FeatureLevelRecord record;
    record.name = feature;
    record.feature_level = update.level;
    decision.records.push_back({std::move(record), 0});
  }
  if (context.version <= 1) {
    for (const auto& update : request.feature_updates) {
      auto& result = decision.response.results.emplace_back();
      result.feature = update.feature;
      result.error_message = "NONE";
    }
  }
  if (request.validate_only) decision.records.clear();
  return decision;
}

}  // namespace cluster::controller
