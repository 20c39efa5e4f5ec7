#include "storage/checkpoints.h"

#include <iterator>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "storage/checkpoint_text.h"

namespace storage {

std::string to_checkpoint_text(const OffsetCheckpoint& offsets) {
  std::string text = checkpoint_head(offsets.size());
  for (const auto& [name, offset] : offsets) {
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", name.topic, name.partition, offset);
  }
  return text;
}

wire::Result<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text,
                                                       const std::string& path) {
  const auto lines = checkpoint_lines(text, path);
  if (!lines) return lines.error();
  OffsetCheckpoint offsets;
  for (const std::string_view line : *lines) {
    const auto words = split_words(line);
    const auto partition = words.size() == 3 ? parse_number(words[1]) : std::nullopt;
    const auto offset = words.size() == 3 ? parse_number(words[2]) : std::nullopt;
    if (!partition || !offset || *partition < 0 || *partition > INT32_MAX) {
      return malformed(path, fmt::format("the line '{}' is no topic, partition and offset", line));
    }
    offsets[{std::string(words[0]), static_cast<wire::PartitionIndex>(*partition)}] = *offset;
  }
  return offsets;
}

wire::Result<OffsetCheckpoint> read_offset_checkpoint(FileSystem& files, const std::string& path) {
  if (!files.exists(path)) return OffsetCheckpoint();
  const auto text = read_file(files, path);
  if (!text) return text.error();
  return parse_offset_checkpoint(text->view(), path);
}

wire::Status write_offset_checkpoint(FileSystem& files, const std::string& path,
                                     const OffsetCheckpoint& offsets) {
  return replace_file(files, path, wire::Bytes::adopt(to_checkpoint_text(offsets)));
}

std::string to_clean_shutdown_text(int64_t broker_epoch) {
  return fmt::format(R"({{"version":0,"brokerEpoch":{}}})", broker_epoch);
}

wire::Result<int64_t> parse_clean_shutdown(std::string_view text, const std::string& path) {
  // Brokers before 3.7 leave an empty file.
  if (text.empty()) return int64_t{-1};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return malformed(path, "it is no JSON object");
  const auto version = json.find("version");
  const auto epoch = json.find("brokerEpoch");
  if (version == json.end() || !version->is_number_integer() || version->get<int64_t>() != 0) {
    return malformed(path, "its version is not 0");
  }
  if (epoch == json.end() || !epoch->is_number_integer())
    return malformed(path, "it has no brokerEpoch");
  return epoch->get<int64_t>();
}

std::string to_partition_metadata_text(wire::Uuid topic_id) {
  return fmt::format("version: 0\ntopic_id: {}", topic_id.to_string());
}

wire::Result<wire::Uuid> parse_partition_metadata(std::string_view text, const std::string& path) {
  std::optional<wire::Uuid> topic_id;
  bool version_seen = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto words = split_words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty()) continue;
    if (words.size() != 2) return malformed(path, "a line is not of the form 'key: value'");
    if (words[0] == "version:") {
      if (words[1] != "0") return malformed(path, "its version is not 0");
      version_seen = true;
    } else if (words[0] == "topic_id:") {
      topic_id = wire::Uuid::parse(words[1]);
      if (!topic_id) return malformed(path, "its topic_id is no uuid");
    } else {
      return malformed(path, "it has an unknown key");
    }
  }
  if (!version_seen || !topic_id) return malformed(path, "version or topic_id is missing");
  return *topic_id;
}

}  // namespace storage
