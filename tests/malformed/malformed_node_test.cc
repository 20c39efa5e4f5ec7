// The same against a whole broker: what parses in spite of everything reaches the handlers and their state.
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/cli/client.h"
#include "tests/cmd/server/broker_thread.h"
#include "tests/malformed/allocations.h"
#include "tests/malformed/malformed_requests.h"
#include "wire/base/log.h"

namespace malformed {
namespace {

// Every so manieth spoilt request is sent; a prime, so that no place and no extreme is always passed over.
constexpr size_t kStride = 61;
// A request that has come to ask for a wait is left alone after this.
constexpr int kAnswerWaitMs = 30;
// One request's share.  A topic of ten thousand partitions, which a spoilt number can ask for, is the most that is granted.
constexpr size_t kMemoryMax = 256 << 20;

std::string with_size(const std::string& frame) {
  const auto size = static_cast<uint32_t>(frame.size());
  std::string framed = {static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                        static_cast<char>(size >> 8), static_cast<char>(size)};
  return framed + frame;
}

// A connection that is made again whenever the broker, or this test, has ended it.
class Caller {
 public:
  explicit Caller(uint16_t port) : port_(port) {}
  ~Caller() { end(); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  enum class Outcome { kAnswered, kClosed, kWaiting };

  Outcome call(const std::string& frame) {
    if (socket_ < 0) connect();
    const std::string framed = with_size(frame);
    (void)::send(socket_, framed.data(), framed.size(), MSG_NOSIGNAL);
    uint32_t size = 0;
    const Outcome outcome = receive(reinterpret_cast<char*>(&size), sizeof size);
    if (outcome != Outcome::kAnswered) return end(), outcome;
    std::string answer(ntohl(size), '\0');
    if (receive(answer.data(), answer.size()) != Outcome::kAnswered) return end(), Outcome::kClosed;
    return Outcome::kAnswered;
  }

 private:
  void connect() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0)
        << std::strerror(errno);
  }

  Outcome receive(char* to, size_t size) {
    while (size > 0) {
      pollfd poll{socket_, POLLIN, 0};
      if (::poll(&poll, 1, kAnswerWaitMs) == 0) return Outcome::kWaiting;
      const ssize_t got = ::recv(socket_, to, size, 0);
      if (got <= 0) return Outcome::kClosed;
      to += got;
      size -= static_cast<size_t>(got);
    }
    return Outcome::kAnswered;
  }

  void end() {
    if (socket_ < 0) return;
    const linger at_once{1, 0};  // leaves no port in TIME_WAIT
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(socket_);
    socket_ = -1;
  }

  const uint16_t port_;
  int socket_ = -1;
};

TEST(MalformedNode, AnswersOrClosesAndGoesOn) {
  wire::log::set_level(wire::log::Level::kError);
  server::BrokerThread broker(cluster::config::Properties{{"num.partitions", "1"}});
  ASSERT_EQ(broker.failure(), "");
  std::array<size_t, 3> outcomes{};
  size_t spoilt_count = 0;
  Caller caller(broker.port());
  for (const Request& request : golden_requests(api::ListenerKind::kBroker, 2)) {
    for_each_extreme(request.frame, 10, [&](std::string spoilt) {
      if (++spoilt_count % kStride != 0) return;
      const AllocationPeak peak;
      ++outcomes[static_cast<size_t>(caller.call(spoilt))];
      ASSERT_LE(peak.bytes(), kMemoryMax) << request.name();
    });
    if (HasFatalFailure()) return;
  }
  std::printf("%zu answered, %zu closed, %zu left waiting\n", outcomes[0], outcomes[1],
              outcomes[2]);
  EXPECT_GT(outcomes[0], outcomes[1] / 10);
  EXPECT_LT(outcomes[2], (outcomes[0] + outcomes[1]) / 20);

  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok()) << client.error().detail;
  const auto places = (*client)->partitions("tweets", cli::Client::Create::kYes);
  EXPECT_TRUE(places.ok()) << places.error().detail;
}

}  // namespace
}  // namespace malformed
