// Every generated message behind one interface, for what must treat them all alike: golden tests,
// fuzzing, the dump tool.
//
// Code that knows which message it handles uses the message's own struct.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace wire {

class JsonWriter;
class Reader;
class Writer;

enum class MessageKind { kRequest, kResponse, kRecord, kRecordKey, kRecordValue, kHeader };

class AnyMessage {
 public:
  virtual ~AnyMessage() = default;
  virtual void decode(Reader& in, int16_t version) = 0;
  virtual void encode(Writer& out, int16_t version) const = 0;
  virtual void write_json(JsonWriter& json, int16_t version) const = 0;
};

struct MessageInfo {
  std::string_view name;
  MessageKind kind;
  int16_t key;  // API key or record type; -1 if it has none
  int16_t min_version;
  int16_t max_version;
  int16_t flexible_since;
  std::unique_ptr<AnyMessage> (*create)();
};

std::span<const MessageInfo> message_registry();

}  // namespace wire
