// What reading and writing the hot messages costs, sockets left out.
#include <string>

#include <benchmark/benchmark.h>

#include "wire/api/fetch.h"
#include "wire/api/offset_commit.h"
#include "wire/api/produce.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace {

wire::ProduceRequest produce_request() {
  wire::ProduceRequest request;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "tweets";
  topic.partition_data.emplace_back().records = wire::Bytes::adopt(std::string(1024, 'x'));
  return request;
}

wire::ProduceResponse produce_response() {
  wire::ProduceResponse response;
  auto& topic = response.responses.emplace_back();
  topic.name = "tweets";
  topic.partition_responses.emplace_back().base_offset = 42;
  return response;
}

wire::FetchResponse fetch_response() {
  wire::FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic = "tweets";
  topic.partitions.emplace_back().records = wire::Bytes::adopt(std::string(64 << 10, 'x'));
  return response;
}

wire::OffsetCommitRequest commit_request() {
  wire::OffsetCommitRequest request;
  request.group_id = "group";
  auto& topic = request.topics.emplace_back();
  topic.name = "tweets";
  topic.partitions.emplace_back().committed_offset = 42;
  return request;
}

template <auto kMake, int16_t kVersion>
void decode(benchmark::State& state) {
  wire::Writer writer;
  const auto made = kMake();
  made.encode(writer, kVersion);
  const wire::Bytes bytes = writer.take_contiguous();
  for (auto _ : state) {
    wire::Reader reader(bytes);
    auto message = decltype(kMake())();
    message.decode(reader, kVersion);
    benchmark::DoNotOptimize(message);
  }
}

template <auto kMake, int16_t kVersion>
void encode(benchmark::State& state) {
  const auto message = kMake();
  for (auto _ : state) {
    wire::Writer writer;
    message.encode(writer, kVersion);
    benchmark::DoNotOptimize(writer.take());
  }
}

BENCHMARK(decode<produce_request, 7>)->Name("decode/produce v7");
BENCHMARK(decode<produce_request, 12>)->Name("decode/produce v12");
BENCHMARK(encode<produce_response, 7>)->Name("encode/produce v7");
BENCHMARK(encode<produce_response, 12>)->Name("encode/produce v12");
BENCHMARK(encode<fetch_response, 11>)->Name("encode/fetch v11");
BENCHMARK(decode<commit_request, 5>)->Name("decode/offset commit v5");

}  // namespace
