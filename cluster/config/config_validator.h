// The config table as the controller asks it: what may be set, and what is in force.
//
// Owned by the controller's shard.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/broker_config.h"
#include "cluster/config/config_layers.h"
#include "cluster/controller/config_validator.h"

namespace cluster::config {

class TableConfigValidator final : public controller::ConfigValidator {
 public:
  // `config` outlives this.
  explicit TableConfigValidator(const BrokerConfig& config) : config_(config) {}

  wire::Status validate(const metadata::ConfigResource& resource,
                        const metadata::ConfigMap& configs,
                        const metadata::ConfigMap& existing) const override;
  bool is_list(metadata::ConfigResourceType type, std::string_view name) const override;
  std::optional<std::string> default_value(metadata::ConfigResourceType type,
                                           std::string_view name) const override;
  std::vector<controller::EffectiveConfig> effective_topic_configs(
      const metadata::ConfigMap& topic, const controller::ConfigLayers& layers) const override;
  std::string effective_topic_config(std::string_view name, const metadata::ConfigMap& topic,
                                     const controller::ConfigLayers& layers) const override;

 private:
  wire::Status validate_topic(const metadata::ConfigMap& configs) const;
  wire::Status validate_group(const metadata::ConfigMap& configs) const;

  const BrokerConfig& config_;
};

// What a broker checks before it passes on a change of its own dynamic configs, or of those of all
// brokers (`per_broker` false). `configs`: the whole new set; `now`: what is in force before.
wire::Status validate_broker_configs(const metadata::ConfigMap& configs, bool per_broker,
                                     const Layers& now);

}  // namespace cluster::config
