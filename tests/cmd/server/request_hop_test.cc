// Two shards on one thread, each turned by the test, and a client at the end of a pair of sockets.
#include "cmd/server/request_hop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/api/request_metrics.h"
#include "cmd/server/connections.h"
#include "wire/api/api_versions.h"
#include "wire/frame.h"

namespace server {
namespace {

class RequestHopTest : public testing::Test, protected ConnectionCounter {
 protected:
  RequestHopTest() {
    services_.request_metrics = &metrics_;
    connections_.emplace(
        Connections::Ports{
            .shard = connections_shard_, .services = services_, .counter = *this, .hop = &hop_},
        ConnectionLimits{.in_flight_requests_max = 1'000'000});
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client_ = ends[0];
    auto info = std::make_shared<api::ConnectionInfo>();
    connections_->take({ends[1], std::move(info), 0, ConnectionQuotas::Verdict::kWelcome});
  }
  ~RequestHopTest() override { ::close(client_); }

  void closed(const api::ConnectionInfo&) override { ++closed_; }
  void room_made() override {}

  // False if the socket takes no more.
  bool ask() {
    auto writer = wire::begin_request_frame(wire::ApiKey::kApiVersions, 0, 1, "client");
    wire::ApiVersionsRequest().encode(writer, 0);
    std::string frame;
    for (const wire::Bytes& chunk : wire::finish_frame(writer)) frame += chunk.view();
    return ::send(client_, frame.data(), frame.size(), MSG_NOSIGNAL) > 0;
  }
  void turn(Shard& shard) {
    for (int i = 0; i < 50; ++i) shard.run_once(false);
  }
  uint64_t asked() const {
    return total([](const auto& api) { return api.of_version[0]; });
  }
  uint64_t answered_bytes() const {
    return total([](const auto& api) { return api.response_bytes; });
  }
  // Reads what has come; `bytes` is all that ever came.
  size_t read_all(size_t& bytes) {
    char piece[65536];
    while (true) {
      const ssize_t got = ::recv(client_, piece, sizeof(piece), 0);
      if (got <= 0) return bytes;
      bytes += static_cast<size_t>(got);
    }
  }

  Shard broker_shard_;
  Shard connections_shard_;
  api::Services services_;
  api::RequestMetrics metrics_;
  RequestHop hop_{connections_shard_, broker_shard_, services_, *this};
  std::optional<Connections> connections_;
  int client_ = -1;
  int closed_ = 0;

 private:
  template <typename Figure>
  uint64_t total(Figure figure) const {
    uint64_t sum = 0;
    for (const auto& api : metrics_.apis()) sum += figure(api);
    return sum;
  }
};

TEST_F(RequestHopTest, ServesNoMoreWhileAnswersHaveNotArrived) {
  constexpr uint64_t kRequests = 10'000;
  uint64_t sent = 0;
  while (sent < kRequests) {
    while (sent < kRequests && ask()) ++sent;
    turn(connections_shard_);
  }
  turn(broker_shard_);
  EXPECT_GE(answered_bytes(), RequestHop::kUnderWayMax);
  EXPECT_LE(answered_bytes(), RequestHop::kUnderWayMax + 1024);
  EXPECT_LT(asked(), sent);

  size_t read = 0;
  for (int round = 0; round < 1'000 && read_all(read) < answered_bytes() + (sent - asked());
       ++round) {
    turn(connections_shard_);
    turn(broker_shard_);
  }
  EXPECT_EQ(asked(), sent);
  EXPECT_EQ(read, answered_bytes());
}

TEST_F(RequestHopTest, RequestsThatAreNotServedGiveTheirSlotsBack) {
  ASSERT_TRUE(ask());
  turn(connections_shard_);
  connections_->close_all();
  turn(connections_shard_);
  hop_.cut();
  turn(broker_shard_);
  EXPECT_EQ(asked(), 0U);
  EXPECT_EQ(closed_, 1);
}

TEST_F(RequestHopTest, TheNewsOfAClosedConnectionComeBehindItsRequests) {
  ASSERT_TRUE(ask());
  turn(connections_shard_);
  connections_->close_all();
  turn(connections_shard_);
  turn(broker_shard_);
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(closed_, 1);
  turn(connections_shard_);  // the answer nobody waits for
}

}  // namespace
}  // namespace server
