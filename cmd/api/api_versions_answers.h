// The encoded answers to ApiVersions.
//
// Every client asks on every connection, and what it is told is the same until features change.
// Belongs to the Services of a shard.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "wire/base/bytes.h"
#include "wire/base/types.h"

namespace api {

enum class ListenerKind : uint8_t;
struct Services;

class ApiVersionsAnswers {
 public:
  // The body of the answer in `version` without an error.
  const wire::Bytes& body(const Services& services, ListenerKind kind, int16_t version);

 private:
  struct Answer {
    // What it was made of, beside the table of what is served.
    std::optional<wire::Offset> image_offset;  // nothing: there is no image yet
    int16_t kraft_version = 0;
    wire::Bytes body;  // never empty
  };

  std::map<std::pair<ListenerKind, int16_t>, Answer> answers_;
};

}  // namespace api
