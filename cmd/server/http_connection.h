// One connection of the HTTP port: a request at a time, its answer, the next.
//
// Owned by the HttpServer; a Reply under way and libuv may hold it a little longer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <uv.h>

#include "cmd/console/http_answer.h"
#include "cmd/console/http_request.h"
#include "cmd/server/http_server.h"
#include "cmd/server/shard.h"

namespace server {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  // REQUIRES: server outlives this, or close() is called before it goes.
  HttpConnection(HttpServer& server, int socket);
  ~HttpConnection() = default;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void start();
  void close();

 private:
  enum class State {
    kReading,  // until a head is complete
    kWaiting,  // for the handler: not read from, which bounds what is received
    kWriting,
  };

  void on_events(int status);
  void read();
  void take_requests();
  void answer(console::HttpAnswer answer, console::AfterAnswer after, bool head_only);
  void write();
  void enter(State state);
  void arm_timeout();

  HttpServer& server_;
  const int socket_;
  uv_poll_t poll_{};
  std::shared_ptr<HttpConnection> until_closed_;  // what libuv still has
  bool closing_ = false;
  State state_ = State::kReading;
  cluster::TimerId timeout_ = cluster::kNoTimer;

  console::HttpRequestReader reader_;
  std::vector<std::string> answer_;
  size_t piece_ = 0;    // of answer_, that is being written
  size_t written_ = 0;  // of that piece
  console::AfterAnswer after_ = console::AfterAnswer::kKeepAlive;
};

}  // namespace server
