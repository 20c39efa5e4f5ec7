// What a field is in C++: its type, its initial value, and the expressions about it that the
// generated code needs.
#pragma once

#include <string>

#include "wire/codegen/schema.h"

namespace codegen {

// "std::optional<std::vector<FetchTopic>>".
std::string cpp_type(const Field& field);
// " = -1", or nothing where the type's own default is the field's.
std::string cpp_initializer(const Field& field);
// True when the value is not the default one: tagged fields are written only then.
std::string differs_from_default(const Field& field);
// "v >= 3", or nothing if the field is in all of `versions`.
std::string version_condition(const Versions& range, const Versions& versions);
// The fewest bytes that one element of an array field takes in any version of the message.
size_t min_element_bytes(const Message& message, const Field& field);

}  // namespace codegen
