#include "cmd/cli/records/line_source.h"

#include <algorithm>

#include <errno.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

namespace cli {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;

}  // namespace

bool LineSource::next(std::string& line) {
  for (;;) {
    const size_t end = buffer_.find(delimiter_, searched_);
    if (end != std::string::npos) {
      line.assign(buffer_, begin_, end - begin_);
      begin_ = searched_ = end + delimiter_.size();
      return true;
    }
    searched_ = std::max(begin_, buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1));
    if (buffer_.size() - begin_ > line_bytes_max_) {
      too_long_ = ended_ = true;
      begin_ = searched_ = buffer_.size();
      return false;
    }
    if (fill()) continue;
    if (begin_ == buffer_.size()) return false;
    line.assign(buffer_, begin_);
    begin_ = searched_ = buffer_.size();
    return true;
  }
}

wire::Status LineSource::end() const {
  if (!too_long_) return {};
  return wire::Error{wire::ErrorCode::kMessageTooLarge,
                     fmt::format("a line has more than {} bytes", line_bytes_max_)};
}

bool LineSource::would_wait() const {
  if (ended_ || buffer_.find(delimiter_, searched_) != std::string::npos) return false;
  pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) == 0;
}

bool LineSource::fill() {
  if (ended_) return false;
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const size_t old_size = buffer_.size();
  buffer_.resize(old_size + kReadBytes);
  ssize_t count = 0;
  do {
    count = ::read(fd_, buffer_.data() + old_size, kReadBytes);
  } while (count < 0 && errno == EINTR);
  buffer_.resize(old_size + static_cast<size_t>(std::max<ssize_t>(count, 0)));
  ended_ = count <= 0;
  return !ended_;
}

}  // namespace cli
