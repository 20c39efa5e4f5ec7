// How the schema's snake_case names are spelled elsewhere.
#pragma once

#include <string>
#include <string_view>

namespace codegen {

// "throttle_time_ms" -> "throttleTimeMs": the key of Kafka's JSON form.
std::string camel_case(std::string_view snake);
// "OFFSET_OUT_OF_RANGE" -> "OffsetOutOfRange".
std::string pascal_case(std::string_view upper_snake);
bool is_snake_case(std::string_view name);
bool is_pascal_case(std::string_view name);
// True if C++ or the generated functions use this name for something else.
bool is_reserved_name(std::string_view name);

}  // namespace codegen
