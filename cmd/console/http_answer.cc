#include "cmd/console/http_answer.h"

#include <utility>

#include <fmt/core.h>

namespace console {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

}  // namespace

size_t HttpAnswer::body_bytes() const {
  size_t bytes = 0;
  for (const std::string& piece : body) bytes += piece.size();
  return bytes;
}

std::string head_of(const HttpAnswer& answer, AfterAnswer after) {
  return fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}\r\n",
                     answer.status, reason_of(answer.status), answer.content_type,
                     answer.body_bytes(), answer.status == 405 ? "Allow: GET, HEAD\r\n" : "",
                     after == AfterAnswer::kClose ? "Connection: close\r\n" : "");
}

HttpAnswer plain_answer(int status, std::string text) {
  HttpAnswer answer;
  answer.status = status;
  answer.body.push_back(std::move(text) + "\n");
  return answer;
}

HttpAnswer refusal_answer(int status) {
  return plain_answer(status, std::string(reason_of(status)));
}

}  // namespace console
