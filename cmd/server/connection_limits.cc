#include "cmd/server/connection_limits.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "cmd/server/descriptors.h"

namespace server {
namespace {

using cluster::config::broker_value;
using cluster::config::Layers;

// The size of a socket's buffer, if somebody asked for one.
std::optional<int> buffer_of(const cluster::config::BrokerConfig& file, std::string_view name) {
  if (!file.given().contains(std::string(name)) || file.get_int(name) < 0) return std::nullopt;
  return file.get_int(name);
}

size_t count_of(std::string_view name, const Layers& layers) {
  return static_cast<size_t>(cluster::config::to_long(broker_value(name, layers)));
}

}  // namespace

ConnectionLimits connection_limits(const Layers& layers) {
  const cluster::config::BrokerConfig& file = layers.file;
  ConnectionLimits limits;
  limits.request_bytes_max = static_cast<size_t>(file.get_int("socket.request.max.bytes"));
  limits.connections_max =
      std::min(count_of("max.connections", layers), descriptors_for_connections());
  limits.connections_per_address_max = count_of("max.connections.per.ip", layers);
  for (const std::string& entry :
       cluster::config::split_list(broker_value("max.connections.per.ip.overrides", layers))) {
    const size_t colon = entry.rfind(':');
    if (colon == std::string::npos) continue;
    limits.connections_max_of_address[entry.substr(0, colon)] =
        std::strtoul(entry.c_str() + colon + 1, nullptr, 10);
  }
  limits.idle_ms_max = file.get_long("connections.max.idle.ms");
  limits.in_flight_bytes_max =
      static_cast<size_t>(file.get_long("odradek.connection.max.inflight.bytes"));
  limits.request_memory_max = static_cast<size_t>(file.get_long("odradek.max.inflight.bytes"));
  limits.answer_memory_max = static_cast<size_t>(file.get_long("odradek.max.unsent.bytes"));
  const int64_t queued_max = file.get_long("queued.max.request.bytes");
  if (queued_max > 0) limits.request_memory_max = static_cast<size_t>(queued_max);
  limits.send_buffer_bytes = buffer_of(file, "socket.send.buffer.bytes");
  limits.receive_buffer_bytes = buffer_of(file, "socket.receive.buffer.bytes");
  return limits;
}

}  // namespace server
