// Malformed requests: every API, every version that is served, cut at each byte and with each integer at its limits.  The answer
// is an error or a closed connection, never a crash, never more memory than a small multiple of what came.
#include <map>

#include <gtest/gtest.h>

#include "cmd/api/dispatch.h"
#include "tests/malformed/allocations.h"
#include "tests/malformed/malformed_requests.h"
#include "wire/frame.h"
#include "wire/message_registry.h"

namespace malformed {
namespace {

// What a decoded element may take for each byte of it: an empty topic of a flexible version is 3 bytes, and its struct about 100.
constexpr size_t kBytesPerByte = 64;
constexpr size_t kBytesAtRest = 16 * 1024;

size_t memory_max(size_t frame_bytes) {
  return kBytesAtRest + kBytesPerByte * frame_bytes;
}

class Verdict final : public api::ResponseSlot {
 public:
  void fill() override { ++answers; }
  void fail(std::string_view) override { ++refusals; }

  int answers = 0;
  int refusals = 0;
};

class MalformedFrames : public testing::TestWithParam<api::ListenerKind> {};

// A message that ends early never reaches its handler: nothing is there that a handler could work with.
TEST_P(MalformedFrames, CutAtEachByteAreRefused) {
  api::Services nothing;
  api::ConnectionInfo connection;
  connection.kind = GetParam();
  for (const Request& request : golden_requests(GetParam(), SIZE_MAX)) {
    for (size_t size = 10; size < request.frame.size(); ++size) {
      Verdict verdict;
      const wire::Bytes frame = wire::Bytes::copy(request.frame.substr(0, size));
      const AllocationPeak peak;
      api::dispatch(nothing, connection, frame, verdict);
      ASSERT_LE(peak.bytes(), memory_max(size)) << request.name() << " cut to " << size;
      ASSERT_EQ(verdict.refusals, 1) << request.name() << " cut to " << size;
      ASSERT_EQ(verdict.answers, 0) << request.name() << " cut to " << size;
    }
  }
}

// What a length claims is not believed before the bytes are there.
TEST_P(MalformedFrames, WithExtremeIntegersTakeNoMemory) {
  std::map<int16_t, const wire::MessageInfo*> messages;
  for (const wire::MessageInfo& message : wire::message_registry()) {
    if (message.kind == wire::MessageKind::kRequest) messages[message.key] = &message;
  }
  for (const Request& request : golden_requests(GetParam(), 3)) {
    for_each_extreme(request.frame, 10, [&](std::string spoilt) {
      wire::Reader reader(wire::Bytes::copy(spoilt));
      const AllocationPeak peak;
      wire::RequestHeader header;
      if (wire::read_request_header(reader, header)) {
        const auto message = messages.at(static_cast<int16_t>(request.key))->create();
        message->decode(reader, request.version);
      }
      ASSERT_LE(peak.bytes(), memory_max(spoilt.size())) << request.name();
    });
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Malformed, MalformedFrames,
                         testing::Values(api::ListenerKind::kBroker,
                                         api::ListenerKind::kController),
                         [](const auto& test) {
                           return test.param == api::ListenerKind::kBroker ? "Broker"
                                                                           : "Controller";
                         });

}  // namespace
}  // namespace malformed
