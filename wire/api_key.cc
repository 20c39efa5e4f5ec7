#include "wire/api_key.h"

#include <algorithm>

namespace wire {

const ApiInfo* api_info(int16_t key) {
  const auto apis = all_apis();
  const auto found = std::lower_bound(
      apis.begin(), apis.end(), key,
      [](const ApiInfo& info, int16_t wanted) { return static_cast<int16_t>(info.key) < wanted; });
  return found != apis.end() && static_cast<int16_t>(found->key) == key ? &*found : nullptr;
}

std::string_view api_name(ApiKey key) {
  const ApiInfo* info = api_info(key);
  return info != nullptr ? info->name : "Unknown";
}

int16_t request_header_version(ApiKey key, int16_t version) {
  const ApiInfo* info = api_info(key);
  return info != nullptr && version >= info->flexible_since ? 2 : 1;
}

int16_t response_header_version(ApiKey key, int16_t version) {
  if (key == ApiKey::kApiVersions) return 0;
  const ApiInfo* info = api_info(key);
  return info != nullptr && version >= info->flexible_since ? 1 : 0;
}

}  // namespace wire
