// ApiVersions: answered with bytes that are kept, so it is served without the typed handler that
// other requests have.
#pragma once

#include <cstdint>

#include "cmd/api/request_context.h"
#include "wire/reader.h"

namespace api {

// Serves a request of a version that is in the table.
void serve_api_versions(RequestContext& context, wire::Reader& reader);

// UNSUPPORTED_VERSION with the list of what is served, in version 0, which every client reads
// (KIP-511).
void answer_unsupported_api_versions(const ConnectionInfo& connection, int32_t correlation_id,
                                     ResponseSlot& slot);

}  // namespace api
