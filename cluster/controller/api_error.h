// A Kafka error with the sentence that goes to the client.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "wire/base/result.h"
#include "wire/error_code.h"

namespace cluster::controller {

struct ApiError {
  wire::ErrorCode code = wire::ErrorCode::kNone;
  std::optional<std::string> message;

  ApiError() = default;
  // Without a sentence of its own the client gets none and shows the code's.
  explicit ApiError(wire::ErrorCode error_code) : code(error_code) {}
  ApiError(wire::ErrorCode error_code, std::string text)
      : code(error_code), message(std::move(text)) {}
  explicit ApiError(const wire::Error& error) : code(error.code) {
    if (!error.detail.empty()) message = error.detail;
  }

  bool ok() const { return code == wire::ErrorCode::kNone; }
  bool operator==(const ApiError&) const = default;
};

// With the code's own sentence.
inline ApiError default_error(wire::ErrorCode code) {
  return {code, std::string(wire::error_message(code))};
}

}  // namespace cluster::controller
