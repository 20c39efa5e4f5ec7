// From the time at which a record was due to the moment at which a waiting consumer has it: a
// producer at a fixed rate and a long-polling consumer in one process, on one clock.
#pragma once

#include "bench/load/histogram.h"
#include "bench/load/options.h"
#include "wire/base/result.h"

namespace load {

struct EndToEnd {
  double seconds = 0;
  int64_t records = 0;
  double broker_cpu_seconds = 0;
  double client_cpu_seconds = 0;
  int64_t resident_bytes = 0;
  Histogram acknowledged;  // due -> acknowledged to the producer
  Histogram consumed;      // due -> in the consumer's hands
};

// One record a batch, one partition.  Fails if a record is lost, doubled or out of order.
wire::Result<EndToEnd> run_end_to_end(const Options& options);

}  // namespace load
