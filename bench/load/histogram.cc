#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace load {

// Values below 64 have a bucket each; above, each power of two is cut into 64.
size_t Histogram::bucket_of(uint64_t ns) {
  if (ns < (1U << kPrecisionBits)) return ns;
  const auto shift = static_cast<size_t>(std::bit_width(ns)) - 1 - kPrecisionBits;
  return (shift << kPrecisionBits) + (ns >> shift);
}

uint64_t Histogram::upper_edge(size_t bucket) {
  if (bucket < (2U << kPrecisionBits)) return bucket;
  const size_t shift = (bucket >> kPrecisionBits) - 1;
  const uint64_t mantissa = bucket - (shift << kPrecisionBits);
  return ((mantissa + 1) << shift) - 1;
}

void Histogram::record(int64_t ns) {
  ns = std::max<int64_t>(ns, 0);
  ++counts_[bucket_of(static_cast<uint64_t>(ns))];
  ++count_;
  max_ns_ = std::max(max_ns_, ns);
}

int64_t Histogram::percentile_ns(double share) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted && seen > 0)
      return std::min(static_cast<int64_t>(upper_edge(bucket)), max_ns_);
  }
  return 0;
}

}  // namespace load
