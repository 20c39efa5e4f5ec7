#include "storage/meta_properties.h"

#include <map>

#include <fmt/core.h>

#include "storage/checkpoint_text.h"

namespace storage {

namespace {

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\f");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\f") - begin + 1);
}

// The part of Java's properties format that Kafka's writer uses: comments, `key=value` or `key:
// value`, and a backslash that takes the next character as it is (the writer escapes '=', ':', '#'
// and '!').
std::map<std::string, std::string> parse_properties(std::string_view text) {
  std::map<std::string, std::string> properties;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#' || line[0] == '!') continue;
    std::string key;
    std::string value;
    std::string* into = &key;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) {
        into->push_back(line[++i]);
      } else if (into == &key && (line[i] == '=' || line[i] == ':')) {
        into = &value;
      } else {
        into->push_back(line[i]);
      }
    }
    properties[std::string(trim(key))] = trim(value);
  }
  return properties;
}

}  // namespace

std::string MetaProperties::to_text() const {
  std::string text = "#\n#\n";
  text += "cluster.id=" + cluster_id + '\n';
  if (directory_id) text += "directory.id=" + directory_id->to_string() + '\n';
  text += "node.id=" + std::to_string(node_id) + '\n';
  text += "version=1\n";
  return text;
}

wire::Result<MetaProperties> MetaProperties::parse(std::string_view text, const std::string& path) {
  const auto properties = parse_properties(text);
  const auto get = [&](const char* key) {
    const auto found = properties.find(key);
    return found == properties.end() ? std::string() : found->second;
  };
  const std::string version = get("version");
  if (version == "0" || (version.empty() && properties.contains("broker.id"))) {
    return malformed(
        path,
        "it is of version 0, from a broker that used ZooKeeper; migrate that cluster to "
        "KRaft with Kafka 3.9 first");
  }
  if (version != "1") return malformed(path, fmt::format("its version '{}' is unknown", version));
  MetaProperties result;
  result.cluster_id = get("cluster.id");
  if (result.cluster_id.empty()) return malformed(path, "cluster.id is missing");
  const auto node_id = parse_number(get("node.id"));
  if (!node_id || *node_id < 0 || *node_id > INT32_MAX) {
    return malformed(path, fmt::format("node.id '{}' is no node id", get("node.id")));
  }
  result.node_id = static_cast<wire::NodeId>(*node_id);
  if (properties.contains("directory.id")) {
    result.directory_id = wire::Uuid::parse(get("directory.id"));
    if (!result.directory_id || result.directory_id->is_reserved()) {
      return malformed(path,
                       fmt::format("directory.id '{}' is no directory id", get("directory.id")));
    }
  }
  return result;
}

wire::Result<std::optional<MetaProperties>> read_meta_properties(FileSystem& files,
                                                                 const std::string& directory) {
  const std::string path = join_path(directory, kMetaPropertiesFile);
  if (!files.exists(path)) return std::optional<MetaProperties>();
  const auto text = read_file(files, path);
  if (!text) return text.error();
  auto properties = MetaProperties::parse(text->view(), path);
  if (!properties) return properties.error();
  return std::optional(std::move(*properties));
}

wire::Status write_meta_properties(FileSystem& files, const std::string& directory,
                                   const MetaProperties& properties) {
  if (auto status = make_durable_directory(files, directory); !status) return status;
  return replace_file(files, join_path(directory, kMetaPropertiesFile),
                      wire::Bytes::adopt(properties.to_text()));
}

}  // namespace storage
