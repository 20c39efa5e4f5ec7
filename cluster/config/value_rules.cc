#include "cluster/config/value_rules.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/core.h>
#include <fmt/format.h>

#include "cluster/config/config_text.h"

namespace cluster::config {
namespace {

using metadata::ConfigMap;

constexpr int64_t kCleanerBytesPerThread = 1'048'576;

class Values {
 public:
  explicit Values(const ValueOf& value_of) : value_of_(value_of) {}

  std::optional<std::string> find(std::string_view name) const { return value_of_(name); }
  int64_t number(std::string_view name) const { return to_long(value_of_(name).value_or("0")); }
  // The first of the names that has a value, in milliseconds.
  int64_t duration_ms(std::initializer_list<std::pair<std::string_view, int64_t>> names) const {
    for (const auto& [name, unit_ms] : names) {
      if (const auto value = value_of_(name)) return to_long(*value) * unit_ms;
    }
    return 0;
  }

 private:
  const ValueOf& value_of_;
};

// `smaller` may be at most (or must be less than) `larger`.
struct Order {
  std::string_view smaller;
  std::string_view larger;
  std::string_view rule;
  bool strict = false;
};
constexpr Order kOrders[] = {
    {"replica.fetch.wait.max.ms", "replica.socket.timeout.ms",
     "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent "
     "unnecessary socket timeouts"},
    {"replica.fetch.wait.max.ms", "replica.lag.time.max.ms",
     "replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to "
     "prevent frequent changes in ISR"},
};

// The limits of each kind of group, which are named alike.
constexpr std::string_view kKindsOfGroups[] = {"consumer", "share", "streams"};
constexpr std::string_view kLimitedOfGroups[] = {"heartbeat.interval.ms", "session.timeout.ms",
                                                 "assignment.interval.ms"};

std::string remedy(const Values& values, std::string_view a, std::string_view b) {
  return fmt::format("{} is {}, {} is {}: change either", a, values.number(a), b, values.number(b));
}

std::optional<BrokenRule> broken_order(const Values& values) {
  for (const Order& order : kOrders) {
    if (values.number(order.smaller) <= values.number(order.larger)) continue;
    return BrokenRule{std::string(order.rule), remedy(values, order.smaller, order.larger)};
  }
  return std::nullopt;
}

std::optional<BrokenRule> broken_duration(const Values& values) {
  const int64_t roll = values.duration_ms({{"log.roll.ms", 1}, {"log.roll.hours", kHourMs}});
  if (roll < 1) {
    return BrokenRule{"log.roll.ms must be greater than or equal to 1",
                      fmt::format("it is {} ms: raise it, or leave it out", roll)};
  }
  const int64_t jitter =
      values.duration_ms({{"log.roll.jitter.ms", 1}, {"log.roll.jitter.hours", kHourMs}});
  if (jitter < 0) {
    return BrokenRule{"log.roll.jitter.ms must be greater than or equal to 0",
                      fmt::format("it is {} ms: raise it, or leave it out", jitter)};
  }
  // Any negative retention is without limit.
  const int64_t retention = values.duration_ms({{"log.retention.ms", 1},
                                                {"log.retention.minutes", kMinuteMs},
                                                {"log.retention.hours", kHourMs}});
  if (retention == 0) {
    return BrokenRule{"log.retention.ms must be unlimited (-1) or, greater than or equal to 1",
                      "it is 0: set -1 to keep everything, or a time"};
  }
  return std::nullopt;
}

std::optional<BrokenRule> broken_cleaner(const Values& values) {
  const int64_t threads = values.number("log.cleaner.threads");
  if (threads == 0) {
    return BrokenRule{"/ by zero", "log.cleaner.threads is 0: set at least 1", false};
  }
  const int64_t bytes = values.number("log.cleaner.dedupe.buffer.size");
  if (bytes / threads > kCleanerBytesPerThread) return std::nullopt;
  return BrokenRule{"log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.",
                    fmt::format("it is {} for {} thread(s): raise it, or lower log.cleaner.threads",
                                bytes, threads)};
}

std::optional<BrokenRule> broken_connection_limit(const Values& values) {
  constexpr std::string_view kOverrides = "max.connections.per.ip.overrides";
  const std::vector<std::string> overrides = split_list(values.find(kOverrides).value_or(""));
  if (values.number("max.connections.per.ip") == 0 && overrides.empty()) {
    return BrokenRule{
        "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides "
        "property is set.",
        "nobody could connect: name the addresses that may"};
  }
  std::string strangers;
  for (const std::string& entry : overrides) {
    const size_t colon = entry.rfind(':');
    if (colon == std::string::npos) {
      return BrokenRule{
          fmt::format("Error parsing configuration property '{}': begin 0, end -1, length {}",
                      kOverrides, entry.size()),
          "an entry is an address, a colon and a number", false};
    }
    const std::string host = entry.substr(0, colon);
    if (!is_host(host)) strangers += (strangers.empty() ? "" : ",") + host;
  }
  if (!strangers.empty()) {
    return BrokenRule{fmt::format("{} contains invalid addresses : {}", kOverrides, strangers),
                      "an entry is an address, a colon and a number", false};
  }
  const int64_t idle = values.number("connections.max.idle.ms");
  const int64_t delay = values.number("connection.failed.authentication.delay.ms");
  if (idle < 0 || delay < idle) return std::nullopt;
  return BrokenRule{
      fmt::format("connection.failed.authentication.delay.ms={} should always be less than "
                  "connections.max.idle.ms={} to prevent failed authentication responses from "
                  "timing out",
                  delay, idle),
      "change either"};
}

std::optional<BrokenRule> broken_memory(const Values& values) {
  const int64_t queued = values.number("queued.max.request.bytes");
  if (queued <= 0 || queued >= values.number("socket.request.max.bytes")) return std::nullopt;
  return BrokenRule{"queued.max.request.bytes must be larger or equal to socket.request.max.bytes",
                    remedy(values, "queued.max.request.bytes", "socket.request.max.bytes")};
}

std::optional<BrokenRule> broken_cordon(const Values& values) {
  const auto directories = values.find("log.dirs");
  const std::vector<std::string> known =
      split_list(directories ? *directories : values.find("log.dir").value_or(""));
  std::string missing;
  for (const std::string& cordoned : split_list(values.find("cordoned.log.dirs").value_or(""))) {
    if (cordoned == "*" || std::find(known.begin(), known.end(), cordoned) != known.end()) continue;
    missing += (missing.empty() ? "" : ", ") + cordoned;
  }
  if (missing.empty()) return std::nullopt;
  return BrokenRule{
      fmt::format(
          "All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing "
          "entries : {}",
          missing),
      "name directories of this broker"};
}

std::optional<BrokenRule> broken_group_limits(const Values& values) {
  const auto ordered = [&](const std::string& larger, const std::string& smaller,
                           bool named_by_smaller) -> std::optional<BrokenRule> {
    if (values.number(larger) >= values.number(smaller)) return std::nullopt;
    return BrokenRule{named_by_smaller
                          ? fmt::format("{} must be less than or equal to {}", smaller, larger)
                          : fmt::format("{} must be greater than or equal to {}", larger, smaller),
                      remedy(values, larger, smaller)};
  };
  for (const std::string_view kind : kKindsOfGroups) {
    for (const std::string_view limited : kLimitedOfGroups) {
      const std::string least = fmt::format("group.{}.min.{}", kind, limited);
      const std::string most = fmt::format("group.{}.max.{}", kind, limited);
      const std::string value = fmt::format("group.{}.{}", kind, limited);
      if (auto broken = ordered(most, least, false)) return broken;
      if (auto broken = ordered(value, least, false)) return broken;
      if (auto broken = ordered(most, value, true)) return broken;
    }
    const std::string heartbeat = fmt::format("group.{}.heartbeat.interval.ms", kind);
    const std::string session = fmt::format("group.{}.session.timeout.ms", kind);
    if (values.number(heartbeat) >= values.number(session)) {
      return BrokenRule{fmt::format("{} must be less than {}", heartbeat, session),
                        remedy(values, heartbeat, session)};
    }
  }
  if (const size_t count = split_list(values.find("group.share.assignors").value_or("")).size();
      count != 1) {
    return BrokenRule{
        fmt::format("group.share.assignors must contain exactly one assignor, but found {}", count),
        "name one"};
  }
  return ordered("group.streams.max.standby.replicas", "group.streams.num.standby.replicas", true);
}

}  // namespace

std::optional<BrokenRule> broken_rule(const ValueOf& value_of) {
  const Values values(value_of);
  for (const auto find_broken : {broken_group_limits, broken_duration, broken_cleaner, broken_order,
                                 broken_memory, broken_connection_limit, broken_cordon}) {
    if (auto broken = find_broken(values)) return broken;
  }
  return std::nullopt;
}

std::vector<std::string> doubtful_values(const ValueOf& value_of) {
  const Values values(value_of);
  std::vector<std::string> doubts;
  const int64_t heartbeat = values.number("broker.heartbeat.interval.ms");
  const int64_t session = values.number("broker.session.timeout.ms");
  if (heartbeat * 2 > session) {
    doubts.push_back(
        fmt::format("broker.heartbeat.interval.ms ({}) should be at most half of "
                    "broker.session.timeout.ms ({}), or a late heartbeat costs the broker its "
                    "lease: lower the one or raise the other",
                    heartbeat, session));
  }
  const int64_t least = values.number("group.min.session.timeout.ms");
  const int64_t most = values.number("group.max.session.timeout.ms");
  if (least > most) {
    doubts.push_back(
        fmt::format("group.min.session.timeout.ms ({}) is more than group.max.session.timeout.ms "
                    "({}): no consumer can join a group until either is changed",
                    least, most));
  }
  return doubts;
}

namespace {

// A group's property between two of the broker's.
struct GroupLimit {
  std::string_view name;
  std::string_view least;  // empty: none
  std::string_view most;
  bool only_if_set = false;
};
constexpr GroupLimit kGroupLimits[] = {
    {"consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms",
     "group.consumer.max.heartbeat.interval.ms"},
    {"consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms",
     "group.consumer.max.session.timeout.ms"},
    {"consumer.assignment.interval.ms", "group.consumer.min.assignment.interval.ms",
     "group.consumer.max.assignment.interval.ms", true},
    {"share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms",
     "group.share.max.heartbeat.interval.ms"},
    {"share.session.timeout.ms", "group.share.min.session.timeout.ms",
     "group.share.max.session.timeout.ms"},
    {"share.record.lock.duration.ms", "group.share.min.record.lock.duration.ms",
     "group.share.max.record.lock.duration.ms"},
    {"share.delivery.count.limit", "group.share.min.delivery.count.limit",
     "group.share.max.delivery.count.limit"},
    {"share.partition.max.record.locks", "group.share.min.partition.max.record.locks",
     "group.share.max.partition.max.record.locks"},
    {"share.assignment.interval.ms", "group.share.min.assignment.interval.ms",
     "group.share.max.assignment.interval.ms", true},
    {"streams.heartbeat.interval.ms", "group.streams.min.heartbeat.interval.ms",
     "group.streams.max.heartbeat.interval.ms"},
    {"streams.session.timeout.ms", "group.streams.min.session.timeout.ms",
     "group.streams.max.session.timeout.ms"},
    {"streams.num.standby.replicas", "", "group.streams.max.standby.replicas"},
    {"streams.assignment.interval.ms", "group.streams.min.assignment.interval.ms",
     "group.streams.max.assignment.interval.ms", true},
};

}  // namespace

std::optional<std::string> broken_group_rule(const ConfigMap& group, const Layers& layers) {
  const auto own = [&](std::string_view name) {
    return to_long(*resolve_group(*find_config(Scope::kGroup, name), group, layers).value);
  };
  const auto limit = [&](std::string_view name) { return to_long(broker_value(name, layers)); };
  for (const GroupLimit& limited : kGroupLimits) {
    if (limited.only_if_set && !group.contains(limited.name)) continue;
    const int64_t value = own(limited.name);
    if (!limited.least.empty() && value < limit(limited.least)) {
      return fmt::format("{} must be greater than or equal to {}", limited.name, limited.least);
    }
    if (value > limit(limited.most)) {
      return fmt::format("{} must be less than or equal to {}", limited.name, limited.most);
    }
  }
  for (const std::string_view kind : kKindsOfGroups) {
    const std::string session = fmt::format("{}.session.timeout.ms", kind);
    const std::string heartbeat = fmt::format("{}.heartbeat.interval.ms", kind);
    if (own(session) <= own(heartbeat)) {
      return fmt::format("{} must be greater than {}", session, heartbeat);
    }
  }
  return std::nullopt;
}

std::optional<std::string> broken_transition(const ValueOf& before, const ValueOf& after) {
  const auto refused = [](std::string_view why) {
    return fmt::format(
        "Invalid value org.apache.kafka.common.config.ConfigException: {} for configuration "
        "Invalid dynamic configuration",
        why);
  };
  for (const std::string_view name :
       {"num.io.threads", "num.replica.fetchers", "num.recovery.threads.per.data.dir",
        "background.threads", "num.network.threads"}) {
    const int64_t from = Values(before).number(name);
    const int64_t to = Values(after).number(name);
    const auto count = [&](std::string_view rule) {
      return refused(
          fmt::format("Dynamic thread count update validation failed for {}={}, value should {} {}",
                      name, to, rule, from));
    };
    if (to < from / 2) return count("be at least half the current value");
    if (to > from * 2) return count("not be greater than double the current value");
  }
  for (const std::string_view name : {"max.connections", "max.connection.creation.rate"}) {
    const int64_t to = Values(after).number(name);
    if (to <= 0 && to != Values(before).number(name)) {
      return refused(fmt::format("Invalid {} {}", name, to));
    }
  }
  return std::nullopt;
}

}  // namespace cluster::config
