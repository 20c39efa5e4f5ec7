// Metadata (key 3), v0-v13.  v1: null for all topics, controller, racks.  v2: cluster id.  v4:
// auto-creation may be declined. v5: offline replicas.  v7: leader epochs.  v8: authorized
// operations.  v9: flexible.  v10: topic ids.  v12: by topic id. Unlike Apache, the answer that
// creates a topic has the topic: librdkafka before 1.3 takes the first answer for final.
#include "wire/api/metadata.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "cluster/config/broker_config.h"
#include "cluster/controller/topic_name.h"
#include "cluster/metadata/image.h"
#include "cmd/api/advert_watch.h"
#include "cmd/api/authorized_operations.h"
#include "cmd/api/handlers.h"
#include "cmd/api/leader_hint.h"
#include "cmd/api/partition_view.h"
#include "cmd/api/topic_creation.h"

namespace api {
namespace {

using cluster::metadata::MetadataImage;
using cluster::metadata::PartitionImage;
using cluster::metadata::TopicImage;
using wire::ErrorCode;
using wire::MetadataResponse;

// What an answer is made from: it may be made after the request's context is gone.
struct Question {
  Services& services;
  int16_t version;
  VantagePtr vantage;
  wire::MetadataRequest request;
  std::vector<std::string> names;       // asked for, each once
  std::vector<wire::Uuid> unknown_ids;  // asked for
  bool all_topics = false;
};

int32_t topic_operations(const Question& question) {
  return question.request.include_topic_authorized_operations ? kTopicOperations
                                                              : kOperationsNotAsked;
}

MetadataResponse::MetadataResponsePartition describe_partition(const Question& question,
                                                               const MetadataImage& image,
                                                               int32_t index,
                                                               const PartitionImage& partition) {
  MetadataResponse::MetadataResponsePartition answer;
  answer.partition_index = index;
  answer.replica_nodes = partition.replicas;
  answer.isr_nodes = partition.isr;
  answer.offline_replicas = offline_replicas(image, partition, question.vantage->listener);
  answer.leader_epoch = partition.leader_epoch;
  answer.error_code = leader_error(
      image, partition, question.vantage->listener,
      question.version >= 6 ? ListenerError::kKnownToClient : ListenerError::kUnknownToClient);
  answer.leader_id = answer.error_code == ErrorCode::kNone ? partition.leader : wire::kNoNode;
  if (question.version == 0) {
    // The oldest clients know no offline replicas: those are left out, and the error says that some
    // are.
    const auto live = live_brokers(image, question.vantage->listener);
    const auto is_away = [&](wire::NodeId id) {
      return !std::binary_search(live.begin(), live.end(), id);
    };
    const bool some_away =
        std::erase_if(answer.replica_nodes, is_away) + std::erase_if(answer.isr_nodes, is_away) > 0;
    if (some_away && answer.error_code == ErrorCode::kNone)
      answer.error_code = ErrorCode::kReplicaNotAvailable;
  }
  return answer;
}

MetadataResponse::MetadataResponseTopic describe_topic(const Question& question,
                                                       const MetadataImage& image,
                                                       const TopicImage& topic) {
  MetadataResponse::MetadataResponseTopic answer;
  answer.name = topic.name;
  answer.topic_id = topic.id;
  answer.is_internal = is_internal_topic(topic.name);
  answer.topic_authorized_operations = topic_operations(question);
  answer.partitions.reserve(topic.partitions.size());
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    answer.partitions.push_back(
        describe_partition(question, image, static_cast<int32_t>(i), *topic.partitions[i]));
  }
  return answer;
}

MetadataResponse::MetadataResponseTopic missing_topic(
    const Question& question, const std::string& name,
    const std::map<std::string, ErrorCode>& errors) {
  MetadataResponse::MetadataResponseTopic answer;
  answer.name = name;
  answer.is_internal = is_internal_topic(name);
  answer.topic_authorized_operations = topic_operations(question);
  const auto error = errors.find(name);
  if (error != errors.end()) {
    // What the controller has against it (a name too like another's, too few brokers) Apache's
    // answer, given before it is asked, does not tell.
    answer.error_code = error->second == ErrorCode::kLeaderNotAvailable
                            ? error->second
                            : ErrorCode::kUnknownTopicOrPartition;
  } else {
    answer.error_code = cluster::controller::invalid_topic_name(name)
                            ? ErrorCode::kInvalidTopicException
                            : ErrorCode::kUnknownTopicOrPartition;
  }
  return answer;
}

void add_cluster(const Question& question, const MetadataImage& image, MetadataResponse& response) {
  for (const wire::NodeId id : live_brokers(image, question.vantage->listener)) {
    auto address = address_of(image, id, *question.vantage);
    if (!address) continue;
    auto& broker = response.brokers.emplace_back();
    broker.node_id = id;
    broker.host = std::move(address->host);
    broker.port = address->port;
    broker.rack = std::move(address->rack);
  }
  response.cluster_id = question.services.cluster_id;
  response.controller_id =
      controller_for_clients(image, question.vantage->listener, question.services.node_id);
  if (question.version >= 8 && question.version <= 10 &&
      question.request.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = kClusterOperations;
  }
}

MetadataResponse make_answer(const Question& question,
                             const std::map<std::string, ErrorCode>& errors) {
  const auto image = question.services.image;
  MetadataResponse response;
  add_cluster(question, *image, response);
  if (question.all_topics) {
    for (const auto& [id, topic] : image->topics().by_id()) {
      response.topics.push_back(describe_topic(question, *image, *topic));
    }
  }
  for (const std::string& name : question.names) {
    const auto topic = image->topic(name);
    response.topics.push_back(topic != nullptr ? describe_topic(question, *image, *topic)
                                               : missing_topic(question, name, errors));
  }
  for (const wire::Uuid& id : question.unknown_ids) {
    auto& topic = response.topics.emplace_back();
    topic.error_code = ErrorCode::kUnknownTopicId;
    topic.name = std::nullopt;
    topic.topic_id = id;
  }
  return response;
}

// Names and ids asked for.  INVALID_REQUEST for what the version does not have.
ErrorCode read_topics(Question& question) {
  const auto& topics = question.request.topics;
  question.all_topics = !topics || (question.version == 0 && topics->empty());
  if (question.all_topics) return ErrorCode::kNone;
  std::set<std::string> names;
  std::set<wire::Uuid> ids;
  for (const auto& topic : *topics) {
    if (question.version < 12 && (!topic.name || !topic.topic_id.is_zero()))
      return ErrorCode::kInvalidRequest;
    if (!topic.topic_id.is_zero()) ids.insert(topic.topic_id);
    if (topic.name && names.insert(*topic.name).second) question.names.push_back(*topic.name);
  }
  // A topic without name and id: Java meets the null.
  const bool is_nameless =
      std::any_of(topics->begin(), topics->end(), [](const auto& topic) { return !topic.name; });
  if (ids.empty()) return is_nameless ? ErrorCode::kUnknownServerError : ErrorCode::kNone;
  // As Apache has it: if there is an id, names are not looked at.
  question.names.clear();
  for (const wire::Uuid& id : ids) {
    if (const auto topic = question.services.image->topic(id)) {
      question.names.push_back(topic->name);
    } else {
      question.unknown_ids.push_back(id);
    }
  }
  return ErrorCode::kNone;
}

bool may_create(const Question& question) {
  const Services& services = question.services;
  if (!question.request.allow_auto_topic_creation || services.controller == nullptr) return false;
  return services.config == nullptr || services.config->get_bool("auto.create.topics.enable");
}

std::vector<std::string> missing_names(const Question& question) {
  std::vector<std::string> missing;
  for (const std::string& name : question.names) {
    if (question.services.image->topic(name) != nullptr) continue;
    if (!cluster::controller::invalid_topic_name(name)) missing.push_back(name);
  }
  return missing;
}

// A client that names topics, or asks for the nodes alone, means to use them, by an address that
// may be wrong.
void watch(const RequestContext& context, const Question& question) {
  const Services& services = context.services;
  const ConnectionInfo& connection = context.connection;
  if (services.advert_watch == nullptr || question.all_topics) return;
  if (connection.has_found_us || connection.told_other_than.empty()) return;
  const auto told = address_of(*services.image, services.node_id, *connection.vantage);
  if (!told) return;
  const bool is_v6 = told->host.find(':') != std::string::npos;
  services.advert_watch->told(
      connection.id,
      question.names.empty() ? AdvertWatch::Asked::kNodes : AdvertWatch::Asked::kTopics,
      {.client = watched_client(context),
       .software = connection.client_software_name,
       .listener = connection.vantage->listener,
       .dialled = connection.told_other_than,
       .told =
           fmt::format("{}{}{}:{}", is_v6 ? "[" : "", told->host, is_v6 ? "]" : "", told->port)});
}

}  // namespace

