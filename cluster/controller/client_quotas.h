// Decisions and questions: the quotas of users, client ids and addresses (KIP-546).
#pragma once

#include <string>

#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "cluster/metadata/security.h"
#include "wire/api/alter_client_quotas.h"
#include "wire/api/describe_client_quotas.h"

namespace cluster::controller {

// Each entity is answered once: INVALID_REQUEST for what names no entity or quota, or is named
// twice.
Decision<wire::AlterClientQuotasResponse> alter_client_quotas(
    const ControllerState& state, const OperationContext& context,
    const wire::AlterClientQuotasRequest& request);

// The entities that a filter picks, by name.  INVALID_REQUEST, or UNSUPPORTED_VERSION for a kind of
// entity that there is not.
wire::DescribeClientQuotasResponse describe_client_quotas(
    const metadata::ClientQuotasImage& quotas, const wire::DescribeClientQuotasRequest& request);

}  // namespace cluster::controller
