// What one measurement does; see main.cc for the flags.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/records/compression.h"

namespace load {

enum class Mode {
  kProduce,      // batches, in closed or open loop
  kFetch,        // one partition again and again from its start
  kCommit,       // offset commits of groups without members
  kApiVersions,  // the cheapest request
  kMetadata,     // of the one topic
  kEndToEnd,     // produce at a rate, and a consumer that waits
  kVerify,       // writes batches that can be told apart, reads everything back
  kCheck,        // reads back what is there
  kCreate,       // creates the topic: how long until each partition takes a record?
};

struct Options {
  Mode mode = Mode::kProduce;
  std::string host = "127.0.0.1";
  uint16_t port = 9092;
  std::string topic = "load";
  std::vector<std::string> topic_configs;  // key=value
  int partitions = 1;                      // requests go to them in turn
  int connections = 1;
  int idle_connections = 0;  // opened before the measurement, and silent during it
  int depth = 5;             // requests in flight on each connection
  int groups = 100;          // that commit
  int acks = 1;
  int64_t batch_bytes = 100'000;  // of a batch on the wire
  int64_t record_bytes = 1'000;
  wire::CompressionType compression = wire::CompressionType::kNone;
  int64_t fetch_bytes = 65'536;    // of one fetch answer
  int64_t fill_bytes = 256 << 20;  // what a topic to be fetched holds at least
  int passes = 0;                  // fetch: how often the log is read; 0: as long as there is time
  double rate = 0;                 // requests per second in all; 0: closed loop
  double warm_up_seconds = 0.5;
  double seconds = 3;
  int64_t requests_max = 0;  // ends after so many; 0: after the time
  bool waits = false;        // between preparation and load, for a line on standard input
  int broker_pid = 0;        // whose CPU time is measured; 0: nobody's
};

}  // namespace load
