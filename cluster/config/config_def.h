// What is known of one configuration property: a row of THE config table.
//
// The table is the only declaration: parsing, validation, DescribeConfigs, the documentation and
// the console read it.  Rows are in one file per group (broker_log.cc, topic.cc, ...).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/result.h"

namespace cluster::config {

// Kafka's numbers of the types, as DescribeConfigs answers them.
enum class Type : int8_t {
  kBoolean = 1,
  kString = 2,
  kInt = 3,
  kShort = 4,
  kLong = 5,
  kDouble = 6,
  kList = 7,
  kClass = 8,
  kPassword = 9,
};
std::string_view type_name(Type type);

// Where a property may be changed while the broker runs.
enum class Update : uint8_t { kReadOnly, kPerBroker, kClusterWide };

// Whether Odradek obeys the property, or only knows it.
enum class Effect : uint8_t { kYes, kNotYet };

enum class Scope : uint8_t { kBroker, kTopic, kGroup, kClientMetrics };

// Which values of its type a property takes.
struct Valid {
  enum class Kind : uint8_t {
    kAny,
    kRange,              // min <= value [<= max]
    kGzipLevel,          // 1 to 9, or -1
    kOneOf,              // one of `names`
    kOneOfAnyCase,       // the same, in any case
    kNotEmpty,           // a string that is not ""
    kThrottledReplicas,  // "*", or partition:broker pairs
    kOffsetReset,        // latest, earliest or by_duration:<ISO 8601 duration>
  };
  Kind kind = Kind::kAny;
  double min = 0;
  std::optional<double> max;
  std::string_view names;  // separated by ", "
};
constexpr Valid any() {
  return {};
}
constexpr Valid at_least(double min) {
  return {Valid::Kind::kRange, min, std::nullopt, {}};
}
constexpr Valid between(double min, double max) {
  return {Valid::Kind::kRange, min, max, {}};
}
// For a list: each of its elements.
constexpr Valid one_of(std::string_view names) {
  return {Valid::Kind::kOneOf, 0, std::nullopt, names};
}
constexpr Valid one_of_any_case(std::string_view names) {
  return {Valid::Kind::kOneOfAnyCase, 0, std::nullopt, names};
}
constexpr Valid valid(Valid::Kind kind) {
  return {kind, 0, std::nullopt, {}};
}

// The default of a property that has none: it is null, or it must be given.
inline constexpr const char* kNull = nullptr;
inline constexpr char kRequired[] = "(required)";  // an array: one address in the whole program

struct ConfigDef {
  std::string_view name;
  Type type = Type::kString;
  const char* default_value = kNull;
  Valid valid;
  Update update = Update::kReadOnly;
  Effect effect = Effect::kNotYet;
  // What it means, in a sentence or two.
  std::string_view documentation;
  // Of a topic or group property: the broker properties that give its default, the first that is
  // set wins; separated by ",".
  std::string_view broker_synonyms = {};
  // Works like any other, but is Apache's own business or ours: not to be relied on.
  bool internal = false;

  bool required() const { return default_value == static_cast<const char*>(kRequired); }
  bool sensitive() const { return type == Type::kPassword; }
  bool dynamic() const { return update != Update::kReadOnly; }
};

// All rows of a scope, sorted by name.
std::span<const ConfigDef* const> configs(Scope scope);
// The row of a property; null if there is none.  A broker property may carry a listener's prefix
// (listener.name.<listener>.ssl.keystore.location).
const ConfigDef* find_config(Scope scope, std::string_view name);
// The known name that looks most like `name`, if any is close.
std::optional<std::string_view> nearest_config(Scope scope, std::string_view name);

// Checks a value as Kafka's ConfigDef does and gives its canonical text (trimmed; lists joined by
// ","). INVALID_CONFIG with Kafka's words otherwise.
wire::Result<std::string> parse_value(const ConfigDef& config, std::string_view text);

// The parts of a canonical LIST.
std::vector<std::string> split_list(std::string_view text);
// Numbers and truth of canonical texts.  REQUIRES: parse_value() made them.
bool to_bool(std::string_view text);
int64_t to_long(std::string_view text);
double to_double(std::string_view text);

}  // namespace cluster::config
