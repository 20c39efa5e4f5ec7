// What must be there before a load: a topic whose partitions take records, a group coordinator.
//
// Blocking, one request at a time; nothing of it is measured.
#pragma once

#include <string>

#include "bench/load/connection.h"
#include "bench/load/options.h"
#include "wire/base/bytes.h"
#include "wire/base/types.h"

namespace load {

// A connection that asks and waits.
class Dialogue {
 public:
  explicit Dialogue(const Options& options) : options_(options), connection_(SIZE_MAX) {}

  // The whole answer, length field included; NETWORK_EXCEPTION or REQUEST_TIMED_OUT if there is none.
  wire::Result<wire::Bytes> ask(const std::string& frame);
  // The same again while the error code at `error_at` is one that passes.
  wire::Status ask_until_accepted(const std::string& frame, size_t error_at);

 private:
  const Options& options_;
  Connection connection_;
  bool connected_ = false;
};

// Creates the topic if there is none of its name, and waits until each partition has a leader that
// answers.
wire::Status create_topic(const Options& options);
// Waits for the coordinator of each group: the first request makes the topic of the offsets.
wire::Status find_coordinators(const Options& options);

struct LogBounds {
  wire::Offset start = 0;
  wire::Offset end = 0;
};
wire::Result<LogBounds> log_bounds(const Options& options, wire::PartitionIndex partition);

}  // namespace load
