#include "storage/checkpoint_text.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "wire/base/log.h"

namespace storage {

namespace {

// Takes one line off the front of `text`.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

wire::Error malformed(const std::string& path, std::string_view what) {
  return {wire::ErrorCode::kKafkaStorageError,
          fmt::format("{} is malformed: {}", path, wire::log::printable(what))};
}

wire::Result<std::vector<std::string_view>> checkpoint_lines(std::string_view text,
                                                             const std::string& path) {
  const std::string_view version = take_line(text);
  if (version != kCheckpointVersion) {
    return malformed(path, fmt::format("its version is '{}', this program reads version {}",
                                       version, kCheckpointVersion));
  }
  const std::string_view count_line = take_line(text);
  const auto count = parse_number(count_line);
  if (!count || *count < 0)
    return malformed(path, fmt::format("'{}' is no count of lines", count_line));
  std::vector<std::string_view> lines;
  while (!text.empty()) lines.push_back(take_line(text));
  if (lines.size() != static_cast<uint64_t>(*count)) {
    return malformed(path, fmt::format("it announces {} lines and has {}", *count, lines.size()));
  }
  return lines;
}

std::string checkpoint_head(size_t line_count) {
  return fmt::format("{}\n{}\n", kCheckpointVersion, line_count);
}

std::optional<int64_t> parse_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

}  // namespace storage
