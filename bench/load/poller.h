// epoll over connections, with waits of less than a millisecond.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

namespace load {

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Edge triggered, both directions; `number` comes back in the events.
  void add(int fd, uint64_t number);
  // Events within `wait_ns`; none if there are none.
  std::span<const epoll_event> wait(int64_t wait_ns);

 private:
  int fd_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace load
