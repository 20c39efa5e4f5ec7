// Frames: how messages follow each other on a connection.
//
//   int32 size | header | body          size counts what follows it
//
// The header's version is given by the API and version that the header itself begins with (see
// api_key.h), so both directions go through here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/api_key.h"
#include "wire/base/bytes.h"
#include "wire/control/request_header.h"
#include "wire/control/response_header.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace wire {

// Starts a frame: leaves room for the size and writes the header.  The body is written next.
Writer begin_request_frame(ApiKey key, int16_t version, int32_t correlation_id,
                           const std::optional<std::string>& client_id);
Writer begin_response_frame(ApiKey key, int16_t version, int32_t correlation_id);
// Fills in the size: the frame is complete and ready to be sent.
std::vector<Bytes> finish_frame(Writer& writer);

// Reads a request's header, whatever its version, and leaves `frame` at the body.  A header that
// names an API or version that does not exist is read all the same: the answer to it needs the
// correlation id.  False if it is malformed.
bool read_request_header(Reader& frame, RequestHeader& header);
// Reads the header of the response to a request of this key and version.
bool read_response_header(Reader& frame, ApiKey key, int16_t version, ResponseHeader& header);

}  // namespace wire
