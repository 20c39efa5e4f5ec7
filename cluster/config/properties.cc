#include "cluster/config/properties.h"

#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/core.h>

namespace cluster::config {
namespace {

using wire::Error;
using wire::ErrorCode;
using wire::Result;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}

std::string_view skip_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

// Takes a natural line off `text`.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    const size_t width = text.substr(end, 2) == "\r\n" ? 2 : 1;
    text.remove_prefix(end + width);
  }
  return line;
}

// A line goes on if it ends in an odd number of backslashes.
bool goes_on(std::string_view line) {
  size_t backslashes = 0;
  while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

struct LogicalLine {
  std::string text;
  int number = 0;  // of its first natural line
};

// A logical line: natural lines joined, comments and blank lines skipped.  Nothing at the end.
// Counts the natural lines in `lines`.
std::optional<LogicalLine> take_logical_line(std::string_view& text, int& lines) {
  while (!text.empty()) {
    std::string_view line = skip_blanks(take_line(text));
    const int number = ++lines;
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    std::string joined;
    while (goes_on(line)) {
      line.remove_suffix(1);
      joined += line;
      if (text.empty()) return LogicalLine{std::move(joined), number};
      line = skip_blanks(take_line(text));
      ++lines;
    }
    joined += line;
    return LogicalLine{std::move(joined), number};
  }
  return std::nullopt;
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

std::optional<uint32_t> hex(std::string_view digits) {
  if (digits.size() != 4) return std::nullopt;
  uint32_t value = 0;
  for (const char c : digits) {
    const size_t digit = std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 4 | static_cast<uint32_t>(digit);
  }
  return value;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      if (text[i] != '\\') out.push_back(text[i]);
      continue;
    }
    switch (const char c = text[++i]; c) {
      case 't':
        out.push_back('\t');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'u': {
        const std::optional<uint32_t> code = hex(text.substr(i + 1, 4));
        if (!code.has_value()) {
          return Error{ErrorCode::kInvalidConfig,
                       fmt::format("Malformed \\uxxxx encoding in \"{}\"", text)};
        }
        append_utf8(out, *code);
        i += 4;
        break;
      }
      default:
        out.push_back(c);
    }
  }
  return out;
}

// Where the key of a logical line ends: at the first separator that is not escaped.
size_t key_end(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':' || is_blank(line[i])) {
      return i;
    }
  }
  return line.size();
}

}  // namespace

Result<std::vector<PropertyLine>> parse_property_lines(std::string_view text) {
  std::vector<PropertyLine> properties;
  int lines = 0;
  while (std::optional<LogicalLine> logical = take_logical_line(text, lines)) {
    const std::string_view line = logical->text;
    const size_t end = key_end(line);
    Result<std::string> key = unescape(line.substr(0, end));
    if (!key.ok()) return key.error();
    std::string_view rest = skip_blanks(line.substr(end));
    if (!rest.empty() && (rest.front() == '=' || rest.front() == ':')) {
      rest = skip_blanks(rest.substr(1));
    }
    Result<std::string> value = unescape(rest);
    if (!value.ok()) return value.error();
    properties.push_back({*std::move(key), *std::move(value), logical->number});
  }
  return properties;
}

Result<Properties> parse_properties(std::string_view text) {
  auto lines = parse_property_lines(text);
  if (!lines.ok()) return lines.error();
  Properties properties;
  for (PropertyLine& line : *lines) {
    properties.insert_or_assign(std::move(line.key), std::move(line.value));
  }
  return properties;
}

Result<std::pair<std::string, std::string>> parse_assignment(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error{ErrorCode::kInvalidConfig,
                 fmt::format("\"{}\" is not of the form key=value", text)};
  }
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

}  // namespace cluster::config
