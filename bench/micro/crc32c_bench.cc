// Checksum speed by size: a produced batch is summed once, so this bounds what a shard can take in.
#include <vector>

#include <benchmark/benchmark.h>

#include "wire/base/crc32c.h"

namespace {

template <uint32_t (*kSum)(std::span<const uint8_t>, uint32_t)>
void sum(benchmark::State& state) {
  const std::vector<uint8_t> data(static_cast<size_t>(state.range(0)), 0x5A);
  for (auto _ : state) benchmark::DoNotOptimize(kSum(data, 0));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(sum<wire::crc32c>)->Name("crc32c")->RangeMultiplier(8)->Range(64, 1 << 20);
BENCHMARK(sum<wire::crc32c_by_table>)->Name("crc32c_by_table")->Arg(16384);

}  // namespace
