// ApiVersions (key 18), v0-v4.  v1: throttle time.  v3: flexible, the client's name and version,
// features (KIP-584). v4: features whose lowest version is 0 are listed too (KIP-1022 found that v3
// clients choke on them).
#include "cmd/api/api_versions.h"

#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

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

int16_t kraft_version_of(const Services& services) {
  return services.raft == nullptr ? int16_t{0} : services.raft->kraft_version();
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
  if (const int16_t kraft_version = kraft_version_of(services); kraft_version > 0) {
    response.finalized_features.push_back(
        {.name = std::string(cluster::metadata::kKRaftVersionFeature),
         .max_version_level = kraft_version,
         .min_version_level = kraft_version});
  }
  response.finalized_features_epoch = services.image->provenance().last_offset;
}

// False: it does not say what it is.
bool note_client(ConnectionInfo& connection, wire::ApiVersionsRequest request) {
  if (!is_software_name(request.client_software_name) ||
      !is_software_name(request.client_software_version)) {
    return false;
  }
  connection.client_software_name = std::move(request.client_software_name);
  connection.client_software_version = std::move(request.client_software_version);
  return true;
}

}  // namespace

const wire::Bytes& ApiVersionsAnswers::body(const Services& services, ListenerKind kind,
                                            int16_t version) {
  std::optional<wire::Offset> image_offset;
  if (services.image != nullptr) image_offset = services.image->provenance().last_offset;
  const int16_t kraft_version = kraft_version_of(services);
  Answer& answer = answers_[{kind, version}];
  if (!answer.body.empty() && answer.image_offset == image_offset &&
      answer.kraft_version == kraft_version) {
    return answer.body;
  }
  wire::ApiVersionsResponse response;
  response.api_keys = served_versions(kind);
  add_features(services, version, response);
  wire::Writer writer;
  response.encode(writer, version);
  answer = {image_offset, kraft_version, writer.take_contiguous()};
  return answer.body;
}

void serve_api_versions(RequestContext& context, wire::Reader& reader) {
  const int16_t version = context.api_version;
  wire::ApiVersionsRequest request;
  request.decode(reader, version);
  if (!reader.ok()) return context.slot.fail("its body does not parse");
  wire::Writer& writer = context.slot.answer();
  encode_response_header(writer, wire::ApiKey::kApiVersions, version, context.correlation_id);
  if (version >= 3 && !note_client(context.connection, std::move(request))) {
    wire::ApiVersionsResponse refused;
    refused.error_code = wire::ErrorCode::kInvalidRequest;
    refused.encode(writer, version);
    ErrorCounts errors;
    errors.add(refused.error_code);
    context.slot.note_errors(errors);
  } else {
    writer.write_raw(
        context.services.api_versions.body(context.services, context.connection.kind, version));
  }
  context.slot.fill();
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
  encode_response_header(slot.answer(), wire::ApiKey::kApiVersions, 0, correlation_id);
  response.encode(slot.answer(), 0);
  slot.fill();
}

}  // namespace api
