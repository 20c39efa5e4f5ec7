// How the generated message_registry.cc puts a struct behind AnyMessage.
#pragma once

#include "wire/message_registry.h"

namespace wire {

template <typename Message>
class MessageHolder final : public AnyMessage {
 public:
  void decode(Reader& in, int16_t version) override { message_.decode(in, version); }
  void encode(Writer& out, int16_t version) const override { message_.encode(out, version); }
  void write_json(JsonWriter& json, int16_t version) const override {
    message_.write_json(json, version);
  }

 private:
  Message message_;
};

template <typename Message>
constexpr MessageInfo message_info(MessageKind kind) {
  int16_t key = -1;
  if constexpr (requires { Message::kApiKey; }) key = static_cast<int16_t>(Message::kApiKey);
  return {
      Message::kName,
      kind,
      key,
      Message::kMinVersion,
      Message::kMaxVersion,
      Message::kFlexibleSince,
      +[]() -> std::unique_ptr<AnyMessage> { return std::make_unique<MessageHolder<Message>>(); }};
}

}  // namespace wire
