#include "cmd/cli/suggestion.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace cli {
namespace {

constexpr size_t kLargestSlip = 3;

// Levenshtein's distance, where two neighbours that have changed places count once.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> rows(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) rows[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      size_t& best = rows[i][j];
      best = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = std::min(best, rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.size()][b.size()];
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

bool is_among(const std::string& word, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), word) != names.end();
}

std::string question(const std::string& what, const std::string& word,
                     const std::vector<std::string>& names) {
  const auto meant = nearest(word, names);
  return fmt::format("{} \"{}\"{}", what, word,
                     meant ? fmt::format("; did you mean {}?", *meant) : "");
}

}  // namespace

std::optional<std::string> nearest(std::string_view typed,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> found;
  size_t best = std::min(kLargestSlip, typed.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    const bool begins = typed.size() >= 3 && candidate.starts_with(typed);
    const size_t distance = begins ? 1 : edit_distance(typed, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::optional<std::string> suggestion(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  std::string path = app.get_name();
  for (const std::string& word : words) {
    if (word.starts_with("-")) {
      if (!word.starts_with("--") || word == "--") continue;
      const std::string name = word.substr(0, word.find('='));
      const auto known = options_of(*at);
      if (!is_among(name, known)) return question(path + " has no option", name, known);
      continue;
    }
    const auto verbs = verbs_of(*at);
    if (is_among(word, verbs)) {
      at = at->get_subcommand(word);
      path += " " + word;
    } else if (!verbs.empty()) {
      return question(path + " has no verb", word, verbs);
    }
  }
  return std::nullopt;
}

}  // namespace cli
