// Notices clients that were told an address of this node that they cannot reach.
//
// Such a client asks for the metadata of a topic and is then never heard of again, although it
// stays connected; or it asks for the nodes alone, disconnects, and does not come (kafka-python 3).
// It waits for a connection to the address that it was told, whose failure only it can see.  Once
// for each client, a line says where it came to and what it was told.
//
// Only connections whose told address may be wrong are looked at, and each only until its client
// has made a request that it makes only of a node that it has found.  Lives on the shard of the
// connections.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cluster/timers.h"
#include "wire/api_key.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"

namespace api {

struct RequestContext;

class AdvertWatch {
 public:
  // How long a client may be silent after it has asked for a topic's metadata.
  static constexpr wire::DurationMs kSilenceMs = 10'000;
  // Who disconnects so soon after an answer has what it wanted, unless it comes so often.
  static constexpr wire::DurationMs kContentMs = 1'000;
  static constexpr int kToldMax = 5;
  // Clients that are looked at at a time, and remembered for good; with more, nobody is looked at.
  static constexpr size_t kWatchedMax = 256;
  static constexpr size_t kRememberedMax = 4'096;

  struct Client {
    std::string host;  // where it is
    std::string id;    // client.id

    auto operator<=>(const Client&) const = default;
  };
  enum class Asked : uint8_t { kNodes, kTopics };
  struct Doubt {
    Client client;
    std::string software;  // what it is, if it has said so
    std::string listener;
    std::string dialled;  // "172.18.0.2:9092", the end of its connection
    std::string told;     // "localhost:9092"
  };

  // REQUIRES: clock and timers outlive this.  `report` is called once for each client in doubt.
  AdvertWatch(const wire::Clock& clock, cluster::Timers& timers,
              wire::Callback<void(const Doubt&)> report);
  ~AdvertWatch();
  AdvertWatch(const AdvertWatch&) = delete;
  AdvertWatch& operator=(const AdvertWatch&) = delete;

  // A connection was told the address of this node, and the metadata of topics if it named any.
  void told(uint64_t connection_id, Asked asked, Doubt doubt);
  // A connection made a request of which one can not tell (ApiVersions).
  void heard(uint64_t connection_id, const Client& client);
  // The client has found this node.
  void found(const Client& client);
  void closed(uint64_t connection_id);

  // Whether a request says that its client has found this node.  What clients send to
  // any node that they know says nothing.
  static bool shows_found(wire::ApiKey key);

  size_t watched() const { return watched_.size(); }

 private:
  struct Watched {
    Doubt doubt;
    uint64_t connection_id = 0;  // the last that was told
    Asked asked = Asked::kNodes;
    bool is_open = true;
    bool is_back = false;     // on another connection, which has asked for nothing yet
    bool has_waited = false;  // on a connection that is closed, longer than kContentMs
    int times_told = 0;
    wire::DurationMs first_told_ms = 0;
    wire::DurationMs last_told_ms = 0;
  };

  static bool is_missed(const Watched& watched);
  void look();
  void arm();

  const wire::Clock& clock_;
  cluster::Timers& timers_;
  wire::Callback<void(const Doubt&)> report_;
  std::map<Client, Watched> watched_;
  std::set<Client> done_with_;  // have found us, or were reported
  cluster::TimerId timer_ = cluster::kNoTimer;
};

// Who made a request; cut, because it is remembered.
AdvertWatch::Client watched_client(const RequestContext& context);

}  // namespace api
