#include "cmd/cli/shims/line_message.h"

#include <fmt/core.h>
#include <strings.h>

#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {}  // namespace

wire::Result<LineMessageFormat> LineMessageFormat::create(
    const std::map<std::string, std::string>& properties) {
  LineMessageFormat format;
  const auto text = [&](const char* name, std::string& into) {
    const auto found = properties.find(name);
    if (found != properties.end()) into = found->second;
  };
  const auto flag = [&](const char* name, bool& into) {
    const auto found = properties.find(name);
    if (found != properties.end()) into = ::strcasecmp(found->second.c_str(), "true") == 0;
  };
  flag("parse.key", format.parse_key_);
  flag("parse.headers", format.parse_headers_);
  flag("ignore.error", format.ignore_error_);
  text("key.separator", format.key_separator_);
  text("headers.delimiter", format.headers_delimiter_);
  text("headers.separator", format.headers_separator_);
  text("headers.key.separator", format.headers_key_separator_);
  if (const auto found = properties.find("null.marker"); found != properties.end()) {
    format.null_marker_ = found->second;
  }
  if (format.headers_delimiter_ == format.headers_separator_) {
    return wrong("headers.delimiter and headers.separator may not be equal");
  }
  if (format.headers_delimiter_ == format.headers_key_separator_) {
    return wrong("headers.delimiter and headers.key.separator may not be equal");
  }
  if (format.headers_separator_ == format.headers_key_separator_) {
    return wrong("headers.separator and headers.key.separator may not be equal");
  }
  const std::pair<const char*, const std::string*> others[] = {
      {"key.separator", &format.key_separator_},
      {"headers.separator", &format.headers_separator_},
      {"headers.delimiter", &format.headers_delimiter_},
      {"headers.key.separator", &format.headers_key_separator_}};
  for (const auto& [name, separator] : others) {
    if (format.is_null(*separator)) {
      return wrong(fmt::format("null.marker and {} may not be equal", name));
    }
  }
  return format;
}

wire::Result<OutgoingRecord> LineMessageFormat::parse(const std::string& line,
                                                      int64_t number) const {
  OutgoingRecord record;
  size_t at = 0;
  // The part up to a separator; nothing if it is not asked for or, with ignore.error, not there.
  const auto part = [&](bool asked, const std::string& separator,
                        const char* what) -> wire::Result<std::optional<std::string>> {
    if (!asked) return std::optional<std::string>();
    const size_t end = line.find(separator, at);
    if (end == std::string::npos) {
      if (ignore_error_) return std::optional<std::string>();
      return wrong(fmt::format("No {} found on line number {}: '{}'", what, number, line));
    }
    std::optional<std::string> text = line.substr(at, end - at);
    at = end + separator.size();
    return text;
  };
  const auto headers = part(parse_headers_, headers_delimiter_, "headers delimiter");
  if (!headers.ok()) return headers.error();
  const auto key = part(parse_key_, key_separator_, "key separator");
  if (!key.ok()) return key.error();
  if (*key && !is_null(**key)) record.key = **key;
  const std::string value = line.substr(at);
  if (!is_null(value)) record.value = value;
  if (*headers && !is_null(**headers)) {
    auto parsed = parse_headers(**headers, number);
    if (!parsed.ok()) return parsed.error();
    record.headers = std::move(*parsed);
  }
  return record;
}

wire::Result<LineMessageFormat::Headers> LineMessageFormat::parse_headers(const std::string& text,
                                                                          int64_t number) const {
  Headers headers;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(headers_separator_, begin), text.size());
    const std::string pair = text.substr(begin, end - begin);
    begin = end + headers_separator_.size();
    const size_t cut = pair.find(headers_key_separator_);
    if (cut == std::string::npos) {
      if (!ignore_error_) {
        return wrong(fmt::format("No header key separator found in pair '{}' on line number {}",
                                 pair, number));
      }
      headers.emplace_back(pair, std::nullopt);
      continue;
    }
    const std::string key = pair.substr(0, cut);
    if (is_null(key)) {
      return wrong(fmt::format(
          "Header keys should not be equal to the null marker '{}' as they can't be null", key));
    }
    const std::string value = pair.substr(cut + headers_key_separator_.size());
    headers.emplace_back(key, is_null(value) ? std::nullopt : std::optional(value));
  }
  return headers;
}

}  // namespace cli::shims
