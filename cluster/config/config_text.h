// What the readers of configuration share: units, the text of hosts, and how they refuse.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "wire/base/result.h"

namespace cluster::config {

inline constexpr int64_t kMinuteMs = 60'000;
inline constexpr int64_t kHourMs = 60 * kMinuteMs;

// A value that the node does not start with.
inline wire::Error invalid_config(std::string detail) {
  return {wire::ErrorCode::kInvalidConfig, std::move(detail)};
}
// A request for configs that makes no sense.
inline wire::Error invalid_request(std::string detail) {
  return {wire::ErrorCode::kInvalidRequest, std::move(detail)};
}

// ASCII only.
inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Whether each character may stand in a name, an IPv4 or an IPv6 address with its zone.
inline bool is_host(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-%._:").find(c) != std::string_view::npos;
  });
}

}  // namespace cluster::config
