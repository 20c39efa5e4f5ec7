// Dynamic configs by resource.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "cluster/metadata/persistent_map.h"
#include "wire/base/types.h"

namespace cluster::metadata {

// Kafka's ids of config resource types.
enum class ConfigResourceType : int8_t {
  kUnknown = 0,
  kTopic = 2,
  kBroker = 4,
  kBrokerLogger = 8,
  kClientMetrics = 16,
  kGroup = 32,
};

struct ConfigResource {
  ConfigResourceType type = ConfigResourceType::kUnknown;
  std::string name;  // for a broker its id; empty: the default of all brokers

  auto operator<=>(const ConfigResource&) const = default;
};

}  // namespace cluster::metadata

template <>
struct std::hash<cluster::metadata::ConfigResource> {
  size_t operator()(const cluster::metadata::ConfigResource& resource) const noexcept {
    return std::hash<std::string>{}(resource.name) * 31 + static_cast<size_t>(resource.type);
  }
};

namespace cluster::metadata {

using ConfigMap = std::map<std::string, std::string, std::less<>>;

class ConfigsImage {
 public:
  // Empty if nothing is set.
  const ConfigMap& find(const ConfigResource& resource) const;
  const ConfigMap& topic(std::string_view name) const;
  const ConfigMap& broker(wire::NodeId id) const;
  const ConfigMap& cluster_default() const;

  const PersistentMap<ConfigResource, std::shared_ptr<const ConfigMap>>& all() const {
    return resources_;
  }

  // An empty map erases the resource.
  void put(ConfigResource resource, ConfigMap configs);

  bool operator==(const ConfigsImage& other) const;

 private:
  PersistentMap<ConfigResource, std::shared_ptr<const ConfigMap>> resources_;
};

}  // namespace cluster::metadata
