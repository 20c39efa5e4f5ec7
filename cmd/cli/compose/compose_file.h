// Compose files: one that works, and an old one made to.  Pure: text in, text out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/base/result.h"

namespace cli::compose {

struct ServiceOptions {
  std::string service = "kafka";
  std::string image = "odradek";
  uint16_t port = 9092;  // on the host
};

// A file with a broker that clients in its network and on the host reach, and that keeps its data.
std::string compose_file(const ServiceOptions& options);

struct Converted {
  std::string text;
  std::vector<std::string> changes;  // a line each
};

// The same file with `image` in the place of a Kafka or Redpanda image, and without ZooKeeper: its service,
// what depended on it, its volumes.  Variables and commands stay: the image takes them.  Comments are lost,
// anchors written out.
// INVALID_CONFIG in a sentence for a file that is no compose file, or has several brokers.
wire::Result<Converted> convert(const std::string& text, const std::string& image);

// apache/kafka, confluentinc/cp-kafka, cp-server, confluent-local, bitnami/kafka, bitnamilegacy/kafka,
// wurstmeister/kafka, redpandadata/redpanda; from any registry, with any tag.
bool is_kafka_image(const std::string& image);
bool is_zookeeper_image(const std::string& image);

}  // namespace cli::compose
