#include "cmd/cli/shims/pretty_table.h"

#include <algorithm>
#include <cstdio>

namespace cli::shims {

void print_pretty_table(const std::vector<std::string>& headers,
                        const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::string& header : headers) widths.push_back(header.size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size(), ' ') + '\t';
    }
    std::printf("%s\n", line.c_str());
  };
  print(headers);
  for (const auto& row : rows) print(row);
}

}  // namespace cli::shims
