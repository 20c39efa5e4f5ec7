#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "cmd/cli/records/reader.h"

namespace cli {
namespace {

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

// Z, +01:00, -0330; UTC if there is none.
std::optional<int64_t> zone_minutes(const std::string& text) {
  if (text.empty() || text == "Z") return 0;
  int hours = 0;
  int minutes = 0;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  const char* const digits = text.c_str() + 1;
  if (std::sscanf(digits, "%2d:%2d", &hours, &minutes) != 2 &&
      std::sscanf(digits, "%2d%2d", &hours, &minutes) != 2 &&
      std::sscanf(digits, "%2d", &hours) != 1) {
    return std::nullopt;
  }
  return (text[0] == '-' ? -1 : 1) * (int64_t{hours} * 60 + minutes);
}

}  // namespace

std::optional<wire::TimestampMs> parse_time(const std::string& text) {
  std::tm parts{};
  int consumed = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                  &consumed) != 3) {
    return std::nullopt;
  }
  size_t at = static_cast<size_t>(consumed);
  int millis = 0;
  if (at < text.size() && (text[at] == 'T' || text[at] == ' ')) {
    ++at;
    if (std::sscanf(text.c_str() + at, "%2d:%2d%n", &parts.tm_hour, &parts.tm_min, &consumed) != 2)
      return std::nullopt;
    at += static_cast<size_t>(consumed);
    if (std::sscanf(text.c_str() + at, ":%2d%n", &parts.tm_sec, &consumed) == 1) {
      at += static_cast<size_t>(consumed);
      if (std::sscanf(text.c_str() + at, ".%3d%n", &millis, &consumed) == 1) {
        at += static_cast<size_t>(consumed);
      }
    }
  }
  const auto zone = zone_minutes(text.substr(at));
  if (!zone) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const std::time_t seconds = timegm(&parts);
  return (int64_t{seconds} - *zone * 60) * 1000 + millis;
}

std::optional<StartPosition> parse_start(const std::string& text) {
  using Kind = StartPosition::Kind;
  if (text == "start" || text == "beginning" || text == "earliest") {
    return StartPosition{.kind = Kind::kEarliest};
  }
  if (text == "end" || text == "latest") return StartPosition{.kind = Kind::kLatest};
  if (text.starts_with("@") || text.starts_with("s@")) {
    const std::string time = text.substr(text.find('@') + 1);
    if (const auto ms = number(time)) return StartPosition{.kind = Kind::kTimestamp, .value = *ms};
    if (const auto ms = parse_time(time)) {
      return StartPosition{.kind = Kind::kTimestamp, .value = *ms};
    }
    return std::nullopt;
  }
  const auto offset = number(text);
  if (!offset) return std::nullopt;
  if (*offset < 0) return StartPosition{.kind = Kind::kFromEnd, .value = -*offset};
  return StartPosition{.kind = Kind::kOffset, .value = *offset};
}

wire::Result<std::map<TopicPartition, wire::Offset>> start_offsets(
    Client& client, const std::set<TopicPartition>& partitions, const StartPosition& start,
    Isolation isolation) {
  using Kind = StartPosition::Kind;
  std::map<TopicPartition, wire::Offset> offsets;
  if (start.kind == Kind::kOffset) {
    for (const TopicPartition& partition : partitions) offsets[partition] = start.value;
    return offsets;
  }
  const wire::TimestampMs asked = start.kind == Kind::kEarliest    ? kEarliestTime
                                  : start.kind == Kind::kTimestamp ? start.value
                                                                   : kLatestTime;
  const auto listed = list_offsets(client, partitions, asked, isolation);
  if (!listed.ok()) return listed.error();
  std::set<TopicPartition> beyond;  // nothing lies at or after the time: begin at the end
  for (const auto& [partition, answer] : *listed) {
    if (answer.error != wire::ErrorCode::kNone) {
      return wire::Error{answer.error, partition.to_string() + ": " + describe(answer.error)};
    }
    offsets[partition] = answer.offset;
    if (answer.offset == wire::kNoOffset) beyond.insert(partition);
  }
  if (!beyond.empty()) {
    const auto ends = list_offsets(client, beyond, kLatestTime, isolation);
    if (!ends.ok()) return ends.error();
    for (const auto& [partition, answer] : *ends) offsets[partition] = answer.offset;
  }
  if (start.kind == Kind::kFromEnd) {
    const auto begins = list_offsets(client, partitions, kEarliestTime, isolation);
    if (!begins.ok()) return begins.error();
    for (auto& [partition, offset] : offsets) {
      offset = std::max(offset - start.value, begins->at(partition).offset);
    }
  }
  return offsets;
}

}  // namespace cli
