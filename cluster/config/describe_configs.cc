#include "cluster/config/describe_configs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "cluster/config/config_layers.h"
#include "cluster/config/config_text.h"
#include "cluster/controller/topic_name.h"
#include "wire/base/log.h"

namespace cluster::config {
namespace {

using metadata::ConfigMap;
using metadata::ConfigResourceType;
using wire::Error;
using wire::ErrorCode;
using wire::Status;
using Asked = wire::DescribeConfigsRequest::DescribeConfigsResource;
using Entry = wire::DescribeConfigsResponse::DescribeConfigsResourceResult;
using Answer = wire::DescribeConfigsResponse::DescribeConfigsResult;

constexpr int8_t kUnknownType = 0;

bool asks_for(const Asked& asked, std::string_view name) {
  const auto& keys = asked.configuration_keys;
  return !keys.has_value() || keys->empty() ||
         std::find(keys->begin(), keys->end(), name) != keys->end();
}

// One described property.
Entry make_entry(const ConfigDef& row, Resolved resolved, bool read_only,
                 const DescribeOptions& options) {
  Entry entry;
  entry.name = row.name;
  entry.value = std::move(resolved.value);
  entry.read_only = read_only;
  entry.config_source = static_cast<int8_t>(resolved.source);
  entry.is_sensitive = row.sensitive();
  entry.config_type = static_cast<int8_t>(row.type);
  entry.documentation.reset();
  if (options.documentation) entry.documentation = std::string(row.documentation);
  if (!options.synonyms) return entry;
  for (Synonym& synonym : resolved.synonyms) {
    auto& listed = entry.synonyms.emplace_back();
    listed.name = std::move(synonym.name);
    listed.value = std::move(synonym.value);
    listed.source = static_cast<int8_t>(synonym.source);
  }
  return entry;
}

Status describe_topic(const Asked& asked, const DescribeOptions& options, const Layers& layers,
                      const metadata::MetadataImage& image, Answer& answer) {
  if (auto problem = controller::invalid_topic_name(asked.resource_name)) {
    return Error{ErrorCode::kInvalidTopicException, *std::move(problem)};
  }
  if (image.topic(asked.resource_name) == nullptr) {
    return Error{ErrorCode::kUnknownTopicOrPartition, {}};
  }
  const ConfigMap& own = image.configs().topic(asked.resource_name);
  for (const ConfigDef* row : configs(Scope::kTopic)) {
    if (!asks_for(asked, row->name)) continue;
    if (row->internal && !own.contains(row->name)) continue;
    answer.configs.push_back(make_entry(*row, resolve_topic(*row, own, layers), false, options));
  }
  return {};
}

// What a file says of names that the table does not know, and of listeners' own properties: shown
// like secrets, since they may be.
Entry make_unlisted_entry(const std::string& name, const Layers& layers,
                          const DescribeOptions& options) {
  if (const ConfigDef* row = find_config(Scope::kBroker, name)) {
    ConfigDef named = *row;
    named.name = name;
    const bool read_only = true;  // Apache looks for the full name among the dynamic ones
    return make_entry(named, resolve_broker(named, layers), read_only, options);
  }
  Entry entry;
  entry.name = name;
  entry.value.reset();
  entry.read_only = true;
  entry.is_sensitive = true;
  entry.config_type = kUnknownType;
  entry.documentation.reset();
  std::vector<int8_t> sources;
  const auto look_in = [&](const ConfigMap& layer, Source source) {
    if (layer.contains(name)) sources.push_back(static_cast<int8_t>(source));
  };
  look_in(layers.broker, Source::kBroker);
  look_in(layers.all_brokers, Source::kAllBrokers);
  if (layers.file.given().contains(name)) sources.push_back(static_cast<int8_t>(Source::kFile));
  entry.config_source = sources.empty() ? static_cast<int8_t>(Source::kDefault) : sources.front();
  if (!options.synonyms) return entry;
  for (const int8_t source : sources) {
    auto& listed = entry.synonyms.emplace_back();
    listed.name = name;
    listed.value.reset();
    listed.source = source;
  }
  return entry;
}

void describe_this_broker(const Asked& asked, const DescribeOptions& options, const Layers& layers,
                          Answer& answer) {
  for (const ConfigDef* row : configs(Scope::kBroker)) {
    if (!asks_for(asked, row->name)) continue;
    if (row->internal && !layers.file.given().contains(row->name)) continue;
    answer.configs.push_back(
        make_entry(*row, resolve_broker(*row, layers), !row->dynamic(), options));
  }
  metadata::ConfigMap unlisted;
  for (const ConfigMap* map : {&layers.file.given(), &layers.all_brokers, &layers.broker}) {
    for (const auto& [name, value] : *map) {
      const ConfigDef* row = find_config(Scope::kBroker, name);
      if (row == nullptr || row->name != name) unlisted.emplace(name, value);
    }
  }
  for (const auto& [name, value] : unlisted) {
    if (asks_for(asked, name)) {
      answer.configs.push_back(make_unlisted_entry(name, layers, options));
    }
  }
}

// The dynamic configs of all brokers: only what is set, only that layer.
void describe_all_brokers(const Asked& asked, const DescribeOptions& options, const Layers& layers,
                          Answer& answer) {
  for (const auto& [name, value] : layers.all_brokers) {
    if (!asks_for(asked, name)) continue;
    const ConfigDef* row = find_config(Scope::kBroker, name);
    if (row == nullptr) {
      Entry entry = make_unlisted_entry(name, layers, options);
      entry.config_source = static_cast<int8_t>(Source::kAllBrokers);
      std::erase_if(entry.synonyms,
                    [&](const auto& synonym) { return synonym.source != entry.config_source; });
      answer.configs.push_back(std::move(entry));
      continue;
    }
    ConfigDef named = *row;
    named.name = name;
    Resolved resolved = resolve_broker(named, layers);
    std::erase_if(resolved.synonyms,
                  [](const Synonym& synonym) { return synonym.source != Source::kAllBrokers; });
    resolved.value = row->sensitive() ? std::nullopt : std::optional(value);
    resolved.source = resolved.synonyms.empty() ? Source::kDefault : Source::kAllBrokers;
    answer.configs.push_back(make_entry(named, std::move(resolved), !row->dynamic(), options));
  }
}

wire::Result<wire::NodeId> broker_id(std::string_view name) {
  wire::NodeId id = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (problem != std::errc() || end != name.data() + name.size()) {
    return invalid_request(fmt::format("Broker id must be an integer, but it is: {}", name));
  }
  return id;
}

Status describe_broker(const Asked& asked, const DescribeOptions& options, const Layers& layers,
                       Answer& answer) {
  if (asked.resource_name.empty()) {
    describe_all_brokers(asked, options, layers, answer);
    return {};
  }
  const wire::Result<wire::NodeId> id = broker_id(asked.resource_name);
  if (!id.ok()) return id.error();
  if (*id != layers.file.node_id()) {
    return invalid_request(
        fmt::format("Unexpected broker id, expected {} or empty string, but received {}",
                    layers.file.node_id(), asked.resource_name));
  }
  describe_this_broker(asked, options, layers, answer);
  return {};
}

std::string_view log_level_name() {
  switch (wire::log::level()) {
    case wire::log::Level::kTrace:
      return "TRACE";
    case wire::log::Level::kDebug:
      return "DEBUG";
    case wire::log::Level::kInfo:
      return "INFO";
    case wire::log::Level::kWarn:
      return "WARN";
    case wire::log::Level::kError:
      return "ERROR";
    case wire::log::Level::kOff:
      break;
  }
  return "OFF";
}

// There is one log, and so one logger.
Status describe_logger(const Asked& asked, const Layers& layers, Answer& answer) {
  if (asked.resource_name.empty()) return invalid_request("Broker id must not be empty");
  const wire::Result<wire::NodeId> id = broker_id(asked.resource_name);
  if (!id.ok()) return id.error();
  if (*id != layers.file.node_id()) {
    return invalid_request(fmt::format("Unexpected broker id, expected {} but received {}",
                                       layers.file.node_id(), asked.resource_name));
  }
  if (!asks_for(asked, "root")) return {};
  Entry& entry = answer.configs.emplace_back();
  entry.name = "root";
  entry.value = std::string(log_level_name());
  entry.config_source = static_cast<int8_t>(Source::kBrokerLogger);
  entry.documentation = "";
  return {};
}

Status describe_client_metrics(const Asked& asked, const DescribeOptions& options,
                               const metadata::MetadataImage& image, Answer& answer) {
  if (asked.resource_name.empty()) {
    return invalid_request("Client metrics subscription name must not be empty");
  }
  const ConfigMap& own =
      image.configs().find({ConfigResourceType::kClientMetrics, asked.resource_name});
  for (const ConfigDef* row : configs(Scope::kClientMetrics)) {
    if (!asks_for(asked, row->name)) continue;
    Resolved resolved;
    resolved.value = row->default_value;
    if (const auto found = own.find(row->name); found != own.end()) {
      resolved.value = found->second;
      resolved.source = Source::kClientMetrics;
      resolved.synonyms.push_back({found->first, found->second, Source::kClientMetrics});
    }
    answer.configs.push_back(make_entry(*row, std::move(resolved), false, options));
  }
  return {};
}

Status describe_group(const Asked& asked, const DescribeOptions& options, const Layers& layers,
                      const metadata::MetadataImage& image, Answer& answer) {
  if (asked.resource_name.empty()) return invalid_request("Group name must not be empty");
  const ConfigMap& own = image.configs().find({ConfigResourceType::kGroup, asked.resource_name});
  for (const ConfigDef* row : configs(Scope::kGroup)) {
    if (!asks_for(asked, row->name)) continue;
    answer.configs.push_back(make_entry(*row, resolve_group(*row, own, layers), false, options));
  }
  return {};
}

Status describe(const Asked& asked, const DescribeOptions& options, const BrokerConfig& config,
                const metadata::MetadataImage& image, Answer& answer) {
  const Layers layers = layers_of(config, image.configs());
  switch (static_cast<ConfigResourceType>(asked.resource_type)) {
    case ConfigResourceType::kTopic:
      return describe_topic(asked, options, layers, image, answer);
    case ConfigResourceType::kBroker:
      return describe_broker(asked, options, layers, answer);
    case ConfigResourceType::kBrokerLogger:
      return describe_logger(asked, layers, answer);
    case ConfigResourceType::kClientMetrics:
      return describe_client_metrics(asked, options, image, answer);
    case ConfigResourceType::kGroup:
      return describe_group(asked, options, layers, image, answer);
    case ConfigResourceType::kUnknown:
      break;
  }
  return invalid_request(std::string(wire::error_message(ErrorCode::kInvalidRequest)));
}

}  // namespace

Answer describe_resource(const Asked& resource, const DescribeOptions& options,
                         const BrokerConfig& config, const metadata::MetadataImage& image) {
  Answer answer;
  answer.resource_type = resource.resource_type;
  answer.resource_name = resource.resource_name;
  const Status status = describe(resource, options, config, image, answer);
  if (!status.ok()) {
    answer.configs.clear();
    answer.error_code = status.error().code;
    if (!status.error().detail.empty()) answer.error_message = status.error().detail;
  }
  return answer;
}

}  // namespace cluster::config
