// Files of Java properties, the form of Kafka's server.properties.
//
//   key=value | key:value | key value;  # and ! begin comments;  a \ at the end continues the line;
//   \t \n \r \f \uXXXX and \ before any other character are escapes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/result.h"

namespace cluster::config {

using Properties = std::map<std::string, std::string, std::less<>>;

struct PropertyLine {
  std::string key;
  std::string value;
  int line = 0;  // where it begins, from 1
};

// In the order of the file.  An error only for a malformed \u escape.
wire::Result<std::vector<PropertyLine>> parse_property_lines(std::string_view text);
// A key given twice: the last one counts, as in Java.  An error only for a malformed \u escape.
wire::Result<Properties> parse_properties(std::string_view text);
// "key=value" of the command line's --set.
wire::Result<std::pair<std::string, std::string>> parse_assignment(std::string_view text);

}  // namespace cluster::config
