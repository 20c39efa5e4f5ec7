// Reads the head of an HTTP/1.x request (RFC 9112), as far as a page of metrics needs it.
//
// GET and HEAD only, no body, everything bounded: what is longer or stranger is refused with a status
// of HTTP's, and the connection is closed.  Pure: bytes in, requests out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace console {

struct HttpRequest {
  bool head_only = false;  // HEAD
  std::string path;        // without the query, as it was sent
  bool keep_alive = true;
};

class HttpRequestReader {
 public:
  static constexpr size_t kHeadBytesMax = 8 * 1024;  // request line and all fields
  static constexpr size_t kLineBytesMax = 2 * 1024;  // the request line
  static constexpr size_t kFieldsMax = 64;

  // What has been received.  REQUIRES: refusal() is 0.  Never holds more than a head and what one call
  // adds to it.
  void add(std::string_view bytes) { received_.append(bytes); }
  // The next request whose head is complete; nothing if bytes are missing, or what came is refused.
  std::optional<HttpRequest> next();
  // 0, or the status to answer before the connection is closed: 400, 405, 414, 431, 505.
  int refusal() const { return refusal_; }
  // In the middle of a head.
  bool mid_request() const { return !received_.empty(); }

 private:
  // Each false: refused.
  bool read_request_line(std::string_view line, HttpRequest& request);
  bool read_field(std::string_view line, HttpRequest& request);
  bool refuse(int status) {
    refusal_ = status;
    return false;
  }

  std::string received_;
  int refusal_ = 0;
};

}  // namespace console
