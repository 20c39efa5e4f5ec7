#include "cluster/controller/configs.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace cluster::controller {

using metadata::ConfigMap;
using metadata::ConfigResource;
using metadata::ConfigResourceType;
using metadata::MetadataRecord;
using wire::ErrorCode;

namespace {

constexpr std::string_view kMinIsr = "min.insync.replicas";
constexpr std::string_view kCordonedLogDirs = "cordoned.log.dirs";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += ',';
    text += part;
  }
  return text;
}

std::string operation_name(ConfigOperation operation) {
  return operation == ConfigOperation::kAppend ? "APPEND" : "SUBTRACT";
}

// The list after APPEND or SUBTRACT of `change`.
std::string changed_list(const ControllerState& state, const ConfigResource& resource,
                         const ConfigChange& change, const std::optional<std::string>& current) {
  const std::optional<std::string> from =
      current ? current : state.configs.default_value(resource.type, change.name);
  std::vector<std::string> parts = split(from.value_or(""));
  std::erase(parts, "");
  for (const std::string& value : split(change.value.value_or(""))) {
    const auto found = std::find(parts.begin(), parts.end(), value);
    if (change.operation == ConfigOperation::kAppend) {
      if (found == parts.end()) parts.push_back(value);
    } else if (found != parts.end()) {
      parts.erase(found);
    }
  }
  return join(parts);
}

using Altered = std::vector<std::pair<std::string, std::optional<std::string>>>;

// Rules that hold beyond what a config's own definition says.
ApiError check_transition(const ControllerState& state, const ConfigResource& resource,
                          const std::string& name, const std::optional<std::string>& value) {
  if (resource.type != ConfigResourceType::kBroker) return {};
  if (name == kMinIsr && state.features().elr_enabled()) {
    if (!resource.name.empty()) {
      return {ErrorCode::kInvalidConfig,
              "Broker-level min.insync.replicas cannot be altered while ELR is enabled."};
    }
    if (!value) {
      return {ErrorCode::kInvalidConfig,
              "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."};
    }
  }
  if (name == kCordonedLogDirs && !state.version().cordoned_log_dirs_supported()) {
    return {ErrorCode::kInvalidConfig,
            "The cordoned.log.dirs configuration value cannot be set because it requires "
            "metadata.version >= 4.3-IV0"};
  }
  return {};
}

ApiError check_exists(const ControllerState& state, const ConfigResource& resource) {
  switch (resource.type) {
    case ConfigResourceType::kBroker: {
      if (resource.name.empty()) return {};
      wire::NodeId id = -1;
      const char* end = resource.name.data() + resource.name.size();
      const auto parsed = std::from_chars(resource.name.data(), end, id);
      // What is no number has been refused by the validator.
      if (parsed.ec != std::errc() || parsed.ptr != end) return {};
      if (state.cluster().broker(id) != nullptr || state.cluster().controllers.contains(id) ||
          id == state.options.node_id) {
        return {};
      }
      return {ErrorCode::kBrokerIdNotRegistered, "No node with id " + resource.name + " found."};
    }
    case ConfigResourceType::kTopic:
      if (state.topics().find(resource.name) != nullptr) return {};
      return {ErrorCode::kUnknownTopicOrPartition,
              "The topic '" + resource.name + "' does not exist."};
    default:
      return {};
  }
}

// Checks the whole new set of the resource's configs and, if it is fine, adds the records.
ApiError check_and_write(const ControllerState& state, const ConfigResource& resource,
                         const Altered& altered, bool new_resource,
                         std::vector<MetadataRecord>& records) {
  const ConfigMap& existing = state.image->configs().find(resource);
  ConfigMap next = existing;
  for (const auto& [name, value] : altered) {
    if (ApiError error = check_transition(state, resource, name, value); !error.ok()) return error;
    if (!value) {
      next.erase(name);
    } else if (value->size() > static_cast<size_t>(INT16_MAX)) {
      return {ErrorCode::kInvalidConfig,
              "The configuration value cannot be added because it exceeds the maximum value size "
              "of 32767 bytes."};
    } else {
      next[name] = *value;
    }
  }
  if (const wire::Status status = state.configs.validate(resource, next, existing); !status.ok()) {
    return ApiError(status.error());
  }
  if (!new_resource) {
    if (ApiError error = check_exists(state, resource); !error.ok()) return error;
  }
  for (const auto& [name, value] : altered) {
    wire::ConfigRecord record;
    record.resource_type = static_cast<int8_t>(resource.type);
    record.resource_name = resource.name;
    record.name = name;
    record.value = value;
    records.push_back({std::move(record), 0});
  }
  return {};
}

// A new minimum makes the present ELRs meaningless: their promise was about the old one.
void clear_elrs(const ControllerState& state, std::vector<MetadataRecord>& records) {
  if (!state.features().elr_enabled()) return;
  const size_t count = records.size();
  for (size_t i = 0; i < count; ++i) {
    const auto* config = std::get_if<wire::ConfigRecord>(&records[i].message);
    if (config == nullptr || config->name != kMinIsr) continue;
    wire::ClearElrRecord record;
    if (config->resource_type == static_cast<int8_t>(ConfigResourceType::kTopic)) {
      record.topic_name = config->resource_name;
    }
    records.push_back({std::move(record), 0});
  }
}

