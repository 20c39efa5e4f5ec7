// What is answered to an HTTP request.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace console {

inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

struct HttpAnswer {
  int status = 200;
  std::string_view content_type = kPlainText;
  std::vector<std::string> body = {};  // sent one after the other

  size_t body_bytes() const;
};

enum class AfterAnswer : uint8_t { kKeepAlive, kClose };

// Status line and fields, with the empty line that ends them.
std::string head_of(const HttpAnswer& answer, AfterAnswer after);

// An answer of one line of text.
HttpAnswer plain_answer(int status, std::string text);
// To what HttpRequestReader refused.
HttpAnswer refusal_answer(int status);

}  // namespace console
