// ApiVersions (key 18), v0-v4.  v1: throttle time.  v3: flexible, the client's name and version,
// features (KIP-584). v4: features whose lowest version is 0 are listed too (KIP-1022 found that v3
// clients choke on them).
#include "cmd/api/api_versions.h"

#include <cctype>
#include <string_view>

#include "cluster/metadata/image.h"
#include "cluster/raft/driver.h"
#include "cmd/api/api_dispatch.h"
#include "cmd/api/api_table.h"
#include "cmd/api/handlers.h"
#include "wire/api/api_versions.h"

namespace api {
namespace {

// Letters, digits, '-' and '.', with a letter or digit at both ends (KIP-511).
bool is_software_name(std::string_view text) {
  const auto alphanumeric = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  if (text.empty() || !alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
  for (const char c : text) {
    if (!alphanumeric(c) && c != '-' && c != '.') return false;
  }
  return true;
}

std::vector<wire::ApiVersionsResponse::ApiVersion> served_versions(ListenerKind kind) {
  std::vector<wire::ApiVersionsResponse::ApiVersion> versions;
  for (const ApiRow& row : api_table()) {
    if (!contains(row.listeners, kind)) continue;
    versions.push_back({.api_key = static_cast<int16_t>(row.key),
                        .min_version = row.min_version,
                        .max_version = row.max_version});
  }
  return versions;
}

void add_features(const Services& services, int16_t version, wire::ApiVersionsResponse& response) {
  if (services.image == nullptr) return;
  for (const auto& feature : cluster::metadata::enforced_features()) {
    if (version < 4 && feature.min_version == 0) continue;
    response.supported_features.push_back({.name = std::string(feature.name),
                                           .min_version = feature.min_version,
                                           .max_version = feature.max_version});
  }
  for (const auto& [name, level] :
       cluster::metadata::advertised_levels(services.image->features())) {
    response.finalized_features.push_back(
        {.name = name, .max_version_level = level, .min_version_level = level});
  }
  const int16_t kraft_version =
      services.raft == nullptr ? int16_t{0} : services.raft->kraft_version();
  if (kraft_version > 0) {
    response.finalized_features.push_back(
        {.name = std::string(cluster::metadata::kKRaftVersionFeature),
         .max_version_level = kraft_version,
         .min_version_level = kraft_version});
  }
  response.finalized_features_epoch = services.image->provenance().last_offset;
}

}  // namespace

void handle_api_versions(RequestContext& context, wire::ApiVersionsRequest request,
                         wire::Reply<wire::ApiVersionsResponse> reply) {
  wire::ApiVersionsResponse response;
  if (context.api_version >= 3) {
    if (!is_software_name(request.client_software_name) ||
        !is_software_name(request.client_software_version)) {
      response.error_code = wire::ErrorCode::kInvalidRequest;
      return reply(std::move(response));
    }
    context.connection.client_software_name = std::move(request.client_software_name);
    context.connection.client_software_version = std::move(request.client_software_version);
  }
  response.api_keys = served_versions(context.connection.kind);
  add_features(context.services, context.api_version, response);
  reply(std::move(response));
}

void answer_unsupported_api_versions(const ConnectionInfo& connection, int32_t correlation_id,
                                     ResponseSlot& slot) {
  wire::ApiVersionsResponse response;
  response.error_code = wire::ErrorCode::kUnsupportedVersion;
  // Apache lists ApiVersions alone: all the client needs to ask again.
  for (auto& version : served_versions(connection.kind)) {
    if (version.api_key == static_cast<int16_t>(wire::ApiKey::kApiVersions))
      response.api_keys.push_back(version);
  }
  wire::Writer writer;
  encode_response_header(writer, wire::ApiKey::kApiVersions, 0, correlation_id);
  response.encode(writer, 0);
  slot.fill(writer.take());
}

}  // namespace api
