#include "cmd/api/request_metrics.h"

#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/source_folder.h"
#include "wire/api/produce.h"

namespace api {
namespace {

const RequestMetrics::Api& counted_for(const RequestMetrics& metrics, wire::ApiKey key) {
  for (const auto& api : metrics.apis()) {
    if (api.key == key) return api;
  }
  ADD_FAILURE();
  return metrics.apis().front();
}

TEST(RequestMetrics, CountsByApiAndVersion) {
  RequestMetrics metrics;
  metrics.received(0, 9, 100);
  metrics.received(0, 9, 50);
  metrics.received(0, 13, 1);
  const auto& produce = counted_for(metrics, wire::ApiKey::kProduce);
  EXPECT_EQ(produce.of_version[9], 2u);
  EXPECT_EQ(produce.of_version[13], 1u);
  EXPECT_EQ(produce.request_bytes, 151u);
  EXPECT_EQ(counted_for(metrics, wire::ApiKey::kFetch).request_bytes, 0u);
}

TEST(RequestMetrics, IgnoresWhatIsNoApiOrVersion) {
  RequestMetrics metrics;
  for (const int16_t key : {int16_t{-1}, int16_t{4711}, int16_t{INT16_MAX}, int16_t{INT16_MIN}}) {
    metrics.received(key, 0, 1);
    metrics.answered(key, 1, 1);
    metrics.failed(key, ErrorCounts());
  }
  metrics.received(0, -1, 1);
  metrics.received(0, RequestMetrics::kVersionsMax, 1);
  EXPECT_EQ(counted_for(metrics, wire::ApiKey::kProduce).request_bytes, 0u);
}

TEST(RequestMetrics, PutsATimeIntoTheFirstBucketThatHoldsIt) {
  LatencyHistogram times;
  times.add(50);
  times.add(51);
  times.add(10'000'001);
  EXPECT_EQ(times.buckets()[0], 1u);
  EXPECT_EQ(times.buckets()[1], 1u);
  EXPECT_EQ(times.buckets().back(), 1u);
  EXPECT_EQ(std::accumulate(times.buckets().begin(), times.buckets().end(), uint64_t{0}), 3u);
  EXPECT_EQ(times.sum_micros(), 10'000'102u);
}

TEST(RequestMetrics, CountsTheErrorsOfAnAnswerWhereverTheyAre) {
  wire::ProduceResponse response;
  auto& topic = response.responses.emplace_back();
  topic.partition_responses.resize(3);
  topic.partition_responses[0].error_code = wire::ErrorCode::kNotLeaderOrFollower;
  topic.partition_responses[2].error_code = wire::ErrorCode::kNotLeaderOrFollower;
  ErrorCounts counted;
  add_errors(response, counted);
  RequestMetrics metrics;
  metrics.failed(0, counted);
  const auto& errors = counted_for(metrics, wire::ApiKey::kProduce).errors;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors.at(wire::ErrorCode::kNotLeaderOrFollower), 2u);
}

// Whether the fields hold an error; `names` gets the members on the way to one, `codes` its own.
bool errors_in(const nlohmann::json& fields, std::set<std::string>& names,
               std::set<std::string>& codes) {
  bool any = false;
  for (const auto& field : fields) {
    if (field[1].get<std::string>().starts_with("error")) {
      any = true;
      codes.insert(field[0].get<std::string>());
    }
    for (size_t i = 2; i < field.size(); ++i) {
      if (!field[i].is_array() || !errors_in(field[i], names, codes)) continue;
      any = true;
      names.insert(field[0].get<std::string>());
    }
  }
  return any;
}

TEST(RequestMetrics, LooksIntoEveryMemberOfTheSchemasThatHoldsErrors) {
  std::set<std::string> names;
  std::set<std::string> codes;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() + "/wire/schema")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    const auto schema = nlohmann::json::parse(file);
    if (schema.is_object() && schema.contains("response"))
      errors_in(schema["response"], names, codes);
  }
  ASSERT_GT(names.size(), 10u);
  std::ifstream file(source_folder() + "/cmd/api/answer_errors.h");
  const std::string looked_into((std::istreambuf_iterator<char>(file)), {});
  for (const std::string& name : names)
    EXPECT_NE(looked_into.find("ODRADEK_LOOK_INTO(" + name + ")"), std::string::npos) << name;
  // That of CreateTopics says why its configs are not shown: Kafka does not count it either.
  EXPECT_EQ(codes, (std::set<std::string>{"error_code", "partition_error_code",
                                          "acknowledge_error_code", "topic_config_error_code"}));
}

}  // namespace
}  // namespace api
