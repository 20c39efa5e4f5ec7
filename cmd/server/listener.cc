#include "cmd/server/listener.h"

#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/server/ip_address.h"
#include "wire/base/check.h"
#include "wire/base/log.h"

namespace server {
namespace {

constexpr int kAcceptsPerTurn = 64;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

wire::Error failure(std::string detail) {
  return {wire::ErrorCode::kUnknownServerError, std::move(detail)};
}

wire::Result<Address> resolve(const ListenerOptions& options) {
  Address address;
  // Java's 0.0.0.0 takes IPv6 too, and so do those who write it.
  if (options.host.empty() || options.host == "0.0.0.0" || options.host == "::") {
    auto* any = reinterpret_cast<sockaddr_in6*>(&address.storage);
    any->sin6_family = AF_INET6;
    any->sin6_port = htons(options.port);
    any->sin6_addr = in6addr_any;
    address.size = sizeof(sockaddr_in6);
    return address;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(options.host.c_str(), nullptr, &hints, &found);
  if (error != 0 || found == nullptr) {
    return failure(fmt::format(
        "{}: \"{}\" is not an address of this machine ({}); use an IP address, "
        "or nothing for every interface",
        options.setting, options.host, error != 0 ? gai_strerror(error) : "no address"));
  }
  // IPv4 first, as Java resolves "localhost".
  const addrinfo* chosen = found;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      chosen = entry;
      break;
    }
  }
  std::memcpy(&address.storage, chosen->ai_addr, chosen->ai_addrlen);
  address.size = chosen->ai_addrlen;
  freeaddrinfo(found);
  if (address.storage.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(options.port);
  } else {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(options.port);
  }
  return address;
}

Address any_ipv4(uint16_t port) {
  Address address;
  auto* any = reinterpret_cast<sockaddr_in*>(&address.storage);
  any->sin_family = AF_INET;
  any->sin_port = htons(port);
  address.size = sizeof(sockaddr_in);
  return address;
}

bool is_every_address(const Address& address) {
  return address.storage.ss_family == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(
             &reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr);
}

void set_options(int socket, const Address& address) {
  const int on = 1;
  const int off = 0;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.storage.ss_family == AF_INET6)
    setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
}

bool set_congestion_control(int socket, std::string_view name) {
  return setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(),
                    static_cast<socklen_t>(name.size())) == 0;
}

// On loopback the default of many systems, bbr, halves the throughput.  Where there is no cubic the
// default stays.
void spare_loopback(int socket, const sockaddr_storage& peer) {
  const auto ip = IpAddress::of(reinterpret_cast<const sockaddr*>(&peer));
  if (ip && ip->is_loopback()) set_congestion_control(socket, "cubic");
}

wire::Error cannot_listen(const ListenerOptions& options, int error) {
  const std::string where =
      fmt::format("{}:{}", options.host.empty() ? "*" : options.host, options.port);
  if (error == EADDRINUSE) {
    return failure(
        fmt::format("listener {}: {} is in use by another program; stop it, or choose another "
                    "port in `{}` (--port for dev)",
                    options.name, where, options.setting));
  }
  return failure(fmt::format("listener {}: {}: {}", options.name, where, std::strerror(error)));
}

}  // namespace

wire::Result<std::unique_ptr<Listener>> Listener::open(Shard& shard, ListenerOptions options) {
  auto address = resolve(options);
  if (!address.ok()) return address.error();
  int socket = ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0 && errno == EAFNOSUPPORT && is_every_address(*address)) {
    address = any_ipv4(options.port);  // a machine without IPv6
    socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  if (socket < 0)
    return failure(
        fmt::format("no socket for listener {}: {}", options.name, std::strerror(errno)));
  set_options(socket, *address);
  // Accepted sockets inherit it.
  if (!options.congestion_control.empty() &&
      !set_congestion_control(socket, options.congestion_control)) {
    const int error = errno;
    ::close(socket);
    return failure(fmt::format(
        "odradek.tcp.congestion.control: \"{}\": {}; /proc/sys/net/ipv4/ has those that there are "
        "(tcp_available_congestion_control) and those that everyone may use "
        "(tcp_allowed_congestion_control)",
        options.congestion_control, std::strerror(error)));
  }
  if (::bind(socket, address->get(), address->size) != 0) {
    const int error = errno;
    ::close(socket);
    return cannot_listen(options, error);
  }
  const SocketAddress bound = local_address(socket);
  return std::unique_ptr<Listener>(
      new Listener(shard, std::move(options), socket, bound.ip.text(), bound.port));
}

Listener::Listener(Shard& shard, ListenerOptions options, int socket, std::string address,
                   uint16_t port)
    : shard_(shard),
      options_(std::move(options)),
      socket_(socket),
      address_(std::move(address)),
      port_(port),
      spare_socket_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

Listener::~Listener() {
  if (poll_ != nullptr) {
    uv_poll_stop(poll_);
    uv_close(reinterpret_cast<uv_handle_t*>(poll_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
  }
  ::close(socket_);
  ::close(spare_socket_);
}

wire::Status Listener::accept_from(ClientConnections& connections) {
  return accept_to([this, &connections](int socket) {
    connections.accept(socket, options_.name, options_.kind);
  });
}

wire::Status Listener::accept_to(wire::Callback<void(int socket)> take) {
  // Two that share an address may both bind to it, but not both listen.
  if (::listen(socket_, options_.backlog) != 0) return cannot_listen(options_, errno);
  take_ = std::move(take);
  poll_ = new uv_poll_t;
  poll_->data = this;
  CHECK(uv_poll_init(shard_.loop(), poll_, socket_) == 0);
  uv_poll_start(poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    static_cast<Listener*>(handle->data)->accept_waiting();
  });
  return {};
}

void Listener::accept_waiting() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    const int accepted =
        ::accept4(socket_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      if (options_.congestion_control.empty()) spare_loopback(accepted, peer);
      take_(accepted);
      continue;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    if (errno == EMFILE || errno == ENFILE) make_room();
    return;
  }
}

// Out of file descriptors: the spare one takes a client out of the queue, so that it learns at once
// and the loop does not spin.
void Listener::make_room() {
  ::close(spare_socket_);
  const int accepted = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted >= 0) ::close(accepted);
  spare_socket_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  wire::log::warn(
      "a client of listener {} was turned away: this process has no file descriptor left (raise "
      "`ulimit -n`)",
      options_.name);
}

}  // namespace server
