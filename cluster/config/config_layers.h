// What a property's value is when all its layers are looked through, and where it comes from.
//
//   topic's own (dynamic) > this broker (dynamic) > all brokers (dynamic) > file > default
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/broker_config.h"
#include "cluster/config/config_def.h"
#include "cluster/metadata/configs.h"
#include "cluster/replica/partition.h"
#include "storage/log_cleaner.h"

namespace cluster::config {

// Kafka's numbers of DescribeConfigs.
enum class Source : int8_t {
  kUnknown = 0,
  kTopic = 1,
  kBroker = 2,
  kAllBrokers = 3,
  kFile = 4,
  kDefault = 5,
  kBrokerLogger = 6,
  kClientMetrics = 7,
  kGroup = 8,
};

// One layer's say on a property.
struct Synonym {
  std::string name;
  std::optional<std::string> value;
  Source source = Source::kDefault;

  bool operator==(const Synonym&) const = default;
};

struct Resolved {
  std::optional<std::string> value;
  Source source = Source::kDefault;
  // Every layer that says something, the strongest first.
  std::vector<Synonym> synonyms;
};

// The layers below a resource's own configs.
struct Layers {
  const BrokerConfig& file;
  const metadata::ConfigMap& broker;       // dynamic, of this broker
  const metadata::ConfigMap& all_brokers;  // dynamic, of all brokers
};
Layers layers_of(const BrokerConfig& config, const metadata::ConfigsImage& image);

// The canonical value in force of a broker's property; nothing if it has none.
std::optional<std::string> find_broker_value(std::string_view name, const Layers& layers);
// REQUIRES: it has one, if only by default.
std::string broker_value(std::string_view name, const Layers& layers);

Resolved resolve_broker(const ConfigDef& config, const Layers& layers);
Resolved resolve_topic(const ConfigDef& config, const metadata::ConfigMap& topic,
                       const Layers& layers);
Resolved resolve_group(const ConfigDef& config, const metadata::ConfigMap& group,
                       const Layers& layers);

// What the compaction of all logs obeys.
storage::CleanerOptions cleaner_options(const Layers& layers);

// What the leader and the log of a topic's partitions obey.
replica::PartitionOptions partition_options(const metadata::ConfigMap& topic, const Layers& layers);

}  // namespace cluster::config
