// The HTTP port over real loopback sockets, with the loop turned by the test; and the whole of a
// broker's metrics.
#include "cmd/server/http_server.h"

#include <future>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/cli/client.h"
#include "tests/cmd/server/broker_thread.h"
#include "wire/api/metadata.h"

namespace server {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

int connect_to_http(uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return socket;
}

class HttpServerTest : public testing::Test {
 protected:
  void start(size_t connections_max = 32, wire::DurationMs timeout_ms = 15'000) {
    server_.emplace(
        shard_,
        HttpOptions{.host = "127.0.0.1",
                    .port = 0,
                    .connections_max = connections_max,
                    .timeout_ms = timeout_ms},
        [this](const console::HttpRequest& request, wire::Reply<console::HttpAnswer> reply) {
          if (request.path == "/later") return later_.push_back(std::move(reply));
          reply(console::plain_answer(200, request.path));
        });
    ASSERT_TRUE(server_->open().ok());
  }
  ~HttpServerTest() override {
    for (const int socket : sockets_) ::close(socket);
    server_.reset();
    shard_.run_once(false);
  }

  int client() {
    sockets_.push_back(connect_to_http(server_->port()));
    return sockets_.back();
  }
  static void send(int socket, std::string_view bytes) {
    EXPECT_EQ(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // What comes until it ends with `end`, or the server closes ("|" is added), or says nothing more.
  std::string receive(int socket, std::string_view end = "|") {
    std::string text;
    for (int turns = 0; turns < 500 && !std::string_view(text).ends_with(end); ++turns) {
      shard_.run_once(false);
      pollfd wanted{socket, POLLIN, 0};
      if (::poll(&wanted, 1, turns < 50 ? 0 : 1) <= 0) continue;
      char piece[65536];
      const ssize_t got = ::recv(socket, piece, sizeof(piece), MSG_DONTWAIT);
      if (got <= 0) return text + "|";
      text.append(piece, static_cast<size_t>(got));
    }
    return text;
  }

  Shard shard_;
  std::optional<HttpServer> server_;
  std::vector<wire::Reply<console::HttpAnswer>> later_;
  std::vector<int> sockets_;
};

TEST_F(HttpServerTest, AnswersOneRequestAfterTheOtherOnAConnection) {
  start();
  const int socket = client();
  send(socket, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answers = receive(socket);
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answers, HasSubstr("\r\n\r\n/a\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answers, EndsWith("\r\n\r\n/b\n|"));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  const int socket = client();
  send(socket, "HEAD /a HTTP/1.0\r\n\r\n");
  const std::string answer = receive(socket);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n|"));
}

TEST_F(HttpServerTest, ReadsNothingMoreWhileAnAnswerIsAwaited) {
  start();
  const int socket = client();
  send(socket, "GET /later HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 20 && later_.empty(); ++i) shard_.run_once(false);
  ASSERT_EQ(later_.size(), 1u);
  shard_.run_once(false);
  later_.front()(console::plain_answer(200, "now"));
  const std::string answers = receive(socket, "/b\n");
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nnow\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, ClosesWhenNoAnswerIsGiven) {
  start();
  const int socket = client();
  send(socket, "GET /later HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 20 && later_.empty(); ++i) shard_.run_once(false);
  later_.clear();
  EXPECT_EQ(receive(socket), "|");
}

TEST_F(HttpServerTest, RefusesAndCloses) {
  start();
  const int socket = client();
  send(socket, "POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello");
  const std::string answer = receive(socket);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("|"));
}

TEST_F(HttpServerTest, TurnsAwayWhoIsTooMany) {
  start(1);
  const int first = client();
  send(first, "GET /a HTTP/1.1\r\n\r\n");
  EXPECT_THAT(receive(first, "/a\n"), EndsWith("/a\n"));
  EXPECT_THAT(receive(client()), StartsWith("HTTP/1.1 503 "));
  send(first, "GET /b HTTP/1.1\r\n\r\n");
  EXPECT_THAT(receive(first, "/b\n"), EndsWith("/b\n"));
}

TEST_F(HttpServerTest, ClosesWhoSendsNoWholeRequestInTime) {
  start(32, 100);
  const int socket = client();
  std::string heard;
  // A byte now and then does not help.
  for (int i = 0; i < 60 && heard.empty(); ++i) {
    ::send(socket, "G", 1, MSG_NOSIGNAL);
    pollfd nothing{-1, 0, 0};
    ::poll(&nothing, 1, 5);
    shard_.run_once(false);
    char byte = 0;
    if (::recv(socket, &byte, 1, MSG_DONTWAIT) == 0) heard = "end";
  }
  EXPECT_EQ(server_->count(), 0u);
}

// --- A whole broker.

const cluster::config::Properties kAnyHttpPort{{"odradek.http.listener", "127.0.0.1:0"}};

std::string failure_with(const std::string& listener) {
  return BrokerThread(cluster::config::Properties{{"odradek.http.listener", listener}}).failure();
}

std::string http_get(uint16_t port, const std::string& path) {
  const int socket = connect_to_http(port);
  const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
  ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  char piece[65536];
  ssize_t got = 0;
  while ((got = ::recv(socket, piece, sizeof(piece), 0)) > 0)
    answer.append(piece, static_cast<size_t>(got));
  ::close(socket);
  return answer;
}

TEST(Http, IsNotThereUnlessToldSo) {
  BrokerThread broker;
  ASSERT_EQ(broker.failure(), "");
  EXPECT_EQ(broker.http_port(), 0);
}

TEST(Http, CountsWhatClientsDo) {
  BrokerThread broker(kAnyHttpPort);
  ASSERT_EQ(broker.failure(), "");
  EXPECT_THAT(http_get(broker.http_port(), "/healthz"), EndsWith("\r\n\r\nok\n"));
  EXPECT_THAT(http_get(broker.http_port(), "/readyz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(http_get(broker.http_port(), "/nothing"), StartsWith("HTTP/1.1 404 "));

  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok()) << client.error().detail;
  wire::MetadataRequest request;
  request.topics->emplace_back().name = "tweets";
  ASSERT_TRUE((*client)->any().call<wire::MetadataResponse>(request, 9).ok());
  request.topics->front().name = "no/name";
  ASSERT_TRUE((*client)->any().call<wire::MetadataResponse>(request, 9).ok());

  const std::string page = http_get(broker.http_port(), "/metrics");
  EXPECT_THAT(page, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  for (const char* sample :
       {"kafka_network_requestmetrics_requests_total{request=\"Metadata\",version=\"9\"} 2\n",
        "kafka_network_requestmetrics_errors_total{request=\"Metadata\",error=\"INVALID_TOPIC_"
        "EXCEPTION\"} 1\n",
        "kafka_network_requestmetrics_totaltimems_count{request=\"Metadata\"} ",
        "kafka_server_socket_server_metrics_connections{listener=\"PLAINTEXT\"} ",
        "kafka_server_brokertopicmetrics_messagesin_total{topic=\"tweets\"} 0\n",
        "kafka_server_brokertopicmetrics_messagesin_total 0\n",
        "kafka_log_log_logendoffset{topic=\"tweets\",partition=\"0\"} 0\n",
        "kafka_server_replicamanager_underreplicatedpartitions 0\n",
        "kafka_controller_kafkacontroller_offlinepartitionscount 0\n",
        "kafka_controller_kafkacontroller_activecontrollercount 1\n",
        "kafka_coordinator_group_groupmetadatamanager_numgroups 0\n",
        "odradek_metrics_omitted_series 0\n"}) {
    EXPECT_THAT(page, HasSubstr(sample));
  }
}

TEST(Http, LeavesOutTheSeriesThatAreTooMany) {
  BrokerThread broker({{"odradek.http.listener", "127.0.0.1:0"},
                       {"odradek.http.metrics.max.series", "12"},
                       {"odradek.create.topics", "tweets:3"}});
  ASSERT_EQ(broker.failure(), "");
  const std::string page = http_get(broker.http_port(), "/metrics");
  EXPECT_THAT(page, HasSubstr("kafka_log_log_size{topic=\"tweets\",partition=\"1\"}"));
  EXPECT_THAT(page, Not(HasSubstr("kafka_log_log_size{topic=\"tweets\",partition=\"2\"}")));
  EXPECT_THAT(page, HasSubstr("kafka_server_replicamanager_leadercount 3\n"));
  EXPECT_THAT(page, HasSubstr("odradek_metrics_omitted_series 13\n"));
}

TEST(Http, SaysWhatIsWrongWithItsAddress) {
  EXPECT_THAT(failure_with("9644"), HasSubstr("odradek.http.listener takes HOST:PORT"));
  BrokerThread first(kAnyHttpPort);
  const std::string taken = "127.0.0.1:" + std::to_string(first.http_port());
  EXPECT_THAT(failure_with(taken), HasSubstr("in use by another program"));
}

}  // namespace
}  // namespace server
