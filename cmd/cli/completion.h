// What `odradek completion` prints.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace cli {

// A script for bash, made of the verbs and options that the program has.
std::string bash_completion(const CLI::App& app);

}  // namespace cli
