// Values: from text, checked as Kafka's ConfigDef does, in its words.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "cluster/config/config_def.h"
#include "cluster/config/config_text.h"
#include "wire/base/check.h"

namespace cluster::config {
namespace {

using wire::Error;
using wire::Result;
using wire::Status;

Error invalid_value(const ConfigDef& config, std::string_view value, std::string_view why) {
  return invalid_config(
      fmt::format("Invalid value {} for configuration {}: {}", value, config.name, why));
}

bool is_space(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// As Integer.parseInt: an optional sign, digits, nothing else.
std::optional<int64_t> parse_whole(std::string_view text, int64_t min, int64_t max) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < min || value > max) return std::nullopt;
  return value;
}

// As Double.parseDouble.
std::optional<double> parse_real(std::string_view text) {
  // Java writes these in one way only.
  std::string_view digits = text;
  if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
  const bool is_word = !digits.empty() && std::isalpha(static_cast<unsigned char>(digits[0])) != 0;
  if (is_word && digits != "NaN" && digits != "Infinity") return std::nullopt;
  if (text.ends_with('d') || text.ends_with('D') || text.ends_with('f') || text.ends_with('F')) {
    text.remove_suffix(1);  // Java takes its own suffixes
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> names_of(const Valid& valid) {
  std::vector<std::string_view> names;
  std::string_view rest = valid.names;
  while (!rest.empty()) {
    const size_t end = rest.find(", ");
    names.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
  }
  return names;
}

Status check_name(const ConfigDef& config, std::string_view value) {
  const bool any_case = config.valid.kind == Valid::Kind::kOneOfAnyCase;
  for (const std::string_view name : names_of(config.valid)) {
    if (name == value || (any_case && lower(name) == lower(value))) return {};
  }
  return invalid_value(config, value,
                       fmt::format("String must be one of{}: {}",
                                   any_case ? " (case insensitive)" : "", config.valid.names));
}

std::string shown(Type type, double bound) {
  return type == Type::kDouble ? fmt::format("{}", bound)
                               : fmt::format("{}", static_cast<int64_t>(bound));
}

Status check_number(const ConfigDef& config, std::string_view text, double value) {
  const Valid& valid = config.valid;
  if (valid.kind == Valid::Kind::kGzipLevel) {
    if (value == -1 || (value >= 1 && value <= 9)) return {};
    return invalid_value(config, text, "Value must be between 1 and 9 or equal to -1");
  }
  if (valid.kind != Valid::Kind::kRange) return {};
  if (value < valid.min) {
    return invalid_value(config, text, "Value must be at least " + shown(config.type, valid.min));
  }
  if (valid.max.has_value() && value > *valid.max) {
    return invalid_value(config, text,
                         "Value must be no more than " + shown(config.type, *valid.max));
  }
  return {};
}

// Either "*" or pairs of partition and broker.
Status check_throttled(const ConfigDef& config, const std::vector<std::string>& parts) {
  if (parts.size() == 1 && parts.front() == "*") return {};
  for (const std::string& part : parts) {
    const size_t colon = part.find(':');
    const bool pair = colon != std::string::npos &&
                      parse_whole(part.substr(0, colon), 0, INT32_MAX).has_value() &&
                      parse_whole(part.substr(colon + 1), 0, INT32_MAX).has_value();
    if (!pair) {
      return invalid_value(
          config, fmt::format("[{}]", fmt::join(parts, ", ")),
          fmt::format("{} must be the literal '*' or a list of replicas in the following format: "
                      "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
                      config.name));
    }
  }
  return {};
}

Result<std::string> parse_list(const ConfigDef& config, std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    parts.emplace_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) parts.emplace_back();
  }
  // What is there twice counts once, at its first place.
  std::vector<std::string> once;
  for (std::string& part : parts) {
    if (std::find(once.begin(), once.end(), part) == once.end()) once.push_back(std::move(part));
  }
  parts = std::move(once);
  std::string joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) {
      return invalid_config(
          fmt::format("Configuration '{}' values must not be empty.", config.name));
    }
    if (config.valid.kind == Valid::Kind::kOneOf) {
      if (Status name = check_name(config, parts[i]); !name.ok()) return name.error();
    }
    joined += (i == 0 ? "" : ",") + parts[i];
  }
  if (parts.empty() && config.required() && config.valid.kind == Valid::Kind::kOneOf) {
    return invalid_config(
        fmt::format("Configuration '{}' must not be empty. Valid values include: [{}]", config.name,
                    config.valid.names));
  }
  if (config.valid.kind == Valid::Kind::kThrottledReplicas) {
    if (Status pairs = check_throttled(config, parts); !pairs.ok()) return pairs.error();
  }
  return joined;
}

