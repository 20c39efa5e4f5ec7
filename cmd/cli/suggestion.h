// "Did you mean ...?" for verbs, options and tools.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace cli {

// The candidate that is closest to what was typed; none if all are far off.  One that begins with it
// is close.
std::optional<std::string> nearest(std::string_view typed,
                                   const std::vector<std::string>& candidates);

// A sentence for a command line that did not parse: the first word that is no verb or option where it
// stands, and the one that was probably meant.  Nothing if there is none.
std::optional<std::string> suggestion(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace cli
