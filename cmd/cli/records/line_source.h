// Lines of a file descriptor, and whether the next one would have to be waited for: what has been read
// from a pipe is sent on before that.
#pragma once

#include <string>

namespace cli {

class LineSource {
 public:
  // `delimiter` ends a line; it may be longer than a character.
  explicit LineSource(int fd, std::string delimiter = "\n")
      : fd_(fd), delimiter_(std::move(delimiter)) {}

  // The next line without its delimiter; false at the end.  The last one may lack it.
  bool next(std::string& line);
  // Whether next() would block.
  bool would_wait() const;

 private:
  // False at the end of the file.
  bool fill();

  const int fd_;
  const std::string delimiter_;
  std::string buffer_;
  size_t begin_ = 0;     // of what has not been given out
  size_t searched_ = 0;  // no delimiter begins before this
  bool ended_ = false;
};

}  // namespace cli
