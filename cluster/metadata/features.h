// The finalised feature levels (KIP-584), and what each level of metadata.version permits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cluster::metadata {

inline constexpr std::string_view kMetadataVersionFeature = "metadata.version";
inline constexpr std::string_view kKRaftVersionFeature = "kraft.version";
inline constexpr std::string_view kTransactionVersionFeature = "transaction.version";
inline constexpr std::string_view kGroupVersionFeature = "group.version";
inline constexpr std::string_view kElrVersionFeature = "eligible.leader.replicas.version";
inline constexpr std::string_view kShareVersionFeature = "share.version";
inline constexpr std::string_view kStreamsVersionFeature = "streams.version";

// A level of metadata.version and the questions asked of it.  0: none finalised yet.
struct MetadataVersion {
  int16_t level = 0;

  bool in_controlled_shutdown_supported() const { return level >= 8; }
  // Before 3.6-IV0 a shrinking ISR bumped the leader epoch.
  bool leader_epoch_bump_on_isr_shrink() const { return level < 12; }
  bool transactions_supported() const { return level >= 13; }
  bool controller_registration_supported() const { return level >= 15; }
  bool directory_assignment_supported() const { return level >= 17; }
  bool elr_supported() const { return level >= 23; }
  bool cordoned_log_dirs_supported() const { return level >= 30; }

  int16_t register_broker_record_version() const;
  int16_t broker_registration_change_record_version() const;
  int16_t partition_record_version() const;

  auto operator<=>(const MetadataVersion&) const = default;
};

inline constexpr int16_t kMinMetadataVersion = 7;      // 3.3-IV3, the lowest a 4.x node supports
inline constexpr int16_t kLatestMetadataVersion = 30;  // 4.3-IV0
// "3.3-IV3" ... "4.3-IV0"; empty for a level we do not know.
std::string_view metadata_version_name(int16_t level);
// The level of "4.3-IV0" or, for a release alone ("4.3"), its last one; nothing if unknown.
std::optional<int16_t> metadata_version_level(std::string_view name);
// Whether records changed their schema between the two levels: a downgrade would lose metadata.
bool metadata_changed_between(int16_t a, int16_t b);

// A feature and the levels of it that this program enforces.
struct FeatureRange {
  std::string_view name;
  int16_t min_version = 0;
  int16_t max_version = 0;
};

// What this node enforces, so what it advertises (ApiVersions), finalises on a fresh cluster and
// agrees to in UpdateFeatures.  A feature that is not served yet (group.version: KIP-848;
// share.version; streams.version) is not in it: clients choose their protocol
// by the finalised level.
std::span<const FeatureRange> enforced_features();

struct FeaturesImage;
// What a broker says when it registers: the enforced ranges, widened to hold what the log has
// finalised already.  A directory that Apache Kafka wrote opens therefore, with the features we do
// not serve invisible to clients.
std::vector<FeatureRange> registration_features(const FeaturesImage& finalized);
// The finalised levels that clients may know of: those inside the enforced ranges.
std::map<std::string, int16_t, std::less<>> advertised_levels(const FeaturesImage& finalized);

struct FeaturesImage {
  std::map<std::string, int16_t, std::less<>> finalized;  // level 0 is not kept

  // 0 if not finalised.
  int16_t level(std::string_view feature) const;
  MetadataVersion metadata_version() const { return {level(kMetadataVersionFeature)}; }
  bool elr_enabled() const { return level(kElrVersionFeature) > 0; }

  bool operator==(const FeaturesImage&) const = default;
};

}  // namespace cluster::metadata
