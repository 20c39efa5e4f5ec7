// THE table of what this broker serves: key, versions, listener, handler.
//
// ApiVersions is answered from it and requests are dispatched by it, so what is advertised is what
// is served.
#pragma once

#include <cstdint>
#include <span>

#include "cmd/api/request_context.h"
#include "wire/api_key.h"
#include "wire/reader.h"

namespace api {

// A set of ListenerKind.
enum class Listeners : uint8_t {
  kBroker = static_cast<uint8_t>(ListenerKind::kBroker),
  kController = static_cast<uint8_t>(ListenerKind::kController),
  kBoth = kBroker | kController,
};
inline bool contains(Listeners set, ListenerKind kind) {
  return (static_cast<uint8_t>(set) & static_cast<uint8_t>(kind)) != 0;
}

struct ApiRow {
  wire::ApiKey key;
  int16_t min_version;
  int16_t max_version;
  Listeners listeners;
  // Decodes the request, calls its handler, encodes the answer into context.slot.
  void (*serve)(RequestContext& context, wire::Reader& reader);

  bool serves(int16_t version) const { return version >= min_version && version <= max_version; }
};

// All rows, by key.
std::span<const ApiRow> api_table();
// The row of a key from the wire; null if it is not served on such a listener.
const ApiRow* find_api(int16_t key, ListenerKind kind);

}  // namespace api
