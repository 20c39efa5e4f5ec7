#include "cmd/server/http_connection.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/base/check.h"

namespace server {
namespace {

constexpr size_t kReadBytes = 4096;

}  // namespace

HttpConnection::HttpConnection(HttpServer& server, int socket) : server_(server), socket_(socket) {
  poll_.data = this;
  CHECK(uv_poll_init(server_.shard_.loop(), &poll_, socket_) == 0);
}

void HttpConnection::start() {
  until_closed_ = shared_from_this();
  enter(State::kReading);
}

void HttpConnection::close() {
  if (closing_) return;
  closing_ = true;
  server_.shard_.cancel(timeout_);
  uv_poll_stop(&poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    static_cast<HttpConnection*>(handle->data)->until_closed_.reset();
  });
  ::close(socket_);
  server_.forget(*this);
}

void HttpConnection::enter(State state) {
  state_ = state;
  server_.shard_.cancel(std::exchange(timeout_, cluster::kNoTimer));
  if (state == State::kWaiting) {
    // A client that goes meanwhile is found out by the write.
    uv_poll_stop(&poll_);
    return;
  }
  arm_timeout();
  uv_poll_start(&poll_, state == State::kReading ? UV_READABLE : UV_WRITABLE,
                [](uv_poll_t* handle, int status, int) {
                  static_cast<HttpConnection*>(handle->data)->on_events(status);
                });
}

// From the beginning of the wait for a request, however many of its bytes come: who sends a byte now
// and then is not served.  From the last progress of an answer.
void HttpConnection::arm_timeout() {
  server_.shard_.cancel(timeout_);
  timeout_ = server_.shard_.schedule(server_.options_.timeout_ms, [this] {
    timeout_ = cluster::kNoTimer;
    close();
  });
}

void HttpConnection::on_events(int status) {
  const auto self = shared_from_this();
  if (status < 0) return close();
  if (state_ == State::kReading) return read();
  if (state_ == State::kWriting) write();
}

void HttpConnection::read() {
  char bytes[kReadBytes];
  const ssize_t size = ::recv(socket_, bytes, sizeof(bytes), 0);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (size <= 0) return close();
  reader_.add({bytes, static_cast<size_t>(size)});
  take_requests();
}

void HttpConnection::take_requests() {
  const auto request = reader_.next();
  if (reader_.refusal() != 0) {
    return answer(console::refusal_answer(reader_.refusal()), console::AfterAnswer::kClose, false);
  }
  if (!request) return;
  enter(State::kWaiting);
  const auto after =
      request->keep_alive ? console::AfterAnswer::kKeepAlive : console::AfterAnswer::kClose;
  server_.handler_(*request, wire::Reply<console::HttpAnswer>(
                                 [weak = weak_from_this(), after, head_only = request->head_only](
                                     std::optional<console::HttpAnswer> given) {
                                   const auto self = weak.lock();
                                   if (!self || self->closing_) return;
                                   if (!given) return self->close();
                                   self->answer(std::move(*given), after, head_only);
                                 }));
}

void HttpConnection::answer(console::HttpAnswer answer, console::AfterAnswer after,
                            bool head_only) {
  answer_ = {console::head_of(answer, after)};
  if (!head_only) std::move(answer.body.begin(), answer.body.end(), std::back_inserter(answer_));
  piece_ = written_ = 0;
  after_ = after;
  enter(State::kWriting);
}

// One system call a turn: an answer of megabytes lets others in between.
void HttpConnection::write() {
  constexpr size_t kPiecesPerWrite = 64;
  iovec pieces[kPiecesPerWrite];
  size_t count = 0;
  for (size_t i = piece_; i < answer_.size() && count < kPiecesPerWrite; ++i) {
    const size_t skip = i == piece_ ? written_ : 0;
    pieces[count++] = {answer_[i].data() + skip, answer_[i].size() - skip};
  }
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) close();
    return;
  }
  written_ += static_cast<size_t>(sent);
  while (piece_ < answer_.size() && written_ >= answer_[piece_].size()) {
    written_ -= answer_[piece_++].size();
  }
  if (piece_ < answer_.size()) return arm_timeout();
  answer_.clear();
  if (after_ == console::AfterAnswer::kClose) return close();
  enter(State::kReading);
  // What came behind the last request.
  if (reader_.mid_request()) take_requests();
}

}  // namespace server
