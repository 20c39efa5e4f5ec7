// The verbs below one noun, which share their options.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "cmd/cli/surface.h"

namespace cli {

// `Options` has a member `surface`.
template <typename Options>
class Verbs {
 public:
  using Action = std::function<int(Client&, const Options&)>;

  Verbs(CLI::App& parent, int& exit_code) : parent_(parent), exit_code_(exit_code) {}

  // `examples`: whole lines, indented by two.
  CLI::App* add(const char* name, const char* help, const char* examples, Action action) {
    auto* command = parent_.add_subcommand(name, help);
    command->footer(std::string("\nExamples:\n") + examples);
    add_surface(*command, options_->surface);
    command->callback([options = options_, &exit_code = exit_code_, action = std::move(action)] {
      exit_code =
          with_client(options->surface, [&](Client& client) { return action(client, *options); });
    });
    return command;
  }
  Options& options() { return *options_; }

 private:
  CLI::App& parent_;
  int& exit_code_;
  const std::shared_ptr<Options> options_ = std::make_shared<Options>();
};

}  // namespace cli
