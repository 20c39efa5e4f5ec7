// Records applied on top of an image: what the next image will be.
//
// The image loader and the controller replay through the same code, so what a controller decides on
// is what brokers will see. A record whose precondition fails (a change of an unknown partition) is
// an error, never skipped: the log is a shared state machine, and a replica that skips has silently
// left it.
#pragma once

#include <memory>
#include <unordered_map>

#include "cluster/metadata/image.h"
#include "cluster/metadata/record.h"
#include "wire/base/result.h"

namespace cluster::metadata {

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
  friend struct RecordReplayer;

  FeaturesImage& features();
  ClusterImage& cluster();
  ClientQuotasImage& client_quotas();
  AclsImage& acls();
  ScramImage& scram();
  DelegationTokensImage& delegation_tokens();
  // The topic to write to; null if there is none.  Copied when first touched.
  TopicImage* topic(const wire::Uuid& id);

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
  std::unordered_map<wire::Uuid, std::shared_ptr<TopicImage>> touched_topics_;
};

}  // namespace cluster::metadata
