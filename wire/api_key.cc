#include "wire/api_key.h"

#include <array>
#include <cstddef>

namespace wire {

namespace {

constexpr size_t kKeysMax = 128;

}  // namespace

const ApiInfo* api_info(int16_t key) {
  // Asked for each header that is read or written.
  static const auto of_key = [] {
    std::array<const ApiInfo*, kKeysMax> table{};
    for (const ApiInfo& info : all_apis()) table.at(static_cast<size_t>(info.key)) = &info;
    return table;
  }();
  return key >= 0 && static_cast<size_t>(key) < kKeysMax ? of_key[static_cast<size_t>(key)]
                                                         : nullptr;
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
