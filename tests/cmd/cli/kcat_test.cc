#include "cmd/cli/shims/kcat.h"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

namespace cli::shims {
namespace {

using testing::ElementsAre;

TEST(Kcat, TakesOptionsAsGetoptDoes) {
  const auto options =
      parse_kcat({"-Ct", "tweets", "-b", "b:1", "-qeo", "-10", "-f", "%s\\n", "-c5"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->mode, 'C');
  EXPECT_THAT(options->topics, ElementsAre("tweets"));
  EXPECT_TRUE(options->quiet);
  EXPECT_TRUE(options->exit_at_end);
  EXPECT_THAT(options->offsets, ElementsAre("-10"));
  EXPECT_EQ(options->format, "%s\\n");
  EXPECT_EQ(options->count, 5);
}

TEST(Kcat, HasTopicsOfAGroupAndFilesBehindTheOptions) {
  const auto group = parse_kcat({"-b", "b:1", "-G", "g", "one", "two"});
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(group->mode, 'G');
  EXPECT_EQ(group->group, "g");
  EXPECT_THAT(group->topics, ElementsAre("one", "two"));
  const auto files = parse_kcat({"-P", "-b", "b:1", "-t", "t", "-K", "\\t", "file"});
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->key_delimiter, "\t");
  EXPECT_THAT(files->rest, ElementsAre("file"));
}

TEST(Kcat, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(parse_kcat({"-W"}).ok());
  EXPECT_FALSE(parse_kcat({"-t"}).ok());
  EXPECT_FALSE(parse_kcat({"-s", "avro"}).ok());
  EXPECT_FALSE(parse_kcat({"-p", "x"}).ok());
}

}  // namespace
}  // namespace cli::shims
