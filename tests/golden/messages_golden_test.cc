// Every message at every version against Apache Kafka's own classes: what they encoded decodes
// here, encodes to the same bytes and has the same JSON form.  The vectors are made by make.sh.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/golden/golden_file.h"
#include "wire/json_writer.h"
#include "wire/message_registry.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace {

using nlohmann::json;

const std::vector<json>& vectors_of(std::string_view message) {
  static const auto* by_message = [] {
    auto* all = new std::map<std::string, std::vector<json>>();
    for (const char* file : {"kafka-3.9.2.jsonl.gz", "kafka-4.3.1.jsonl.gz"}) {
      for (json& vector : golden::read_lines(file))
        (*all)[vector["message"]].push_back(std::move(vector));
    }
    return all;
  }();
  static const std::vector<json> kNone;
  const auto found = by_message->find(std::string(message));
  return found == by_message->end() ? kNone : found->second;
}

class GoldenMessage : public testing::TestWithParam<wire::MessageInfo> {};

TEST_P(GoldenMessage, DecodesAndEncodesAsKafkaDoes) {
  for (const json& vector : vectors_of(GetParam().name)) {
    SCOPED_TRACE(vector.dump());
    const int16_t version = vector["version"];
    ASSERT_GE(version, GetParam().min_version);
    ASSERT_LE(version, GetParam().max_version);
    const wire::Bytes bytes = golden::from_base64(vector["bytes"].get<std::string>());

    wire::Reader in(bytes);
    const auto message = GetParam().create();
    message->decode(in, version);
    ASSERT_TRUE(in.ok()) << in.error();
    ASSERT_EQ(in.remaining(), 0u);

    wire::Writer out;
    message->encode(out, version);
    EXPECT_EQ(out.take_contiguous(), bytes);

    wire::JsonWriter text;
    message->write_json(text, version);
    EXPECT_EQ(json::parse(text.take()), vector["json"]);
  }
}

TEST_P(GoldenMessage, HasVectorsOfEveryVersion) {
  std::set<int> versions;
  for (const json& vector : vectors_of(GetParam().name))
    versions.insert(vector["version"].get<int>());
  for (int version = GetParam().min_version; version <= GetParam().max_version; ++version) {
    EXPECT_TRUE(versions.contains(version)) << "version " << version;
  }
}

// Cutting a message anywhere is noticed, and never read as a shorter one.
TEST_P(GoldenMessage, RefusesEveryTruncation) {
  for (const json& vector : vectors_of(GetParam().name)) {
    const wire::Bytes bytes = golden::from_base64(vector["bytes"].get<std::string>());
    for (size_t size = 0; size < bytes.size(); ++size) {
      wire::Reader in(bytes.slice(0, size));
      GetParam().create()->decode(in, vector["version"]);
      ASSERT_FALSE(in.ok()) << vector.dump() << " cut to " << size;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kafka, GoldenMessage,
                         testing::ValuesIn(wire::message_registry().begin(),
                                           wire::message_registry().end()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(GoldenMessages, AreAllKnownHere) {
  std::set<std::string_view> known;
  for (const wire::MessageInfo& message : wire::message_registry()) known.insert(message.name);
  for (const char* file : {"kafka-3.9.2.jsonl.gz", "kafka-4.3.1.jsonl.gz"}) {
    for (const json& vector : golden::read_lines(file)) {
      EXPECT_TRUE(known.contains(vector["message"].get<std::string>())) << vector["message"];
    }
  }
}

}  // namespace
