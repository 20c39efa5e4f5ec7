#include "cmd/cli/completion.h"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

#include "cmd/cli/cli.h"

namespace cli {
namespace {

using testing::HasSubstr;

TEST(BashCompletion, KnowsVerbsBelowVerbs) {
  CLI::App app("", "odradek");
  int exit_code = 0;
  add_topic(app, exit_code);
  const std::string script = bash_completion(app);
  EXPECT_THAT(script, HasSubstr("\"topic\") words=\"list describe"));
  EXPECT_THAT(script, HasSubstr("\"topic create\") words=\"--help"));
  EXPECT_THAT(script, HasSubstr("kafka-topics"));
}

}  // namespace
}  // namespace cli
