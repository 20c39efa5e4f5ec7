// What Kafka's text checkpoints have in common: a version line, a line with the count, then that
// many lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/result.h"

namespace storage {

inline constexpr std::string_view kCheckpointVersion = "0";

// The lines behind the count.  KAFKA_STORAGE_ERROR that names `path` and the line if the text is
// not such a file.
wire::Result<std::vector<std::string_view>> checkpoint_lines(std::string_view text,
                                                             const std::string& path);
std::string checkpoint_head(size_t line_count);

// A decimal number that is the whole of `text`.
std::optional<int64_t> parse_number(std::string_view text);
// The parts of `line` between runs of blanks.
std::vector<std::string_view> split_words(std::string_view line);

wire::Error malformed(const std::string& path, std::string_view what);

}  // namespace storage
