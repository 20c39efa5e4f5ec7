// Lines of a file descriptor, and whether the next one would have to be waited for: what has been read
// from a pipe is sent on before that.
#pragma once

#include <cstddef>
#include <string>

#include "wire/base/result.h"

namespace cli {

// No broker takes a record as long as this.
inline constexpr size_t kLineBytesMax = size_t{256} << 20;

class LineSource {
 public:
  // `delimiter` ends a line; it may be longer than a character.
  explicit LineSource(int fd, std::string delimiter = "\n", size_t line_bytes_max = kLineBytesMax)
      : fd_(fd), delimiter_(std::move(delimiter)), line_bytes_max_(line_bytes_max) {}

  // The next line without its delimiter; false at the end.  The last one may lack it.
  bool next(std::string& line);
  // After next() said false: MESSAGE_TOO_LARGE if a line came that is longer than is allowed.
  wire::Status end() const;
  // Whether next() would block.
  bool would_wait() const;

 private:
  // False at the end of the file.
  bool fill();

  const int fd_;
  const std::string delimiter_;
  const size_t line_bytes_max_;
  std::string buffer_;
  size_t begin_ = 0;     // of what has not been given out
  size_t searched_ = 0;  // no delimiter begins before this
  bool ended_ = false;
  bool too_long_ = false;
};

}  // namespace cli
