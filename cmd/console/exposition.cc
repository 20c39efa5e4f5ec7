#include "cmd/console/exposition.h"

#include <cmath>
#include <iterator>

#include <fmt/core.h>

namespace console {
namespace {

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  return std::isinf(value) ? (value > 0 ? "+Inf" : "-Inf") : fmt::format("{}", value);
}

}  // namespace

std::string escaped_label(std::string_view value) {
  std::string escaped;
  escaped.reserve(value.size());
  for (const char c : value) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? std::string_view("\\n") : std::string_view(&c, 1);
  }
  return escaped;
}

void Family::sample(Labels labels, double value) {
  add("", labels, number(value));
}

void Family::part(std::string_view suffix, Labels labels, double value) {
  add(suffix, labels, number(value));
}

void Family::add(std::string_view suffix, Labels labels, std::string_view value) {
  samples_.append(name_).append(suffix);
  char separator = '{';
  for (const auto& [label, text] : labels) {
    samples_ += separator;
    separator = ',';
    samples_.append(label).append("=\"").append(escaped_label(text)) += '"';
  }
  if (separator == ',') samples_ += '}';
  samples_ += ' ';
  samples_.append(value) += '\n';
}

std::string Family::take() {
  if (samples_.empty()) return {};
  std::string text =
      fmt::format("# HELP {} {}\n# TYPE {} {}\n", name_, help_, name_, type_name(type_));
  text += std::exchange(samples_, {});
  return text;
}

}  // namespace console
