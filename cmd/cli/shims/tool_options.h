// The options of Kafka's tools, as a table: what jopt-simple and argparse4j make of a command line, and in
// their words what is wrong with it.
//
//   --name value, --name=value, -name value; an option may be given again; what is none is left over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/result.h"

namespace cli::shims {

enum class Takes : uint8_t {
  kNothing,
  kText,
  kInteger,       // 32 bits
  kLong,          // 64 bits
  kOptionalText,  // the next word, if it is no option
};

struct OptionRow {
  // The first name is the one that is asked for; the others, behind bars, are its old ones:
  // "bootstrap-server|broker-list".  One character is a short option: "t|topic".
  std::string_view names;
  Takes takes = Takes::kNothing;
  std::string_view help;
};

class ToolOptions {
 public:
  // Kafka's own words in the error: "x is not a recognized option".
  static wire::Result<ToolOptions> parse(std::span<const OptionRow> rows,
                                         const std::vector<std::string>& words);

  // By the first name of the row.
  bool has(std::string_view name) const;
  // The last value; nothing if it was not given or has none.
  std::optional<std::string> value(std::string_view name) const;
  std::string value_or(std::string_view name, std::string_view otherwise) const;
  std::vector<std::string> values(std::string_view name) const;
  // REQUIRES: of type kInteger or kLong, and given.
  int64_t number(std::string_view name) const;
  int64_t number_or(std::string_view name, int64_t otherwise) const;
  // Whether it was given by this very name: old ones are warned of.
  bool given_as(std::string_view spelled) const;
  const std::vector<std::string>& rest() const { return rest_; }
  // The options in the order in which they were given, by first name.
  std::vector<std::string> order() const;

 private:
  struct Given {
    std::string_view name;  // the row's first
    std::string spelled;
    std::optional<std::string> value;
  };
  std::vector<Given> given_;
  std::vector<std::string> rest_;
};

// The rows, two columns.
std::string help_text(std::span<const OptionRow> rows);

// The options that a tool does not allow together, and those that it needs; an error in Kafka's words.
wire::Status require_option(const ToolOptions& options, std::string_view name);
wire::Status forbid_with(const ToolOptions& options, std::string_view name,
                         std::initializer_list<std::string_view> others);

}  // namespace cli::shims
