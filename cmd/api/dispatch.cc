#include "cmd/api/dispatch.h"

#include <utility>

#include <fmt/core.h>

#include "cmd/api/advert_watch.h"
#include "cmd/api/api_dispatch.h"
#include "cmd/api/api_table.h"
#include "cmd/api/api_versions.h"
#include "wire/control/request_header.h"

namespace api {

std::optional<std::string> refuse_header(int16_t key, int16_t version, ListenerKind kind) {
  const ApiRow* row = find_api(key, kind);
  if (row != nullptr && row->serves(version)) return std::nullopt;
  if (row != nullptr && row->key == wire::ApiKey::kApiVersions) return std::nullopt;
  const wire::ApiInfo* info = wire::api_info(key);
  if (info == nullptr)
    return fmt::format("it asked for API key {}, which Kafka does not have", key);
  if (row == nullptr)
    return fmt::format("it asked for {} (key {}), which is not served on this listener", info->name,
                       key);
  return fmt::format("it asked for {} version {}, and versions {} to {} are served", info->name,
                     version, row->min_version, row->max_version);
}

namespace {

// A client that has asked for nothing yet but what it asks of any node.
void look_at(const RequestContext& context) {
  AdvertWatch* const watch = context.services.advert_watch;
  context.connection.has_found_us = AdvertWatch::shows_found(context.api_key);
  if (watch == nullptr) return;
  if (context.connection.has_found_us) {
    watch->found(watched_client(context));
  } else {
    watch->heard(context.connection.id, watched_client(context));
  }
}

}  // namespace

void dispatch(Services& services, ConnectionInfo& connection, wire::Bytes frame,
              ResponseSlot& slot) {
  const auto key = static_cast<int16_t>(frame[0] << 8 | frame[1]);
  const auto version = static_cast<int16_t>(frame[2] << 8 | frame[3]);
  const ApiRow* row = find_api(key, connection.kind);
  if (row == nullptr) return slot.fail("it asked for an API that is not served here");
  if (!row->serves(version)) {
    // Judged before: this is ApiVersions.  Only the correlation id can be trusted in a header of an
    // unknown version.
    const auto correlation_id = static_cast<int32_t>(
        static_cast<uint32_t>(frame[4]) << 24 | static_cast<uint32_t>(frame[5]) << 16 |
        static_cast<uint32_t>(frame[6]) << 8 | frame[7]);
    return answer_unsupported_api_versions(connection, correlation_id, slot);
  }
  wire::Reader reader(std::move(frame));
  wire::RequestHeader header;
  header.decode(reader, wire::request_header_version(row->key, version));
  if (!reader.ok()) return slot.fail("its request header does not parse");
  RequestContext context{.services = services,
                         .connection = connection,
                         .slot = slot,
                         .api_key = row->key,
                         .api_version = version,
                         .correlation_id = header.correlation_id,
                         .client_id = std::move(header.client_id)};
  if (!connection.has_found_us) look_at(context);
  row->serve(context, reader);
}

}  // namespace api
