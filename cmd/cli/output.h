// What the verbs print: a table for people, JSON for programs.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace cli {

// Columns as wide as their widest cell, two spaces apart; the last one is not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;
  void print(std::FILE* to = stdout) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// One document, indented.  What is no UTF-8 is replaced.
void print_json(const nlohmann::ordered_json& document);

std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string join(const std::vector<int32_t>& numbers, std::string_view separator = ",");
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace cli
