// What a handler knows about the request beyond its message: who sent it, where, at which version.
//
// Valid during the handler's call only.  What a later answer needs is copied out (or is the
// Services, which stay).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cmd/api/response_slot.h"
#include "cmd/api/services.h"
#include "cmd/api/vantage.h"
#include "wire/api_key.h"

namespace api {

class AnswerRoom;

// Which listener a request may come from.
enum class ListenerKind : uint8_t { kBroker = 1, kController = 2 };

// A client's connection, as handlers see it.  Lives as long as the connection.
struct ConnectionInfo {
  uint64_t id = 0;  // unique in this process
  VantagePtr vantage = no_vantage();
  // "172.18.0.2:9092", this end of the connection, if what the client is told may be wrong.
  std::string told_other_than;
  // Of the connection's shard; null: nobody waits for an answer.
  const AnswerRoom* answer_room = nullptr;
  // Whether the client has made a request that it makes only of a node that it has found.
  bool has_found_us = false;
  ListenerKind kind = ListenerKind::kBroker;
  std::string client_host;  // "127.0.0.1"; Apache shows it as "/127.0.0.1" in group descriptions
  std::string principal = "User:ANONYMOUS";
  std::string client_software_name;  // from ApiVersions v3+ (KIP-511)
  std::string client_software_version;
};

struct RequestContext {
  Services& services;
  ConnectionInfo& connection;
  ResponseSlot& slot;

  wire::ApiKey api_key;
  int16_t api_version;
  int32_t correlation_id;
  std::optional<std::string> client_id;

  std::string_view client_id_or_empty() const {
    return client_id ? std::string_view(*client_id) : std::string_view();
  }

  // Produce with acks=0: the client waits for nothing.  Call before the Reply; the answer is then
  // dropped, and the connection closed if it holds an error, which is how such a client learns of
  // one.
  void expect_no_answer() { slot.set_silent(); }
};

}  // namespace api
