// Reads the golden files of this folder: gzipped text, one JSON object a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "wire/base/bytes.h"

namespace golden {

// The objects of tests/golden/<name>, each line parsed.
std::vector<nlohmann::json> read_lines(const std::string& name);

wire::Bytes from_base64(std::string_view text);

}  // namespace golden
