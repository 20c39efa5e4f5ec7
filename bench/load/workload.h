// What is sent, and how an answer is judged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/load/options.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"

namespace load {

struct Answer {
  size_t connection = 0;
  size_t frame = 0;       // which it answers, in Workload::frames
  std::string_view head;  // its first bytes, length field included
  size_t size = 0;        // of the whole
};

struct Workload {
  std::vector<std::string> frames;  // sent in turn, whatever the connection
  size_t frames_of_a_pass = 0;      // fetch: how many read the log once
  int64_t payload_bytes = 0;        // that a produced frame brings
  // The payload that the answer stands for, or what is wrong with it.
  wire::Callback<wire::Result<int64_t>(const Answer&)> judge;
};

// Prepares the broker for the mode (topic, records to be fetched, groups) and encodes its requests.
wire::Result<Workload> prepare(const Options& options);

}  // namespace load
