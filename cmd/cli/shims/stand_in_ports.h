// Ports where others have a service and this broker has none: fixtures wait until they are open, and
// who asks is told that there is nothing.
//
// One thread, a request and an answer a connection, a second at most for each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cli::shims {

// Redpanda's admin API, schema registry and HTTP proxy: 404 for everything, as the admin API answers "/"
// (Testcontainers for Go waits for that), but for /v1/status/ready, which health checks ask.  Nothing as
// long as the head of the request is not complete.
std::optional<std::string> redpanda_http_answer(std::string_view request);
// ZooKeeper: `ruok`, which health checks ask, is answered; all else is closed.
std::optional<std::string> zookeeper_answer(std::string_view request);

class StandInPorts {
 public:
  // What to say to what has come so far; nothing to read on.
  using Answer = std::optional<std::string> (*)(std::string_view request);

  explicit StandInPorts(Answer answer) : answer_(answer) {}
  ~StandInPorts();
  StandInPorts(const StandInPorts&) = delete;
  StandInPorts& operator=(const StandInPorts&) = delete;

  // Listens on these ports of all addresses; of one that is taken the log tells.  REQUIRES: called once.
  void open(const std::vector<uint16_t>& ports);

 private:
  void serve() const;
  void talk(int connection) const;

  const Answer answer_;
  std::vector<int> sockets_;
  int stop_[2] = {-1, -1};  // a pipe: closed at its writing end when the thread is to end
  std::thread thread_;
};

}  // namespace cli::shims
