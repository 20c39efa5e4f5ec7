// Hostile clients against a whole broker: its memory stays bounded, and the others are served.
#include <chrono>
#include <cstring>
#include <fstream>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/cli/client.h"
#include "tests/cmd/server/broker_thread.h"
#include "tests/sanitized.h"
#include "wire/api/fetch.h"
#include "wire/api/metadata.h"
#include "wire/api/produce.h"
#include "wire/records/record_batch_builder.h"

namespace server {
namespace {

// AddressSanitizer holds back what was freed, up to 256 MiB, to notice who still uses it.
constexpr size_t kHeldBackMax = kAddressSanitized ? 256 * 1024 * 1024 : 0;
constexpr size_t kGrowthMax = 64 * 1024 * 1024 + kHeldBackMax;

size_t resident_bytes() {
  std::ifstream status("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  status >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

std::string frame_size(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

class HostileTest : public testing::Test {
 protected:
  void SetUp() override {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    descriptors_ = limit.rlim_cur;
    ASSERT_EQ(broker_.failure(), "");
    resident_before_ = resident_bytes();
  }
  void TearDown() override {
    for (const int socket : sockets_) ::close(socket);
  }

  int connect() { return connect(broker_.port()); }
  int connect(uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0)
        << std::strerror(errno);
    sockets_.push_back(socket);
    return socket;
  }
  void send(int socket, std::string_view bytes) {
    (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  static void expect_closed(int socket) {
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char byte = 0;
    EXPECT_EQ(::recv(socket, &byte, 1, 0), 0);
  }
  // Connections of this process take two descriptors each.
  size_t many(size_t wanted) const { return std::min(wanted, (descriptors_ - 500) / 2); }

  // A well-behaved client gets its answer, soon.
  void expect_others_served() {
    const auto begin = std::chrono::steady_clock::now();
    auto client = cli::Client::connect(broker_.bootstrap());
    ASSERT_TRUE(client.ok()) << client.error().detail;
    const auto places = (*client)->partitions("tweets", cli::Client::Create::kYes);
    EXPECT_TRUE(places.ok()) << places.error().detail;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
  // A topic of one partition with ten batches of 900 KB.
  void fill_topic(const std::string& topic) {
    auto client = cli::Client::connect(broker_.bootstrap());
    ASSERT_TRUE(client.ok()) << client.error().detail;
    ASSERT_TRUE((*client)->partitions(topic, cli::Client::Create::kYes).ok());
    for (int i = 0; i < 10; ++i) {
      wire::RecordBatchBuilder batch;
      batch.append(1'700'000'000'000, "key", std::string(900'000, 'v'));
      wire::ProduceRequest request;
      request.acks = -1;
      request.timeout_ms = 10'000;
      auto& data = request.topic_data.emplace_back();
      data.name = topic;
      data.partition_data.emplace_back().records = batch.build();
      const auto response = (*client)->any().call<wire::ProduceResponse>(request, 9);
      ASSERT_TRUE(response.ok()) << response.error().detail;
      ASSERT_EQ(response->responses.at(0).partition_responses.at(0).error_code,
                wire::ErrorCode::kNone);
    }
  }
  static std::string fetch_request(const std::string& topic) {
    wire::FetchRequest request;
    request.max_wait_ms = 0;
    request.max_bytes = 50 << 20;
    auto& asked = request.topics.emplace_back();
    asked.topic = topic;
    asked.partitions.emplace_back().partition_max_bytes = 50 << 20;
    wire::Writer writer = wire::begin_request_frame(wire::ApiKey::kFetch, 11, 1, "hostile");
    request.encode(writer, 11);
    std::string frame;
    for (const wire::Bytes& chunk : wire::finish_frame(writer)) frame += chunk.view();
    return frame;
  }
  void expect_memory_bounded() { EXPECT_LE(resident_bytes(), resident_before_ + kGrowthMax); }

  BrokerThread broker_;
  std::vector<int> sockets_;
  size_t descriptors_ = 0;
  size_t resident_before_ = 0;
};

TEST_F(HostileTest, DeclaredGigabytes) {
  for (size_t i = 0; i < 500; ++i)
    send(connect(), frame_size(0x7FFFFFFF) + std::string(1'000, 'x'));
  for (size_t i = 0; i < 500; ++i)
    send(connect(), frame_size(100 * 1024 * 1024) + std::string("\0\0\0\x09", 4));
  expect_others_served();
  expect_memory_bounded();
}

TEST_F(HostileTest, HalfOpenRequests) {
  const std::string beginning =
      frame_size(50 * 1024 * 1024) + std::string("\0\0\0\x09", 4) + std::string(60'000, 'x');
  for (size_t i = 0; i < many(2'000); ++i) send(connect(), beginning);
  expect_others_served();
  expect_memory_bounded();
}

TEST_F(HostileTest, VersionsThatAreNotServed) {
  for (const auto& [key, version] : {std::pair('\0', '\x0e'), std::pair('\x01', '\x13')}) {
    const int socket = connect();
    send(socket, frame_size(20) + std::string{'\0', key, '\0', version} + std::string(16, '\0'));
    expect_closed(socket);
  }
}

TEST_F(HostileTest, Garbage) {
  std::string garbage(4'096, '\0');
  for (size_t i = 0; i < garbage.size(); ++i) garbage[i] = static_cast<char>(i * 2654435761u >> 13);
  for (size_t i = 0; i < 1'000; ++i) {
    garbage[0] = static_cast<char>(i);
    send(connect(), garbage);
  }
  // Frames of a plausible size with every key and nonsense inside.
  for (int key = 0; key < 100; ++key) {
    for (int version = 0; version < 12; ++version) {
      std::string frame = frame_size(64);
      frame += {'\0', static_cast<char>(key), '\0', static_cast<char>(version)};
      send(connect(), frame + garbage.substr(100, 60));
    }
  }
  expect_others_served();
  expect_memory_bounded();
}

TEST_F(HostileTest, SlowWriters) {
  const std::string request =
      frame_size(30) + std::string("\0\x12\0\0\0\0\0\1\0\x14", 10) + std::string(20, 'c');
  std::vector<int> writers;
  for (int i = 0; i < 200; ++i) writers.push_back(connect());
  for (const char byte : request) {
    for (const int writer : writers) send(writer, {&byte, 1});
  }
  expect_others_served();
  char answer[4];
  for (const int writer : writers)
    EXPECT_EQ(::recv(writer, answer, sizeof(answer), MSG_WAITALL), 4);
  expect_memory_bounded();
}

TEST_F(HostileTest, ReadersThatNeverRead) {
  // ApiVersions requests by the thousand, and no answer taken.
  std::string requests;
  for (int i = 0; i < 2'000; ++i)
    requests += frame_size(10) + std::string("\0\x12\0\0\0\0\0\1\xFF\xFF", 10);
  for (int i = 0; i < 50; ++i) {
    const int socket = connect();
    for (int round = 0; round < 20; ++round) send(socket, requests);
  }
  expect_others_served();
  expect_memory_bounded();
}

TEST_F(HostileTest, FetchersThatNeverRead) {
  fill_topic("large");
  resident_before_ = resident_bytes();
  const std::string requests = fetch_request("large") + fetch_request("large");
  for (int i = 0; i < 300; ++i) send(connect(), requests);
  expect_others_served();
  expect_memory_bounded();

  // Who reads still gets everything, one batch at a time if need be.
  auto client = cli::Client::connect(broker_.bootstrap());
  ASSERT_TRUE(client.ok()) << client.error().detail;
  wire::FetchRequest request;
  request.max_wait_ms = 1'000;
  auto& asked = request.topics.emplace_back();
  asked.topic = "large";
  auto& partition = asked.partitions.emplace_back();
  partition.partition_max_bytes = 50 << 20;
  while (partition.fetch_offset < 10) {
    const auto response = (*client)->any().call<wire::FetchResponse>(request, 11);
    ASSERT_TRUE(response.ok()) << response.error().detail;
    const auto& data = response->responses.at(0).partitions.at(0);
    ASSERT_GT(data.records.value_or(wire::Bytes()).size(), 0u);
    wire::BatchIterator batches(*data.records);
    while (batches.next()) partition.fetch_offset = batches.batch().next_offset();
  }
  expect_memory_bounded();
}

TEST_F(HostileTest, ManyConnections) {
  for (size_t i = 0; i < many(5'000); ++i) connect();
  expect_others_served();
  expect_memory_bounded();
}

TEST_F(HostileTest, FloodBeyondTheConnectionLimit) {
  BrokerThread small(cluster::config::Properties{{"max.connections", "100"}});
  ASSERT_EQ(small.failure(), "");
  auto worker = cli::Client::connect(small.bootstrap());
  ASSERT_TRUE(worker.ok());
  for (size_t i = 0; i < 1'000; ++i) connect(small.port());
  const auto places = (*worker)->partitions("tweets", cli::Client::Create::kYes);
  EXPECT_TRUE(places.ok()) << places.error().detail;  // who is at work is left alone
  EXPECT_TRUE(cli::Client::connect(small.bootstrap()).ok());
}

}  // namespace
}  // namespace server
