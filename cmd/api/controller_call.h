// From a client's request to an operation of the controller.
#pragma once

#include "cluster/controller/decision.h"
#include "cluster/controller/refusals.h"
#include "cmd/api/request_context.h"

namespace api {

inline cluster::controller::OperationContext operation_context(const RequestContext& context) {
  cluster::controller::OperationContext operation;
  operation.version = context.api_version;
  return operation;
}

}  // namespace api
