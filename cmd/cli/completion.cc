// `odradek completion bash`: completes verbs, options and tools.
#include "cmd/cli/completion.h"

#include <cstdio>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/shims.h"

namespace cli {
namespace {

// A line of the case statement for each verb: what may stand behind it.
void add_cases(const CLI::App& app, const std::string& path, std::string& cases) {
  std::vector<std::string> words;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(verb->get_name());
    add_cases(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), cases);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    for (const std::string& name : option->get_snames()) words.push_back("-" + name);
  }
  if (path.empty()) {
    for (const shims::Tool& tool : shims::tools()) words.emplace_back(tool.name);
  }
  cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, join(words, " "));
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  add_cases(app, "", cases);
  // The verbs that stand before the word are its path: at most two.
  return "_odradek() {\n"
         "  local word path= words= i\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    [[ $word == -* ]] && break\n"
         "    path=${path:+$path }$word\n"
         "  done\n"
         "  while :; do\n"
         "    case $path in\n" +
         cases +
         "    esac\n"
         "    [[ $words || $path != *\" \"* ]] && break\n"
         "    path=${path% *}\n"
         "  done\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "  [[ ${COMPREPLY[*]} ]] || COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o filenames -F _odradek odradek\n";
}

void add_completion(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("completion", "Print a script that completes verbs and options");
  command->footer(R"(
Examples:
  source <(odradek completion bash)
  odradek completion bash > /etc/bash_completion.d/odradek
)");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash")->required()->check(CLI::IsMember({"bash"}));
  command->callback([shell, &app, &exit_code] {
    std::printf("%s", bash_completion(app).c_str());
    exit_code = kDone;
  });
}

}  // namespace cli
