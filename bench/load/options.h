// What one measurement does; see main.cc for the flags.
#pragma once

#include <cstdint>
#include <string>

namespace load {

enum class Mode { kProduce, kFetch };

struct Options {
  Mode mode = Mode::kProduce;
  std::string host = "127.0.0.1";
  uint16_t port = 9092;
  std::string topic = "load";
  int connections = 1;
  int depth = 5;  // requests in flight on each connection
  int acks = 1;
  int64_t batch_bytes = 100'000;  // produce: of one batch; fetch: of the batches that are read
  int64_t record_bytes = 1'000;
  int64_t fetch_bytes = 65'536;  // of one fetch answer
  double seconds = 3;
  int broker_pid = 0;  // to read its CPU time; 0: not measured
};

}  // namespace load
