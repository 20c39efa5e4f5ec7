#include "bench/load/poller.h"

#include <algorithm>

#include <sys/prctl.h>
#include <unistd.h>

#include "bench/load/clock.h"

namespace load {

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // in ns: a schedule is kept to the microsecond
}

Poller::~Poller() {
  ::close(fd_);
}

void Poller::add(int fd, uint64_t number) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u64 = number;
  ::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event);
}

std::span<const epoll_event> Poller::wait(int64_t wait_ns) {
  wait_ns = std::max<int64_t>(wait_ns, 0);
  const timespec limit{wait_ns / kNsPerSecond, wait_ns % kNsPerSecond};
  const int ready =
      ::epoll_pwait2(fd_, events_.data(), static_cast<int>(events_.size()), &limit, nullptr);
  return std::span(events_).first(static_cast<size_t>(std::max(ready, 0)));
}

}  // namespace load
