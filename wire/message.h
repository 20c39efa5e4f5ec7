// What every generated message header needs, and nothing heavier.
//
// A message is a plain struct.  encode() appends it to a Writer as the given version; decode()
// fills a freshly made one from a Reader, whose ok() is asked once at the end; fields that the
// version lacks keep their default values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api_key_values.h"
#include "wire/base/bytes.h"
#include "wire/base/uuid.h"
#include "wire/error_code.h"

namespace wire {

class JsonWriter;
class Reader;
class Writer;

// The kFlexibleSince of a message whose versions all use the old encoding.
inline constexpr int16_t kNeverFlexible = INT16_MAX;

}  // namespace wire
