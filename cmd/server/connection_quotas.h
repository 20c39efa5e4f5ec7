// Who may connect: max.connections and max.connections.per.ip, of all listeners together, as
// Kafka's ConnectionQuotas.
//
// Counts the connections of all shards.  Lives on the broker's shard, which accepts.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>

namespace server {

struct ConnectionLimits;

class ConnectionQuotas {
 public:
  // kFull: there is room if another one goes.  kOverfull: there would not be (the limit was lowered).
  enum class Verdict { kWelcome, kFull, kOverfull, kFullForAddress };

  // What is to become of one more connection of `host`.  It counts until closed() is called,
  // whatever becomes of it.  Whoever is not welcome is refused or makes another one go: that is as
  // good as done, until room_made() says so.
  Verdict admit(const std::string& host, const std::string& listener,
                const ConnectionLimits& limits);
  void closed(const std::string& host, const std::string& listener);
  // A verdict other than kWelcome was carried out: closed() was called before.
  void room_made();

  size_t count() const { return count_; }
  const std::map<std::string, size_t>& count_by_listener() const { return by_listener_; }

 private:
  size_t count_ = 0;
  size_t leaving_ = 0;  // of count_: will be closed for room, on shards that have not said so yet
  std::unordered_map<std::string, size_t> of_address_;
  std::map<std::string, size_t> by_listener_;
};

}  // namespace server
