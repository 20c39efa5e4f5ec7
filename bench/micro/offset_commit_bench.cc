// What an offset commit costs the coordinator, log and sockets left out: decision, record, batch,
// rows.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "benchmark/benchmark.h"
#include "cluster/groups/group_coordinator.h"
#include "storage/kv/rocks_store.h"
#include "tests/cluster/coordinator/memory_partition.h"
#include "tests/cluster/fake_timers.h"
#include "wire/base/log.h"

namespace cluster::groups {
namespace {

// A log that forgets, so that a long run does not fill the memory.
class ForgettingLog final : public coordinator::PartitionWriter,
                            public coordinator::PartitionReader {
 public:
  GroupCoordinator* coordinator = nullptr;
  bool commit_at_once = true;

  wire::Result<coordinator::Appended> append(wire::PartitionIndex partition, wire::Epoch,
                                             wire::Bytes batch,
                                             const storage::AppendRules&) override {
    const auto view = wire::RecordBatchView::trusted(batch);
    const wire::Offset first = end_[partition];
    end_[partition] += view.record_count();
    if (commit_at_once) commit(partition);
    return coordinator::Appended{first, end_[partition] - 1};
  }
  void commit(wire::PartitionIndex partition) {
    coordinator->on_high_watermark(partition, end_[partition]);
  }
  std::optional<coordinator::LogBounds> bounds(wire::PartitionIndex partition) const override {
    const auto found = end_.find(partition);
    const wire::Offset end = found == end_.end() ? 0 : found->second;
    return coordinator::LogBounds{wire::Uuid{1, 1}, 0, end, end};
  }
  wire::Offset end_offset_for_epoch(wire::PartitionIndex partition, wire::Epoch) const override {
    return bounds(partition)->log_end_offset;
  }
  void read(wire::PartitionIndex, wire::Offset, size_t,
            wire::Callback<void(wire::Result<wire::Bytes>)> done) override {
    done(wire::Bytes());
  }

 private:
  std::map<wire::PartitionIndex, wire::Offset> end_;
};

struct Bench {
  Bench() {
    wire::log::set_level(wire::log::Level::kError);
    std::string pattern =
        (std::filesystem::temp_directory_path() / "odradek-bench-XXXXXX").string();
    path = mkdtemp(pattern.data());
    open();
  }
  ~Bench() {
    coordinator.reset();
    store.reset();
    std::filesystem::remove_all(path);
  }
  // A start of the broker, as far as offsets are concerned.
  void open() {
    coordinator.reset();
    store.reset();
    store = std::move(*storage::RocksStore::open(path));
    coordinator = std::make_unique<GroupCoordinator>(
        GroupOptions(), GroupPorts{clock, random, timers, log, log, *store});
    log.coordinator = coordinator.get();
    for (wire::PartitionIndex partition = 0; partition < 50; ++partition) {
      coordinator->on_election(partition, 1);
    }
  }
  void commit(const std::string& group, int32_t partitions, wire::Offset offset) {
    wire::OffsetCommitRequest request;
    request.group_id = group;
    auto& topic = request.topics.emplace_back();
    topic.name = "tweets";
    topic.topic_id = wire::Uuid{3, 4};
    for (int32_t index = 0; index < partitions; ++index) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = index;
      partition.committed_offset = offset;
    }
    coordinator->commit_offsets(std::move(request), {"client", "/127.0.0.1", 9},
                                wire::Reply<wire::OffsetCommitResponse>([](auto) {}));
  }
  wire::Offset fetch(const std::string& group) {
    wire::OffsetFetchRequest::OffsetFetchRequestGroup request;
    request.group_id = group;
    request.topics->push_back({"tweets", {}, {0}});
    wire::Offset offset = -2;
    coordinator->fetch_offsets(
        std::move(request), false, {"client", "/127.0.0.1", 9},
        wire::Reply<wire::OffsetFetchResponse::OffsetFetchResponseGroup>([&offset](auto answer) {
          if (!answer->topics.empty()) offset = answer->topics[0].partitions[0].committed_offset;
        }));
    return offset;
  }

  std::string path;
  wire::ManualClock clock;
  wire::SeededRandom random{1};
  FakeTimers timers{clock};
  ForgettingLog log;
  std::unique_ptr<storage::RocksStore> store;
  std::unique_ptr<GroupCoordinator> coordinator;
};

// One commit of one partition, each written to the rows by itself.
void BM_CommitOne(benchmark::State& state) {
  Bench bench;
  wire::Offset offset = 0;
  for (auto step : state) bench.commit("group", 1, ++offset);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CommitOne);

// A hundred groups commit before the high watermark moves (one sync of the log), then all at once.
void BM_CommitHundredGroups(benchmark::State& state) {
  Bench bench;
  bench.log.commit_at_once = false;
  wire::Offset offset = 0;
  for (auto step : state) {
    ++offset;
    for (int group = 0; group < 100; ++group)
      bench.commit("group-" + std::to_string(group), 1, offset);
    for (wire::PartitionIndex partition = 0; partition < 50; ++partition)
      bench.log.commit(partition);
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(BM_CommitHundredGroups);

void BM_FetchOne(benchmark::State& state) {
  Bench bench;
  bench.commit("group", 1, 42);
  for (auto step : state) benchmark::DoNotOptimize(bench.fetch("group"));
}
BENCHMARK(BM_FetchOne);

// From the opening of the store to the first OffsetFetch, with a million offsets committed.
void BM_RestartWithAMillionOffsets(benchmark::State& state) {
  Bench bench;
  constexpr int kGroups = 10'000;
  constexpr int kPartitions = 100;
  for (int group = 0; group < kGroups; ++group) {
    bench.commit("group-" + std::to_string(group), kPartitions, group);
  }
  for (auto step : state) {
    bench.open();
    if (bench.fetch("group-7777") != 7777) state.SkipWithError("the offset is not there");
  }
}
BENCHMARK(BM_RestartWithAMillionOffsets)->Unit(benchmark::kMillisecond)->Iterations(5);

}  // namespace
}  // namespace cluster::groups