void handle_metadata(RequestContext& context, wire::MetadataRequest request,
                     wire::Reply<wire::MetadataResponse> reply) {
  auto question = std::make_unique<Question>(Question{.services = context.services,
                                                      .version = context.api_version,
                                                      .vantage = context.connection.vantage,
                                                      .request = std::move(request),
                                                      .names = {},
                                                      .unknown_ids = {}});
  const ErrorCode refused = read_topics(*question);
  if (refused != ErrorCode::kNone) {
    // Kafka answers such a request with the error on each topic, and tells nothing else.
    MetadataResponse response;
    response.error_code = refused;
    for (const auto& asked : *question->request.topics) {
      auto& topic = response.topics.emplace_back();
      topic.error_code = refused;
      topic.name = asked.name.value_or("");
      topic.topic_id = asked.topic_id;
    }
    return reply(std::move(response));
  }
  watch(context, *question);
  auto missing = may_create(*question) ? missing_names(*question) : std::vector<std::string>();
  if (missing.empty()) return reply(make_answer(*question, {}));
  Services& services = context.services;
  create_topics_on_demand(services, missing,
                          [question = std::move(question), reply = std::move(reply)](
                              std::map<std::string, ErrorCode> errors) mutable {
                            reply(make_answer(*question, errors));
                          });
}

}  // namespace api
