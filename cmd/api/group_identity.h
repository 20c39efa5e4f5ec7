// How a request's sender appears to the group coordinator.
#pragma once

#include "cluster/groups/group_coordinator.h"
#include "cmd/api/request_context.h"

namespace api {

cluster::groups::RequestIdentity group_identity(const RequestContext& context);

}  // namespace api
