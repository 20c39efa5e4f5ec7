#include "cluster/metadata/features.h"

#include <algorithm>
#include <array>

#include "cluster/metadata/delta.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::metadata {

namespace {

constexpr std::array kEnforced = {
    FeatureRange{kElrVersionFeature, 0, 1},
    FeatureRange{kKRaftVersionFeature, 0, 1},
    FeatureRange{kMetadataVersionFeature, kMinMetadataVersion, kLatestMetadataVersion},
    FeatureRange{kTransactionVersionFeature, 0, 2},
};

// Levels 16 and 18 were reserved and never used, yet a log may name them.
constexpr std::array<std::string_view, kLatestMetadataVersion - kMinMetadataVersion + 1> kNames = {
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2",
    "3.7-IV0", "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0",
    "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0", "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0"};

}  // namespace

std::string_view metadata_version_name(int16_t level) {
  if (level < kMinMetadataVersion || level > kLatestMetadataVersion) return {};
  return kNames[static_cast<size_t>(level - kMinMetadataVersion)];
}

std::optional<int16_t> metadata_version_level(std::string_view name) {
  std::optional<int16_t> found;
  for (int16_t level = kMinMetadataVersion; level <= kLatestMetadataVersion; ++level) {
    const std::string_view candidate = metadata_version_name(level);
    // A bare release ("4.2") means its last level.
    if (candidate == name || candidate.substr(0, candidate.find('-')) == name) found = level;
  }
  return found;
}

bool metadata_changed_between(int16_t a, int16_t b) {
  // The levels that changed the schema of records.
  constexpr std::array<int16_t, 9> kChanged = {7, 8, 11, 13, 14, 15, 17, 23, 30};
  const int16_t low = std::min(a, b);
  const int16_t high = std::max(a, b);
  for (int16_t level : kChanged) {
    if (level > low && level <= high) return true;
  }
  return false;
}

std::span<const FeatureRange> enforced_features() {
  return kEnforced;
}

std::vector<FeatureRange> registration_features(const FeaturesImage& finalized) {
  std::vector<FeatureRange> ranges(kEnforced.begin(), kEnforced.end());
  for (const auto& feature : finalized.finalized) {
    const auto known = std::find_if(ranges.begin(), ranges.end(), [&](const FeatureRange& range) {
      return range.name == feature.first;
    });
    if (known == ranges.end()) {
      ranges.push_back({feature.first, 0, feature.second});
    } else {
      known->max_version = std::max(known->max_version, feature.second);
    }
  }
  return ranges;
}

std::map<std::string, int16_t, std::less<>> advertised_levels(const FeaturesImage& finalized) {
  std::map<std::string, int16_t, std::less<>> levels;
  for (const FeatureRange& range : kEnforced) {
    const int16_t level = finalized.level(range.name);
    if (level > 0 && level <= range.max_version) levels.emplace(range.name, level);
  }
  return levels;
}

int16_t MetadataVersion::register_broker_record_version() const {
  if (cordoned_log_dirs_supported()) return 4;
  if (directory_assignment_supported()) return 3;
  return level >= 8 ? 2 : 1;
}

int16_t MetadataVersion::broker_registration_change_record_version() const {
  if (cordoned_log_dirs_supported()) return 3;
  if (directory_assignment_supported()) return 2;
  return in_controlled_shutdown_supported() ? 1 : 0;
}

int16_t MetadataVersion::partition_record_version() const {
  if (elr_supported()) return 2;
  return directory_assignment_supported() ? 1 : 0;
}

int16_t FeaturesImage::level(std::string_view feature) const {
  const auto found = finalized.find(feature);
  return found == finalized.end() ? int16_t{0} : found->second;
}

wire::Status MetadataDelta::apply(const wire::FeatureLevelRecord& record, wire::Offset) {
  if (record.name == kMetadataVersionFeature &&
      metadata_version_name(record.feature_level).empty()) {
    return wire::Error{wire::ErrorCode::kUnknownServerError,
                       "metadata.version " + std::to_string(record.feature_level) +
                           " is not one this program knows"};
  }
  changes_.features = true;
  // KAFKA-18979: kraft.version lives in the control records of the log; some old logs have it here
  // too.
  if (record.name == kKRaftVersionFeature) return {};
  if (record.feature_level == 0) {
    features().finalized.erase(record.name);
  } else {
    features().finalized[record.name] = record.feature_level;
  }
  return {};
}

void write_features(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  const auto write = [&](const std::string& name, int16_t level) {
    wire::FeatureLevelRecord record;
    record.name = name;
    record.feature_level = level;
    records.push_back({record, 0});
  };
  // metadata.version first: what follows is read by its rules.
  const FeaturesImage& features = image.features();
  if (const int16_t level = features.metadata_version().level; level > 0) {
    write(std::string(kMetadataVersionFeature), level);
  }
  for (const auto& [name, level] : features.finalized) {
    if (name != kMetadataVersionFeature) write(name, level);
  }
}

}  // namespace cluster::metadata
