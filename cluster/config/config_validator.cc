#include "cluster/config/config_validator.h"

#include <charconv>
#include <utility>

#include <fmt/core.h>
#include <re2/re2.h>

#include "cluster/config/config_layers.h"
#include "cluster/config/config_text.h"
#include "cluster/config/value_rules.h"
#include "cluster/controller/topic_name.h"

namespace cluster::config {
namespace {

using controller::ConfigLayers;
using controller::EffectiveConfig;
using metadata::ConfigMap;
using metadata::ConfigResource;
using metadata::ConfigResourceType;
using wire::Error;
using wire::ErrorCode;
using wire::Result;
using wire::Status;

constexpr int64_t kLeastPushIntervalMs = 100;

std::optional<Scope> scope_of(ConfigResourceType type) {
  switch (type) {
    case ConfigResourceType::kTopic:
      return Scope::kTopic;
    case ConfigResourceType::kBroker:
      return Scope::kBroker;
    case ConfigResourceType::kGroup:
      return Scope::kGroup;
    case ConfigResourceType::kClientMetrics:
      return Scope::kClientMetrics;
    default:
      return std::nullopt;
  }
}

Status check_values(Scope scope, const ConfigMap& configs, std::string_view unknown,
                    ErrorCode unknown_code) {
  for (const auto& [name, value] : configs) {
    const ConfigDef* row = find_config(scope, name);
    if (row == nullptr) return Error{unknown_code, fmt::format("{}{}", unknown, name)};
    Result<std::string> parsed = parse_value(*row, value);
    if (!parsed.ok()) return parsed.error();
  }
  return {};
}

Status check_broker_name(std::string_view name) {
  if (name.empty()) return {};
  int32_t id = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (problem != std::errc() || end != name.data() + name.size()) {
    return invalid_request("Unable to parse broker name as a base 10 number.");
  }
  if (id < 0) return invalid_request("Invalid negative broker ID.");
  return {};
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// What of a client a subscription may ask for (KIP-714).
bool is_match_parameter(std::string_view name) {
  for (const std::string_view known :
       {"client_instance_id", "client_id", "client_software_name", "client_software_version",
        "client_source_address", "client_source_port"}) {
    if (name == known) return true;
  }
  return false;
}

// name=pattern pairs.
Status check_match(std::string_view text) {
  const Result<std::string> list = parse_value(*find_config(Scope::kClientMetrics, "match"), text);
  if (!list.ok()) return list.error();
  for (const std::string& pair : split_list(*list)) {
    const size_t equals = pair.find('=');
    const std::string_view name = without_blanks(std::string_view(pair).substr(0, equals));
    const std::string_view pattern =
        equals == std::string::npos ? ""
                                    : without_blanks(std::string_view(pair).substr(equals + 1));
    const bool fine = is_match_parameter(name) && !pattern.empty() &&
                      pattern.find('=') == std::string_view::npos &&
                      re2::RE2(pattern, re2::RE2::Quiet).ok();
    if (!fine) return invalid_config(fmt::format("Illegal client matching pattern: {}", pair));
  }
  return {};
}

Status check_client_metrics(const ConfigResource& resource, const ConfigMap& configs) {
  if (resource.name.empty()) {
    return invalid_request("Subscription name can't be empty");
  }
  Status values =
      check_values(Scope::kClientMetrics, configs,
                   "Unknown client metrics configuration: ", ErrorCode::kInvalidRequest);
  if (!values.ok()) return values;
  if (const auto interval = configs.find("interval.ms"); interval != configs.end()) {
    const int64_t value =
        to_long(*parse_value(*find_config(Scope::kClientMetrics, "interval.ms"), interval->second));
    if (value < kLeastPushIntervalMs || value > kHourMs) {
      return invalid_request(fmt::format(
          "Invalid value {} for interval.ms, interval must be between 100 and 3600000 (1 hour)",
          value));
    }
  }
  const auto match = configs.find("match");
  return match == configs.end() ? Status() : check_match(match->second);
}

// A broker's value in the unit of the topic property.
std::string converted(std::string_view synonym, const std::string& value) {
  int64_t unit = 1;
  if (synonym.ends_with(".hours")) unit = kHourMs;
  if (synonym.ends_with(".minutes")) unit = kMinuteMs;
  if (unit == 1) return value;
  const Result<std::string> number = parse_value(*find_config(Scope::kBroker, synonym), value);
  return number.ok() ? std::to_string(to_long(*number) * unit) : value;
}

}  // namespace

Status TableConfigValidator::validate(const ConfigResource& resource, const ConfigMap& configs,
                                      const ConfigMap& existing) const {
  (void)existing;  // only tiered storage asks what was, and that is refused as a whole
  switch (resource.type) {
    case ConfigResourceType::kTopic:
      if (resource.name.empty()) {
        return invalid_request("Default topic resources are not allowed.");
      }
      if (auto problem = controller::invalid_topic_name(resource.name)) {
        return Error{ErrorCode::kInvalidTopicException, *std::move(problem)};
      }
      return validate_topic(configs);
    case ConfigResourceType::kBroker:
      return check_broker_name(resource.name);
    case ConfigResourceType::kClientMetrics:
      return check_client_metrics(resource, configs);
    case ConfigResourceType::kGroup:
      if (resource.name.empty()) {
        return invalid_request("Default group resources are not allowed.");
      }
      return validate_group(configs);
    default:
      return invalid_request(
          fmt::format("Unknown resource type {}", static_cast<int>(resource.type)));
  }
}

Status TableConfigValidator::validate_group(const ConfigMap& configs) const {
  Status values = check_values(Scope::kGroup, configs,
                               "Unknown group config name: ", ErrorCode::kInvalidConfig);
  if (!values.ok()) return values;
  const ConfigMap nothing;
  if (auto broken = broken_group_rule(configs, {config_, nothing, nothing})) {
    return invalid_config(*std::move(broken));
  }
  return {};
}

Status TableConfigValidator::validate_topic(const ConfigMap& configs) const {
  Status values = check_values(Scope::kTopic, configs,
                               "Unknown topic config name: ", ErrorCode::kInvalidConfig);
  if (!values.ok()) return values;
  const ConfigMap nothing;
  const Layers layers{config_, nothing, nothing};
  const auto number = [&](std::string_view name) {
    return to_long(*resolve_topic(*find_config(Scope::kTopic, name), configs, layers).value);
  };
  const int64_t least = number("min.compaction.lag.ms");
  const int64_t most = number("max.compaction.lag.ms");
  if (least > most) {
    return invalid_config(
        fmt::format("conflict topic config setting min.compaction.lag.ms ({}) > "
                    "max.compaction.lag.ms ({})",
                    least, most));
  }
  const auto remote = configs.find("remote.storage.enable");
  if (remote != configs.end() &&
      to_bool(*parse_value(*find_config(Scope::kTopic, remote->first), remote->second))) {
    return invalid_config(
        "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with "
        "remote log storage.");
  }
  return {};
}

// Of the other kinds of resources Apache's controller does not know the types.
bool TableConfigValidator::is_list(ConfigResourceType type, std::string_view name) const {
  if (type != ConfigResourceType::kTopic && type != ConfigResourceType::kBroker) return false;
  const std::optional<Scope> scope = scope_of(type);
  const ConfigDef* row = scope.has_value() ? find_config(*scope, name) : nullptr;
  return row != nullptr && row->type == Type::kList;
}

std::optional<std::string> TableConfigValidator::default_value(ConfigResourceType type,
                                                               std::string_view name) const {
  const std::optional<Scope> scope = scope_of(type);
  const ConfigDef* row = scope.has_value() ? find_config(*scope, name) : nullptr;
  if (row == nullptr || row->default_value == kNull || row->required()) return std::nullopt;
  return row->default_value;
}

// KafkaConfigSchema: unlike DescribeConfigs it names the layer that the value really comes from.
std::vector<EffectiveConfig> TableConfigValidator::effective_topic_configs(
    const ConfigMap& topic, const ConfigLayers& layers) const {
  std::vector<EffectiveConfig> all;
  for (const ConfigDef* row : configs(Scope::kTopic)) {
    if (row->internal && !topic.contains(row->name)) continue;
    EffectiveConfig& effective = all.emplace_back();
    effective.name = row->name;
    effective.sensitive = row->sensitive();
    if (row->default_value != kNull) effective.value = row->default_value;
    if (const auto own = topic.find(row->name); own != topic.end()) {
      effective.value = own->second;
      effective.source = static_cast<int8_t>(Source::kTopic);
      continue;
    }
    const std::vector<std::string> synonyms = split_list(row->broker_synonyms);
    const auto take_from = [&](const ConfigMap& map, Source source) {
      for (const std::string& synonym : synonyms) {
        const auto found = map.find(synonym);
        if (found == map.end()) continue;
        effective.value = converted(synonym, found->second);
        effective.source = static_cast<int8_t>(source);
        return true;
      }
      return false;
    };
    (void)(take_from(layers.broker, Source::kBroker) ||
           take_from(layers.cluster_default, Source::kAllBrokers) ||
           take_from(config_.given(), Source::kFile));
  }
  return all;
}

std::string TableConfigValidator::effective_topic_config(std::string_view name,
                                                         const ConfigMap& topic,
                                                         const ConfigLayers& layers) const {
  const ConfigDef* row = find_config(Scope::kTopic, name);
  if (row == nullptr) return {};
  return resolve_topic(*row, topic, {config_, layers.broker, layers.cluster_default})
      .value.value_or(std::string());
}

namespace {

// What all brokers may be told even of one listener.
bool is_of_all_listeners(std::string_view name) {
  return name == "max.connections" || name == "max.connection.creation.rate" ||
         name == "num.network.threads";
}

// What the values would break when they are in force together.
Status check_together(const Layers& now, const Layers& after) {
  const auto value_in = [](const Layers& layers) {
    return [&layers](std::string_view name) { return find_broker_value(name, layers); };
  };
  if (auto broken = broken_rule(value_in(after))) return invalid_request(broken->answer());
  if (auto broken = broken_transition(value_in(now), value_in(after))) {
    return invalid_request(*std::move(broken));
  }
  return {};
}

}  // namespace

Status validate_broker_configs(const ConfigMap& configs, bool per_broker, const Layers& now) {
  const auto listed = [&](const auto& wanted) {
    std::string names;
    for (const auto& [name, value] : configs) {
      const ConfigDef* row = find_config(Scope::kBroker, name);
      if (row == nullptr || !wanted(*row, name)) continue;
      names += (names.empty() ? "" : ", ") + name;
    }
    return names;
  };
  const std::string fixed = listed([](const ConfigDef& row, const std::string& name) {
    return !row.dynamic() && row.name == name;
  });
  if (!fixed.empty()) {
    return invalid_request(fmt::format("Cannot update these configs dynamically: [{}]", fixed));
  }
  const std::string bare = listed([](const ConfigDef& row, const std::string& name) {
    return row.name == name && name.starts_with("ssl.") && row.update == Update::kPerBroker;
  });
  if (!bare.empty()) {
    return invalid_request(fmt::format(
        "These security configs can be dynamically updated only per-listener using the listener "
        "prefix: [{}]",
        bare));
  }
  for (const auto& [name, value] : configs) {
    const ConfigDef* row = find_config(Scope::kBroker, name);
    if (row == nullptr) continue;
    Result<std::string> parsed = parse_value(*row, value);
    if (!parsed.ok()) return invalid_request(parsed.error().detail);
  }
  const std::string personal = listed([](const ConfigDef& row, const std::string& name) {
    const bool of_one_listener = row.name != name && !is_of_all_listeners(row.name);
    return row.update == Update::kPerBroker || of_one_listener;
  });
  if (!per_broker && !personal.empty()) {
    return invalid_request(fmt::format(
        "Cannot update these configs at default cluster level, broker id must be specified: [{}]",
        personal));
  }
  return per_broker ? check_together(now, {now.file, configs, now.all_brokers})
                    : check_together(now, {now.file, now.broker, configs});
}

}  // namespace cluster::config
