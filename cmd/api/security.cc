// What is asked about security on listeners without any: every connection is PLAINTEXT and
// anonymous, and there is no authorizer, so Kafka refuses most of it.
//
// SaslHandshake (key 17), v0-v1.  SaslAuthenticate (36), v0-v2.  Nothing to do once a connection serves requests.
// DescribeAcls (29), v0-v3.  CreateAcls (30), v0-v3.  DeleteAcls (31), v0-v3.  SECURITY_DISABLED; a closed connection
// where a request has UNKNOWN elements.
// CreateDelegationToken (38), v0-v3.  RenewDelegationToken (39), v0-v2.  ExpireDelegationToken (40), v0-v2.
// DescribeDelegationToken (41), v0-v3.  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, which is so on PLAINTEXT.
// DescribeUserScramCredentials (50), v0.  Those that the metadata log has.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "cluster/metadata/image.h"
#include "cmd/api/api_dispatch.h"
#include "cmd/api/handlers.h"
#include "wire/api/create_acls.h"
#include "wire/api/create_delegation_token.h"
#include "wire/api/delete_acls.h"
#include "wire/api/describe_acls.h"
#include "wire/api/describe_delegation_token.h"
#include "wire/api/describe_user_scram_credentials.h"
#include "wire/api/expire_delegation_token.h"
#include "wire/api/renew_delegation_token.h"
#include "wire/api/sasl_authenticate.h"
#include "wire/api/sasl_handshake.h"

