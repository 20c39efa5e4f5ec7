// The APIs of the protocol: their names, versions, listeners and header versions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wire/api_key_values.h"

namespace wire {

// Bits of ApiInfo::listeners: which kind of node serves the API.
inline constexpr uint8_t kBrokerListener = 1;
inline constexpr uint8_t kControllerListener = 2;

struct ApiInfo {
  ApiKey key;
  std::string_view name;
  // The versions that can be encoded and decoded: the union of Kafka 3.9 and 4.3.  What is served
  // is said in the API table.
  int16_t min_version;
  int16_t max_version;
  int16_t flexible_since;  // KIP-482
  uint8_t listeners;
};

// Every API, by ascending key.
std::span<const ApiInfo> all_apis();
// Nothing if there is no such API.
const ApiInfo* api_info(int16_t key);
inline const ApiInfo* api_info(ApiKey key) {
  return api_info(static_cast<int16_t>(key));
}
// "Heartbeat"; "Unknown" for a number that is no API.
std::string_view api_name(ApiKey key);

// The version of the header before a request or response of this version.  An ApiVersions response
// always has the oldest header: the client cannot yet know what the broker speaks (KIP-511).
int16_t request_header_version(ApiKey key, int16_t version);
int16_t response_header_version(ApiKey key, int16_t version);

}  // namespace wire
