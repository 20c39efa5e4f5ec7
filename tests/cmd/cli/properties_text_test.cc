#include "cmd/cli/properties_text.h"

#include <gmock/gmock.h>

namespace cli {
namespace {

using testing::Eq;

TEST(FormatProperties, AreReadAsTheyWere) {
  const cluster::config::Properties properties = {
      {"listeners", "PLAINTEXT://:9092"},
      {"log.dirs", "C:\\kafka\\logs"},
      {"odradek.create.topics", "a:1:1\nb:2:1\r\tc"},
      {"of blanks", "  two before, one behind "},
      {"#no comment", "form\ffeed"},
      {"a=b:c", "x=y:z"},
      {"nothing", ""},
  };
  const auto read = cluster::config::parse_properties(format_properties(properties));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, properties);
}

TEST(FormatProperties, IsALineEach) {
  EXPECT_THAT(format_properties({{"a", "1"}, {"b", " \\"}}), Eq("a=1\nb=\\ \\\\\n"));
}

}  // namespace
}  // namespace cli
