// The tables of Kafka's newer tools: padded columns, a tab behind each.
#pragma once

#include <string>
#include <vector>

namespace cli::shims {

void print_pretty_table(const std::vector<std::string>& headers,
                        const std::vector<std::vector<std::string>>& rows);

}  // namespace cli::shims
