// The raw replayer: keeps a number of requests in flight on each connection and counts the answers.
//
// One thread, one epoll.  It does as little per byte as it can (pre-encoded frames, bodies of fetch
// answers dropped in the kernel), so that the broker is what is measured.  What it saves on
// checking while it measures, verify() makes up for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/options.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace load {

struct Measurement {
  double seconds = 0;
  int64_t requests = 0;
  int64_t bytes = 0;  // of records, in the batches' own size
  double broker_cpu_seconds = 0;
  double client_cpu_seconds = 0;
  std::vector<double> latencies_us;  // a sample, unsorted
};

class Replayer {
 public:
  explicit Replayer(const Options& options) : options_(options) {}

  // Creates the topic if it does not exist, and writes one batch to it: then it has a leader.
  wire::Status create_topic();
  // For fetch: fills the topic with batches until at least `bytes` are there.
  wire::Status fill(int64_t bytes);
  // Warms up for a fifth of the time, then measures.
  wire::Result<Measurement> run();

 private:
  wire::Status first_batch();
  wire::Result<Measurement> replay(double seconds, int64_t requests_max);

  Options options_;
  wire::Offset filled_ = 0;  // exclusive end of what fill() wrote
  int32_t records_per_batch_ = 0;
  int64_t batch_size_ = 0;
};

// CPU seconds that a process has used; 0 if there is none of that id.
double cpu_seconds_of(int pid);
// Resident memory of a process in bytes.
int64_t resident_bytes_of(int pid);

}  // namespace load
