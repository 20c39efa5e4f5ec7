#include "cmd/cli/shims/stand_in_ports.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "wire/base/log.h"

namespace cli::shims {
namespace {

constexpr size_t kRequestBytesMax = 4096;
constexpr std::chrono::seconds kTalkLimit{1};
constexpr int kNoDescriptorPauseMs = 100;

// A listening socket of both families; -1 with errno.
int listen_on(uint16_t port) {
  const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_any;
  address.sin6_port = htons(port);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(socket, 16) == 0) {
    return socket;
  }
  const int why = errno;
  ::close(socket);
  errno = why;
  return -1;
}

}  // namespace

std::optional<std::string> redpanda_http_answer(std::string_view request) {
  if (request.find("\r\n\r\n") == std::string_view::npos) return std::nullopt;
  const bool is_ready = request.starts_with("GET /v1/status/ready ");
  const std::string_view body =
      is_ready ? "{\"status\": \"ready\"}\n"
               : "{\"code\": 404, \"message\": \"This is Odradek, which has no admin API, schema "
                 "registry or HTTP proxy\"}\n";
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      is_ready ? "200 OK" : "404 Not Found", body.size(), body);
}

std::optional<std::string> zookeeper_answer(std::string_view request) {
  if (request.size() < 4) return std::nullopt;
  return request.starts_with("ruok") ? "imok" : "";
}

StandInPorts::~StandInPorts() {
  if (stop_[1] >= 0) ::close(stop_[1]);
  if (thread_.joinable()) thread_.join();
  if (stop_[0] >= 0) ::close(stop_[0]);
  for (const int socket : sockets_) ::close(socket);
}

void StandInPorts::open(const std::vector<uint16_t>& ports) {
  for (const uint16_t port : ports) {
    const int socket = listen_on(port);
    if (socket < 0) {
      wire::log::warn("port {}, where Redpanda would answer HTTP, is not open: {}", port,
                      std::strerror(errno));
      continue;
    }
    sockets_.push_back(socket);
  }
  if (::pipe(stop_) != 0) {
    wire::log::warn("the ports of other services are open and not answered: {}",
                    std::strerror(errno));
    return;
  }
  thread_ = std::thread([this] { serve(); });
}

void StandInPorts::talk(int connection) const {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + kTalkLimit;
  const timeval limit{.tv_sec = kTalkLimit.count(), .tv_usec = 0};
  ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  std::string request;
  std::array<char, 1024> piece{};
  while (request.size() < kRequestBytesMax) {
    // Of the whole request: who sends a byte now and then does not keep the others waiting.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now());
    pollfd awaited{connection, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&awaited, 1, static_cast<int>(left.count())) <= 0) break;
    const ssize_t got = ::recv(connection, piece.data(), piece.size(), 0);
    if (got <= 0) break;
    request.append(piece.data(), static_cast<size_t>(got));
    if (const auto answer = answer_(request)) {
      ::send(connection, answer->data(), answer->size(), MSG_NOSIGNAL);
      break;
    }
  }
}

void StandInPorts::serve() const {
  std::vector<pollfd> awaited = {{stop_[0], POLLIN, 0}};
  for (const int socket : sockets_) awaited.push_back({socket, POLLIN, 0});
  while (::poll(awaited.data(), awaited.size(), -1) >= 0 || errno == EINTR) {
    if (awaited[0].revents != 0) return;
    for (size_t at = 1; at < awaited.size(); ++at) {
      if ((awaited[at].revents & POLLIN) == 0) continue;
      const int connection = ::accept(awaited[at].fd, nullptr, nullptr);
      if (connection < 0) {
        // Without a descriptor for it the connection goes on waiting, and poll() with it returning.
        ::poll(nullptr, 0, kNoDescriptorPauseMs);
        continue;
      }
      talk(connection);
      ::close(connection);
    }
  }
}

}  // namespace cli::shims
