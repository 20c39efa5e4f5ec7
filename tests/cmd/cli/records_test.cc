#include <gmock/gmock.h>
#include <unistd.h>

#include "cmd/cli/output.h"
#include "cmd/cli/records/format.h"
#include "cmd/cli/records/group_member.h"
#include "cmd/cli/records/line_source.h"
#include "cmd/cli/records/producer.h"

namespace cli {
namespace {

using testing::ElementsAre;

// What a format makes of one record.
std::string formatted(const std::string& text, const wire::RecordView& record) {
  const auto format = RecordFormat::parse(text);
  if (!format) return "(refused)";
  std::string line;
  const TopicPartition partition{"tweets", 2};
  format->append({partition, record}, line);
  return line;
}

wire::RecordView hello() {
  wire::RecordView record;
  record.offset = 7;
  record.timestamp = 1234;
  record.key = "k";
  record.value = "hello";
  record.headers = {{"a", "1"}, {"b", std::nullopt}};
  return record;
}

TEST(RecordFormat, HasKcatsFields) {
  EXPECT_EQ(formatted("%t %p %o %T %k %K %s %S %h\\n", hello()),
            "tweets 2 7 1234 k 1 hello 5 a=1,b=NULL\n");
  EXPECT_EQ(formatted("100%% \\x41", hello()), "100% A");
  EXPECT_EQ(formatted("%R", hello()), std::string("\0\0\0\5", 4));
}

TEST(RecordFormat, ShowsNullsAsNothingAndTheirLengthAsMinusOne) {
  EXPECT_EQ(formatted("[%k] %K [%s] %S", wire::RecordView()), "[] -1 [] -1");
}

TEST(RecordFormat, RefusesFieldsAndEscapesThatAreNone) {
  EXPECT_EQ(formatted("%y", hello()), "(refused)");
  EXPECT_EQ(formatted("%", hello()), "(refused)");
  EXPECT_EQ(formatted("\\q", hello()), "(refused)");
}

TEST(RecordJson, HasOneLineARecord) {
  std::string line;
  const TopicPartition partition{"tweets", 2};
  const wire::RecordView record = hello();
  append_json({partition, record}, line);
  EXPECT_EQ(line,
            "{\"topic\":\"tweets\",\"partition\":2,\"offset\":7,\"timestamp\":1234,\"key\":\"k\","
            "\"value\":\"hello\",\"headers\":[{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\","
            "\"value\":null}]}\n");
  line.clear();
  append_kcat_json({partition, record, wire::TimestampType::kCreateTime, 1}, line);
  EXPECT_EQ(
      line,
      "{\"topic\":\"tweets\",\"partition\":2,\"offset\":7,\"tstype\":\"create\",\"ts\":1234,"
      "\"broker\":1,\"headers\":[\"a\",\"1\",\"b\",null],\"key\":\"k\",\"payload\":\"hello\"}\n");
}

// What Java's client and librdkafka answer for the same keys.
TEST(Partitioner, IsThatOfTheClients) {
  EXPECT_EQ(partition_of_key(Partitioner::kMurmur2, "21", INT32_MAX), 1173551340);
  EXPECT_EQ(partition_of_key(Partitioner::kMurmur2, "foobar", INT32_MAX), 1357151166);
  EXPECT_EQ(partition_of_key(Partitioner::kCrc32, "123456789", size_t{1} << 31),
            static_cast<wire::PartitionIndex>(0xCBF43926 & 0x7FFFFFFF));
}

TEST(AssignRanges, DividesEachTopicAmongItsSubscribers) {
  const auto assignments =
      assign_ranges({{"a", {"tweets", "users"}}, {"b", {"tweets"}}}, {{"tweets", 3}, {"users", 1}});
  EXPECT_THAT(assignments.at("a"),
              ElementsAre(TopicPartition{"tweets", 0}, TopicPartition{"tweets", 1},
                          TopicPartition{"users", 0}));
  EXPECT_THAT(assignments.at("b"), ElementsAre(TopicPartition{"tweets", 2}));
}

TEST(AssignRanges, GivesNothingToThoseThatAreTooMany) {
  const auto assignments = assign_ranges({{"a", {"t"}}, {"b", {"t"}}}, {{"t", 1}});
  EXPECT_THAT(assignments.at("a"), ElementsAre(TopicPartition{"t", 0}));
  EXPECT_TRUE(assignments.at("b").empty());
}

class LineSourceTest : public testing::Test {
 protected:
  LineSourceTest() { EXPECT_EQ(::pipe(ends_), 0); }
  ~LineSourceTest() override {
    ::close(ends_[0]);
    close_writer();
  }
  void write(const std::string& text) {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

  int ends_[2] = {-1, -1};
};

TEST_F(LineSourceTest, EndsAtALineThatIsTooLong) {
  LineSource lines(ends_[0], "\n", 8);
  write("short\nlonger than that");
  std::string line;
  ASSERT_TRUE(lines.next(line));
  EXPECT_EQ(line, "short");
  EXPECT_FALSE(lines.next(line));
  EXPECT_EQ(lines.end().error().code, wire::ErrorCode::kMessageTooLarge);
  EXPECT_FALSE(lines.next(line));
}

TEST_F(LineSourceTest, GivesTheLastLineThoughItIsNotEnded) {
  LineSource lines(ends_[0]);
  write("one\n\nthree");
  close_writer();
  std::string line;
  std::vector<std::string> all;
  while (lines.next(line)) all.push_back(line);
  EXPECT_THAT(all, ElementsAre("one", "", "three"));
}

TEST_F(LineSourceTest, KnowsWhetherTheNextLineIsThere) {
  LineSource lines(ends_[0]);
  EXPECT_TRUE(lines.would_wait());
  write("one\ntwo\n");
  EXPECT_FALSE(lines.would_wait());
  std::string line;
  EXPECT_TRUE(lines.next(line));
  EXPECT_FALSE(lines.would_wait());  // "two" has been read
  EXPECT_TRUE(lines.next(line));
  EXPECT_TRUE(lines.would_wait());
}

TEST_F(LineSourceTest, FindsADelimiterThatComesInTwoParts) {
  LineSource lines(ends_[0], "||");
  write("one|");
  write("|two||");
  close_writer();
  std::string line;
  EXPECT_TRUE(lines.next(line));
  EXPECT_EQ(line, "one");
  EXPECT_TRUE(lines.next(line));
  EXPECT_EQ(line, "two");
  EXPECT_FALSE(lines.next(line));
}

TEST(Table, AlignsColumnsAndLeavesTheLastOneAlone) {
  Table table({"TOPIC", "N"});
  table.add({"t", "10"});
  EXPECT_EQ(table.text(), "TOPIC  N\nt      10\n");
}

}  // namespace
}  // namespace cli