bool known_type(int8_t type) {
  switch (static_cast<ConfigResourceType>(type)) {
    case ConfigResourceType::kTopic:
    case ConfigResourceType::kBroker:
    case ConfigResourceType::kBrokerLogger:
    case ConfigResourceType::kClientMetrics:
    case ConfigResourceType::kGroup:
      return true;
    default:
      return false;
  }
}

// Walks the resources of either request: each once, of a known type.
template <typename Request, typename Response, typename Alter>
Decision<Response> alter_each(const ControllerState& state, const Request& request, Alter alter) {
  Decision<Response> decision;
  std::map<ConfigResource, int> times;
  for (const auto& resource : request.resources) {
    ++times[{static_cast<ConfigResourceType>(resource.resource_type), resource.resource_name}];
  }
  for (const auto& resource : request.resources) {
    const ConfigResource key{static_cast<ConfigResourceType>(resource.resource_type),
                             resource.resource_name};
    ApiError error;
    if (!known_type(resource.resource_type)) {
      error = {ErrorCode::kUnsupportedVersion,
               "Unknown resource type " + std::to_string(resource.resource_type) + "."};
    } else if (int& count = times[key]; count != 1) {
      if (count == 0) continue;  // answered at its first
      count = 0;
      error = {ErrorCode::kInvalidRequest, "Duplicate resource."};
    } else {
      error = alter(key, resource, decision.records);
    }
    auto& answer = decision.response.responses.emplace_back();
    answer.error_code = error.code;
    answer.error_message = error.message;
    answer.resource_type = resource.resource_type;
    answer.resource_name = resource.resource_name;
  }
  clear_elrs(state, decision.records);
  if (request.validate_only) decision.records.clear();
  return decision;
}

}  // namespace

ApiError alter_resource(const ControllerState& state, const ConfigResource& resource,
                        const std::vector<ConfigChange>& changes, bool new_resource,
                        std::vector<MetadataRecord>& records) {
  const ConfigMap& existing = state.image->configs().find(resource);
  Altered altered;
  for (const ConfigChange& change : changes) {
    std::optional<std::string> current;
    if (const auto found = existing.find(change.name); found != existing.end()) {
      current = found->second;
    }
    std::optional<std::string> next;
    switch (change.operation) {
      case ConfigOperation::kSet:
        next = change.value;
        break;
      case ConfigOperation::kDelete:
        break;
      case ConfigOperation::kAppend:
      case ConfigOperation::kSubtract:
        if (!state.configs.is_list(resource.type, change.name)) {
          return {ErrorCode::kInvalidConfig, "Can't " + operation_name(change.operation) +
                                                 " to key " + change.name +
                                                 " because its type is not LIST."};
        }
        next = changed_list(state, resource, change, current);
        break;
      default:
        return {
            ErrorCode::kInvalidRequest,
            "Unknown config operation " + std::to_string(static_cast<int>(change.operation)) + "."};
    }
    // KAFKA-14136: setting a broker's config to what it is makes brokers read files again (key
    // stores), so it is written.
    if (next != current || resource.type == ConfigResourceType::kBroker) {
      altered.emplace_back(change.name, std::move(next));
    }
  }
  return check_and_write(state, resource, altered, new_resource, records);
}

Decision<wire::IncrementalAlterConfigsResponse> incremental_alter_configs(
    const ControllerState& state, const OperationContext&,
    const wire::IncrementalAlterConfigsRequest& request) {
  return alter_each<wire::IncrementalAlterConfigsRequest, wire::IncrementalAlterConfigsResponse>(
      state, request, [&](const ConfigResource& key, const auto& resource, auto& records) {
        std::map<std::string, ConfigChange> by_name;  // the last of a name counts
        for (const auto& config : resource.configs) {
          by_name[config.name] = {
              config.name, static_cast<ConfigOperation>(config.config_operation), config.value};
        }
        std::vector<ConfigChange> changes;
        for (auto& [name, change] : by_name) changes.push_back(std::move(change));
        return alter_resource(state, key, changes, /*new_resource=*/false, records);
      });
}

Decision<wire::AlterConfigsResponse> alter_configs(const ControllerState& state,
                                                   const OperationContext&,
                                                   const wire::AlterConfigsRequest& request) {
  return alter_each<wire::AlterConfigsRequest, wire::AlterConfigsResponse>(
      state, request, [&](const ConfigResource& key, const auto& resource, auto& records) {
        std::map<std::string, std::optional<std::string>> wanted;
        for (const auto& config : resource.configs) wanted[config.name] = config.value;
        const ConfigMap& existing = state.image->configs().find(key);
        Altered altered;
        for (const auto& [name, value] : wanted) {
          const auto found = existing.find(name);
          const bool same = found == existing.end() ? !value : value == found->second;
          if (!same || key.type == ConfigResourceType::kBroker) altered.emplace_back(name, value);
        }
        for (const auto& [name, value] : existing) {
          if (!wanted.contains(name)) altered.emplace_back(name, std::nullopt);
        }
        return check_and_write(state, key, altered, /*new_resource=*/false, records);
      });
}

}  // namespace cluster::controller
