// Latencies, counted in buckets whose width is at most 1/64 of their value: every answer counts,
// however many there are, and recording one is an addition.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace load {

class Histogram {
 public:
  void record(int64_t ns);
  void clear() { *this = Histogram(); }

  int64_t count() const { return count_; }
  int64_t max_ns() const { return max_ns_; }
  // The upper edge of the bucket below which `share` (0 to 1) of the values lie; 0 if there is none.
  int64_t percentile_ns(double share) const;

 private:
  static constexpr int kPrecisionBits = 6;
  static constexpr size_t kBuckets = (64 - kPrecisionBits) << kPrecisionBits;
  static size_t bucket_of(uint64_t ns);
  static uint64_t upper_edge(size_t bucket);

  std::array<uint64_t, kBuckets> counts_{};
  int64_t count_ = 0;
  int64_t max_ns_ = 0;
};

}  // namespace load
