// What producers of kafka-clients 0.8.2.2, 0.9.0.1 and 0.10.0.1 send (tests/golden/records): each set
// becomes one batch of the same messages.
#include <fstream>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/source_folder.h"
#include "tests/wire/records/base64.h"
#include "wire/records/message_set_validation.h"
#include "wire/records/record.h"

namespace wire {
namespace {

using nlohmann::json;

TEST(OldMessageSets, BecomeBatchesOfTheSameMessages) {
  std::ifstream file(source_folder() + "/tests/golden/records/old_message_sets.jsonl");
  int sets = 0;
  for (std::string line; std::getline(file, line); ++sets) {
    const json set = json::parse(line);
    SCOPED_TRACE(set["client"].get<std::string>() + " " + set["codec"].get<std::string>());
    ValidationOptions options;
    options.topic = "tweets";
    options.produce_version = 1;
    options.now = 1'700'000'000'000;
    const ProducePlan plan =
        validate_produced_message_set(Bytes::adopt(decode_base64(set["bytes"])), options);
    ASSERT_TRUE(plan.ok()) << plan.refused.message;
    const auto batch = RecordBatchView::parse(plan.accepted->batch);
    ASSERT_TRUE(batch.ok());
    EXPECT_EQ(compression_name(batch->compression()), set["codec"].get<std::string>());
    const auto records = read_records(*batch);
    ASSERT_TRUE(records.ok());
    ASSERT_EQ(records->size(), set["messages"].size());
    const TimestampMs first = set["first_timestamp"];
    for (size_t i = 0; i < records->size(); ++i) {
      const Record& record = (*records)[i];
      const json& message = set["messages"][i];
      EXPECT_EQ(record.offset, static_cast<Offset>(i));
      EXPECT_EQ(record.timestamp, first == kNoTimestamp ? first : first + static_cast<int64_t>(i));
      ASSERT_EQ(record.key.has_value(), !message[0].is_null());
      if (record.key.has_value()) {
        EXPECT_EQ(record.key->view(), decode_base64(message[0]));
      }
      EXPECT_EQ(record.value->view(), decode_base64(message[1]));
    }
  }
  EXPECT_EQ(sets, 12);
}

}  // namespace
}  // namespace wire
