#include "cmd/console/http_request.h"

#include <algorithm>

namespace console {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Whether a list of options ("keep-alive, Upgrade") holds one.
bool has_option(std::string_view list, std::string_view option) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (equals_ignoring_case(trimmed(list.substr(0, comma)), option)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

std::optional<HttpRequest> HttpRequestReader::next() {
  if (refusal_ != 0) return std::nullopt;
  const size_t end = received_.find(kEndOfHead);
  const size_t first_line = received_.find("\r\n");
  if (std::min(first_line, received_.size()) > kLineBytesMax) {
    refuse(414);
    return std::nullopt;
  }
  if (std::min(end, received_.size()) > kHeadBytesMax) {
    refuse(431);
    return std::nullopt;
  }
  if (end == std::string::npos) return std::nullopt;

  const std::string_view head = std::string_view(received_).substr(0, end);
  HttpRequest request;
  if (!read_request_line(head.substr(0, first_line), request)) return std::nullopt;
  size_t fields = 0;
  for (size_t at = first_line + 2; at < head.size();) {
    const size_t line_end = std::min(head.find("\r\n", at), head.size());
    if (++fields > kFieldsMax) refuse(431);
    if (refusal_ != 0 || !read_field(head.substr(at, line_end - at), request)) return std::nullopt;
    at = line_end + 2;
  }
  received_.erase(0, end + kEndOfHead.size());
  return request;
}

bool HttpRequestReader::read_request_line(std::string_view line, HttpRequest& request) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refuse(400);
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || !version.starts_with("HTTP/")) return refuse(400);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505);
  if (!target.starts_with('/') || !is_printable(target)) return refuse(400);
  if (method != "GET" && method != "HEAD") return refuse(405);
  request.head_only = method == "HEAD";
  request.path = target.substr(0, target.find('?'));
  request.keep_alive = version == "HTTP/1.1";
  return true;
}

bool HttpRequestReader::read_field(std::string_view line, HttpRequest& request) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return refuse(400);
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  // A line that goes on with the field before (obs-fold) has no token either.
  if (!is_token(name)) return refuse(400);
  if (equals_ignoring_case(name, "Connection")) {
    if (has_option(value, "close")) request.keep_alive = false;
    if (has_option(value, "keep-alive")) request.keep_alive = true;
  } else if (equals_ignoring_case(name, "Content-Length")) {
    // Bytes of a body would be taken for the next request.
    if (value != "0") return refuse(400);
  } else if (equals_ignoring_case(name, "Transfer-Encoding")) {
    return refuse(400);
  }
  return true;
}

}  // namespace console
