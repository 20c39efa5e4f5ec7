// An image as the records that make it: the content of a snapshot (KIP-630), in Kafka's order.
//
// Features (metadata.version first), brokers, controllers, topics with their partitions, configs,
// client quotas, producer ids, ACLs, SCRAM credentials, delegation tokens.  Replaying them on an
// empty image gives the same image.
#pragma once

#include <vector>

#include "cluster/metadata/image.h"
#include "cluster/metadata/record.h"

namespace cluster::metadata {

std::vector<MetadataRecord> image_records(const MetadataImage& image);

// The parts, each in its family's file.
void write_features(const MetadataImage& image, std::vector<MetadataRecord>& records);
void write_cluster(const MetadataImage& image, std::vector<MetadataRecord>& records);
void write_topics(const MetadataImage& image, std::vector<MetadataRecord>& records);
void write_configs(const MetadataImage& image, std::vector<MetadataRecord>& records);
void write_client_quotas(const MetadataImage& image, std::vector<MetadataRecord>& records);
void write_producer_ids(const MetadataImage& image, std::vector<MetadataRecord>& records);
void write_acls(const MetadataImage& image, std::vector<MetadataRecord>& records);
void write_scram(const MetadataImage& image, std::vector<MetadataRecord>& records);
void write_delegation_tokens(const MetadataImage& image, std::vector<MetadataRecord>& records);

// A partition as the record of its finalised metadata.version.
MetadataRecord partition_record(const wire::Uuid& topic, wire::PartitionIndex index,
                                const PartitionImage& partition, const FeaturesImage& features);

}  // namespace cluster::metadata
