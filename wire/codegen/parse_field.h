// The two small languages inside a field's row: its type, and when it is present.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/codegen/schema.h"

namespace codegen {

// "3", "3-5" or "3+"; nothing if it is none of them.
std::optional<Versions> parse_versions(std::string_view text);

// "int32", "int64=-1", "string?", "[{Topic}]?2+=null": fills in `field`.  Returns what is wrong, or
// an empty string.
std::string parse_type(std::string_view text, Field& field);

// "", "3+", "tag 0" or "3+ tag 0": fills in `field`.  Returns what is wrong, or an empty string.
std::string parse_presence(std::string_view text, Field& field);

}  // namespace codegen
