#include "cmd/server/http_server.h"

#include <algorithm>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "cmd/server/http_connection.h"

namespace server {

HttpServer::HttpServer(Shard& shard, HttpOptions options, Handler handler)
    : shard_(shard), options_(std::move(options)), handler_(std::move(handler)) {}

HttpServer::~HttpServer() {
  while (!connections_.empty()) connections_.back()->close();
}

wire::Status HttpServer::open() {
  ListenerOptions options;
  options.name = "HTTP";
  options.host = options_.host;
  options.port = options_.port;
  options.setting = "odradek.http.listener";
  auto listener = Listener::open(shard_, std::move(options));
  if (!listener.ok()) return listener.error();
  listener_ = std::move(*listener);
  return listener_->accept_to([this](int socket) { accept(socket); });
}

void HttpServer::accept(int socket) {
  if (connections_.size() >= options_.connections_max) {
    // Whoever does not take it at once goes without.
    const console::HttpAnswer answer =
        console::plain_answer(503, "too many connections: odradek.http.max.connections");
    const std::string bytes =
        console::head_of(answer, console::AfterAnswer::kClose) + answer.body.front();
    ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(socket);
    return;
  }
  connections_.push_back(std::make_shared<HttpConnection>(*this, socket));
  connections_.back()->start();
}

void HttpServer::forget(const HttpConnection& connection) {
  std::erase_if(connections_, [&](const auto& each) { return each.get() == &connection; });
}

}  // namespace server
