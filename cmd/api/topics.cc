// Topics, answered by the active controller.
//
// CreateTopics (key 19), v0-v7.  v1: validate only.  v4: -1 for the defaults.  v5: flexible, the configs of the new topic (KIP-525).  v7: its id.
// DeleteTopics (key 20), v0-v6.  v4: flexible.  v5: error messages.  v6: by id (KIP-516).
// CreatePartitions (key 37), v0-v3.  v2: flexible.
//
// A timeout is not observed: the answer comes when the change is committed.  Kafka's own controller answers
// REQUEST_TIMED_OUT to a timeout of 0 and creates nothing, which old librdkafka takes for success.
#include "cluster/config/broker_config.h"
#include "cluster/controller/controller.h"
#include "cmd/api/controller_call.h"
#include "cmd/api/handlers.h"
#include "wire/api/create_partitions.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_topics.h"

namespace api {

void handle_create_topics(RequestContext& context, wire::CreateTopicsRequest request,
                          wire::Reply<wire::CreateTopicsResponse> reply) {
  context.services.controller->create_topics(operation_context(context), std::move(request),
                                             std::move(reply));
}

void handle_delete_topics(RequestContext& context, wire::DeleteTopicsRequest request,
                          wire::Reply<wire::DeleteTopicsResponse> reply) {
  const auto* config = context.services.config;
  if (config != nullptr && !config->get_bool("delete.topic.enable")) {
    // Before v3 the error was not known.
    const auto code = context.api_version < 3 ? wire::ErrorCode::kInvalidRequest
                                              : wire::ErrorCode::kTopicDeletionDisabled;
    return reply(cluster::controller::refused(request, code));
  }
  context.services.controller->delete_topics(operation_context(context), std::move(request),
                                             std::move(reply));
}

void handle_create_partitions(RequestContext& context, wire::CreatePartitionsRequest request,
                              wire::Reply<wire::CreatePartitionsResponse> reply) {
  context.services.controller->create_partitions(operation_context(context), std::move(request),
                                                 std::move(reply));
}

}  // namespace api
