// Produce: from the bytes of a request to the appends in its partitions, and back to its answer.
#pragma once

#include "cmd/api/produce_answer.h"
#include "cmd/api/request_context.h"
#include "wire/api/produce.h"
#include "wire/reader.h"

namespace api {

// As serve<handler>() of api_dispatch.h, but with the memory of earlier requests.
void serve_produce(RequestContext& context, wire::Reader& reader);

// Takes what it appends out of the request.
void handle_produce(RequestContext& context, wire::ProduceRequest& request, ProduceReply reply);

}  // namespace api
