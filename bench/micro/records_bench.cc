// What a produced batch costs before it is appended, and what reading its records costs.
#include <string>

#include <benchmark/benchmark.h>

#include "wire/records/batch_validation.h"
#include "wire/records/record_batch_builder.h"

namespace {

wire::Bytes batch_of(int64_t records, wire::CompressionType type) {
  wire::BatchOptions options;
  options.compression.type = type;
  wire::RecordBatchBuilder builder(options);
  for (int64_t i = 0; i < records; ++i) {
    builder.append(1'700'000'000'000, std::to_string(i), std::string(100, 'x'));
  }
  return builder.build();
}

void validate(benchmark::State& state, wire::Inspect inspect, wire::CompressionType type) {
  const wire::Bytes batch = batch_of(state.range(0), type);
  wire::ValidationOptions options;
  options.topic = "bench";
  options.now = 1'700'000'000'000;
  options.inspect = inspect;
  for (auto _ : state) benchmark::DoNotOptimize(wire::validate_produced_batch(batch, options));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch.size()));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void read(benchmark::State& state, wire::CompressionType type) {
  const auto batch = wire::RecordBatchView::trusted(batch_of(state.range(0), type));
  for (auto _ : state) {
    int64_t bytes = 0;
    (void)wire::for_each_record(batch, wire::kDefaultInflateLimit, [&](wire::Record record) {
      bytes += static_cast<int64_t>(record.value->size());
      return true;
    });
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(validate, header, wire::Inspect::kWhenNeeded, wire::CompressionType::kNone)
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(validate, records, wire::Inspect::kEveryRecord, wire::CompressionType::kNone)
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(validate, lz4_records, wire::Inspect::kEveryRecord, wire::CompressionType::kLz4)
    ->Arg(1000);
BENCHMARK_CAPTURE(read, plain, wire::CompressionType::kNone)->Arg(1000);
BENCHMARK_CAPTURE(read, zstd, wire::CompressionType::kZstd)->Arg(1000);

}  // namespace
