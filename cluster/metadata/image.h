// The cluster's metadata at one offset of the metadata log: immutable, shared by every shard,
// replaced whole.
//
// Families that a batch of records did not touch are the same objects in the next image, and inside
// the big ones (topics, configs) everything untouched is shared too, so an image a change is cheap.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/metadata/brokers.h"
#include "cluster/metadata/configs.h"
#include "cluster/metadata/features.h"
#include "cluster/metadata/metadata_log.h"
#include "cluster/metadata/producer_ids.h"
#include "cluster/metadata/security.h"
#include "cluster/metadata/topics.h"

namespace cluster::metadata {

// Up to which record of the log an image goes.
struct Provenance {
  wire::Offset last_offset = -1;
  wire::Epoch epoch = -1;
  wire::TimestampMs last_append_time_ms = 0;

  bool operator==(const Provenance&) const = default;
};

class MetadataImage {
 public:
  // The image of an empty log.
  MetadataImage();

  const Provenance& provenance() const { return provenance_; }
  const FeaturesImage& features() const { return *features_; }
  const ClusterImage& cluster() const { return *cluster_; }
  const TopicsImage& topics() const { return topics_; }
  const ConfigsImage& configs() const { return configs_; }
  const ProducerIdsImage& producer_ids() const { return producer_ids_; }
  const ClientQuotasImage& client_quotas() const { return *client_quotas_; }
  const AclsImage& acls() const { return *acls_; }
  const ScramImage& scram() const { return *scram_; }
  const DelegationTokensImage& delegation_tokens() const { return *delegation_tokens_; }

  // Shortcuts for what is asked most.
  const BrokerImage* broker(wire::NodeId id) const { return cluster_->broker(id); }
  TopicPtr topic(std::string_view name) const { return topics_.find(name); }
  TopicPtr topic(const wire::Uuid& id) const { return topics_.find(id); }

  // Equal content; provenance aside.
  bool same_content(const MetadataImage& other) const;

 private:
  friend class MetadataDelta;

  Provenance provenance_;
  std::shared_ptr<const FeaturesImage> features_;
  std::shared_ptr<const ClusterImage> cluster_;
  TopicsImage topics_;
  ConfigsImage configs_;
  ProducerIdsImage producer_ids_;
  std::shared_ptr<const ClientQuotasImage> client_quotas_;
  std::shared_ptr<const AclsImage> acls_;
  std::shared_ptr<const ScramImage> scram_;
  std::shared_ptr<const DelegationTokensImage> delegation_tokens_;
};

using ImagePtr = std::shared_ptr<const MetadataImage>;

// What changed from one image to the next, for those who act on changes.
struct ImageChanges {
  struct Topic {
    // A topic that was deleted and created again under its name has two entries, with different
    // ids.
    std::set<wire::PartitionIndex> partitions;  // new or changed
    bool created = false;
  };
  bool features = false;
  bool producer_ids = false;
  bool security = false;           // ACLs, SCRAM, tokens or quotas
  std::set<wire::NodeId> brokers;  // registered, changed or unregistered
  std::set<wire::NodeId> controllers;
  std::map<wire::Uuid, Topic> topics;                // of the new image
  std::map<wire::Uuid, std::string> deleted_topics;  // of the old image, with the name
  std::set<ConfigResource> configs;

  bool empty() const;
};

// All of an image, as if it were new.
ImageChanges everything_in(const MetadataImage& image);
// What a listener that knew `before` must look at when a snapshot brought `after`; may name more
// than changed.
ImageChanges changes_between(const MetadataImage& before, const MetadataImage& after);

class ImageListener {
 public:
  virtual ~ImageListener() = default;
  // Called on shard 0, once for each published image, in the order of the log, and first with the
  // image at the time of subscription as if everything in it were new.  `image` is the new state;
  // `previous` the one published before.
  virtual void on_image(const ImageChanges& changes, const ImagePtr& previous,
                        const ImagePtr& image) = 0;
  // The quorum has a new leader, or has lost it.  Every image that the epochs before led to has
  // been published.
  virtual void on_leader_change(LeaderAndEpoch) {}
};

}  // namespace cluster::metadata
