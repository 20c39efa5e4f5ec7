#include "cluster/metadata/delta.h"

#include <utility>

namespace cluster::metadata {

namespace {

// The delta's own copy of a family, made at its first change.
template <typename Family>
Family& own(std::shared_ptr<Family>& copy, const std::shared_ptr<const Family>& base) {
  if (copy == nullptr) copy = std::make_shared<Family>(*base);
  return *copy;
}

}  // namespace

MetadataDelta::MetadataDelta(ImagePtr base)
    : base_(std::move(base)), next_(std::make_shared<MetadataImage>(*base_)) {}

FeaturesImage& MetadataDelta::features() {
  return own(features_, base_->features_);
}
ClusterImage& MetadataDelta::cluster() {
  return own(cluster_, base_->cluster_);
}
ClientQuotasImage& MetadataDelta::client_quotas() {
  return own(client_quotas_, base_->client_quotas_);
}
AclsImage& MetadataDelta::acls() {
  return own(acls_, base_->acls_);
}
ScramImage& MetadataDelta::scram() {
  return own(scram_, base_->scram_);
}
DelegationTokensImage& MetadataDelta::delegation_tokens() {
  return own(delegation_tokens_, base_->delegation_tokens_);
}

wire::Status MetadataDelta::replay(const MetadataRecord& record, wire::Offset offset) {
  return std::visit([&](const auto& message) { return apply(message, offset); }, record.message);
}

ImagePtr MetadataDelta::build(Provenance provenance) && {
  if (features_) next_->features_ = std::move(features_);
  if (cluster_) next_->cluster_ = std::move(cluster_);
  if (client_quotas_) next_->client_quotas_ = std::move(client_quotas_);
  if (acls_) next_->acls_ = std::move(acls_);
  if (scram_) next_->scram_ = std::move(scram_);
  if (delegation_tokens_) next_->delegation_tokens_ = std::move(delegation_tokens_);
  touched_topics_.clear();
  next_->provenance_ = provenance;
  return std::move(next_);
}

}  // namespace cluster::metadata
