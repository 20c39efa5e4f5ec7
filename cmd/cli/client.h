// A small Kafka client for the command line: one request at a time, and waits for the answer.
//
// Knows the cluster by Metadata and keeps one connection a node.  Versions are negotiated by
// ApiVersions, so it talks to Apache Kafka as well.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/api/metadata.h"
#include "wire/api_key.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/frame.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace cli {

struct ConnectOptions {
  // host:port, several separated by commas; the first that answers is used.
  std::string bootstrap = "localhost:9092";
  std::string client_id = "odradek-cli";
  // How long what is not there yet is asked for again: a broker, a topic, a coordinator.
  wire::DurationMs wait_ms = 0;
};

// host:port, [v6]:port; port 9092 if left out.
std::pair<std::string, std::string> split_address(const std::string& address);
// "10s", "500ms", "2m", "1h"; a bare number is seconds.
std::optional<wire::DurationMs> parse_duration(const std::string& text);

// One socket to one broker.
class BrokerConnection {
 public:
  struct Range {
    int16_t min = 0;
    int16_t max = -1;
  };

  static wire::Result<std::unique_ptr<BrokerConnection>> open(const std::string& host, int32_t port,
                                                              const std::string& client_id);
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

  // Sends what has no answer: a produce request with acks=0.
  template <typename Request>
  wire::Status send(const Request& request, int16_t version_max) {
    const auto version = negotiate(Request::kApiKey, Request::kMinVersion,
                                   std::min(Request::kMaxVersion, version_max));
    if (!version.ok()) return version.error();
    wire::Writer writer = begin(Request::kApiKey, *version);
    request.encode(writer, *version);
    ++next_correlation_id_;
    return send_all(wire::finish_frame(writer));
  }

  // Whether this program and the broker share a version of the API at or above `min`.
  bool serves(wire::ApiKey key, int16_t min = 0) const;
  // What the broker serves.
  const std::map<wire::ApiKey, Range>& served() const { return served_; }
  // host:port as it was dialled.
  const std::string& peer() const { return peer_; }

 private:
  BrokerConnection(int socket, std::string peer, std::string client_id)
      : socket_(socket), peer_(std::move(peer)), client_id_(std::move(client_id)) {}

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
  const std::string client_id_;
  int32_t next_correlation_id_ = 1;
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
  struct Address {
    std::string host;
    int32_t port = 0;
  };

  static wire::Result<std::unique_ptr<Client>> connect(const ConnectOptions& options);
  static wire::Result<std::unique_ptr<Client>> connect(const std::string& bootstrap) {
    return connect(ConnectOptions{.bootstrap = bootstrap});
  }

  const ConnectOptions& options() const { return options_; }
  // Any broker.
  BrokerConnection& any() { return *bootstrap_; }
  // A node of the cluster, by the addresses of the last Metadata answer.
  wire::Result<BrokerConnection*> node(wire::NodeId id);
  // Forgets a connection that broke: the next node(id) opens another.
  void drop(wire::NodeId id) { connections_.erase(id); }
  // What Metadata says of these topics, or of all.  Does not create any.
  wire::Result<wire::MetadataResponse> metadata(
      const std::optional<std::vector<std::string>>& topics);
  // The partitions of a topic, by index.  `create`: a topic that does not exist may be created.
  enum class Create : bool { kNo, kYes };
  wire::Result<std::vector<PartitionPlace>> partitions(const std::string& topic, Create create);
  enum class CoordinatorType : int8_t { kGroup = 0, kTransaction = 1 };
  // Who coordinates this group or transactional id.
  wire::Result<wire::NodeId> find_coordinator(const std::string& key, CoordinatorType type);
  wire::Result<BrokerConnection*> group_coordinator(const std::string& group);
  // Every broker of the cluster.
  wire::Result<std::vector<wire::NodeId>> brokers();
  // REQUIRES: the id has been in an answer.
  const Address& address(wire::NodeId id) const { return addresses_.at(id); }

 private:
  Client(ConnectOptions options, std::unique_ptr<BrokerConnection> bootstrap)
      : options_(std::move(options)), bootstrap_(std::move(bootstrap)) {}

  const ConnectOptions options_;
  std::unique_ptr<BrokerConnection> bootstrap_;
  std::map<wire::NodeId, Address> addresses_;
  std::map<wire::NodeId, std::unique_ptr<BrokerConnection>> connections_;
};

// "UNKNOWN_TOPIC_OR_PARTITION: This server does not host ..." or the broker's own words.
std::string describe(wire::ErrorCode code,
                     const std::optional<std::string>& message = std::nullopt);

}  // namespace cli
