// A listening socket of one shard.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <uv.h>

#include "cmd/server/client_connections.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"

namespace server {

struct ListenerOptions {
  std::string name = "PLAINTEXT";
  api::ListenerKind kind = api::ListenerKind::kBroker;
  std::string host;   // empty: every interface, IPv4 and IPv6
  uint16_t port = 0;  // 0: one that is free
  int backlog = 512;  // socket.listen.backlog.size
  // odradek.tcp.congestion.control; empty: the system's, and cubic for clients on this machine.
  std::string congestion_control = {};
  std::string setting = "listeners";  // where host and port were said
};

class Listener {
 public:
  // Binds: the port is this process's own, and clients are refused until accept_from() is called.
  // Who can connect is served.
  static wire::Result<std::unique_ptr<Listener>> open(Shard& shard, ListenerOptions options);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // REQUIRES: connections outlives this.
  wire::Status accept_from(ClientConnections& connections);
  // Hands each accepted socket, which does not block, to `take`.
  wire::Status accept_to(wire::Callback<void(int socket)> take);
  const ListenerOptions& options() const { return options_; }
  // The port it really has.
  uint16_t port() const { return port_; }
  // The address it is bound to, as text.
  const std::string& address() const { return address_; }

 private:
  Listener(Shard& shard, ListenerOptions options, int socket, std::string address, uint16_t port);
  void accept_waiting();
  void make_room();

  Shard& shard_;
  const ListenerOptions options_;
  const int socket_;
  const std::string address_;
  const uint16_t port_;
  // Given up for a moment when file descriptors run out, so that clients in the queue can be turned
  // away.
  int spare_socket_;
  wire::Callback<void(int socket)> take_;
  uv_poll_t* poll_ = nullptr;  // lives until libuv has closed it
};

}  // namespace server
