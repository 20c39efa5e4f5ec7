#include "cluster/metadata/configs.h"

#include "cluster/metadata/delta.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::metadata {

const ConfigMap& ConfigsImage::find(const ConfigResource& resource) const {
  static const ConfigMap nothing;
  const std::shared_ptr<const ConfigMap>* found = resources_.find(resource);
  return found == nullptr ? nothing : **found;
}

const ConfigMap& ConfigsImage::topic(std::string_view name) const {
  return find({ConfigResourceType::kTopic, std::string(name)});
}

const ConfigMap& ConfigsImage::broker(wire::NodeId id) const {
  return find({ConfigResourceType::kBroker, std::to_string(id)});
}

const ConfigMap& ConfigsImage::cluster_default() const {
  return find({ConfigResourceType::kBroker, ""});
}

void ConfigsImage::put(ConfigResource resource, ConfigMap configs) {
  if (configs.empty()) {
    resources_.erase(resource);
  } else {
    resources_.insert_or_assign(std::move(resource),
                                std::make_shared<const ConfigMap>(std::move(configs)));
  }
}

bool ConfigsImage::operator==(const ConfigsImage& other) const {
  if (resources_.size() != other.resources_.size()) return false;
  for (const auto& [resource, configs] : resources_) {
    if (other.find(resource) != *configs) return false;
  }
  return true;
}

wire::Status MetadataDelta::apply(const wire::ConfigRecord& record, wire::Offset) {
  ConfigResource resource{static_cast<ConfigResourceType>(record.resource_type),
                          record.resource_name};
  ConfigMap configs = next_->configs_.find(resource);
  if (record.value) {
    configs[record.name] = *record.value;
  } else {
    configs.erase(record.name);
  }
  changes_.configs.insert(resource);
  next_->configs_.put(std::move(resource), std::move(configs));
  return {};
}

void MetadataDelta::erase_configs(const ConfigResource& resource) {
  if (next_->configs_.find(resource).empty()) return;
  next_->configs_.put(resource, {});
  changes_.configs.insert(resource);
}

void write_configs(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  for (const auto& [resource, configs] : image.configs().all()) {
    for (const auto& [name, value] : *configs) {
      wire::ConfigRecord record;
      record.resource_type = static_cast<int8_t>(resource.type);
      record.resource_name = resource.name;
      record.name = name;
      record.value = value;
      records.push_back({std::move(record), 0});
    }
  }
}

}  // namespace cluster::metadata
