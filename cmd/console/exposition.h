// Prometheus' text format, version 0.0.4: what /metrics answers.
//
//   # HELP kafka_log_log_size Bytes of the partition's log.
//   # TYPE kafka_log_log_size gauge
//   kafka_log_log_size{topic="tweets",partition="0"} 4711
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace console {

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// One metric's samples, which the format wants together.  Names and help are literals.
class Family {
 public:
  Family(std::string_view name, MetricType type, std::string_view help)
      : name_(name), help_(help), type_(type) {}

  void sample(Labels labels, uint64_t value) { add("", labels, std::to_string(value)); }
  void sample(Labels labels, int64_t value) { add("", labels, std::to_string(value)); }
  void sample(Labels labels, double value);
  // Of a histogram: `suffix` is "_bucket", "_sum" or "_count".
  void part(std::string_view suffix, Labels labels, uint64_t value) {
    add(suffix, labels, std::to_string(value));
  }
  void part(std::string_view suffix, Labels labels, double value);

  bool empty() const { return samples_.empty(); }
  // Help, type and samples; nothing if there are no samples.
  std::string take();

 private:
  void add(std::string_view suffix, Labels labels, std::string_view value);

  std::string_view name_;
  std::string_view help_;
  MetricType type_;
  std::string samples_;
};

// A metric of one sample without labels, as the next piece of a page.
template <typename Number>
void write_metric(std::string_view name, MetricType type, std::string_view help, Number value,
                  std::vector<std::string>& page) {
  Family family(name, type, help);
  family.sample({}, value);
  page.push_back(family.take());
}

// With what the format wants escaped: backslash, double quote, line break.
std::string escaped_label(std::string_view value);

}  // namespace console
