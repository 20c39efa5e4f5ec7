#include "cluster/metadata/producer_ids.h"

#include "cluster/metadata/delta.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::metadata {

wire::Status MetadataDelta::apply(const wire::ProducerIdsRecord& record, wire::Offset) {
  if (record.next_producer_id <= next_->producer_ids_.next_producer_id) {
    return wire::Error{wire::ErrorCode::kUnknownServerError,
                       "ProducerIdsRecord: producer ids would go back to " +
                           std::to_string(record.next_producer_id)};
  }
  next_->producer_ids_.next_producer_id = record.next_producer_id;
  changes_.producer_ids = true;
  return {};
}

void write_producer_ids(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  if (image.producer_ids().next_producer_id < 0) return;
  wire::ProducerIdsRecord record;
  record.broker_id = -1;
  record.broker_epoch = -1;
  record.next_producer_id = image.producer_ids().next_producer_id;
  records.push_back({record, 0});
}

}  // namespace cluster::metadata
