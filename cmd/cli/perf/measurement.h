// What a measurement comes to: how much in how long, and how long each step of it took.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace cli::perf {

class Measurement {
 public:
  void add_latency_us(int64_t us) { latencies_us_.push_back(us); }
  void add_records(int64_t count, int64_t bytes) {
    records_ += count;
    bytes_ += bytes;
  }
  void set_elapsed_us(int64_t us) { elapsed_us_ = us; }

  int64_t records() const { return records_; }
  double records_per_s() const;
  double mib_per_s() const;
  // The latencies that so much (0 to 1) of the steps did not exceed, in milliseconds; 0 without any.
  std::vector<double> latencies_ms(std::initializer_list<double> shares) const;

  // Two lines; `step` is what a latency is of: "batch", "record".
  std::string text(const std::string& step) const;
  nlohmann::ordered_json json() const;

 private:
  int64_t records_ = 0;
  int64_t bytes_ = 0;
  int64_t elapsed_us_ = 0;
  std::vector<int64_t> latencies_us_;
};

// When the next record is due, in microseconds since the start; 0 if `rate` (records a second) is 0.
int64_t due_us(int64_t record, double rate);

}  // namespace cli::perf
