// Any bytes as any message at any version: either refused, or read in full and written back the
// same way twice.
//
//   uint16 message | uint8 version | body       the message's place in the registry, the version
//   above its lowest
#include <cstddef>
#include <cstdint>

#include "wire/base/check.h"
#include "wire/json_writer.h"
#include "wire/message_registry.h"
#include "wire/reader.h"
#include "wire/writer.h"

using namespace wire;

namespace {

Bytes encode(const AnyMessage& message, int16_t version) {
  Writer out;
  message.encode(out, version);
  return out.take_contiguous();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const auto messages = message_registry();
  const MessageInfo& info = messages[static_cast<size_t>(data[0] << 8 | data[1]) % messages.size()];
  const int versions = info.max_version - info.min_version + 1;
  const auto version = static_cast<int16_t>(info.min_version + data[2] % versions);

  Reader in(Bytes::copy({data + 3, size - 3}));
  const auto message = info.create();
  message->decode(in, version);
  if (!in.ok()) return 0;

  // What was sent may be spelled otherwise (unknown tags, an empty tag): what we write must be
  // stable.
  const Bytes first = encode(*message, version);
  Reader again_in(first);
  const auto again = info.create();
  again->decode(again_in, version);
  CHECK(again_in.ok());
  CHECK(again_in.remaining() == 0);
  CHECK(encode(*again, version) == first);

  JsonWriter json;
  message->write_json(json, version);
  return 0;
}
