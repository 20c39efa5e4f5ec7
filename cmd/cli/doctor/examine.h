// The doctor's hands: does everything that a client does, from where it stands, and writes down what it met.
#pragma once

#include <functional>
#include <string>

#include "cmd/cli/doctor/findings.h"

namespace cli::doctor {

// Told of each thing as it has been tried: what it was, whether it went well, and a word about it.
using Progress = std::function<void(const std::string& what, bool ok, const std::string& detail)>;

struct ExamineOptions {
  std::string host;
  int32_t port = 9092;
  // Whether records may be written: into a topic of the doctor's own, which it deletes.
  bool round_trip = true;
};

Findings examine(const ExamineOptions& options, const Progress& progress);

}  // namespace cli::doctor
