#include "cluster/metadata/image.h"

namespace cluster::metadata {

MetadataImage::MetadataImage()
    : features_(std::make_shared<FeaturesImage>()),
      cluster_(std::make_shared<ClusterImage>()),
      client_quotas_(std::make_shared<ClientQuotasImage>()),
      acls_(std::make_shared<AclsImage>()),
      scram_(std::make_shared<ScramImage>()),
      delegation_tokens_(std::make_shared<DelegationTokensImage>()) {}

bool MetadataImage::same_content(const MetadataImage& other) const {
  // Where a registration lies in the log is not content: a snapshot does not have it.
  const auto same_brokers = [](const ClusterImage& a, const ClusterImage& b) {
    if (a.brokers.size() != b.brokers.size()) return false;
    for (const auto& [id, broker] : a.brokers) {
      const BrokerImage* theirs = b.broker(id);
      if (theirs == nullptr) return false;
      BrokerImage copy = *theirs;
      copy.registration_offset = broker->registration_offset;
      if (!(copy == *broker)) return false;
    }
    if (a.controllers.size() != b.controllers.size()) return false;
    for (const auto& [id, controller] : a.controllers) {
      const auto theirs = b.controllers.find(id);
      if (theirs == b.controllers.end() || !(*theirs->second == *controller)) return false;
    }
    return true;
  };
  return *features_ == *other.features_ && same_brokers(*cluster_, *other.cluster_) &&
         topics_ == other.topics_ && configs_ == other.configs_ &&
         producer_ids_ == other.producer_ids_ && *client_quotas_ == *other.client_quotas_ &&
         *acls_ == *other.acls_ && *scram_ == *other.scram_ &&
         *delegation_tokens_ == *other.delegation_tokens_;
}

bool ImageChanges::empty() const {
  return !features && !producer_ids && !security && brokers.empty() && controllers.empty() &&
         topics.empty() && deleted_topics.empty() && configs.empty();
}

ImageChanges everything_in(const MetadataImage& image) {
  ImageChanges changes;
  changes.features = true;
  changes.producer_ids = true;
  changes.security = true;
  for (const auto& [id, broker] : image.cluster().brokers) changes.brokers.insert(id);
  for (const auto& [id, controller] : image.cluster().controllers) changes.controllers.insert(id);
  for (const auto& [id, topic] : image.topics().by_id()) {
    ImageChanges::Topic& change = changes.topics[id];
    change.created = true;
    for (size_t i = 0; i < topic->partitions.size(); ++i) {
      change.partitions.insert(static_cast<wire::PartitionIndex>(i));
    }
  }
  for (const auto& [resource, configs] : image.configs().all()) changes.configs.insert(resource);
  return changes;
}

ImageChanges changes_between(const MetadataImage& before, const MetadataImage& after) {
  ImageChanges changes = everything_in(after);
  for (const auto& [id, broker] : before.cluster().brokers) changes.brokers.insert(id);
  for (const auto& [id, controller] : before.cluster().controllers) changes.controllers.insert(id);
  for (const auto& [resource, configs] : before.configs().all()) changes.configs.insert(resource);
  for (const auto& [id, topic] : before.topics().by_id()) {
    const auto change = changes.topics.find(id);
    if (change == changes.topics.end()) {
      changes.deleted_topics[id] = topic->name;
      continue;
    }
    change->second.created = false;
    const TopicPtr now = after.topics().find(id);
    for (size_t i = 0; i < now->partitions.size() && i < topic->partitions.size(); ++i) {
      if (*now->partitions[i] == *topic->partitions[i]) {
        change->second.partitions.erase(static_cast<wire::PartitionIndex>(i));
      }
    }
    if (change->second.partitions.empty()) changes.topics.erase(change);
  }
  return changes;
}

}  // namespace cluster::metadata
