#include "bench/load/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire/base/big_endian.h"

namespace load {

namespace {

wire::Error failed(const char* what) {
  return {wire::ErrorCode::kNetworkException, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

wire::Status Connection::connect(const std::string& host, uint16_t port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return failed("socket");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // BBR, this system's default here and there, measures its own pacing on loopback.
  constexpr std::string_view kCubic = "cubic";
  ::setsockopt(fd_, IPPROTO_TCP, TCP_CONGESTION, kCubic.data(),
               static_cast<socklen_t>(kCubic.size()));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
    return failed("not an IPv4 address");
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    return failed("connect");
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  return {};
}

wire::Status Connection::send_some() {
  while (sent_ < in_flight_.size()) {
    constexpr size_t kFramesMax = 64;
    std::array<iovec, kFramesMax> parts;
    const size_t count = std::min(in_flight_.size() - sent_, kFramesMax);
    for (size_t i = 0; i < count; ++i) {
      const std::string& frame = *in_flight_[sent_ + i].frame;
      const size_t skip = i == 0 ? sent_bytes_ : 0;
      parts[i] = {const_cast<char*>(frame.data()) + skip, frame.size() - skip};
    }
    const ssize_t sent = ::writev(fd_, parts.data(), static_cast<int>(count));
    if (sent < 0) return errno == EAGAIN ? wire::Status() : wire::Status(failed("send"));
    sent_bytes_ += static_cast<size_t>(sent);
    while (sent_ < in_flight_.size() && sent_bytes_ >= in_flight_[sent_].frame->size()) {
      sent_bytes_ -= in_flight_[sent_].frame->size();
      ++sent_;
    }
  }
  return {};
}

wire::Result<size_t> Connection::receive(uint8_t* into, size_t size, bool discard) {
  const ssize_t received = ::recv(fd_, into, size, discard ? MSG_TRUNC : 0);
  if (received > 0) return static_cast<size_t>(received);
  if (received < 0 && errno == EAGAIN) return size_t{0};
  if (received == 0)
    return wire::Error{wire::ErrorCode::kNetworkException, "the broker closed the connection"};
  return failed("receive");
}

size_t Connection::unwanted() const {
  constexpr size_t kWorthwhile = 4096;  // below, a call of its own costs more than the copy
  if (answer_size_ == 0 || kept_.size() < kept_max_) return 0;
  const size_t rest = answer_size_ - answer_received_;
  return rest > kWorthwhile ? rest : 0;
}

size_t Connection::take(const uint8_t* data, size_t size) {
  constexpr size_t kLengthSize = 4;
  const size_t wanted =
      answer_size_ == 0 ? kLengthSize - answer_received_ : answer_size_ - answer_received_;
  const size_t taken = std::min(size, wanted);
  const size_t kept = std::min(taken, kept_max_ - kept_.size());
  kept_.append(reinterpret_cast<const char*>(data), kept);
  answer_received_ += taken;
  if (answer_size_ == 0 && answer_received_ == kLengthSize) {
    answer_size_ = kLengthSize + static_cast<uint32_t>(wire::load_big_endian<int32_t>(
                                     reinterpret_cast<const uint8_t*>(kept_.data())));
  }
  return taken;
}

}  // namespace load
