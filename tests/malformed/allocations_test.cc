// What sound requests allocate: nothing, where it is a matter of every request.  Here because this program counts each operator new.
#include "tests/malformed/allocations.h"

#include <array>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/cli/client.h"
#include "tests/cmd/server/broker_thread.h"
#include "wire/api/produce.h"
#include "wire/base/log.h"
#include "wire/frame.h"
#include "wire/records/record_batch_builder.h"

namespace malformed {
namespace {

// Longer than std::string keeps without an allocation.
constexpr std::string_view kTopic = "a-topic-with-a-long-name";
constexpr int kDepth = 16;
constexpr size_t kAnswerBytesMax = 4096;

wire::Bytes produce_frame(int16_t acks, int16_t version) {
  wire::RecordBatchBuilder builder;
  builder.append(1'700'000'000'000, "key", "value");
  wire::ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 30'000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = kTopic;
  auto& partition = topic.partition_data.emplace_back();
  partition.index = 0;
  partition.records = builder.build();
  auto writer = wire::begin_request_frame(wire::ApiKey::kProduce, version, 1, "client");
  request.encode(writer, version);
  std::string frame;
  for (const wire::Bytes& chunk : wire::finish_frame(writer)) frame += chunk.view();
  return wire::Bytes::adopt(std::move(frame));
}

class Producer {
 public:
  explicit Producer(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Producer() { ::close(socket_); }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Sends the frame so many times, kDepth at a time, and waits for the answers.  False if the
  // connection broke.
  bool produce(const wire::Bytes& frame, int times) {
    for (int sent = 0; connected_ && sent < times; sent += kDepth) {
      for (int i = 0; i < kDepth; ++i) {
        const auto size = static_cast<ssize_t>(frame.size());
        connected_ =
            connected_ && ::send(socket_, frame.data(), frame.size(), MSG_NOSIGNAL) == size;
      }
      for (int i = 0; i < kDepth; ++i) connected_ = connected_ && receive();
    }
    return connected_;
  }

 private:
  bool receive() {
    uint32_t size = 0;
    if (::recv(socket_, &size, sizeof size, MSG_WAITALL) != sizeof size) return false;
    size = ntohl(size);
    if (size > answer_.size()) return false;
    return ::recv(socket_, answer_.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size);
  }

  const int socket_;
  bool connected_ = false;
  std::array<char, kAnswerBytesMax> answer_{};
};

// The rest is of what comes once a second or once a segment, not once a request.
TEST(Allocations, AProduceNeedsNoneOnceTheFirstAreDone) {
  constexpr int kRequests = 4000;
  wire::log::set_level(wire::log::Level::kError);
  server::BrokerThread broker(
      cluster::config::Properties{{"num.partitions", "1"}, {"odradek.shards", "1"}});
  ASSERT_EQ(broker.failure(), "");
  auto client = cli::Client::connect(broker.bootstrap());
  ASSERT_TRUE(client.ok()) << client.error().detail;
  ASSERT_TRUE((*client)->partitions(std::string(kTopic), cli::Client::Create::kYes).ok());
  Producer producer(broker.port());
  for (const int16_t acks : {int16_t{1}, int16_t{-1}}) {
    for (const int16_t version : {int16_t{7}, int16_t{9}}) {
      const wire::Bytes frame = produce_frame(acks, version);
      ASSERT_TRUE(producer.produce(frame, 1000));
      const AllocationCount allocations;
      ASSERT_TRUE(producer.produce(frame, kRequests));
      EXPECT_LT(allocations.count(), kRequests / 10) << "acks=" << acks << ", v" << version;
    }
  }
}

}  // namespace
}  // namespace malformed
