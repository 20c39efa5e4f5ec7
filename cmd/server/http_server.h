// The small HTTP port: who listens, who is connected, within which limits.
//
// Lives on shard 0, and must not disturb it: few connections, short heads, one answer at a time each.
// What is answered is the handler's business (cmd/console/routes.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "cmd/console/http_answer.h"
#include "cmd/console/http_request.h"
#include "cmd/server/listener.h"
#include "cmd/server/shard.h"
#include "wire/base/reply.h"
#include "wire/base/result.h"

namespace server {

class HttpConnection;

struct HttpOptions {
  std::string host;
  uint16_t port = 0;                     // 0: any that is free
  size_t connections_max = 32;           // odradek.http.max.connections
  wire::DurationMs timeout_ms = 15'000;  // odradek.http.timeout.ms
};

class HttpServer {
 public:
  using Handler =
      std::function<void(const console::HttpRequest&, wire::Reply<console::HttpAnswer>)>;

  // REQUIRES: shard outlives this.
  HttpServer(Shard& shard, HttpOptions options, Handler handler);
  // Closes every connection.  Replies that come later are dropped.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  wire::Status open();
  // REQUIRES: open().
  uint16_t port() const { return listener_->port(); }
  const std::string& address() const { return listener_->address(); }
  size_t count() const { return connections_.size(); }

 private:
  friend class HttpConnection;

  void accept(int socket);
  void forget(const HttpConnection& connection);

  Shard& shard_;
  const HttpOptions options_;
  const Handler handler_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::shared_ptr<HttpConnection>> connections_;
};

}  // namespace server
