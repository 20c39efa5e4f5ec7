// Appends to a log, each written by itself or gathered, and reads at any place of it.  The file
// system is in memory: what is left is what the log itself costs.
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "storage/fs/memory_file_system.h"
#include "storage/log.h"
#include "storage/log_directory.h"
#include "wire/base/check.h"
#include "wire/records/record_batch_builder.h"

namespace {

wire::Bytes batch_of(size_t value_bytes) {
  wire::RecordBatchBuilder builder;
  builder.append(1'700'000'000'000, std::nullopt, std::string(value_bytes, 'x'));
  return builder.build();
}

struct World {
  World() {
    CHECK(files.make_directory("/data").ok());
    directory = std::make_unique<storage::LogDirectory>(services, "/data");
    auto opened =
        storage::Log::open(*directory, {.name = {"tweets", 0},
                                        .path = "/data/tweets-0",
                                        .options = std::make_shared<storage::LogOptions>(),
                                        .topic_id = wire::Uuid{7, 8}});
    CHECK(opened.ok());
    log = std::move(*opened);
  }
  void append(const wire::Bytes& batch, bool gather) {
    CHECK(log->append_as_leader(batch, 0, {.gather = gather}).ok());
  }

  wire::ManualClock clock;
  wire::SeededRandom random{1};
  storage::ManualDiskExecutor disk;
  storage::MemoryFileSystem files{clock};
  storage::StorageServices services{files, clock, random, disk};
  std::unique_ptr<storage::LogDirectory> directory;
  std::unique_ptr<storage::Log> log;
};

// 16 appends, as many as a connection has in flight; state.range(0): written one by one, or together.
void BM_Append(benchmark::State& state) {
  constexpr int kAppends = 16;
  const bool gather = state.range(0) != 0;
  auto world = std::make_unique<World>();
  const wire::Bytes batch = batch_of(1000);
  for (auto _ : state) {
    for (int i = 0; i < kAppends; ++i) world->append(batch, gather);
    CHECK(world->log->write_gathered().ok());
    constexpr wire::Offset kForgetAfter = 100'000;
    if (world->log->log_end_offset() < kForgetAfter) continue;
    state.PauseTiming();
    world = std::make_unique<World>();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kAppends);
}
BENCHMARK(BM_Append)->ArgName("gathered")->Arg(0)->Arg(1);

// Through the offset index, to a batch that nobody reads one after the other.
void BM_ReadAnywhere(benchmark::State& state) {
  World world;
  constexpr wire::Offset kBatches = 20'000;
  const wire::Bytes batch = batch_of(1000);
  for (wire::Offset i = 0; i < kBatches; ++i) world.append(batch, false);
  wire::Offset offset = 0;
  for (auto _ : state) {
    constexpr wire::Offset kStride = 7919;
    offset = (offset + kStride) % kBatches;
    const auto fetched = world.log->read({.offset = offset, .max_bytes = 4096});
    if (!fetched.ok() || fetched->records.empty()) state.SkipWithError("nothing read");
  }
}
BENCHMARK(BM_ReadAnywhere);

}  // namespace
