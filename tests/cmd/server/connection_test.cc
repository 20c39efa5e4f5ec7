// Connections over real loopback sockets, with the broker's loop turned by the test: on that loop, and on two of their own.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/server/client_connections.h"
#include "cmd/server/listener.h"
#include "wire/api/api_versions.h"
#include "wire/control/request_header.h"
#include "wire/control/response_header.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace server {
namespace {

std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

// An ApiVersions request, with its size.
std::string api_versions_request(int16_t version, int32_t correlation_id) {
  wire::RequestHeader header;
  header.request_api_key = 18;
  header.request_api_version = version;
  header.correlation_id = correlation_id;
  header.client_id = "test";
  wire::Writer writer;
  header.encode(writer, wire::request_header_version(wire::ApiKey::kApiVersions, version));
  wire::ApiVersionsRequest body;
  body.client_software_name = "test";
  body.client_software_version = "1.0";
  body.encode(writer, std::min<int16_t>(version, wire::ApiVersionsRequest::kMaxVersion));
  const wire::Bytes bytes = writer.take_contiguous();
  return big_endian(static_cast<uint32_t>(bytes.size())) + std::string(bytes.view());
}

class Client {
 public:
  Client(Shard& shard, uint16_t port) : shard_(shard), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int window = 4096;  // little is under way when a test does not read
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Client() { ::close(socket_); }

  void send(std::string_view bytes) {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // The next answer without its size; nothing if the broker closed the connection or says nothing
  // for a while.
  std::optional<wire::Bytes> receive() {
    const auto prefix = read(4);
    if (!prefix) return std::nullopt;
    wire::Reader reader(wire::Bytes::copy(*prefix));
    int32_t size = 0;
    reader.read(size);
    const auto body = read(static_cast<size_t>(size));
    if (!body) return std::nullopt;
    return wire::Bytes::copy(*body);
  }
  bool closed_by_broker() { return !read(1).has_value() && end_seen_; }
  // All that comes until the broker closes the connection.
  std::string last_words() {
    std::string words;
    while (const auto next = read(1)) words += *next;
    EXPECT_TRUE(end_seen_);
    return words;
  }
  int32_t receive_correlation_id() {
    const auto answer = receive();
    if (!answer) return -1;
    wire::Reader reader(*answer);
    int32_t id = 0;
    reader.read(id);
    return id;
  }

 private:
  std::optional<std::string> read(size_t size) {
    while (buffer_.size() < size) {
      for (int turns = 0; turns < 2'000; ++turns) {
        shard_.run_once(false);
        pollfd wanted{socket_, POLLIN, 0};
        if (::poll(&wanted, 1, turns < 100 ? 0 : 1) > 0) break;
      }
      char piece[65536];
      const ssize_t got = ::recv(socket_, piece, sizeof(piece), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno == ECONNRESET)) end_seen_ = true;
      if (got <= 0) return std::nullopt;
      buffer_.append(piece, static_cast<size_t>(got));
    }
    std::string result = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return result;
  }

  Shard& shard_;
  const int socket_;
  std::string buffer_;
  bool end_seen_ = false;
};

// By how many shards there are.
class ConnectionTest : public testing::TestWithParam<size_t> {
 protected:
  void start(ConnectionLimits limits = {}) {
    connections_.emplace(shard_, services_, std::move(limits), nullptr, GetParam());
    auto listener = Listener::open(shard_, {.host = "127.0.0.1"});
    ASSERT_TRUE(listener.ok()) << listener.error().detail;
    listener_ = std::move(*listener);
    ASSERT_TRUE(listener_->accept_from(*connections_).ok());
  }
  // Requests until the broker takes no more of them, because their answers are not read.
  int32_t pipeline_without_reading(Client& client) {
    int32_t sent = 0;
    for (int round = 0; round < 60; ++round) {
      std::string requests;
      for (int i = 0; i < 200; ++i) requests += api_versions_request(0, sent++);
      client.send(requests);
      turn(3);
    }
    return sent;
  }
  Client connect() { return Client(shard_, listener_->port()); }
  void turn(int times = 20) {
    for (int i = 0; i < times; ++i) shard_.run_once(false);
  }
  // Turns until it holds; false if it does not for seconds.
  template <typename Condition>
  bool eventually(Condition holds) {
    for (int turns = 0; turns < 5'000; ++turns) {
      shard_.run_once(false);
      if (holds()) return true;
      if (turns >= 100) ::poll(nullptr, 0, 1);
    }
    return false;
  }
  size_t count() const { return connections_->count(); }

