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
  // whatever becomes of it.
  Verdict admit(const std::string& host, const std::string& listener,
                const ConnectionLimits& limits);
  void closed(const std::string& host, const std::string& listener);

  size_t count() const { return count_; }
  const std::map<std::string, size_t>& count_by_listener() const { return by_listener_; }

 private:
  size_t count_ = 0;
  std::unordered_map<std::string, size_t> of_address_;
  std::map<std::string, size_t> by_listener_;
};

}  // namespace server
