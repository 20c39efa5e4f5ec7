#include "cluster/metadata/snapshot.h"

namespace cluster::metadata {

std::vector<MetadataRecord> image_records(const MetadataImage& image) {
  std::vector<MetadataRecord> records;
  write_features(image, records);
  write_cluster(image, records);
  write_topics(image, records);
  write_configs(image, records);
  write_client_quotas(image, records);
  write_producer_ids(image, records);
  write_acls(image, records);
  write_scram(image, records);
  write_delegation_tokens(image, records);
  return records;
}

}  // namespace cluster::metadata
