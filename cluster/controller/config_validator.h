// What the controller must know of configs, as a port: the config table (cluster/config) implements
// it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/metadata/configs.h"
#include "wire/base/result.h"

namespace cluster::controller {

// One config of a topic as it takes effect, for CreateTopics' answer.
struct EffectiveConfig {
  std::string name;
  std::optional<std::string> value;
  int8_t source =
      5;  // Kafka's ConfigSource: 1 topic, 2 broker, 3 cluster default, 4 static broker, 5 default
  bool read_only = false;
  bool sensitive = false;
};

// The layers below a topic's own configs.
struct ConfigLayers {
  const metadata::ConfigMap& cluster_default;  // dynamic, of all brokers
  const metadata::ConfigMap& broker;           // dynamic, of the controller's node
};

class ConfigValidator {
 public:
  virtual ~ConfigValidator() = default;

  // Whether `configs`, the whole new set of the resource, is valid: the resource's type and name,
  // each name and value (INVALID_CONFIG), and what may not be changed from `existing`.
  virtual wire::Status validate(const metadata::ConfigResource& resource,
                                const metadata::ConfigMap& configs,
                                const metadata::ConfigMap& existing) const = 0;
  // Whether APPEND and SUBTRACT make sense: the type of the config is LIST.
  virtual bool is_list(metadata::ConfigResourceType type, std::string_view name) const = 0;
  // The value in force when nothing is set for the resource; nothing if the config is unknown or
  // has none.
  virtual std::optional<std::string> default_value(metadata::ConfigResourceType type,
                                                   std::string_view name) const = 0;
  // Every topic config, sorted by name.
  virtual std::vector<EffectiveConfig> effective_topic_configs(
      const metadata::ConfigMap& topic, const ConfigLayers& layers) const = 0;
  // The value of one topic config in force.
  virtual std::string effective_topic_config(std::string_view name,
                                             const metadata::ConfigMap& topic,
                                             const ConfigLayers& layers) const = 0;
};

}  // namespace cluster::controller