  Shard shard_;
  api::Services services_;
  std::optional<ClientConnections> connections_;
  std::unique_ptr<Listener> listener_;
};

TEST_P(ConnectionTest, AnswersApiVersionsWithTheTable) {
  start();
  Client client = connect();
  client.send(api_versions_request(3, 7));
  const auto answer = client.receive();
  ASSERT_TRUE(answer.has_value());
  wire::Reader reader(*answer);
  wire::ResponseHeader header;
  header.decode(reader, 0);  // KIP-511: without tagged fields, always
  wire::ApiVersionsResponse response;
  response.decode(reader, 3);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_EQ(header.correlation_id, 7);
  EXPECT_EQ(response.error_code, wire::ErrorCode::kNone);
  EXPECT_FALSE(response.api_keys.empty());
}

TEST_P(ConnectionTest, AnswersApiVersionsOfAnUnknownVersionInVersionZero) {
  start();
  Client client = connect();
  client.send(api_versions_request(5, 9));
  const auto answer = client.receive();
  ASSERT_TRUE(answer.has_value());
  wire::Reader reader(*answer);
  wire::ResponseHeader header;
  header.decode(reader, 0);
  wire::ApiVersionsResponse response;
  response.decode(reader, 0);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(header.correlation_id, 9);
  EXPECT_EQ(response.error_code, wire::ErrorCode::kUnsupportedVersion);
  ASSERT_EQ(response.api_keys.size(), 1u);
  EXPECT_EQ(response.api_keys[0].api_key, 18);
}

TEST_P(ConnectionTest, AnswersPipelinedRequestsInOrderBeyondTheInFlightLimit) {
  start({.in_flight_requests_max = 4});
  Client client = connect();
  std::string requests;
  for (int32_t i = 0; i < 500; ++i) requests += api_versions_request(0, i);
  client.send(requests);
  for (int32_t i = 0; i < 500; ++i) ASSERT_EQ(client.receive_correlation_id(), i);
  EXPECT_TRUE(eventually([&] { return connections_->request_memory() == 0; }));
}

TEST_P(ConnectionTest, GoesOnWhenAClientThatDidNotReadReadsAgain) {
  start({.in_flight_requests_max = 1'000'000, .in_flight_bytes_max = 64 * 1024});
  Client client = connect();
  const int32_t sent = pipeline_without_reading(client);
  EXPECT_TRUE(eventually([&] { return connections_->answer_memory() >= 60 * 1024; }));
  turn(50);
  // Answers that are under way from the broker's shard when the limit is reached come, too.
  if (GetParam() == 1) {
    EXPECT_LE(connections_->answer_memory(), 70u * 1024);
  }
  for (int32_t i = 0; i < sent; ++i) ASSERT_EQ(client.receive_correlation_id(), i);
  EXPECT_TRUE(eventually([&] { return connections_->answer_memory() == 0; }));
}

TEST_P(ConnectionTest, UnreadAnswersCannotUseUpMemoryForOthers) {
  start({.in_flight_bytes_max = 64 * 1024, .answer_memory_max = 32 * 1024});
  std::vector<std::unique_ptr<Client>> hostile;
  for (int i = 0; i < 3; ++i) {
    hostile.push_back(std::make_unique<Client>(shard_, listener_->port()));
    pipeline_without_reading(*hostile.back());
    EXPECT_LE(connections_->answer_memory(), 32u * 1024);
  }
  Client client = connect();
  for (int32_t i = 0; i < 100; ++i) {
    client.send(api_versions_request(0, i));
    ASSERT_EQ(client.receive_correlation_id(), i);
  }
  hostile.clear();
  EXPECT_TRUE(eventually([&] { return connections_->answer_memory() == 0; }));
}

TEST_P(ConnectionTest, AssemblesRequestsThatArriveByteByByte) {
  start();
  Client client = connect();
  const std::string request = api_versions_request(3, 1) + api_versions_request(0, 2);
  for (const char byte : request) {
    client.send({&byte, 1});
    turn(3);
  }
  EXPECT_EQ(client.receive_correlation_id(), 1);
  EXPECT_EQ(client.receive_correlation_id(), 2);
}

TEST_P(ConnectionTest, ClosesOnWhatIsNotKafka) {
  start();
  const std::string tls("\x16\x03\x01\x02\x00\x01\x00\x01", 8);
  for (const std::string& stranger : {tls, big_endian(0), big_endian(0xFFFFFFFF),
                                      big_endian(0x7FFFFFFF), big_endian(4) + "\0\x12\0\0"}) {
    Client client = connect();
    client.send(stranger);
    EXPECT_TRUE(client.closed_by_broker());
  }
  EXPECT_EQ(connections_->refused(), 5u);
  EXPECT_TRUE(eventually([&] { return count() == 0; }));
}

TEST_P(ConnectionTest, AnswersHttpInItsOwnWords) {
  start();
  Client client = connect();
  client.send("GET / HTTP/1.1\r\nHost: kafka\r\n\r\n");
  EXPECT_TRUE(client.last_words().starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(connections_->refused(), 1u);
}

TEST_P(ConnectionTest, RefusesAnUnknownKeyBeforeItsBodyArrives) {
  start();
  Client client = connect();
  client.send(big_endian(50'000'000) + std::string("\x7F\x00\x00\x00", 4));
  EXPECT_TRUE(client.closed_by_broker());
  EXPECT_TRUE(eventually([&] { return connections_->request_memory() == 0; }));
}

TEST_P(ConnectionTest, ADeclaredSizeCostsNothing) {
  start();
  Client client = connect();
  client.send(big_endian(100 * 1024 * 1024) + std::string("\x00\x12\x00\x03", 4) +
              std::string(100, 'x'));
  ASSERT_TRUE(eventually([&] { return connections_->bytes_in() == 108; }));
  EXPECT_EQ(connections_->count(), 1u);
  EXPECT_LE(connections_->request_memory(), 64u * 1024);
}

TEST_P(ConnectionTest, IncompleteRequestsCannotUseUpMemoryForOthers) {
  start({.request_memory_max = 1024 * 1024});
  std::vector<std::unique_ptr<Client>> hostile;
  for (int i = 0; i < 200; ++i) {
    hostile.push_back(std::make_unique<Client>(shard_, listener_->port()));
    hostile.back()->send(big_endian(100 * 1024 * 1024) + std::string("\x00\x12\x00\x03", 4) +
                         std::string(60'000, 'x'));
    turn(2);
  }
  ASSERT_TRUE(eventually([&] { return connections_->accepted() == 200; }));
  EXPECT_TRUE(eventually([&] { return connections_->request_memory() <= 1152 * 1024; }));
  Client client = connect();
  client.send(api_versions_request(0, 5));
  EXPECT_EQ(client.receive_correlation_id(), 5);
}

TEST_P(ConnectionTest, MissesThoseWhoWaitForMemoryAndAreGone) {
  start({.request_memory_max = 256 * 1024});
  std::vector<std::unique_ptr<Client>> hostile;
  for (int i = 0; i < 5; ++i) {
    hostile.push_back(std::make_unique<Client>(shard_, listener_->port()));
    hostile.back()->send(big_endian(100 * 1024 * 1024) + std::string("\x00\x12\x00\x03", 4) +
                         std::string(60'000, 'x'));
    turn(2);
  }
  turn(50);
  hostile.clear();
  EXPECT_TRUE(eventually([&] { return count() == 0; }));
  EXPECT_TRUE(eventually([&] { return connections_->request_memory() == 0; }));
}

TEST_P(ConnectionTest, MakesRoomByClosingTheOldestStranger) {
  start({.connections_max = 2});
  Client stranger = connect();
  turn();
  Client worker = connect();
  worker.send(api_versions_request(0, 1));
  EXPECT_EQ(worker.receive_correlation_id(), 1);
  Client late = connect();
  late.send(api_versions_request(0, 2));
  EXPECT_EQ(late.receive_correlation_id(), 2);
  EXPECT_TRUE(stranger.closed_by_broker());
  worker.send(api_versions_request(0, 3));
  EXPECT_EQ(worker.receive_correlation_id(), 3);
  Client too_many = connect();  // both others have shown that they are clients
  EXPECT_TRUE(too_many.closed_by_broker());
}

TEST_P(ConnectionTest, LimitsTheConnectionsOfOneAddress) {
  start({.connections_per_address_max = 1});
  Client first = connect();
  turn();
  Client second = connect();
  EXPECT_TRUE(second.closed_by_broker());
  EXPECT_TRUE(eventually([&] { return count() == 1; }));
}

TEST_P(ConnectionTest, ClosesTheIdle) {
  start({.idle_ms_max = 1, .sweep_interval_ms = 1});
  Client client = connect();
  while (connections_->count() == 0) shard_.run_once(false);
  while (connections_->count() > 0) shard_.run_once(true);
  EXPECT_TRUE(client.closed_by_broker());
  EXPECT_EQ(connections_->refused(), 0u);
}

TEST_P(ConnectionTest, ClosesAClientThatStopsInTheMiddleOfARequest) {
  start({.stalled_request_ms_max = 5, .sweep_interval_ms = 1});
  Client client = connect();
  client.send(big_endian(50) + std::string("\x00\x12\x00\x03", 4));
  while (connections_->count() == 0) shard_.run_once(false);
  while (connections_->count() > 0) shard_.run_once(true);
  EXPECT_TRUE(client.closed_by_broker());
  EXPECT_EQ(connections_->refused(), 1u);
}

TEST_P(ConnectionTest, DrainsWhatWasTaken) {
  start();
  Client client = connect();
  client.send(api_versions_request(0, 1));
  ASSERT_TRUE(eventually([&] { return connections_->bytes_in() > 0; }));
  bool drained = false;
  connections_->drain([&] { drained = true; });
  EXPECT_TRUE(eventually([&] { return drained; }));
  client.send(api_versions_request(0, 2));
  turn(5);
  EXPECT_EQ(client.receive_correlation_id(), 1);
}

TEST_P(ConnectionTest, ClosesWithRequestsUnderWay) {
  start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(shard_, listener_->port()));
    std::string requests;
    for (int32_t id = 0; id < 100; ++id) requests += api_versions_request(0, id);
    clients.back()->send(requests);
  }
  ASSERT_TRUE(eventually([&] { return connections_->bytes_in() > 0; }));
  connections_->close_all();
  turn();
  EXPECT_EQ(connections_->request_memory(), 0u);
  EXPECT_EQ(connections_->answer_memory(), 0u);
  EXPECT_EQ(count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Shards, ConnectionTest, testing::Values(1, 3),
                         [](const auto& test) { return std::to_string(test.param); });

}  // namespace
}  // namespace server
