// DescribeClientQuotas (key 48), v0-v1.  AlterClientQuotas (key 49), v0-v1.  KIP-546; v1: flexible.
#include "cluster/controller/client_quotas.h"

#include "cluster/controller/controller.h"
#include "cluster/metadata/image.h"
#include "cmd/api/controller_call.h"
#include "cmd/api/handlers.h"

namespace api {

void handle_describe_client_quotas(RequestContext& context,
                                   wire::DescribeClientQuotasRequest request,
                                   wire::Reply<wire::DescribeClientQuotasResponse> reply) {
  reply(cluster::controller::describe_client_quotas(context.services.image->client_quotas(),
                                                    request));
}

void handle_alter_client_quotas(RequestContext& context, wire::AlterClientQuotasRequest request,
                                wire::Reply<wire::AlterClientQuotasResponse> reply) {
  context.services.controller->alter_client_quotas(operation_context(context), std::move(request),
                                                   std::move(reply));
}

}  // namespace api
