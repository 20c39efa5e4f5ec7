// Frames that real clients and Apache Kafka's brokers exchanged: each decodes to its last byte and encodes to the same bytes.
//
// captured-frames.jsonl.gz has, for every (API, version) seen, up to three exchanges of kafka-python 1.4, 2.0 and 3.0,
// confluent-kafka (librdkafka) 2.16 and the Java client 4.3.1 with brokers 3.9.2 and 4.3.1, sizes and headers included.
#include <map>

#include <gtest/gtest.h>

#include "tests/golden/golden_file.h"
#include "wire/frame.h"
#include "wire/message_registry.h"

namespace {

using nlohmann::json;
using wire::Bytes;

const wire::MessageInfo* find_message(wire::MessageKind kind, int16_t key) {
  for (const wire::MessageInfo& info : wire::message_registry()) {
    if (info.kind == kind && info.key == key) return &info;
  }
  return nullptr;
}

Bytes join(const std::vector<Bytes>& chunks) {
  std::string all;
  for (const Bytes& chunk : chunks) all += chunk.view();
  return Bytes::adopt(std::move(all));
}

// Decodes the body that `in` stands at, and appends it to the frame begun in `out`.
void recode_body(wire::MessageKind kind, int16_t key, int16_t version, wire::Reader& in,
                 wire::Writer& out) {
  const wire::MessageInfo* info = find_message(kind, key);
  ASSERT_NE(info, nullptr);
  ASSERT_GE(version, info->min_version);
  ASSERT_LE(version, info->max_version);
  const auto message = info->create();
  message->decode(in, version);
  ASSERT_TRUE(in.ok()) << in.error();
  ASSERT_EQ(in.remaining(), 0u);
  message->encode(out, version);
}

void check_request(const Bytes& frame, int16_t api, int16_t version) {
  wire::Reader in(frame.slice(4));
  wire::RequestHeader header;
  ASSERT_TRUE(wire::read_request_header(in, header));
  ASSERT_EQ(header.request_api_key, api);
  ASSERT_EQ(header.request_api_version, version);
  wire::Writer out = wire::begin_request_frame(static_cast<wire::ApiKey>(api), version,
                                               header.correlation_id, header.client_id);
  recode_body(wire::MessageKind::kRequest, api, version, in, out);
  EXPECT_EQ(join(wire::finish_frame(out)), frame);
}

void check_response(const Bytes& frame, int16_t api, int16_t version) {
  const auto key = static_cast<wire::ApiKey>(api);
  wire::Reader in(frame.slice(4));
  wire::ResponseHeader header;
  ASSERT_TRUE(wire::read_response_header(in, key, version, header));
  wire::Writer out = wire::begin_response_frame(key, version, header.correlation_id);
  recode_body(wire::MessageKind::kResponse, api, version, in, out);
  EXPECT_EQ(join(wire::finish_frame(out)), frame);
}

TEST(CapturedFrames, EncodeToTheBytesThatWereSent) {
  size_t frames = 0;
  for (const json& exchange : golden::read_lines("captured-frames.jsonl.gz")) {
    SCOPED_TRACE(exchange.dump());
    const int16_t api = exchange["api"];
    const int16_t version = exchange["version"];
    check_request(golden::from_base64(exchange["request"].get<std::string>()), api, version);
    ++frames;
    if (!exchange.contains("response")) continue;
    check_response(golden::from_base64(exchange["response"].get<std::string>()), api, version);
    ++frames;
  }
  EXPECT_GT(frames, 500u);
}

}  // namespace
