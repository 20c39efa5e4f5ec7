#include "cmd/cli/perf/measurement.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace cli::perf {
namespace {

constexpr double kMicrosecondsPerSecond = 1e6;
constexpr double kMicrosecondsPerMillisecond = 1e3;
constexpr double kBytesPerMib = 1024 * 1024;
// Median, 95th, 99th, 99.9th, longest.
constexpr std::initializer_list<double> kShares = {0.5, 0.95, 0.99, 0.999, 1};

double per_second(double amount, int64_t elapsed_us) {
  return elapsed_us > 0 ? amount * kMicrosecondsPerSecond / static_cast<double>(elapsed_us) : 0;
}

}  // namespace

double Measurement::records_per_s() const {
  return per_second(static_cast<double>(records_), elapsed_us_);
}

double Measurement::mib_per_s() const {
  return per_second(static_cast<double>(bytes_) / kBytesPerMib, elapsed_us_);
}

std::vector<double> Measurement::latencies_ms(std::initializer_list<double> shares) const {
  std::vector<int64_t> sorted = latencies_us_;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> found;
  for (const double share : shares) {
    if (sorted.empty()) {
      found.push_back(0);
      continue;
    }
    const double rank = std::ceil(share * static_cast<double>(sorted.size()));
    const auto index = static_cast<size_t>(std::max(rank, 1.0)) - 1;
    found.push_back(static_cast<double>(sorted[std::min(index, sorted.size() - 1)]) /
                    kMicrosecondsPerMillisecond);
  }
  return found;
}

std::string Measurement::text(const std::string& step) const {
  std::string text = fmt::format(
      "{} records, {:.1f} MiB in {:.2f} s: {:.0f} records/s, {:.1f} MiB/s\n", records_,
      static_cast<double>(bytes_) / kBytesPerMib,
      static_cast<double>(elapsed_us_) / kMicrosecondsPerSecond, records_per_s(), mib_per_s());
  if (latencies_us_.empty()) return text;
  const auto ms = latencies_ms(kShares);
  return text + fmt::format(
                    "a {}: median {:.2f} ms, 95th {:.2f} ms, 99th {:.2f} ms, 99.9th {:.2f} ms, "
                    "longest {:.2f} ms\n",
                    step, ms[0], ms[1], ms[2], ms[3], ms[4]);
}

nlohmann::ordered_json Measurement::json() const {
  nlohmann::ordered_json document = {
      {"records", records_},
      {"bytes", bytes_},
      {"seconds", static_cast<double>(elapsed_us_) / kMicrosecondsPerSecond},
      {"records_per_s", records_per_s()},
      {"mib_per_s", mib_per_s()}};
  if (latencies_us_.empty()) return document;
  const auto ms = latencies_ms(kShares);
  document["latency_ms"] = {
      {"p50", ms[0]}, {"p95", ms[1]}, {"p99", ms[2]}, {"p999", ms[3]}, {"max", ms[4]}};
  return document;
}

int64_t due_us(int64_t record, double rate) {
  if (rate <= 0) return 0;
  return static_cast<int64_t>(static_cast<double>(record) * kMicrosecondsPerSecond / rate);
}

}  // namespace cli::perf
