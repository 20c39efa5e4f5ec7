#include "cmd/cli/records/segment_dump.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <unistd.h>

#include "wire/records/control_record.h"
#include "wire/records/record_batch_builder.h"

namespace cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SegmentDumpTest : public testing::Test {
 protected:
  SegmentDumpTest() { EXPECT_NE(::mkdtemp(folder_), nullptr); }
  ~SegmentDumpTest() override {
    for (const std::string& path : written_) ::unlink(path.c_str());
    ::rmdir(folder_);
  }

  SegmentDump dump(const std::string& name, const std::string& bytes,
                   const SegmentDumpOptions& options = {}) {
    const std::string path = std::string(folder_) + "/" + name;
    std::ofstream(path) << bytes;
    written_.push_back(path);
    auto dumped = dump_segment_file(path, options);
    EXPECT_TRUE(dumped.ok());
    return std::move(*dumped);
  }

  // The form that mkdtemp fills in.
  char folder_[32] = "/tmp/segment-dump-XXXXXX";
  std::vector<std::string> written_;
};

std::string batch(wire::Offset offset, const std::string& value) {
  wire::BatchOptions options;
  options.base_offset = offset;
  wire::RecordBatchBuilder builder(options);
  builder.append(1234, "k", value);
  return std::string(builder.build().view());
}

TEST_F(SegmentDumpTest, PrintsBatchesAndRecordsAsKafkaDoes) {
  const auto dumped =
      dump("00000000000000000005.log", batch(5, "hello"), {.records = true, .payloads = true});
  EXPECT_THAT(dumped.text,
              HasSubstr("Log starting offset: 5\nbaseOffset: 5 lastOffset: 5 count: 1"));
  EXPECT_THAT(dumped.text, HasSubstr("isvalid: true\n| offset: 5 CreateTime: 1234 keySize: 1 "
                                     "valueSize: 5 sequence: -1 headerKeys: [] key: k payload: "
                                     "hello\n"));
  EXPECT_THAT(dumped.problems, IsEmpty());
}

TEST_F(SegmentDumpTest, SaysWhatATransactionsMarkerIs) {
  const wire::EndTransactionMarker marker{
      .producer_id = 7, .producer_epoch = 1, .committed = true, .coordinator_epoch = 3};
  const auto dumped =
      dump("00000000000000000000.log",
           std::string(wire::build_end_transaction_batch(marker, 1234).view()), {.records = true});
  EXPECT_THAT(dumped.text, HasSubstr("isControl: true"));
  EXPECT_THAT(dumped.text, HasSubstr(" endTxnMarker: COMMIT coordinatorEpoch: 3\n"));
}

TEST_F(SegmentDumpTest, ReportsGapsAndWhatIsLeftAtTheEnd) {
  const std::string two = batch(0, "a") + batch(3, "b");
  const auto gap = dump("00000000000000000000.log", two, {.records = true});
  EXPECT_THAT(gap.problems, ElementsAre(HasSubstr("0 is followed by 3")));
  const auto torn = dump("00000000000000000000.log", batch(0, "a") + std::string("\0\0\0", 3));
  EXPECT_THAT(torn.text, HasSubstr("Found 3 invalid bytes at the end of 00000000000000000000.log"));
}

TEST_F(SegmentDumpTest, StopsAtTheZerosOfAPreallocatedIndex) {
  const std::string entry("\0\0\0\2\0\0\0\x50", 8);
  const auto dumped = dump("00000000000000000010.index", entry + std::string(16, '\0'));
  EXPECT_THAT(dumped.text, HasSubstr("offset: 12 position: 80\n"));
  EXPECT_EQ(std::count(dumped.text.begin(), dumped.text.end(), '\n'), 2);
}

TEST_F(SegmentDumpTest, RefusesFilesThatAreNone) {
  EXPECT_FALSE(dump_segment_file(std::string(folder_) + "/none.log", {}).ok());
  EXPECT_THAT(dump("notes.txt", "x").problems, ElementsAre(HasSubstr("unknown file")));
}

}  // namespace
}  // namespace cli
