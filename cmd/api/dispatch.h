// From a frame to a handler: judges a request's key and version, decodes its header, serves it by
// the table.
#pragma once

#include <optional>
#include <string>

#include "cmd/api/request_context.h"
#include "wire/base/bytes.h"

namespace api {

// Why a request with this key and version is refused at sight by closing the connection, which is
// what Apache does; nothing if it is served.  ApiVersions of an unknown version is not refused: it
// is answered, so that clients can step down.
std::optional<std::string> refuse_header(int16_t key, int16_t version, ListenerKind kind);

// Serves one request.  REQUIRES: refuse_header() had nothing against it, and frame.size() >= 10.
void dispatch(Services& services, ConnectionInfo& connection, wire::Bytes frame,
              ResponseSlot& slot);

}  // namespace api
