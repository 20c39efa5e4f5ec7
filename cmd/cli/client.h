// A small Kafka client for the command line: one request at a time, and waits for the answer.
//
// Knows the cluster by Metadata and keeps one connection a node.  Versions are negotiated by
// ApiVersions, so it talks to Apache Kafka as well.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "wire/api_key.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/frame.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace CLI {
class App;
}

namespace cli {

// One socket to one broker.
class BrokerConnection {
 public:
  static wire::Result<std::unique_ptr<BrokerConnection>> open(const std::string& host,
                                                              int32_t port);
  ~BrokerConnection();
  BrokerConnection(const BrokerConnection&) = delete;
  BrokerConnection& operator=(const BrokerConnection&) = delete;

  // Sends at the highest version that the broker, the messages and `version_max` have in common.
  template <typename Response, typename Request>
  wire::Result<Response> call(const Request& request, int16_t version_max = INT16_MAX) {
    const auto version = negotiate(Request::kApiKey, Request::kMinVersion,
                                   std::min(Request::kMaxVersion, version_max));
    if (!version.ok()) return version.error();
    wire::Writer writer = begin(Request::kApiKey, *version);
    request.encode(writer, *version);
    auto answer = exchange(writer, Request::kApiKey, *version);
    if (!answer.ok()) return answer.error();
    Response response;
    response.decode(*answer, *version);
    if (!answer->ok()) return broken(Request::kApiKey);
    return response;
  }

 private:
  BrokerConnection(int socket, std::string peer) : socket_(socket), peer_(std::move(peer)) {}

  wire::Status learn_versions();
  wire::Result<int16_t> negotiate(wire::ApiKey key, int16_t min, int16_t max) const;
  wire::Writer begin(wire::ApiKey key, int16_t version);
  // Sends the frame and returns a reader at the body of the answer.
  wire::Result<wire::Reader> exchange(wire::Writer& frame, wire::ApiKey key, int16_t version);
  wire::Error broken(wire::ApiKey key) const;
  wire::Status send_all(const std::vector<wire::Bytes>& chunks);
  wire::Status receive_all(uint8_t* into, size_t size);

  const int socket_;
  const std::string peer_;
  int32_t next_correlation_id_ = 1;
  struct Range {
    int16_t min = 0;
    int16_t max = -1;
  };
  std::map<wire::ApiKey, Range> served_;
};

// Where a partition is led.
struct PartitionPlace {
  wire::PartitionIndex index = 0;
  wire::NodeId leader = wire::kNoNode;
  std::vector<wire::NodeId> replicas;
  std::vector<wire::NodeId> isr;
};

class Client {
 public:
  // `bootstrap`: host:port, several separated by commas; the first that answers is used.
  static wire::Result<std::unique_ptr<Client>> connect(const std::string& bootstrap);

  // Any broker.
  BrokerConnection& any() { return *bootstrap_; }
  // A node of the cluster, by the addresses of the last Metadata answer.
  wire::Result<BrokerConnection*> node(wire::NodeId id);
  // The partitions of a topic, by index.  `create`: a topic that does not exist may be created.
  enum class Create : bool { kNo, kYes };
  wire::Result<std::vector<PartitionPlace>> partitions(const std::string& topic, Create create);
  // The coordinator of a group.
  wire::Result<BrokerConnection*> group_coordinator(const std::string& group);
  // Every broker of the cluster.
  wire::Result<std::vector<wire::NodeId>> brokers();

 private:
  struct Address {
    std::string host;
    int32_t port = 0;
  };

  explicit Client(std::unique_ptr<BrokerConnection> bootstrap) : bootstrap_(std::move(bootstrap)) {}

  std::unique_ptr<BrokerConnection> bootstrap_;
  std::map<wire::NodeId, Address> addresses_;
  std::map<wire::NodeId, std::unique_ptr<BrokerConnection>> connections_;
};

// "UNKNOWN_TOPIC_OR_PARTITION: This server does not host ..." or the broker's own words.
std::string describe(wire::ErrorCode code,
                     const std::optional<std::string>& message = std::nullopt);

// -b / --bootstrap, default $ODRADEK_BOOTSTRAP or localhost:9092.
void add_bootstrap_option(CLI::App& command, std::string& bootstrap);

}  // namespace cli
