#include "cmd/cli/suggestion.h"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

namespace cli {
namespace {

class SuggestionTest : public testing::Test {
 protected:
  SuggestionTest() {
    auto* topic = app_.add_subcommand("topic", "");
    auto* created = topic->add_subcommand("create", "");
    created->add_option("--partitions,-p", partitions_, "");
    created->add_option("name", name_, "");
    topic->add_subcommand("list", "");
  }

  CLI::App app_{"", "odradek"};
  int partitions_ = 0;
  std::string name_;
};

TEST(Nearest, TakesTheClosestAndNoneThatIsFarOff) {
  EXPECT_EQ(nearest("lits", {"list", "describe"}), "list");
  EXPECT_EQ(nearest("desc", {"list", "describe"}), "describe");
  EXPECT_EQ(nearest("xyz", {"list", "describe"}), std::nullopt);
}

TEST_F(SuggestionTest, NamesTheVerbThatWasMeant) {
  EXPECT_EQ(suggestion(app_, {"tpoic", "list"}),
            "odradek has no verb \"tpoic\"; did you mean topic?");
  EXPECT_EQ(suggestion(app_, {"topic", "craete", "t"}),
            "odradek topic has no verb \"craete\"; did you mean create?");
}

TEST_F(SuggestionTest, NamesTheOptionThatWasMeant) {
  EXPECT_EQ(suggestion(app_, {"topic", "create", "t", "--partition=3"}),
            "odradek topic create has no option \"--partition\"; did you mean --partitions?");
}

TEST_F(SuggestionTest, HasNothingToSayOfWordsThatAreRight) {
  EXPECT_EQ(suggestion(app_, {"topic", "create", "-p", "three", "t"}), std::nullopt);
}

}  // namespace
}  // namespace cli
