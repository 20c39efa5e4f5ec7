#include "cluster/config/first_topics.h"

#include <charconv>
#include <optional>

#include <fmt/core.h>

namespace cluster::config {
namespace {

constexpr std::string_view kSeparators = ",;\n\r";
constexpr std::string_view kBlanks = " \t'\"";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// What stands before the separator, which is taken away with it.
std::string_view next_part(std::string_view& text, std::string_view separators) {
  const size_t end = text.find_first_of(separators);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return trimmed(part);
}

// A number of at least one; nothing is `fallback`.
template <typename Number>
std::optional<Number> count_of(std::string_view text, Number fallback) {
  if (text.empty()) return fallback;
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1) return std::nullopt;
  return value;
}

}  // namespace

wire::Result<std::vector<FirstTopic>> parse_first_topics(std::string_view text) {
  std::vector<FirstTopic> topics;
  while (!text.empty()) {
    const std::string_view entry = next_part(text, kSeparators);
    if (entry.empty()) continue;
    std::string_view rest = entry;
    FirstTopic topic;
    topic.name = next_part(rest, ":");
    const auto partitions = count_of(next_part(rest, ":"), topic.partitions);
    const auto replicas = count_of(next_part(rest, ":"), topic.replicas);
    topic.cleanup_policy = trimmed(rest);
    if (topic.name.empty() || !partitions || !replicas) {
      return wire::Error{
          wire::ErrorCode::kInvalidConfig,
          fmt::format("odradek.create.topics: \"{}\" is not of the form "
                      "name[:partitions[:replicas[:cleanup.policy]]], as in tweets:3:1:compact",
                      entry)};
    }
    topic.partitions = *partitions;
    topic.replicas = *replicas;
    topics.push_back(std::move(topic));
  }
  return topics;
}

}  // namespace cluster::config
