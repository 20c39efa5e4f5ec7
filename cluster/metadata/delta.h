// Records applied on top of an image: what the next image will be.
//
// The image loader and the controller replay through the same code, so what a controller decides on
// is what brokers will see. A record whose precondition fails (a change of an unknown partition) is
// an error, never skipped: the log is a shared state machine, and a replica that skips has silently
// left it.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "cluster/metadata/image.h"
#include "cluster/metadata/record.h"
#include "wire/base/result.h"

namespace cluster::metadata {

// In a PartitionChangeRecord: the leader stays.
inline constexpr wire::NodeId kNoLeaderChange = -2;

// What the partition is after the change.
wire::Result<PartitionImage> merged(const PartitionImage& partition,
                                    const wire::PartitionChangeRecord& change);

class MetadataDelta {
 public:
  explicit MetadataDelta(ImagePtr base);

  // `offset`: where the record lies in the log; -1 in a snapshot.
  wire::Status replay(const MetadataRecord& record, wire::Offset offset);

  const ImageChanges& changes() const { return changes_; }
  const ImagePtr& base() const { return base_; }

  // The base with everything replayed.  The delta is spent.
  ImagePtr build(Provenance provenance) &&;

 private:
  // One overload a record type, defined in its family's file.
  wire::Status apply(const wire::RegisterBrokerRecord& record, wire::Offset offset);
  wire::Status apply(const wire::UnregisterBrokerRecord& record, wire::Offset offset);
  wire::Status apply(const wire::FenceBrokerRecord& record, wire::Offset offset);
  wire::Status apply(const wire::UnfenceBrokerRecord& record, wire::Offset offset);
  wire::Status apply(const wire::BrokerRegistrationChangeRecord& record, wire::Offset offset);
  wire::Status apply(const wire::RegisterControllerRecord& record, wire::Offset offset);
  wire::Status apply(const wire::TopicRecord& record, wire::Offset offset);
  wire::Status apply(const wire::PartitionRecord& record, wire::Offset offset);
  wire::Status apply(const wire::PartitionChangeRecord& record, wire::Offset offset);
  wire::Status apply(const wire::RemoveTopicRecord& record, wire::Offset offset);
  wire::Status apply(const wire::ClearElrRecord& record, wire::Offset offset);
  wire::Status apply(const wire::ConfigRecord& record, wire::Offset offset);
  wire::Status apply(const wire::FeatureLevelRecord& record, wire::Offset offset);
  wire::Status apply(const wire::ProducerIdsRecord& record, wire::Offset offset);
  wire::Status apply(const wire::ClientQuotaRecord& record, wire::Offset offset);
  wire::Status apply(const wire::AccessControlEntryRecord& record, wire::Offset offset);
  wire::Status apply(const wire::RemoveAccessControlEntryRecord& record, wire::Offset offset);
  wire::Status apply(const wire::UserScramCredentialRecord& record, wire::Offset offset);
  wire::Status apply(const wire::RemoveUserScramCredentialRecord& record, wire::Offset offset);
  wire::Status apply(const wire::DelegationTokenRecord& record, wire::Offset offset);
  wire::Status apply(const wire::RemoveDelegationTokenRecord& record, wire::Offset offset);
  // NoOps, ZooKeeper's traces; transactions are the reader's business.
  template <typename Record>
  wire::Status apply(const Record&, wire::Offset) {
    return {};
  }

  FeaturesImage& features();
  ClusterImage& cluster();
  ClientQuotasImage& client_quotas();
  AclsImage& acls();
  ScramImage& scram();
  DelegationTokensImage& delegation_tokens();
  wire::Status change_broker(wire::NodeId id, int64_t epoch,
                             const std::function<void(BrokerImage&)>& change);
  // The topic to write to, copied when first touched; null if there is none.
  TopicImage* touch(const wire::Uuid& id);
  void clear_elr(TopicImage& topic);
  void erase_configs(const ConfigResource& resource);

  ImagePtr base_;
  std::shared_ptr<MetadataImage> next_;
  ImageChanges changes_;
  // Copies of what has been touched; null while untouched.
  std::shared_ptr<FeaturesImage> features_;
  std::shared_ptr<ClusterImage> cluster_;
  std::shared_ptr<ClientQuotasImage> client_quotas_;
  std::shared_ptr<AclsImage> acls_;
  std::shared_ptr<ScramImage> scram_;
  std::shared_ptr<DelegationTokensImage> delegation_tokens_;
  // Shared with next_, and changed in place: nobody else sees next_ before build().
  std::unordered_map<wire::Uuid, std::shared_ptr<TopicImage>> touched_topics_;
};

}  // namespace cluster::metadata
