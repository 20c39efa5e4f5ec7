#include "wire/json_writer.h"

#include <gtest/gtest.h>

#include "wire/api/heartbeat.h"
#include "wire/api/produce.h"

namespace wire {
namespace {

template <typename Message>
std::string json_of(const Message& message, int16_t version) {
  JsonWriter json;
  message.write_json(json, version);
  return json.take();
}

TEST(JsonWriter, LeavesOutWhatTheVersionLacks) {
  HeartbeatRequest request;
  request.group_id = "g";
  EXPECT_EQ(json_of(request, 0), R"({"groupId":"g","generationId":0,"memberId":""})");
  EXPECT_EQ(json_of(request, 3),
            R"({"groupId":"g","generationId":0,"memberId":"","groupInstanceId":null})");
}

TEST(JsonWriter, EscapesText) {
  HeartbeatRequest request;
  request.group_id = "a\"b\\c\n\x01";
  request.member_id = "\xe4\xb8\x96";
  EXPECT_EQ(json_of(request, 0),
            "{\"groupId\":\"a\\\"b\\\\c\\u000a\\u0001\",\"generationId\":0,\"memberId\":"
            "\"\xe4\xb8\x96\"}");
}

TEST(JsonWriter, GivesOnlyTheSizeOfRecords) {
  ProduceRequest::PartitionProduceData partition;
  partition.records = Bytes::copy("12345");
  EXPECT_EQ(json_of(partition, 9), R"({"index":0,"recordsSizeInBytes":5})");
  partition.records.reset();
  EXPECT_EQ(json_of(partition, 9), R"({"index":0,"records":null})");
}

TEST(JsonWriter, WritesBytesAsBase64) {
  for (const auto& [bytes, text] :
       {std::pair("", ""), {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}}) {
    JsonWriter json;
    json.begin_object();
    json.field("b", Bytes::copy(std::string_view(bytes)));
    json.end_object();
    EXPECT_EQ(json.take(), "{\"b\":\"" + std::string(text) + "\"}");
  }
}

}  // namespace
}  // namespace wire
