// The answer to an ApiVersions request whose version is not served.
#pragma once

#include <cstdint>

#include "cmd/api/request_context.h"

namespace api {

// UNSUPPORTED_VERSION with the list of what is served, in version 0, which every client reads
// (KIP-511).
void answer_unsupported_api_versions(const ConnectionInfo& connection, int32_t correlation_id,
                                     ResponseSlot& slot);

}  // namespace api
