#include "cmd/api/topic_creation.h"

#include <memory>
#include <utility>

#include "cluster/config/broker_config.h"
#include "cluster/controller/controller.h"
#include "cluster/metadata/image.h"
#include "cmd/api/image_watch.h"

namespace api {
namespace {

using Errors = std::map<std::string, wire::ErrorCode>;
using wire::ErrorCode;

// How long the image may take to follow the controller's answer.
constexpr wire::DurationMs kImageTimeoutMs = 5'000;
constexpr int32_t kControllersDefault = -1;

void add_config(wire::CreateTopicsRequest::CreatableTopic& topic, std::string name,
                std::string value) {
  auto& config = topic.configs.emplace_back();
  config.name = std::move(name);
  config.value = std::move(value);
}

// As Apache's coordinators want their topics.
void shape_internal_topic(const cluster::config::BrokerConfig& config, std::string_view prefix,
                          wire::CreateTopicsRequest::CreatableTopic& topic) {
  const std::string base(prefix);
  topic.num_partitions = config.get_int(base + ".num.partitions");
  topic.replication_factor = static_cast<int16_t>(config.get_int(base + ".replication.factor"));
  add_config(topic, "cleanup.policy", "compact");
  add_config(topic, "compression.type", prefix == "offsets.topic" ? "producer" : "uncompressed");
  add_config(topic, "segment.bytes", std::to_string(config.get_int(base + ".segment.bytes")));
  if (prefix != "transaction.state.log") return;
  add_config(topic, "min.insync.replicas", std::to_string(config.get_int(base + ".min.isr")));
  add_config(topic, "unclean.leader.election.enable", "false");
}

wire::CreateTopicsRequest creation_request(const Services& services,
                                           const std::vector<std::string>& names) {
  wire::CreateTopicsRequest request;
  for (const std::string& name : names) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = kControllersDefault;
    topic.replication_factor = kControllersDefault;
    if (services.config == nullptr) continue;
    if (name == kOffsetsTopic) shape_internal_topic(*services.config, "offsets.topic", topic);
    if (name == kTransactionTopic)
      shape_internal_topic(*services.config, "transaction.state.log", topic);
  }
  return request;
}

bool has_with_leaders(const cluster::metadata::MetadataImage& image,
                      const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto topic = image.topic(name);
    if (topic == nullptr) return false;
    for (const auto& partition : topic->partitions) {
      if (!partition->has_leader()) return false;
    }
  }
  return true;
}

// `done` is called when the image has followed the controller's answer.
void create(Services& services, wire::CreateTopicsRequest request,
            wire::Callback<void(Errors)> done) {
  std::vector<std::string> names;
  for (const auto& topic : request.topics) names.push_back(topic.name);
  // The controller's answer, or none if it went away.
  auto answered = [&services, done = std::move(done), names = std::move(names)](
                      std::optional<wire::CreateTopicsResponse> response) mutable {
    Errors errors;
    std::vector<std::string> created;
    if (!response) {
      for (const std::string& name : names) errors[name] = ErrorCode::kLeaderNotAvailable;
      return done(std::move(errors));
    }
    for (const auto& topic : response->topics) {
      switch (topic.error_code) {
        case ErrorCode::kNone:
        case ErrorCode::kTopicAlreadyExists:
          created.push_back(topic.name);
          break;
        case ErrorCode::kNotController:
        case ErrorCode::kRequestTimedOut:
          // What a client may simply ask again.
          errors[topic.name] = ErrorCode::kLeaderNotAvailable;
          break;
        default:
          errors[topic.name] = topic.error_code;
      }
    }
    auto condition = [created = std::move(created)](const cluster::metadata::MetadataImage& image) {
      return has_with_leaders(image, created);
    };
    services.image_watch->wait(services.image, std::move(condition), kImageTimeoutMs,
                               [done = std::move(done), errors = std::move(errors)](bool) mutable {
                                 done(std::move(errors));
                               });
  };
  cluster::controller::OperationContext context;
  context.version = wire::CreateTopicsRequest::kMaxVersion;
  services.controller->create_topics(context, std::move(request),
                                     wire::Reply<wire::CreateTopicsResponse>(std::move(answered)));
}

}  // namespace

bool is_internal_topic(std::string_view name) {
  return name == kOffsetsTopic || name == kTransactionTopic || name == kShareStateTopic;
}

void create_topics_on_demand(Services& services, const std::vector<std::string>& names,
                             wire::Callback<void(Errors)> done) {
  create(services, creation_request(services, names), std::move(done));
}

void create_first_topics(Services& services, const std::vector<cluster::config::FirstTopic>& topics,
                         wire::Callback<void(Errors)> done) {
  wire::CreateTopicsRequest request;
  for (const auto& first : topics) {
    auto& topic = request.topics.emplace_back();
    topic.name = first.name;
    topic.num_partitions = first.partitions;
    topic.replication_factor = first.replicas;
    if (!first.cleanup_policy.empty()) add_config(topic, "cleanup.policy", first.cleanup_policy);
  }
  create(services, std::move(request), std::move(done));
}

}  // namespace api