namespace api {
namespace {

using wire::ErrorCode;

constexpr const char* kNoAuthorizer = "No Authorizer is configured.";

// The code of UNKNOWN among resource types, pattern types, operations and permissions.
constexpr int8_t kUnknown = 0;
constexpr const char* kUnknownElements = "its access rules have UNKNOWN elements";

// "User:ANONYMOUS" in its parts.
std::pair<std::string, std::string> parts_of(const std::string& principal) {
  const size_t colon = principal.find(':');
  if (colon == std::string::npos) return {"User", principal};
  return {principal.substr(0, colon), principal.substr(colon + 1)};
}

template <typename Filter>
bool has_unknown_elements(const Filter& filter) {
  return filter.resource_type_filter == kUnknown || filter.pattern_type_filter == kUnknown ||
         filter.operation == kUnknown || filter.permission_type == kUnknown;
}

bool has_unknown_elements(const wire::CreateAclsRequest::AclCreation& creation) {
  return creation.resource_type == kUnknown || creation.resource_pattern_type == kUnknown ||
         creation.operation == kUnknown || creation.permission_type == kUnknown;
}

template <typename Range>
const char* any_unknown_elements(const Range& range) {
  const bool any = std::any_of(range.begin(), range.end(),
                               [](const auto& each) { return has_unknown_elements(each); });
  return any ? kUnknownElements : nullptr;
}

}  // namespace

const char* unreadable(const wire::DescribeAclsRequest& request) {
  return has_unknown_elements(request) ? kUnknownElements : nullptr;
}

const char* unreadable(const wire::CreateAclsRequest& request) {
  return any_unknown_elements(request.creations);
}

const char* unreadable(const wire::DeleteAclsRequest& request) {
  return any_unknown_elements(request.filters);
}

void handle_sasl_handshake(RequestContext&, wire::SaslHandshakeRequest,
                           wire::Reply<wire::SaslHandshakeResponse> reply) {
  wire::SaslHandshakeResponse response;
  response.error_code = ErrorCode::kIllegalSaslState;
  reply(std::move(response));
}

void handle_sasl_authenticate(RequestContext&, wire::SaslAuthenticateRequest,
                              wire::Reply<wire::SaslAuthenticateResponse> reply) {
  wire::SaslAuthenticateResponse response;
  response.error_code = ErrorCode::kIllegalSaslState;
  response.error_message = "SaslAuthenticate request received after successful authentication";
  reply(std::move(response));
}

void handle_describe_acls(RequestContext&, wire::DescribeAclsRequest,
                          wire::Reply<wire::DescribeAclsResponse> reply) {
  wire::DescribeAclsResponse response;
  response.error_code = ErrorCode::kSecurityDisabled;
  response.error_message = "No Authorizer is configured on the broker";
  reply(std::move(response));
}

void handle_create_acls(RequestContext&, wire::CreateAclsRequest request,
                        wire::Reply<wire::CreateAclsResponse> reply) {
  wire::CreateAclsResponse response;
  for (size_t i = 0; i < request.creations.size(); ++i) {
    auto& result = response.results.emplace_back();
    result.error_code = ErrorCode::kSecurityDisabled;
    result.error_message = kNoAuthorizer;
  }
  reply(std::move(response));
}

void handle_delete_acls(RequestContext&, wire::DeleteAclsRequest request,
                        wire::Reply<wire::DeleteAclsResponse> reply) {
  wire::DeleteAclsResponse response;
  for (size_t i = 0; i < request.filters.size(); ++i) {
    auto& result = response.filter_results.emplace_back();
    result.error_code = ErrorCode::kSecurityDisabled;
    result.error_message = kNoAuthorizer;
  }
  reply(std::move(response));
}

void handle_create_delegation_token(RequestContext& context,
                                    wire::CreateDelegationTokenRequest request,
                                    wire::Reply<wire::CreateDelegationTokenResponse> reply) {
  wire::CreateDelegationTokenResponse response;
  response.error_code = ErrorCode::kDelegationTokenRequestNotAllowed;
  const auto [type, name] = parts_of(context.connection.principal);
  response.token_requester_principal_type = type;
  response.token_requester_principal_name = name;
  const bool for_another = !request.owner_principal_name.value_or("").empty();
  // Kafka makes a principal of the two before it looks at the listener, and cannot of null.
  if (for_another && !request.owner_principal_type) {
    response.error_code = ErrorCode::kUnknownServerError;
    request.owner_principal_type = type;
    request.owner_principal_name = name;
  }
  response.principal_type = for_another ? *request.owner_principal_type : type;
  response.principal_name = for_another ? *request.owner_principal_name : name;
  response.issue_timestamp_ms = wire::kNoTimestamp;
  response.expiry_timestamp_ms = wire::kNoTimestamp;
  response.max_timestamp_ms = wire::kNoTimestamp;
  reply(std::move(response));
}

namespace {

// There are no tokens: without delegation.token.secret.key Kafka's brokers answer so, too.
template <typename Response>
Response no_tokens() {
  Response response;
  response.error_code = ErrorCode::kDelegationTokenRequestNotAllowed;
  if constexpr (requires { response.expiry_timestamp_ms; }) {
    response.expiry_timestamp_ms = wire::kNoTimestamp;
  }
  return response;
}

}  // namespace

void handle_renew_delegation_token(RequestContext&, wire::RenewDelegationTokenRequest,
                                   wire::Reply<wire::RenewDelegationTokenResponse> reply) {
  reply(no_tokens<wire::RenewDelegationTokenResponse>());
}

void handle_expire_delegation_token(RequestContext&, wire::ExpireDelegationTokenRequest,
                                    wire::Reply<wire::ExpireDelegationTokenResponse> reply) {
  reply(no_tokens<wire::ExpireDelegationTokenResponse>());
}

void handle_describe_delegation_token(RequestContext&, wire::DescribeDelegationTokenRequest,
                                      wire::Reply<wire::DescribeDelegationTokenResponse> reply) {
  reply(no_tokens<wire::DescribeDelegationTokenResponse>());
}

void handle_describe_user_scram_credentials(
    RequestContext& context, wire::DescribeUserScramCredentialsRequest request,
    wire::Reply<wire::DescribeUserScramCredentialsResponse> reply) {
  using Result = wire::DescribeUserScramCredentialsResponse::DescribeUserScramCredentialsResult;
  const cluster::metadata::ScramImage& scram = context.services.image->scram();
  // The mechanisms and iterations of each user who has any.
  std::map<std::string, std::vector<std::pair<int8_t, int32_t>>> known;
  for (const auto& [key, credential] : scram) {
    known[key.second].emplace_back(key.first, credential.iterations);
  }
  std::map<std::string, int> asked;
  if (request.users) {
    for (const auto& user : *request.users) ++asked[user.name];
  }
  if (asked.empty()) {
    for (const auto& user : known) asked[user.first] = 1;
  }
  wire::DescribeUserScramCredentialsResponse response;
  for (const auto& [user, times] : asked) {
    Result& result = response.results.emplace_back();
    result.user = user;
    const auto found = known.find(user);
    if (times > 1) {
      result.error_code = ErrorCode::kDuplicateResource;
      result.error_message =
          "Cannot describe SCRAM credentials for the same user twice in a single request: " + user;
    } else if (found == known.end()) {
      result.error_code = ErrorCode::kResourceNotFound;
      result.error_message = "Attempt to describe a user credential that does not exist: " + user;
    } else {
      for (const auto& [mechanism, iterations] : found->second) {
        auto& credential = result.credential_infos.emplace_back();
        credential.mechanism = mechanism;
        credential.iterations = iterations;
      }
    }
  }
  reply(std::move(response));
}

}  // namespace api
