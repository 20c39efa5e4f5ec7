// Sends a workload and counts its answers: in closed loop (a number of requests in flight on each
// connection) or in open loop (at a fixed rate, with latency from the scheduled time, so that a
// broker that stalls does not slow the clock that judges it).
//
// One thread, one epoll.  It does as little per byte as it can (pre-encoded frames, bodies of fetch
// answers dropped in the kernel), so that the broker is what is measured.  What it does not look at
// while it measures, check_logs() and verify() make up for.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/connection.h"
#include "bench/load/histogram.h"
#include "bench/load/options.h"
#include "bench/load/poller.h"
#include "bench/load/workload.h"
#include "wire/base/result.h"

namespace load {

struct Measurement {
  double seconds = 0;
  int64_t requests = 0;
  int64_t bytes = 0;  // of payload
  double broker_cpu_seconds = 0;
  double client_cpu_seconds = 0;
  int64_t resident_bytes_before = 0;  // of the broker, before any connection of ours
  int64_t resident_bytes_idle = 0;    // with the idle connections, before the load
  int64_t resident_bytes = 0;         // at the end
  Histogram latency;
};

class Replayer {
 public:
  Replayer(const Options& options, Workload& workload) : options_(options), workload_(workload) {}

  // Warms up, then measures, on the same connections.  Fails at the first wrong answer.
  wire::Result<Measurement> run();

 private:
  wire::Status connect();
  void begin_measuring(int64_t now);
  bool may_start() const { return requests_max_ == 0 || started_ < requests_max_; }
  void start_one(size_t connection, int64_t due_ns);
  // Everything that is due by now; answers when the next one is.
  wire::Result<int64_t> start_scheduled(int64_t now);
  wire::Status serve(size_t connection, int64_t now);
  void on_answer(size_t connection, const Sending& sending, std::string_view head, size_t size,
                 int64_t now);

  const Options& options_;
  Workload& workload_;
  Poller poller_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> idle_;
  Measurement measured_;
  wire::Status failure_;
  int64_t requests_max_ = 0;
  int64_t started_ = 0;   // requests, the warm-up's included
  int64_t answered_ = 0;  // of them
  int64_t schedule_begin_ns_ = 0;
  int64_t measuring_since_ns_ = 0;
  double broker_cpu_before_ = 0;
  double client_cpu_before_ = 0;
};

}  // namespace load
