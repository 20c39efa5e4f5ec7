#include "cmd/cli/client.h"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <errno.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "wire/api/api_versions.h"
#include "wire/api/find_coordinator.h"

namespace cli {
namespace {

constexpr int kTimeoutSeconds = 60;
constexpr int kConnectSeconds = 10;
constexpr int32_t kAnswerBytesMax = 256 * 1024 * 1024;
// A question that the cluster cannot answer yet is asked again this soon, and at least for this long.
constexpr useconds_t kRetryMicroseconds = 100'000;
constexpr wire::DurationMs kPatienceMs = 5'000;

wire::Error failure(std::string detail) {
  return {wire::ErrorCode::kNetworkException, std::move(detail)};
}

class Deadline {
 public:
  explicit Deadline(wire::DurationMs ms)
      : at_(std::chrono::steady_clock::now() + std::chrono::milliseconds(ms)) {}
  // Sleeps until it is time to ask again; false when the time is up.
  bool again() const {
    if (std::chrono::steady_clock::now() >= at_) return false;
    usleep(kRetryMicroseconds);
    return true;
  }

 private:
  const std::chrono::steady_clock::time_point at_;
};

void set_timeout(int socket, int seconds) {
  const timeval timeout{.tv_sec = seconds, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

wire::Result<int> connect_to(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return failure(fmt::format("{}:{}: {}", host, port, gai_strerror(error)));
  }
  int connected = -1;
  int reason = 0;
  for (const addrinfo* entry = found; entry != nullptr && connected < 0; entry = entry->ai_next) {
    const int candidate = ::socket(entry->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (candidate < 0) continue;
    set_timeout(candidate, kConnectSeconds);  // Linux: of connect, too
    if (::connect(candidate, entry->ai_addr, entry->ai_addrlen) == 0) {
      connected = candidate;
    } else {
      reason = errno;
      ::close(candidate);
    }
  }
  freeaddrinfo(found);
  if (connected < 0) {
    return failure(fmt::format(
        "no broker at {}:{} ({}): start one with `odradek dev`, or name another with -b", host,
        port, std::strerror(reason)));
  }
  const int on = 1;
  setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  set_timeout(connected, kTimeoutSeconds);
  return connected;
}

}  // namespace

std::pair<std::string, std::string> split_address(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || address.find(']', colon) != std::string::npos)
    return {address, "9092"};
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

std::optional<wire::DurationMs> parse_duration(const std::string& text) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  constexpr int64_t kMost = int64_t{1} << 40;
  if (parsed.ec != std::errc() || number < 0 || number > kMost) return std::nullopt;
  const std::string_view unit(parsed.ptr, static_cast<size_t>(end - parsed.ptr));
  if (unit == "ms") return number;
  if (unit.empty() || unit == "s") return number * 1000;
  if (unit == "m") return number * 60'000;
  if (unit == "h") return number * 3'600'000;
  return std::nullopt;
}

wire::Result<std::unique_ptr<BrokerConnection>> BrokerConnection::open(
    const std::string& host, int32_t port, const std::string& client_id) {
  const auto socket = connect_to(host, std::to_string(port));
  if (!socket.ok()) return socket.error();
  std::unique_ptr<BrokerConnection> connection(
      new BrokerConnection(*socket, fmt::format("{}:{}", host, port), client_id));
  if (auto learned = connection->learn_versions(); !learned.ok()) return learned.error();
  return connection;
}

BrokerConnection::~BrokerConnection() {
  ::close(socket_);
}

wire::Status BrokerConnection::learn_versions() {
  wire::Writer writer = begin(wire::ApiKey::kApiVersions, 0);
  wire::ApiVersionsRequest().encode(writer, 0);
  auto answer = exchange(writer, wire::ApiKey::kApiVersions, 0);
  if (!answer.ok()) return answer.error();
  wire::ApiVersionsResponse response;
  response.decode(*answer, 0);
  if (!answer->ok()) return broken(wire::ApiKey::kApiVersions);
  for (const auto& api : response.api_keys) {
    served_[static_cast<wire::ApiKey>(api.api_key)] = {api.min_version, api.max_version};
  }
  return {};
}

bool BrokerConnection::serves(wire::ApiKey key, int16_t min) const {
  const auto served = served_.find(key);
  const wire::ApiInfo* known = wire::api_info(key);
  return served != served_.end() && known != nullptr &&
         std::min(served->second.max, known->max_version) >=
             std::max({min, served->second.min, known->min_version});
}

wire::Result<int16_t> BrokerConnection::negotiate(wire::ApiKey key, int16_t min,
                                                  int16_t max) const {
  const auto served = served_.find(key);
  if (served == served_.end()) {
    return wire::Error{wire::ErrorCode::kUnsupportedVersion,
                       fmt::format("{} does not serve {}", peer_, wire::api_name(key))};
  }
  const int16_t version = std::min(max, served->second.max);
  if (version < std::max(min, served->second.min)) {
    return wire::Error{wire::ErrorCode::kUnsupportedVersion,
                       fmt::format("{} serves {} in versions {} to {} only", peer_,
                                   wire::api_name(key), served->second.min, served->second.max)};
  }
  return version;
}

wire::Writer BrokerConnection::begin(wire::ApiKey key, int16_t version) {
  return wire::begin_request_frame(key, version, next_correlation_id_, client_id_);
}

wire::Error BrokerConnection::broken(wire::ApiKey key) const {
  return failure(
      fmt::format("{} sent an answer to {} that does not parse", peer_, wire::api_name(key)));
}

wire::Status BrokerConnection::send_all(const std::vector<wire::Bytes>& chunks) {
  for (const wire::Bytes& chunk : chunks) {
    size_t sent = 0;
    while (sent < chunk.size()) {
      const ssize_t written =
          ::send(socket_, chunk.data() + sent, chunk.size() - sent, MSG_NOSIGNAL);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return failure(fmt::format("{} is gone: {}", peer_, std::strerror(errno)));
      sent += static_cast<size_t>(written);
    }
  }
  return {};
}

wire::Status BrokerConnection::receive_all(uint8_t* into, size_t size) {
  size_t received = 0;
  while (received < size) {
    const ssize_t part = ::recv(socket_, into + received, size - received, 0);
    if (part < 0 && errno == EINTR) continue;
    if (part == 0) return failure(fmt::format("{} closed the connection; its log says why", peer_));
    if (part < 0) return failure(fmt::format("{} gave no answer: {}", peer_, std::strerror(errno)));
    received += static_cast<size_t>(part);
  }
  return {};
}

wire::Result<wire::Reader> BrokerConnection::exchange(wire::Writer& frame, wire::ApiKey key,
                                                      int16_t version) {
  const int32_t correlation_id = next_correlation_id_++;
  if (auto sent = send_all(wire::finish_frame(frame)); !sent.ok()) return sent.error();
  uint8_t prefix[4];
  if (auto received = receive_all(prefix, sizeof(prefix)); !received.ok()) return received.error();
  wire::Reader prefix_reader(wire::Bytes::unowned(prefix));
  int32_t size = 0;
  prefix_reader.read(size);
  if (size < 4 || size > kAnswerBytesMax) return broken(key);
  std::string body(static_cast<size_t>(size), '\0');
  if (auto received = receive_all(reinterpret_cast<uint8_t*>(body.data()), body.size());
      !received.ok()) {
    return received.error();
  }
  wire::Reader reader(wire::Bytes::adopt(std::move(body)));
  wire::ResponseHeader header;
  if (!wire::read_response_header(reader, key, version, header) ||
      header.correlation_id != correlation_id)
    return broken(key);
  return reader;
}

wire::Result<std::unique_ptr<Client>> Client::connect(const ConnectOptions& options) {
  const Deadline deadline(options.wait_ms);
  wire::Error last = failure("no broker named: give one with -b host:port");
  do {
    for (size_t begin = 0; begin < options.bootstrap.size();) {
      const size_t end = std::min(options.bootstrap.find(',', begin), options.bootstrap.size());
      const std::string address = options.bootstrap.substr(begin, end - begin);
      begin = end + 1;
      if (address.empty()) continue;
      const auto [host, port_text] = split_address(address);
      int32_t port = 0;
      const char* const last_char = port_text.data() + port_text.size();
      const auto parsed = std::from_chars(port_text.data(), last_char, port);
      if (parsed.ec != std::errc() || parsed.ptr != last_char || port <= 0 || port > UINT16_MAX) {
        return wire::Error{wire::ErrorCode::kInvalidRequest,
                           fmt::format("\"{}\" is no address: it takes host:port", address)};
      }
      auto connection = BrokerConnection::open(host, port, options.client_id);
      if (connection.ok()) {
        return std::unique_ptr<Client>(new Client(options, std::move(*connection)));
      }
      last = connection.error();
    }
  } while (deadline.again());
  return last;
}

wire::Result<BrokerConnection*> Client::node(wire::NodeId id) {
  auto& connection = connections_[id];
  if (connection != nullptr) return connection.get();
  if (!addresses_.contains(id)) {
    if (auto asked = brokers(); !asked.ok()) return asked.error();
  }
  const auto address = addresses_.find(id);
  if (address == addresses_.end())
    return failure(fmt::format("broker {} is not known to the cluster", id));
  auto opened =
      BrokerConnection::open(address->second.host, address->second.port, options_.client_id);
  if (!opened.ok()) return opened.error();
  connection = std::move(*opened);
  return connection.get();
}

wire::Result<wire::MetadataResponse> Client::metadata(
    const std::optional<std::vector<std::string>>& topics) {
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = false;
  if (topics) {
    for (const std::string& topic : *topics) request.topics->emplace_back().name = topic;
  } else {
    request.topics = std::nullopt;
  }
  auto response = bootstrap_->call<wire::MetadataResponse>(request, 12);
  if (!response.ok()) return response.error();
  for (const auto& broker : response->brokers)
    addresses_[broker.node_id] = {broker.host, broker.port};
  return response;
}

wire::Result<std::vector<wire::NodeId>> Client::brokers() {
  const auto response = metadata(std::vector<std::string>());
  if (!response.ok()) return response.error();
  std::vector<wire::NodeId> ids;
  for (const auto& broker : response->brokers) ids.push_back(broker.node_id);
  return ids;
}

wire::Result<std::vector<PartitionPlace>> Client::partitions(const std::string& topic,
                                                             Create create) {
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = create == Create::kYes;
  request.topics->emplace_back().name = topic;
  const Deadline deadline(std::max(kPatienceMs, options_.wait_ms));
  wire::ErrorCode error = wire::ErrorCode::kNone;
  do {
    auto response = bootstrap_->call<wire::MetadataResponse>(request, 9);
    if (!response.ok()) return response.error();
    for (const auto& broker : response->brokers)
      addresses_[broker.node_id] = {broker.host, broker.port};
    if (response->topics.empty()) continue;
    const auto& found = response->topics.front();
    error = found.error_code;
    std::vector<PartitionPlace> places;
    for (const auto& partition : found.partitions) {
      if (error == wire::ErrorCode::kNone) error = partition.error_code;
      places.push_back({partition.partition_index, partition.leader_id, partition.replica_nodes,
                        partition.isr_nodes});
    }
    if (error == wire::ErrorCode::kNone) {
      std::sort(places.begin(), places.end(),
                [](const auto& a, const auto& b) { return a.index < b.index; });
      return places;
    }
    const bool may_come = error == wire::ErrorCode::kLeaderNotAvailable ||
                          ((create == Create::kYes || options_.wait_ms > 0) &&
                           error == wire::ErrorCode::kUnknownTopicOrPartition);
    if (!may_come) break;
  } while (deadline.again());
  if (error == wire::ErrorCode::kUnknownTopicOrPartition) {
    return wire::Error{
        error,
        fmt::format("there is no topic \"{0}\": create it with `odradek topic create {0}`", topic)};
  }
  return wire::Error{error, fmt::format("topic \"{}\": {}", topic, describe(error))};
}

wire::Result<wire::NodeId> Client::find_coordinator(const std::string& key, CoordinatorType type) {
  wire::FindCoordinatorRequest request;
  request.key = key;
  request.key_type = static_cast<int8_t>(type);
  const Deadline deadline(std::max(kPatienceMs, options_.wait_ms));
  wire::FindCoordinatorResponse answer;
  do {
    auto response = bootstrap_->call<wire::FindCoordinatorResponse>(request, 3);
    if (!response.ok()) return response.error();
    answer = std::move(*response);
  } while (answer.error_code == wire::ErrorCode::kCoordinatorNotAvailable && deadline.again());
  if (answer.error_code != wire::ErrorCode::kNone) {
    return wire::Error{answer.error_code, describe(answer.error_code, answer.error_message)};
  }
  addresses_[answer.node_id] = {answer.host, answer.port};
  return answer.node_id;
}

wire::Result<BrokerConnection*> Client::group_coordinator(const std::string& group) {
  const auto id = find_coordinator(group, CoordinatorType::kGroup);
  if (!id.ok()) return id.error();
  return node(*id);
}

std::string describe(wire::ErrorCode code, const std::optional<std::string>& message) {
  const bool has_words = message && !message->empty();
  return fmt::format("{}: {}", wire::error_name(code),
                     has_words ? *message : std::string(wire::error_message(code)));
}

}  // namespace cli
