#include "cluster/controller/topic_name.h"

#include <algorithm>

namespace cluster::controller {

namespace {

// The file system's 255 less "-", a partition number of five digits.
constexpr size_t kMaxNameLength = 249;

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::optional<std::string> invalid_topic_name(std::string_view name) {
  const std::string prefix = "Topic name is invalid: ";
  if (name.empty()) return prefix + "the empty string is not allowed";
  if (name == ".") return prefix + "'.' is not allowed";
  if (name == "..") return prefix + "'..' is not allowed";
  if (name.size() > kMaxNameLength) {
    return prefix + "the length of '" + std::string(name) +
           "' is longer than the max allowed length " + std::to_string(kMaxNameLength);
  }
  if (!std::all_of(name.begin(), name.end(), is_legal)) {
    return prefix + "'" + std::string(name) +
           "' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'";
  }
  return std::nullopt;
}

}  // namespace cluster::controller
