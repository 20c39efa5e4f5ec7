#include "cmd/cli/shims/iso_duration.h"

#include <cstdlib>

namespace cli::shims {

std::optional<wire::DurationMs> parse_iso_duration(const std::string& text) {
  if (text.size() < 3 || (text[0] != 'P' && text[0] != 'p')) return std::nullopt;
  double ms = 0;
  bool in_time = false;
  bool any = false;
  for (const char* at = text.c_str() + 1; *at != '\0';) {
    if (*at == 'T' || *at == 't') {
      if (in_time) return std::nullopt;
      in_time = true;
      ++at;
      continue;
    }
    char* end = nullptr;
    const double number = std::strtod(at, &end);
    if (end == at) return std::nullopt;
    double unit = 0;
    if (!in_time && (*end == 'D' || *end == 'd')) unit = 86'400'000;
    if (in_time && (*end == 'H' || *end == 'h')) unit = 3'600'000;
    if (in_time && (*end == 'M' || *end == 'm')) unit = 60'000;
    if (in_time && (*end == 'S' || *end == 's')) unit = 1'000;
    if (unit == 0) return std::nullopt;
    ms += number * unit;
    any = true;
    at = end + 1;
  }
  constexpr double kMost = 1e15;
  if (!any || ms > kMost || ms < -kMost) return std::nullopt;
  return static_cast<wire::DurationMs>(ms);
}

}  // namespace cli::shims
