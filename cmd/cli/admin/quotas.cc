#include "cmd/cli/admin/quotas.h"

#include "wire/api/alter_client_quotas.h"
#include "wire/api/describe_client_quotas.h"

namespace cli {

wire::Status alter_quotas(Client& client, const std::vector<QuotaEntity>& entity,
                          const std::vector<QuotaChange>& changes) {
  wire::AlterClientQuotasRequest request;
  auto& entry = request.entries.emplace_back();
  for (const QuotaEntity& part : entity) {
    auto& named = entry.entity.emplace_back();
    named.entity_type = part.type;
    named.entity_name = part.name;
  }
  for (const QuotaChange& change : changes) {
    auto& op = entry.ops.emplace_back();
    op.key = change.name;
    op.remove = !change.value.has_value();
    op.value = change.value.value_or(0);
  }
  auto response = client.any().call<wire::AlterClientQuotasResponse>(request);
  if (!response.ok()) return response.error();
  for (const auto& result : response->entries) {
    if (result.error_code != wire::ErrorCode::kNone) {
      return wire::Error{result.error_code, describe(result.error_code, result.error_message)};
    }
  }
  return {};
}

wire::Result<std::vector<QuotaEntry>> describe_quotas(Client& client,
                                                      const std::vector<QuotaFilter>& filters,
                                                      QuotaParts parts) {
  wire::DescribeClientQuotasRequest request;
  request.strict = parts == QuotaParts::kExactly;
  for (const QuotaFilter& filter : filters) {
    auto& component = request.components.emplace_back();
    component.entity_type = filter.type;
    component.match_type = static_cast<int8_t>(filter.match);
    component.match = std::nullopt;
    if (filter.match == QuotaFilter::Match::kExact) component.match = filter.name;
  }
  auto response = client.any().call<wire::DescribeClientQuotasResponse>(request);
  if (!response.ok()) return response.error();
  if (response->error_code != wire::ErrorCode::kNone) {
    return wire::Error{response->error_code,
                       describe(response->error_code, response->error_message)};
  }
  std::vector<QuotaEntry> entries;
  if (!response->entries) return entries;
  for (const auto& described : *response->entries) {
    QuotaEntry& entry = entries.emplace_back();
    for (const auto& part : described.entity) {
      entry.entity.push_back({part.entity_type, part.entity_name});
    }
    for (const auto& value : described.values) entry.values.emplace_back(value.key, value.value);
  }
  return entries;
}

}  // namespace cli
