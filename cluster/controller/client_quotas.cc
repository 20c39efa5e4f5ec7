#include "cluster/controller/client_quotas.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>

#include "cluster/controller/api_error.h"

namespace cluster::controller {

using metadata::MetadataRecord;
using wire::ErrorCode;

namespace {

constexpr std::string_view kUser = "user";
constexpr std::string_view kClientId = "client-id";
constexpr std::string_view kIp = "ip";

// Kafka's match types of a filter's component.
constexpr int8_t kExact = 0;
constexpr int8_t kDefaultEntity = 1;
constexpr int8_t kAnyEntity = 2;

// Types to names, no name for the default entity: sorted as a QuotaEntity is.
using Entity = std::map<std::string, std::optional<std::string>>;
using Entry = wire::AlterClientQuotasRequest::EntryData;

enum class Kind { kLong, kInt, kDouble };
struct Quota {
  std::string_view key;
  Kind kind;
};
constexpr Quota kOfUsersAndClients[] = {{"producer_byte_rate", Kind::kLong},
                                        {"consumer_byte_rate", Kind::kLong},
                                        {"request_percentage", Kind::kDouble},
                                        {"controller_mutation_rate", Kind::kDouble}};
constexpr Quota kOfAddresses[] = {{"connection_creation_rate", Kind::kInt}};

ApiError invalid(std::string text) {
  return {ErrorCode::kInvalidRequest, std::move(text)};
}

bool is_entity_type(std::string_view type) {
  return type == kUser || type == kClientId || type == kIp;
}

// As Java reads addresses: one to four decimal parts, the last one filling what is left of 32 bits.
bool is_ipv4(std::string_view text) {
  constexpr int kPartsMax = 4;
  uint64_t last = 0;
  for (int part = 1;; ++part) {
    const size_t dot = text.find('.');
    const std::string_view digits = text.substr(0, dot);
    if (digits.empty() || digits.size() > 10) return false;
    last = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return false;
      last = last * 10 + static_cast<uint64_t>(c - '0');
    }
    if (dot == std::string_view::npos) return last < (uint64_t{1} << (8 * (5 - part)));
    if (last > 255 || part == kPartsMax) return false;
    text.remove_prefix(dot + 1);
  }
}

bool is_ipv6(std::string text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  text = text.substr(0, text.find('%'));
  in6_addr address;
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

// Unlike Apache we look no names up: a decision of the controller waits for no name server.
bool is_address(const std::string& text) {
  return is_ipv4(text) || is_ipv6(text) || text == "localhost";
}

ApiError check_entity(const Entity& entity) {
  if (entity.empty()) return invalid("Invalid empty client quota entity");
  for (const auto& [type, name] : entity) {
    if (!is_entity_type(type)) return invalid("Unhandled client quota entity type: " + type);
    if (name && name->empty()) return invalid("Empty " + type + " not supported");
  }
  const auto ip = entity.find(std::string(kIp));
  if (ip == entity.end()) return {};
  if (entity.size() > 1) {
    return invalid(
        "Invalid quota entity combination, IP entity should"
        "not be combined with User or ClientId");
  }
  if (ip->second && !is_address(*ip->second)) {
    return invalid(*ip->second + " is not a valid IP or resolvable host.");
  }
  return {};
}

const Quota* find_quota(const Entity& entity, std::string_view key) {
  const auto find = [&](const auto& quotas) -> const Quota* {
    for (const Quota& quota : quotas) {
      if (quota.key == key) return &quota;
    }
    return nullptr;
  };
  return entity.contains(std::string(kIp)) ? find(kOfAddresses) : find(kOfUsersAndClients);
}

ApiError check_value(const Entity& entity, const std::string& key, double value) {
  const Quota* quota = find_quota(entity, key);
  if (quota == nullptr) return invalid("Invalid configuration key " + key);
  if (value <= 0) return invalid("Quota " + key + " must be greater than 0");
  if (quota->kind == Kind::kDouble) return {};
  const bool is_int = quota->kind == Kind::kInt;
  const double most = is_int ? static_cast<double>(std::numeric_limits<int32_t>::max())
                             : static_cast<double>(std::numeric_limits<int64_t>::max());
  if (value > most) {
    return invalid("Proposed value for " + key + " is too large for " +
                   (is_int ? "an INT." : "a LONG."));
  }
  constexpr double kNoFraction = 1e-6;
  if (std::abs(std::fmod(value, 1.0)) > kNoFraction) {
    return invalid(key + " cannot be a fractional value.");
  }
  return {};
}

MetadataRecord record_of(const Entity& entity, const std::string& key,
                         std::optional<double> value) {
  wire::ClientQuotaRecord record;
  for (const auto& [type, name] : entity) {
    auto& part = record.entity.emplace_back();
    part.entity_type = type;
    part.entity_name = name;
  }
  record.key = key;
  record.value = value.value_or(0);
  record.remove = !value.has_value();
  return {std::move(record), 0};
}

// Adds the records of one entity's changes; on failure none.
ApiError alter_entity(const ControllerState& state, const Entity& entity, const Entry& entry,
                      std::vector<MetadataRecord>& records) {
  if (ApiError error = check_entity(entity); !error.ok()) return error;
  static const std::map<std::string, double> kNothing;
  const auto& quotas = state.image->client_quotas();
  const auto found = quotas.find({entity.begin(), entity.end()});
  const auto& present = found == quotas.end() ? kNothing : found->second;
  std::vector<MetadataRecord> changes;
  for (const auto& op : entry.ops) {
    const auto current = present.find(op.key);
    if (op.remove) {
      if (current != present.end()) changes.push_back(record_of(entity, op.key, std::nullopt));
      continue;
    }
    if (ApiError error = check_value(entity, op.key, op.value); !error.ok()) return error;
    if (current == present.end() || current->second != op.value) {
      changes.push_back(record_of(entity, op.key, op.value));
    }
  }
  for (auto& record : changes) records.push_back(std::move(record));
  return {};
}

// In Java's notation, which is the one that clients know.
std::string text_of(const Entity& entity) {
  std::string text;
  for (const auto& [type, name] : entity) {
    text += (text.empty() ? "" : ", ") + type + "=" + name.value_or("null");
  }
  return "ClientQuotaEntity(entries={" + text + "})";
}

bool names_a_key_twice(const Entry& entry) {
  std::vector<std::string_view> keys;
  for (const auto& op : entry.ops) keys.push_back(op.key);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

}  // namespace

Decision<wire::AlterClientQuotasResponse> alter_client_quotas(
    const ControllerState& state, const OperationContext&,
    const wire::AlterClientQuotasRequest& request) {
  Decision<wire::AlterClientQuotasResponse> decision;
  std::map<Entity, ApiError> results;
  for (const Entry& entry : request.entries) {
    Entity entity;
    for (const auto& part : entry.entity) entity[part.entity_type] = part.entity_name;
    // What was decided for the entity's first entry stays, whatever the answer says.
    const bool again = results.contains(entity) || names_a_key_twice(entry);
    results[entity] = again ? invalid("Ignoring duplicate entity " + text_of(entity))
                            : alter_entity(state, entity, entry, decision.records);
  }
  for (const auto& [entity, error] : results) {
    auto& answer = decision.response.entries.emplace_back();
    answer.error_code = error.code;
    answer.error_message = error.message;
    for (const auto& [type, name] : entity) {
      auto& part = answer.entity.emplace_back();
      part.entity_type = type;
      part.entity_name = name;
    }
  }
  if (request.validate_only) decision.records.clear();
  return decision;
}

namespace {

// What a filter asks of an entity: a name for the types in `exact`, none for the default entity, and
// any name for those in `any`.
struct Filter {
  Entity exact;
  std::vector<std::string> any;
  bool strict = false;

  bool has(std::string_view type) const {
    return exact.contains(std::string(type)) ||
           std::find(any.begin(), any.end(), type) != any.end();
  }
  bool matches(const metadata::QuotaEntity& entity) const {
    if (strict && entity.size() != exact.size() + any.size()) return false;
    const Entity parts(entity.begin(), entity.end());
    const auto is_named = [&](const std::string& type) { return parts.contains(type); };
    const auto is_wanted = [&](const auto& wanted) {
      const auto part = parts.find(wanted.first);
      return part != parts.end() && part->second == wanted.second;
    };
    return std::all_of(any.begin(), any.end(), is_named) &&
           std::all_of(exact.begin(), exact.end(), is_wanted);
  }
};

using Component = wire::DescribeClientQuotasRequest::ComponentData;

ApiError add_component(const Component& component, Filter& filter) {
  const std::string& type = component.entity_type;
  if (type.empty()) return invalid("Invalid empty entity type.");
  if (filter.has(type)) {
    return invalid("Entity type " + type + " cannot appear more than once in the filter.");
  }
  if (!is_entity_type(type)) {
    return {ErrorCode::kUnsupportedVersion, "Unsupported entity type " + type};
  }
  const auto with_match = [](std::string_view match_type) {
    return invalid("Request specified " + std::string(match_type) +
                   ", but also specified a match string.");
  };
  switch (component.match_type) {
    case kExact:
      if (!component.match) {
        return invalid("Request specified MATCH_TYPE_EXACT, but set match string to null.");
      }
      filter.exact[type] = component.match;
      return {};
    case kDefaultEntity:
      if (component.match) return with_match("MATCH_TYPE_DEFAULT");
      filter.exact[type] = std::nullopt;
      return {};
    case kAnyEntity:
      if (component.match) return with_match("MATCH_TYPE_SPECIFIED");
      filter.any.push_back(type);
      return {};
    default:
      return invalid("Unknown match type " + std::to_string(component.match_type));
  }
}

}  // namespace

wire::DescribeClientQuotasResponse describe_client_quotas(
    const metadata::ClientQuotasImage& quotas, const wire::DescribeClientQuotasRequest& request) {
  wire::DescribeClientQuotasResponse response;
  Filter filter;
  filter.strict = request.strict;
  ApiError error;
  for (const Component& component : request.components) {
    error = add_component(component, filter);
    if (!error.ok()) break;
  }
  if (error.ok() && filter.has(kIp) && (filter.has(kUser) || filter.has(kClientId))) {
    error = invalid(
        "Invalid entity filter component combination. IP filter component should not be used with "
        "user or clientId filter component.");
  }
  if (!error.ok()) {
    response.error_code = error.code;
    response.error_message = error.message;
    response.entries.reset();
    return response;
  }
  response.error_message = "";
  response.entries.emplace();
  for (const auto& [entity, values] : quotas) {
    if (!filter.matches(entity)) continue;
    auto& entry = response.entries->emplace_back();
    for (const auto& [type, name] : entity) {
      auto& part = entry.entity.emplace_back();
      part.entity_type = type;
      part.entity_name = name;
    }
    for (const auto& [key, value] : values) {
      auto& listed = entry.values.emplace_back();
      listed.key = key;
      listed.value = value;
    }
  }
  return response;
}

}  // namespace cluster::controller
