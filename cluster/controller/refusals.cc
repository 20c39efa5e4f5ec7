#include "cluster/controller/refusals.h"

#include <string>

namespace cluster::controller {

using wire::ErrorCode;

namespace {

template <typename Response>
Response at_the_top(ErrorCode code) {
  Response response;
  response.error_code = code;
  return response;
}

// None for a time that is over: Kafka's exception has no words of its own.
std::optional<std::string> text(ErrorCode code) {
  if (code == ErrorCode::kRequestTimedOut) return std::nullopt;
  return std::string(wire::error_message(code));
}

template <typename Response, typename Request>
Response in_each_resource(const Request& request, ErrorCode code) {
  Response response;
  for (const auto& resource : request.resources) {
    auto& answer = response.responses.emplace_back();
    answer.error_code = code;
    answer.error_message = text(code);
    answer.resource_type = resource.resource_type;
    answer.resource_name = resource.resource_name;
  }
  return response;
}

}  // namespace

wire::CreateTopicsResponse refused(const wire::CreateTopicsRequest& request, ErrorCode code) {
  wire::CreateTopicsResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    answer.error_code = code;
    answer.error_message = text(code);
  }
  return response;
}

wire::DeleteTopicsResponse refused(const wire::DeleteTopicsRequest& request, ErrorCode code) {
  wire::DeleteTopicsResponse response;
  const auto answer = [&](std::optional<std::string> name, const wire::Uuid& id) {
    auto& result = response.responses.emplace_back();
    result.name = std::move(name);
    result.topic_id = id;
    result.error_code = code;
  };
  for (const std::string& name : request.topic_names) answer(name, {});
  for (const auto& topic : request.topics) answer(topic.name, topic.topic_id);
  return response;
}

wire::CreatePartitionsResponse refused(const wire::CreatePartitionsRequest& request,
                                       ErrorCode code) {
  wire::CreatePartitionsResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.results.emplace_back();
    answer.name = topic.name;
    answer.error_code = code;
    answer.error_message = text(code);
  }
  return response;
}

wire::IncrementalAlterConfigsResponse refused(const wire::IncrementalAlterConfigsRequest& request,
                                              ErrorCode code) {
  return in_each_resource<wire::IncrementalAlterConfigsResponse>(request, code);
}

wire::AlterConfigsResponse refused(const wire::AlterConfigsRequest& request, ErrorCode code) {
  return in_each_resource<wire::AlterConfigsResponse>(request, code);
}

wire::UpdateFeaturesResponse refused(const wire::UpdateFeaturesRequest&, ErrorCode code) {
  auto response = at_the_top<wire::UpdateFeaturesResponse>(code);
  response.error_message = text(code);
  return response;
}

wire::ElectLeadersResponse refused(const wire::ElectLeadersRequest& request, ErrorCode code) {
  return refused(request, code, text(code));
}

wire::ElectLeadersResponse refused(const wire::ElectLeadersRequest& request, ErrorCode code,
                                   const std::optional<std::string>& why) {
  auto response = at_the_top<wire::ElectLeadersResponse>(code);
  if (!request.topic_partitions) return response;
  for (const auto& topic : *request.topic_partitions) {
    auto& answer = response.replica_election_results.emplace_back();
    answer.topic = topic.topic;
    for (int32_t index : topic.partitions) {
      auto& partition = answer.partition_result.emplace_back();
      partition.partition_id = index;
      partition.error_code = code;
      partition.error_message = why;
    }
  }
  return response;
}

wire::UnregisterBrokerResponse refused(const wire::UnregisterBrokerRequest&, ErrorCode code) {
  auto response = at_the_top<wire::UnregisterBrokerResponse>(code);
  response.error_message = text(code);
  return response;
}

wire::AlterPartitionReassignmentsResponse refused(
    const wire::AlterPartitionReassignmentsRequest& request, ErrorCode code) {
  auto response = at_the_top<wire::AlterPartitionReassignmentsResponse>(code);
  response.error_message = text(code);
  for (const auto& topic : request.topics) {
    auto& answer = response.responses.emplace_back();
    answer.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& partition = answer.partitions.emplace_back();
      partition.partition_index = asked.partition_index;
      partition.error_code = code;
      partition.error_message = text(code);
    }
  }
  return response;
}

wire::ListPartitionReassignmentsResponse refused(const wire::ListPartitionReassignmentsRequest&,
                                                 ErrorCode code) {
  auto response = at_the_top<wire::ListPartitionReassignmentsResponse>(code);
  response.error_message = text(code);
  return response;
}

wire::AlterClientQuotasResponse refused(const wire::AlterClientQuotasRequest& request,
                                        ErrorCode code) {
  wire::AlterClientQuotasResponse response;
  for (const auto& entry : request.entries) {
    auto& answer = response.entries.emplace_back();
    answer.error_code = code;
    answer.error_message = text(code);
    for (const auto& part : entry.entity) {
      auto& named = answer.entity.emplace_back();
      named.entity_type = part.entity_type;
      named.entity_name = part.entity_name;
    }
  }
  return response;
}

wire::BrokerRegistrationResponse refused(const wire::BrokerRegistrationRequest&, ErrorCode code) {
  return at_the_top<wire::BrokerRegistrationResponse>(code);
}

wire::BrokerHeartbeatResponse refused(const wire::BrokerHeartbeatRequest&, ErrorCode code) {
  return at_the_top<wire::BrokerHeartbeatResponse>(code);
}

wire::AllocateProducerIdsResponse refused(const wire::AllocateProducerIdsRequest&, ErrorCode code) {
  return at_the_top<wire::AllocateProducerIdsResponse>(code);
}

wire::AlterPartitionResponse refused(const wire::AlterPartitionRequest&, ErrorCode code) {
  return at_the_top<wire::AlterPartitionResponse>(code);
}

wire::AssignReplicasToDirsResponse refused(const wire::AssignReplicasToDirsRequest&,
                                           ErrorCode code) {
  return at_the_top<wire::AssignReplicasToDirsResponse>(code);
}

wire::ControllerRegistrationResponse refused(const wire::ControllerRegistrationRequest&,
                                             ErrorCode code) {
  auto response = at_the_top<wire::ControllerRegistrationResponse>(code);
  response.error_message = text(code);
  return response;
}

}  // namespace cluster::controller
