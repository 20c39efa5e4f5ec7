// DescribeCluster (key 60), v0-v2.  v1: of brokers or of controllers (KIP-919).  v2: fenced brokers
// too. DescribeTopicPartitions (key 75), v0: topics in pages of partitions (KIP-966).
#include <algorithm>
#include <utility>

#include "cluster/config/broker_config.h"
#include "cluster/controller/topic_name.h"
#include "cluster/metadata/image.h"
#include "cmd/api/authorized_operations.h"
#include "cmd/api/handlers.h"
#include "cmd/api/leader_hint.h"
#include "cmd/api/partition_view.h"
#include "cmd/api/topic_creation.h"
#include "wire/api/describe_cluster.h"
#include "wire/api/describe_topic_partitions.h"

namespace api {
namespace {

using cluster::metadata::MetadataImage;
using wire::DescribeTopicPartitionsResponse;
using wire::ErrorCode;

constexpr int8_t kEndpointsOfBrokers = 1;
constexpr int8_t kEndpointsOfControllers = 2;

void add_controllers(const MetadataImage& image, wire::DescribeClusterResponse& response) {
  for (const auto& [id, controller] : image.cluster().controllers) {
    if (controller->endpoints.empty()) continue;
    const auto& endpoint = controller->endpoints.front();
    auto& node = response.brokers.emplace_back();
    node.broker_id = id;
    node.host = endpoint.host;
    node.port = endpoint.port;
  }
}

void add_brokers(const MetadataImage& image, const Vantage& vantage, bool fenced_too,
                 wire::DescribeClusterResponse& response) {
  for (const auto& [id, broker] : image.cluster().brokers) {
    auto address = address_of(*broker, vantage);
    if (!address || (broker->fenced && !fenced_too)) continue;
    auto& node = response.brokers.emplace_back();
    node.broker_id = id;
    node.host = std::move(address->host);
    node.port = address->port;
    node.rack = std::move(address->rack);
    node.is_fenced = broker->fenced;
  }
}

DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition describe_partition(
    const MetadataImage& image, std::string_view listener, int32_t index,
    const cluster::metadata::PartitionImage& partition) {
  DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition answer;
  answer.partition_index = index;
  answer.error_code = leader_error(image, partition, listener, ListenerError::kKnownToClient);
  answer.leader_id = answer.error_code == ErrorCode::kNone ? partition.leader : wire::kNoNode;
  answer.leader_epoch = partition.leader_epoch;
  answer.replica_nodes = partition.replicas;
  answer.isr_nodes = partition.isr;
  answer.eligible_leader_replicas = partition.elr;
  answer.last_known_elr = partition.last_known_elr;
  answer.offline_replicas = offline_replicas(image, partition, listener);
  return answer;
}

// Names asked for (or all there are), from the cursor's on, in order.
std::vector<std::string> topics_from(const wire::DescribeTopicPartitionsRequest& request,
                                     const MetadataImage& image) {
  std::vector<std::string> names;
  for (const auto& topic : request.topics) names.push_back(topic.name);
  if (request.topics.empty()) {
    for (const auto& [name, id] : image.topics().by_name()) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (request.cursor)
    std::erase_if(names,
                  [&](const std::string& name) { return name < request.cursor->topic_name; });
  return names;
}

// `names` are those that topics_from() found.
ErrorCode why_refused(const wire::DescribeTopicPartitionsRequest& request,
                      const std::vector<std::string>& names) {
  if (request.cursor) {
    const std::string& from = request.cursor->topic_name;
    const bool listed = std::find(names.begin(), names.end(), from) != names.end();
    if (!request.topics.empty() && !listed) return ErrorCode::kInvalidRequest;
    if (request.cursor->partition_index < 0) return ErrorCode::kInvalidRequest;
  }
  // Without a cursor Apache takes such a name for the cursor's, and fails.
  const bool nameless = !request.cursor && !names.empty() && names.front().empty();
  return nameless ? ErrorCode::kUnknownServerError : ErrorCode::kNone;
}

DescribeTopicPartitionsResponse refused(const wire::DescribeTopicPartitionsRequest& request,
                                        ErrorCode error) {
  DescribeTopicPartitionsResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    answer.error_code = error;
  }
  return response;
}

}  // namespace

void handle_describe_cluster(RequestContext& context, wire::DescribeClusterRequest request,
                             wire::Reply<wire::DescribeClusterResponse> reply) {
  const Services& services = context.services;
  const bool to_controller = context.connection.kind == ListenerKind::kController;
  wire::DescribeClusterResponse response;
  if (request.endpoint_type != (to_controller ? kEndpointsOfControllers : kEndpointsOfBrokers)) {
    const bool unknown = request.endpoint_type != kEndpointsOfBrokers &&
                         request.endpoint_type != kEndpointsOfControllers;
    response.error_code =
        unknown ? ErrorCode::kUnsupportedEndpointType : ErrorCode::kMismatchedEndpointType;
    response.error_message = "The request was sent to an endpoint of the wrong type.";
    return reply(std::move(response));
  }
  response.endpoint_type = request.endpoint_type;
  response.cluster_id = services.cluster_id;
  const MetadataImage& image = *services.image;
  if (to_controller) {
    add_controllers(image, response);
    response.controller_id = services.node_id;
  } else {
    add_brokers(image, *context.connection.vantage, request.include_fenced_brokers, response);
    response.controller_id =
        controller_for_clients(image, context.connection.vantage->listener, services.node_id);
  }
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = kClusterOperations;
  reply(std::move(response));
}

void handle_describe_topic_partitions(RequestContext& context,
                                      wire::DescribeTopicPartitionsRequest request,
                                      wire::Reply<wire::DescribeTopicPartitionsResponse> reply) {
  const MetadataImage& image = *context.services.image;
  const std::string& listener = context.connection.vantage->listener;
  const std::vector<std::string> names = topics_from(request, image);
  if (const ErrorCode error = why_refused(request, names); error != ErrorCode::kNone) {
    return reply(refused(request, error));
  }
  DescribeTopicPartitionsResponse response;
  const int32_t limit = context.services.config->get_int("max.request.partition.size.limit");
  int32_t left = std::max(1, std::min(request.response_partition_limit, limit));
  for (const std::string& name : names) {
    if (left == 0) {
      response.next_cursor = DescribeTopicPartitionsResponse::Cursor{};
      response.next_cursor->topic_name = name;
      break;
    }
    auto& answer = response.topics.emplace_back();
    answer.name = name;
    answer.is_internal = is_internal_topic(name);
    answer.topic_authorized_operations = kTopicOperations;
    const auto topic = image.topic(name);
    if (topic == nullptr) {
      answer.error_code = cluster::controller::invalid_topic_name(name)
                              ? ErrorCode::kInvalidTopicException
                              : ErrorCode::kUnknownTopicOrPartition;
      continue;
    }
    answer.topic_id = topic->id;
    const bool resumed = request.cursor && request.cursor->topic_name == name;
    const auto count = static_cast<int32_t>(topic->partitions.size());
    int32_t index = resumed ? request.cursor->partition_index : 0;
    if (int64_t{index} + left > INT32_MAX) {
      // Java's sum is negative: nothing of the topic is told, and the next page begins there.
      response.next_cursor = DescribeTopicPartitionsResponse::Cursor{};
      response.next_cursor->topic_name = name;
      response.next_cursor->partition_index =
          static_cast<int32_t>(static_cast<uint32_t>(index) + static_cast<uint32_t>(left));
      break;
    }
    for (; index < count && left > 0; ++index, --left) {
      answer.partitions.push_back(
          describe_partition(image, listener, index, *topic->partition(index)));
    }
    if (index < count) {
      response.next_cursor = DescribeTopicPartitionsResponse::Cursor{};
      response.next_cursor->topic_name = name;
      response.next_cursor->partition_index = index;
      break;
    }
  }
  reply(std::move(response));
}

}  // namespace api
