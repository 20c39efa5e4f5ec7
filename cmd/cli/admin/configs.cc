#include "cmd/cli/admin/configs.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "wire/api/describe_configs.h"
#include "wire/api/incremental_alter_configs.h"
#include "wire/api/list_config_resources.h"

namespace cli {
namespace {

// The connection that must be asked: the broker itself, or any.
wire::Result<BrokerConnection*> connection_for(Client& client, ConfigResourceType type,
                                               const std::string& name) {
  const bool one_broker =
      type == ConfigResourceType::kBroker || type == ConfigResourceType::kBrokerLogger;
  if (!one_broker || name.empty()) return &client.any();
  wire::NodeId id = 0;
  const char* const end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, id);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return wire::Error{wire::ErrorCode::kInvalidRequest,
                       "a broker is named by its number, not \"" + name + "\""};
  }
  return client.node(id);
}

}  // namespace

std::string_view config_source_name(int8_t source) {
  constexpr std::array<std::string_view, 9> kNames = {
      "UNKNOWN",
      "DYNAMIC_TOPIC_CONFIG",
      "DYNAMIC_BROKER_CONFIG",
      "DYNAMIC_DEFAULT_BROKER_CONFIG",
      "STATIC_BROKER_CONFIG",
      "DEFAULT_CONFIG",
      "DYNAMIC_BROKER_LOGGER_CONFIG",
      "DYNAMIC_CLIENT_METRICS_CONFIG",
      "DYNAMIC_GROUP_CONFIG",
  };
  const auto index = static_cast<size_t>(source);
  return source >= 0 && index < kNames.size() ? kNames[index] : kNames[0];
}

wire::Result<std::vector<ConfigEntry>> describe_configs(Client& client, ConfigResourceType type,
                                                        const std::string& name,
                                                        ConfigDetail detail) {
  auto connection = connection_for(client, type, name);
  if (!connection.ok()) return connection.error();
  wire::DescribeConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<int8_t>(type);
  resource.resource_name = name;
  resource.configuration_keys = std::nullopt;
  request.include_synonyms = detail != ConfigDetail::kValues;
  request.include_documentation = detail == ConfigDetail::kDocumentation;
  auto response = (*connection)->call<wire::DescribeConfigsResponse>(request);
  if (!response.ok()) return response.error();
  std::vector<ConfigEntry> entries;
  for (const auto& result : response->results) {
    if (result.error_code != wire::ErrorCode::kNone) {
      return wire::Error{result.error_code, describe(result.error_code, result.error_message)};
    }
    for (const auto& config : result.configs) {
      ConfigEntry& entry = entries.emplace_back();
      entry.name = config.name;
      entry.value = config.value;
      entry.source = config.config_source;
      entry.sensitive = config.is_sensitive;
      entry.read_only = config.read_only;
      entry.documentation = config.documentation.value_or("");
      for (const auto& synonym : config.synonyms) {
        entry.synonyms.push_back({synonym.name, synonym.value, synonym.source});
      }
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

wire::Status alter_configs(Client& client, ConfigResourceType type, const std::string& name,
                           const std::vector<ConfigChange>& changes) {
  auto connection = connection_for(client, type, name);
  if (!connection.ok()) return connection.error();
  wire::IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<int8_t>(type);
  resource.resource_name = name;
  for (const ConfigChange& change : changes) {
    auto& config = resource.configs.emplace_back();
    config.name = change.name;
    config.config_operation = static_cast<int8_t>(change.operation);
    config.value = change.value;
  }
  auto response = (*connection)->call<wire::IncrementalAlterConfigsResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& result : response->responses) {
    if (result.error_code != wire::ErrorCode::kNone) {
      return wire::Error{result.error_code, describe(result.error_code, result.error_message)};
    }
  }
  return {};
}

wire::Result<std::vector<std::string>> list_config_resources(Client& client,
                                                             ConfigResourceType type) {
  wire::ListConfigResourcesRequest request;
  request.resource_types.push_back(static_cast<int8_t>(type));
  auto response = client.any().call<wire::ListConfigResourcesResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code, describe(response->error_code)};
  }
  std::vector<std::string> names;
  for (const auto& resource : response->config_resources) names.push_back(resource.resource_name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cli
