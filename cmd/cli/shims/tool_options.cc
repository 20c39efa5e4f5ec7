#include "cmd/cli/shims/tool_options.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "cmd/cli/output.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

std::string_view first_name(const OptionRow& row) {
  return row.names.substr(0, row.names.find('|'));
}

bool is_named(const OptionRow& row, std::string_view name) {
  std::string_view names = row.names;
  while (!names.empty()) {
    const size_t bar = std::min(names.find('|'), names.size());
    if (names.substr(0, bar) == name) return true;
    names.remove_prefix(std::min(bar + 1, names.size()));
  }
  return false;
}

const OptionRow* find_row(std::span<const OptionRow> rows, std::string_view name) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const OptionRow& row) { return is_named(row, name); });
  return found == rows.end() ? nullptr : &*found;
}

bool is_number(Takes takes, const std::string& text) {
  const char* const end = text.data() + text.size();
  if (takes == Takes::kInteger) {
    int32_t number = 0;
    const auto parsed = std::from_chars(text.data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end;
  }
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

// A word that begins an option: -5 and - alone do not.
bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

}  // namespace

wire::Result<ToolOptions> ToolOptions::parse(std::span<const OptionRow> rows,
                                             const std::vector<std::string>& words) {
  ToolOptions options;
  for (size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "--") {
      options.rest_.insert(options.rest_.end(), words.begin() + static_cast<ptrdiff_t>(at) + 1,
                           words.end());
      break;
    }
    if (!looks_like_option(word)) {
      options.rest_.push_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const size_t dashes = word.starts_with("--") ? 2 : 1;
    const std::string name =
        word.substr(dashes, equals == std::string::npos ? equals : equals - dashes);
    const OptionRow* row = find_row(rows, name);
    if (row == nullptr) return wrong(fmt::format("{} is not a recognized option", name));
    Given given{.name = first_name(*row), .spelled = name, .value = std::nullopt};
    if (equals != std::string::npos) {
      given.value = word.substr(equals + 1);
    } else if (row->takes == Takes::kOptionalText) {
      if (at + 1 < words.size() && !looks_like_option(words[at + 1])) given.value = words[++at];
    } else if (row->takes != Takes::kNothing) {
      // A value may look like an option, unless it is one.
      const bool is_there = at + 1 < words.size();
      const std::string next = is_there ? words[at + 1] : "";
      const bool is_option = next.starts_with("--") && find_row(rows, next.substr(2)) != nullptr;
      if (!is_there || is_option) {
        return wrong(fmt::format("Option {} requires an argument", name));
      }
      given.value = words[++at];
    }
    const bool numeric = row->takes == Takes::kInteger || row->takes == Takes::kLong;
    if (numeric && !is_number(row->takes, *given.value)) {
      return wrong(fmt::format("Cannot parse argument '{}' of option {}", *given.value, name));
    }
    options.given_.push_back(std::move(given));
  }
  return options;
}

bool ToolOptions::has(std::string_view name) const {
  return std::any_of(given_.begin(), given_.end(),
                     [&](const Given& given) { return given.name == name; });
}

std::optional<std::string> ToolOptions::value(std::string_view name) const {
  std::optional<std::string> value;
  for (const Given& given : given_) {
    if (given.name == name && given.value) value = given.value;
  }
  return value;
}

std::string ToolOptions::value_or(std::string_view name, std::string_view otherwise) const {
  return value(name).value_or(std::string(otherwise));
}

std::vector<std::string> ToolOptions::values(std::string_view name) const {
  std::vector<std::string> values;
  for (const Given& given : given_) {
    if (given.name == name && given.value) values.push_back(*given.value);
  }
  return values;
}

int64_t ToolOptions::number(std::string_view name) const {
  const std::string text = value_or(name, "0");
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int64_t ToolOptions::number_or(std::string_view name, int64_t otherwise) const {
  return has(name) ? number(name) : otherwise;
}

bool ToolOptions::given_as(std::string_view spelled) const {
  return std::any_of(given_.begin(), given_.end(),
                     [&](const Given& given) { return given.spelled == spelled; });
}

std::vector<std::string> ToolOptions::order() const {
  std::vector<std::string> names;
  for (const Given& given : given_) names.emplace_back(given.name);
  return names;
}

std::string help_text(std::span<const OptionRow> rows) {
  Table table({"Option", "Description"});
  for (const OptionRow& row : rows) {
    std::string names;
    for (const std::string& name : split(row.names, '|')) {
      names += (names.empty() ? "" : ", ") + std::string(name.size() == 1 ? "-" : "--") + name;
    }
    constexpr std::string_view kValues[] = {"", " <text>", " <integer>", " <long>", " [text]"};
    names += kValues[static_cast<size_t>(row.takes)];
    table.add({names, std::string(row.help)});
  }
  return table.text();
}

wire::Status require_option(const ToolOptions& options, std::string_view name) {
  if (options.has(name)) return {};
  return wrong(fmt::format("Missing required argument \"[{}]\"", name));
}

wire::Status forbid_with(const ToolOptions& options, std::string_view name,
                         std::initializer_list<std::string_view> others) {
  if (!options.has(name)) return {};
  for (const std::string_view other : others) {
    if (options.has(other)) {
      return wrong(fmt::format("Option \"[{}]\" can't be used with option \"[{}]\"", name, other));
    }
  }
  return {};
}

}  // namespace cli::shims
