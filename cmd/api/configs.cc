// DescribeConfigs        (key 32), v0-v4.  v1: synonyms.  v3: types and documentation.  v4: flexible.
// AlterConfigs           (key 33), v0-v2.  The old way: what is not named goes back to its default.
// IncrementalAlterConfigs (key 44), v0-v1.  KIP-339.
// ListConfigResources    (key 74), v0-v1.  v0: client metrics only.  v1: KIP-1142.
//
// Changes are checked here as far as they concern this broker (ConfigAdminManager), the rest by the
// controller, whose decision it is.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "cluster/config/broker_config.h"
#include "cluster/config/config_validator.h"
#include "cluster/config/describe_configs.h"
#include "cluster/controller/controller.h"
#include "cluster/metadata/image.h"
#include "cmd/api/handlers.h"
#include "wire/api/alter_configs.h"
#include "wire/api/incremental_alter_configs.h"
#include "wire/api/list_config_resources.h"
#include "wire/base/log.h"

namespace api {
namespace {

using cluster::metadata::ConfigMap;
using cluster::metadata::ConfigResource;
using cluster::metadata::ConfigResourceType;
using wire::Error;
using wire::ErrorCode;
using wire::Status;

// Kafka's codes of AlterConfigOp.
enum class Operation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

Error invalid_request(std::string detail) {
  return {ErrorCode::kInvalidRequest, std::move(detail)};
}

ConfigResource resource_of(int8_t type, std::string name) {
  return {static_cast<ConfigResourceType>(type), std::move(name)};
}

enum class Asked : uint8_t { kConfigs, kLogger };

Status check_is_this_node(const Services& services, std::string_view name, Asked asked) {
  wire::NodeId id = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (problem != std::errc() || end != name.data() + name.size()) {
    return invalid_request(fmt::format("Node id must be an integer, but it is: {}", name));
  }
  if (id == services.node_id) return {};
  if (asked == Asked::kLogger) {
    return invalid_request(
        fmt::format("Unexpected node id. Expected {}, but received {}", services.node_id, id));
  }
  return invalid_request(
      fmt::format("Unexpected broker id, expected {}, but received {}", services.node_id, id));
}

// What both kinds of requests must fulfil: each name once, and nothing set to null.
template <typename Config, typename IsNullFine>
Status check_names(const std::vector<Config>& configs, IsNullFine is_null_fine) {
  std::set<std::string_view> seen;
  std::vector<std::string> nulls;  // a name may be empty
  for (const Config& config : configs) {
    if (!seen.insert(config.name).second) {
      return invalid_request("Error due to duplicate config keys");
    }
    if (!config.value.has_value() && !is_null_fine(config)) {
      nulls.push_back(config.name);
    }
  }
  if (nulls.empty()) return {};
  return invalid_request(fmt::format("Null value not supported for : {}", fmt::join(nulls, ", ")));
}

using Change = wire::IncrementalAlterConfigsRequest::AlterableConfig;

// The list that APPEND and SUBTRACT start from.
std::vector<std::string> parts_of(const ConfigMap& configs, const std::string& name) {
  if (const auto found = configs.find(name); found != configs.end()) {
    return cluster::config::split_list(found->second);
  }
  const auto* row = cluster::config::find_config(cluster::config::Scope::kBroker, name);
  if (row == nullptr || row->default_value == cluster::config::kNull) return {};
  return cluster::config::split_list(row->default_value);
}

Status apply(const Change& change, ConfigMap& configs) {
  const auto operation = static_cast<Operation>(change.config_operation);
  const std::string value = change.value.value_or(std::string());
  switch (operation) {
    case Operation::kSet:
      configs.insert_or_assign(change.name, value);
      return {};
    case Operation::kDelete:
      configs.erase(change.name);
      return {};
    case Operation::kAppend:
    case Operation::kSubtract:
      break;
    default:
      return invalid_request(
          fmt::format("Unknown operations type {}", static_cast<int>(change.config_operation)));
  }
  const auto* row = cluster::config::find_config(cluster::config::Scope::kBroker, change.name);
  if (row == nullptr) {
    return Error{ErrorCode::kInvalidConfig, fmt::format("Unknown config name: {}", change.name)};
  }
  if (row->type != cluster::config::Type::kList) {
    return Error{ErrorCode::kInvalidConfig,
                 fmt::format("Config value {} is not allowed for config key: {}",
                             operation == Operation::kAppend ? "append" : "subtract", change.name)};
  }
  std::vector<std::string> parts = parts_of(configs, change.name);
  for (const std::string& part : cluster::config::split_list(value)) {
    const auto found = std::find(parts.begin(), parts.end(), part);
    if (operation == Operation::kAppend && found == parts.end()) parts.push_back(part);
    if (operation == Operation::kSubtract && found != parts.end()) parts.erase(found);
  }
  configs.insert_or_assign(change.name, fmt::format("{}", fmt::join(parts, ",")));
  return {};
}

// By the names that Kafka knows; FATAL is not told from ERROR here.
std::optional<wire::log::Level> find_level(std::string_view name) {
  using wire::log::Level;
  constexpr std::pair<std::string_view, Level> kLevels[] = {
      {"TRACE", Level::kTrace}, {"DEBUG", Level::kDebug}, {"INFO", Level::kInfo},
      {"WARN", Level::kWarn},   {"ERROR", Level::kError}, {"FATAL", Level::kError}};
  for (const auto& [known, level] : kLevels) {
    if (known == name) return level;
  }
  return std::nullopt;
}

// There is one logger, and its level can only be set.
Status check_logger_operation(const Change& change) {
  const auto operation = static_cast<Operation>(change.config_operation);
  if (operation == Operation::kAppend || operation == Operation::kSubtract) {
    return invalid_request(fmt::format("{} operation is not allowed for the BROKER_LOGGER resource",
                                       operation == Operation::kAppend ? "APPEND" : "SUBTRACT"));
  }
  if (operation != Operation::kSet && operation != Operation::kDelete) {
    return invalid_request(
        fmt::format("Unknown operation type {} is not allowed for the BROKER_LOGGER resource",
                    static_cast<int>(change.config_operation)));
  }
  if (change.name != "root") {
    return Error{ErrorCode::kInvalidConfig, fmt::format("Logger {} does not exist!", change.name)};
  }
  if (operation == Operation::kSet) return {};
  return invalid_request("Removing the log level of the root logger is not allowed");
}

// The one logger's level is this process's business: set here, never stored.
Status alter_logger(const Services& services, const std::string& name,
                    const std::vector<Change>& changes, bool validate_only) {
  if (Status mine = check_is_this_node(services, name, Asked::kLogger); !mine.ok()) return mine;
  Status names = check_names(changes, [](const Change& change) {
    return static_cast<Operation>(change.config_operation) == Operation::kDelete;
  });
  if (!names.ok()) return names;
  std::optional<wire::log::Level> wanted;
  for (const Change& change : changes) {
    if (Status operation = check_logger_operation(change); !operation.ok()) return operation;
    const std::string level = change.value.value_or(std::string());
    wanted = find_level(level);
    if (!wanted.has_value()) {
      return Error{
          ErrorCode::kInvalidConfig,
          fmt::format("Cannot set the log level of {} to {} as it is not a supported log level. "
                      "Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN",
                      change.name, level)};
    }
  }
  if (wanted.has_value() && !validate_only) wire::log::set_level(*wanted);
  return {};
}

Status check_type(int8_t type) {
  switch (static_cast<ConfigResourceType>(type)) {
    case ConfigResourceType::kTopic:
    case ConfigResourceType::kBroker:
    case ConfigResourceType::kClientMetrics:
    case ConfigResourceType::kGroup:
      return {};
    default:
      return invalid_request(fmt::format("Unknown resource type {}", type));
  }
}

Status check_broker_change(const Services& services, const ConfigResource& resource,
                           const ConfigMap& configs) {
  if (!resource.name.empty()) {
    Status mine = check_is_this_node(services, resource.name, Asked::kConfigs);
    if (!mine.ok()) return mine;
  }
  return cluster::config::validate_broker_configs(
      configs, !resource.name.empty(),
      cluster::config::layers_of(*services.config, services.image->configs()));
}

// What this broker has to say on a change.
Status preprocess(const Services& services,
                  const wire::IncrementalAlterConfigsRequest::AlterConfigsResource& resource) {
  Status names = check_names(resource.configs, [](const Change& change) {
    return static_cast<Operation>(change.config_operation) == Operation::kDelete;
  });
  if (!names.ok()) return names;
  if (Status type = check_type(resource.resource_type); !type.ok()) return type;
  const ConfigResource target = resource_of(resource.resource_type, resource.resource_name);
  if (target.type != ConfigResourceType::kBroker) return {};
  ConfigMap configs = services.image->configs().find(target);
  for (const Change& change : resource.configs) {
    if (Status applied = apply(change, configs); !applied.ok()) return applied;
  }
  return check_broker_change(services, target, configs);
}

Status preprocess(const Services& services,
                  const wire::AlterConfigsRequest::AlterConfigsResource& resource) {
  Status names = check_names(resource.configs, [](const auto&) { return false; });
  if (!names.ok()) return names;
  if (Status type = check_type(resource.resource_type); !type.ok()) return type;
  const ConfigResource target = resource_of(resource.resource_type, resource.resource_name);
  if (target.type != ConfigResourceType::kBroker) return {};
  ConfigMap configs;
  for (const auto& config : resource.configs) configs[config.name] = *config.value;
  return check_broker_change(services, target, configs);
}

template <typename Answer, typename Resource>
Answer answer_for(const Resource& resource, const Status& status) {
  Answer answer;
  answer.resource_type = resource.resource_type;
  answer.resource_name = resource.resource_name;
  answer.error_message.reset();
  if (!status.ok()) {
    answer.error_code = status.error().code;
    answer.error_message = status.error().detail;
  }
  return answer;
}

// Takes out of `request` what is decided here and gives the answers to it.
template <typename Answer, typename Request, typename Decide>
std::vector<Answer> take_decided(Request& request, Decide decide) {
  std::map<std::pair<int8_t, std::string>, int> times;
  for (const auto& resource : request.resources) {
    ++times[{resource.resource_type, resource.resource_name}];
  }
  std::vector<Answer> answers;
  std::erase_if(request.resources, [&](const auto& resource) {
    std::optional<Status> decided;
    if (times[{resource.resource_type, resource.resource_name}] > 1) {
      decided = invalid_request("Each resource must appear at most once.");
    } else {
      decided = decide(resource);
    }
    if (!decided.has_value()) return false;
    answers.push_back(answer_for<Answer>(resource, *decided));
    return true;
  });
  return answers;
}

// Passes on what is left and puts the answers together.
template <typename Request, typename Response, typename Answer, typename Pass>
void pass_on(RequestContext& context, Request request, std::vector<Answer> decided, Pass pass,
             wire::Reply<Response> reply) {
  Response response;
  response.responses = std::move(decided);
  cluster::controller::Controller* controller = context.services.controller;
  if (request.resources.empty()) return reply(std::move(response));
  if (controller == nullptr) {
    for (const auto& resource : request.resources) {
      response.responses.push_back(
          answer_for<Answer>(resource, Error{ErrorCode::kNotController, "No controller here"}));
    }
    return reply(std::move(response));
  }
  cluster::controller::OperationContext operation;
  operation.version = context.api_version;
  wire::Reply<Response> merged([response = std::move(response),
                                reply = std::move(reply)](std::optional<Response> answer) mutable {
    // A dropped answer drops ours.
    if (!answer.has_value()) return;
    for (auto& result : answer->responses) response.responses.push_back(std::move(result));
    reply(std::move(response));
  });
  pass(*controller, operation, std::move(request), std::move(merged));
}

bool is_described(int8_t type) {
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

}  // namespace

void handle_describe_configs(RequestContext& context, wire::DescribeConfigsRequest request,
                             wire::Reply<wire::DescribeConfigsResponse> reply) {
  wire::DescribeConfigsResponse response;
  const cluster::config::DescribeOptions options{request.include_synonyms,
                                                 request.include_documentation};
  // One of a kind that there is not fails them all.
  const bool all_known =
      std::all_of(request.resources.begin(), request.resources.end(),
                  [](const auto& resource) { return is_described(resource.resource_type); });
  for (const auto& resource : request.resources) {
    if (!all_known) {
      auto& refused = response.results.emplace_back();
      refused.error_code = wire::ErrorCode::kInvalidRequest;
      refused.error_message = std::string(wire::error_message(refused.error_code));
      refused.resource_type = resource.resource_type;
      refused.resource_name = resource.resource_name;
      continue;
    }
    response.results.push_back(cluster::config::describe_resource(
        resource, options, *context.services.config, *context.services.image));
  }
  reply(std::move(response));
}

void handle_alter_configs(RequestContext& context, wire::AlterConfigsRequest request,
                          wire::Reply<wire::AlterConfigsResponse> reply) {
  using Answer = wire::AlterConfigsResponse::AlterConfigsResourceResponse;
  const Services& services = context.services;
  std::vector<Answer> decided =
      take_decided<Answer>(request, [&](const auto& resource) -> std::optional<Status> {
        Status status = preprocess(services, resource);
        return status.ok() ? std::nullopt : std::optional(std::move(status));
      });
  pass_on(
      context, std::move(request), std::move(decided),
      [](cluster::controller::Controller& controller, const auto& operation,
         wire::AlterConfigsRequest rest, wire::Reply<wire::AlterConfigsResponse> merged) {
        controller.alter_configs(operation, std::move(rest), std::move(merged));
      },
      std::move(reply));
}

void handle_incremental_alter_configs(RequestContext& context,
                                      wire::IncrementalAlterConfigsRequest request,
                                      wire::Reply<wire::IncrementalAlterConfigsResponse> reply) {
  using Answer = wire::IncrementalAlterConfigsResponse::AlterConfigsResourceResponse;
  const Services& services = context.services;
  const bool validate_only = request.validate_only;
  std::vector<Answer> decided =
      take_decided<Answer>(request, [&](const auto& resource) -> std::optional<Status> {
        if (static_cast<ConfigResourceType>(resource.resource_type) ==
            ConfigResourceType::kBrokerLogger) {
          return alter_logger(services, resource.resource_name, resource.configs, validate_only);
        }
        Status status = preprocess(services, resource);
        return status.ok() ? std::nullopt : std::optional(std::move(status));
      });
  pass_on(
      context, std::move(request), std::move(decided),
      [](cluster::controller::Controller& controller, const auto& operation,
         wire::IncrementalAlterConfigsRequest rest,
         wire::Reply<wire::IncrementalAlterConfigsResponse> merged) {
        controller.incremental_alter_configs(operation, std::move(rest), std::move(merged));
      },
      std::move(reply));
}

void handle_list_config_resources(RequestContext& context, wire::ListConfigResourcesRequest request,
                                  wire::Reply<wire::ListConfigResourcesResponse> reply) {
  wire::ListConfigResourcesResponse response;
  const cluster::metadata::MetadataImage& image = *context.services.image;
  const auto add = [&](ConfigResourceType type, std::string name) {
    auto& listed = response.config_resources.emplace_back();
    listed.resource_name = std::move(name);
    listed.resource_type = static_cast<int8_t>(type);
  };
  // Apache's order.
  std::vector<ConfigResourceType> types = {
      ConfigResourceType::kGroup, ConfigResourceType::kClientMetrics,
      ConfigResourceType::kBrokerLogger, ConfigResourceType::kBroker, ConfigResourceType::kTopic};
  if (context.api_version == 0) types = {ConfigResourceType::kClientMetrics};
  for (const int8_t asked : request.resource_types) {
    if (std::find(types.begin(), types.end(), static_cast<ConfigResourceType>(asked)) ==
        types.end()) {
      response.error_code = ErrorCode::kUnsupportedVersion;
      return reply(std::move(response));
    }
  }
  for (const ConfigResourceType type : types) {
    const auto& wanted = request.resource_types;
    if (!wanted.empty() &&
        std::find(wanted.begin(), wanted.end(), static_cast<int8_t>(type)) == wanted.end()) {
      continue;
    }
    if (type == ConfigResourceType::kTopic) {
      for (const auto& [name, id] : image.topics().by_name()) add(type, name);
    } else if (type == ConfigResourceType::kBroker || type == ConfigResourceType::kBrokerLogger) {
      for (const auto& [id, broker] : image.cluster().brokers) {
        if (!broker->fenced) add(type, std::to_string(id));
      }
    } else {
      for (const auto& [resource, configs] : image.configs().all()) {
        if (resource.type == type) add(type, resource.name);
      }
    }
  }
  reply(std::move(response));
}

}  // namespace api
