// Durations as java.time writes them: P1DT2H3M4.5S.
#pragma once

#include <optional>
#include <string>

#include "wire/base/types.h"

namespace cli::shims {

std::optional<wire::DurationMs> parse_iso_duration(const std::string& text);

}  // namespace cli::shims
