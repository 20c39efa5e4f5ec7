// Setting, cancelling and firing timers beside 10,000 that wait.
#include <benchmark/benchmark.h>

#include "cmd/server/timer_queue.h"

namespace {

constexpr int kWaiting = 10'000;

void fill(server::TimerQueue& queue) {
  for (int i = 0; i < kWaiting; ++i) queue.add(1'000'000 + i, [] {});
}

void BM_SetAndCancel(benchmark::State& state) {
  server::TimerQueue queue;
  fill(queue);
  wire::DurationMs deadline = 0;
  for (auto _ : state) queue.cancel(queue.add(++deadline % 1000, [] {}));
}
BENCHMARK(BM_SetAndCancel);

void BM_SetAndFire(benchmark::State& state) {
  server::TimerQueue queue;
  fill(queue);
  wire::DurationMs now = 0;
  for (auto _ : state) {
    queue.add(++now % 1000, [] {});
    auto due = queue.take_due(1000);
    (*due)();
  }
}
BENCHMARK(BM_SetAndFire);

}  // namespace
