// An incremental fetch of a session with 1,000 partitions of which one has changed.
#include <string>

#include <benchmark/benchmark.h>

#include "cluster/replica/fetch_session.h"

namespace {

using cluster::replica::FetchContext;
using cluster::replica::FetchedPartition;
using cluster::replica::FetchSessionCache;

constexpr int16_t kVersion = 11;
constexpr int kPartitions = 1000;

wire::FetchRequest full_request() {
  wire::FetchRequest request;
  request.session_epoch = 0;
  auto& topic = request.topics.emplace_back();
  topic.topic = "tweets";
  for (int i = 0; i < kPartitions; ++i) topic.partitions.emplace_back().partition = i;
  return request;
}

wire::FetchResponse answer(FetchContext context, wire::Offset high_watermark) {
  std::vector<FetchedPartition> results;
  for (const auto& partition : context.partitions()) {
    auto& result = results.emplace_back();
    result.target = partition.target;
    result.name = partition.target.topic;
    result.data.partition_index = partition.target.partition;
    result.data.high_watermark = partition.target.partition == 7 ? high_watermark : 0;
  }
  return context.respond(std::move(results));
}

void BM_IncrementalFetch(benchmark::State& state) {
  wire::ManualClock clock;
  wire::SeededRandom random(1);
  FetchSessionCache cache(10, clock, random);
  wire::Offset high_watermark = 0;
  wire::FetchRequest request;
  request.session_id = answer(cache.begin(full_request(), kVersion), 0).session_id;
  for (auto _ : state) {
    request.session_epoch = request.session_epoch == INT32_MAX ? 1 : request.session_epoch + 1;
    const auto response = answer(cache.begin(request, kVersion), ++high_watermark);
    if (response.responses.size() != 1) state.SkipWithError("not what has changed");
  }
}
BENCHMARK(BM_IncrementalFetch);

}  // namespace
