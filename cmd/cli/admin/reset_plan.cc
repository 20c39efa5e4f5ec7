#include "cmd/cli/admin/reset_plan.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/core.h>

#include "cmd/cli/admin/groups.h"
#include "cmd/cli/admin/offsets.h"
#include "cmd/cli/output.h"
#include "cmd/cli/surface.h"

namespace cli {
namespace {

using Kind = ResetTarget::Kind;

template <typename Number>
bool parse_number(const std::string& text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && !text.empty();
}

wire::Result<ListedOffsets> listed(Client& client, const std::set<TopicPartition>& partitions,
                                   wire::TimestampMs time) {
  auto offsets = list_offsets(client, partitions, time);
  if (!offsets.ok()) return offsets;
  for (const auto& [partition, answer] : *offsets) {
    if (answer.error == wire::ErrorCode::kNone) continue;
    return wire::Error{answer.error,
                       fmt::format("{}: {}", partition.to_string(), describe(answer.error))};
  }
  return offsets;
}

// A quoted field of CSV loses its quotes.
std::string unquoted(std::string field) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    return field.substr(1, field.size() - 2);
  }
  return field;
}

}  // namespace

wire::Result<wire::Offset> reset_offset(const ResetTarget& target, const TopicPartition& partition,
                                        const ResetFacts& facts) {
  const auto inside = [&](wire::Offset offset) {
    return std::clamp(offset, facts.begin, std::max(facts.begin, facts.end));
  };
  switch (target.kind) {
    case Kind::kEarliest:
      return facts.begin;
    case Kind::kLatest:
      return facts.end;
    case Kind::kCurrent:
      return facts.committed.value_or(facts.end);
    case Kind::kOffset:
      return inside(target.value);
    case Kind::kFromEnd:
      return inside(facts.end - target.value);
    case Kind::kTimestamp:
      return facts.at_time.value_or(facts.end);
    case Kind::kShiftBy:
      if (!facts.committed) {
        return wrong(fmt::format(
            "Cannot shift offset for partition {} since there is no current committed offset",
            partition.to_string()));
      }
      return inside(*facts.committed + target.value);
    case Kind::kOffsets: {
      const auto found = target.offsets.find(partition);
      if (found == target.offsets.end()) {
        return wrong("no offset is given for " + partition.to_string());
      }
      return inside(found->second);
    }
  }
  return wrong("no target");
}

wire::Result<std::map<TopicPartition, wire::Offset>> plan_reset(
    Client& client, const std::string& group, const std::set<TopicPartition>& partitions,
    const ResetTarget& target) {
  const auto begins = listed(client, partitions, kEarliestTime);
  if (!begins.ok()) return begins.error();
  const auto ends = listed(client, partitions, kLatestTime);
  if (!ends.ok()) return ends.error();
  ListedOffsets at_time;
  if (target.kind == Kind::kTimestamp) {
    auto found = listed(client, partitions, target.value);
    if (!found.ok()) return found.error();
    at_time = std::move(*found);
  }
  CommittedOffsets committed;
  if (target.kind == Kind::kCurrent || target.kind == Kind::kShiftBy) {
    auto found = committed_offsets(client, group);
    if (!found.ok()) return found.error();
    committed = std::move(*found);
  }
  std::map<TopicPartition, wire::Offset> plan;
  for (const TopicPartition& partition : partitions) {
    ResetFacts facts{.begin = begins->at(partition).offset, .end = ends->at(partition).offset};
    if (committed.contains(partition)) facts.committed = committed.at(partition).offset;
    if (at_time.contains(partition) && at_time.at(partition).offset != wire::kNoOffset) {
      facts.at_time = at_time.at(partition).offset;
    }
    const auto offset = reset_offset(target, partition, facts);
    if (!offset.ok()) return offset.error();
    plan[partition] = *offset;
  }
  return plan;
}

wire::Result<std::set<TopicPartition>> parse_partitions(Client& client, const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() == 1) return partitions_of(client, text);
  if (parts.size() != 2) {
    return wrong(fmt::format("Invalid topic arg '{}', expected topic name and partitions", text));
  }
  std::set<TopicPartition> partitions;
  for (const std::string& index_text : split(parts[1], ',')) {
    wire::PartitionIndex index = 0;
    if (!parse_number(index_text, index)) {
      return wrong(
          fmt::format("Invalid partition '{}' specified in topic arg '{}''", index_text, text));
    }
    partitions.insert({parts[0], index});
  }
  return partitions;
}

wire::Result<std::map<TopicPartition, wire::Offset>> parse_reset_file(const std::string& text,
                                                                      const std::string& group) {
  std::map<TopicPartition, wire::Offset> offsets;
  for (std::string line : split(text, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    std::vector<std::string> fields = split(line, ',');
    for (std::string& field : fields) field = unquoted(field);
    if (fields.size() == 4) {
      if (fields[0] != group) continue;
      fields.erase(fields.begin());
    }
    TopicPartition partition;
    wire::Offset offset = 0;
    if (fields.size() != 3 || !parse_number(fields[1], partition.partition) ||
        !parse_number(fields[2], offset)) {
      return wrong(fmt::format("\"{}\" is not topic,partition,offset", line));
    }
    partition.topic = fields[0];
    offsets[partition] = offset;
  }
  return offsets;
}

}  // namespace cli