Result<std::string> parse_string(const ConfigDef& config, std::string_view text) {
  switch (config.valid.kind) {
    case Valid::Kind::kOneOf:
    case Valid::Kind::kOneOfAnyCase:
      if (Status name = check_name(config, text); !name.ok()) return name.error();
      break;
    case Valid::Kind::kNotEmpty:
      if (text.empty()) return invalid_value(config, text, "String must be non-empty");
      break;
    case Valid::Kind::kOffsetReset:
      if (lower(text) != "latest" && lower(text) != "earliest" &&
          !lower(text).starts_with("by_duration:p")) {
        return invalid_value(
            config, text,
            fmt::format("Invalid value `{}` for configuration {}. The value must be either "
                        "'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
                        text, config.name));
      }
      break;
    default:
      break;
  }
  return std::string(text);
}

// Java's Double.toString for the values that configs have.
std::string canonical_real(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e7) return fmt::format("{:.1f}", value);
  std::string text = fmt::format("{}", value);
  const size_t exponent = text.find("e+");
  if (exponent != std::string::npos) text.replace(exponent, 2, "E");
  return text;
}

Result<std::string> parse_typed_number(const ConfigDef& config, std::string_view text, int64_t min,
                                       int64_t max) {
  const std::optional<int64_t> value = parse_whole(text, min, max);
  if (!value.has_value()) {
    return invalid_value(config, text,
                         fmt::format("Not a number of type {}", type_name(config.type)));
  }
  Status range = check_number(config, text, static_cast<double>(*value));
  if (!range.ok()) return range.error();
  return fmt::format("{}", *value);
}

}  // namespace

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kBoolean:
      return "BOOLEAN";
    case Type::kString:
      return "STRING";
    case Type::kInt:
      return "INT";
    case Type::kShort:
      return "SHORT";
    case Type::kLong:
      return "LONG";
    case Type::kDouble:
      return "DOUBLE";
    case Type::kList:
      return "LIST";
    case Type::kClass:
      return "CLASS";
    case Type::kPassword:
      return "PASSWORD";
  }
  return "UNKNOWN";
}

Result<std::string> parse_value(const ConfigDef& config, std::string_view text) {
  using Limits32 = std::numeric_limits<int32_t>;
  using Limits64 = std::numeric_limits<int64_t>;
  const std::string_view trimmed = trim(text);
  switch (config.type) {
    case Type::kBoolean: {
      const std::string word = lower(trimmed);
      if (word == "true" || word == "false") return word;
      return invalid_value(config, text, "Expected value to be either true or false");
    }
    case Type::kInt:
      return parse_typed_number(config, trimmed, Limits32::min(), Limits32::max());
    case Type::kShort:
      return parse_typed_number(config, trimmed, INT16_MIN, INT16_MAX);
    case Type::kLong:
      return parse_typed_number(config, trimmed, Limits64::min(), Limits64::max());
    case Type::kDouble: {
      const std::optional<double> value = parse_real(trimmed);
      if (!value.has_value()) return invalid_value(config, text, "Not a number of type DOUBLE");
      Status range = check_number(config, trimmed, *value);
      if (!range.ok()) return range.error();
      return canonical_real(*value);
    }
    case Type::kList:
      return parse_list(config, trimmed);
    case Type::kString:
    case Type::kClass:
      return parse_string(config, trimmed);
    case Type::kPassword:
      return std::string(trimmed);
  }
  return std::string(trimmed);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

bool to_bool(std::string_view text) {
  return text == "true";
}

int64_t to_long(std::string_view text) {
  const auto value =
      parse_whole(text, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  CHECK(value.has_value());
  return *value;
}

double to_double(std::string_view text) {
  const auto value = parse_real(text);
  CHECK(value.has_value());
  return *value;
}

}  // namespace cluster::config
