#include "cluster/metadata/record.h"

#include <gtest/gtest.h>

#include "cluster/controller/activation.h"
#include "cluster/metadata/bootstrap_checkpoint.h"
#include "wire/records/record_batch.h"

namespace cluster::metadata {
namespace {

std::string hex(const wire::Bytes& bytes) {
  std::string text;
  for (uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

MetadataRecord feature_record(const std::string& name, int16_t level) {
  wire::FeatureLevelRecord record;
  record.name = name;
  record.feature_level = level;
  return {record, 0};
}

TEST(MetadataRecord, IsFramedAsApacheFramesIt) {
  // From a bootstrap.checkpoint of Apache Kafka 4.3.1.
  EXPECT_EQ(hex(encode_record(feature_record("metadata.version", 30))),
            "010c00116d657461646174612e76657273696f6e001e00");
}

TEST(MetadataRecord, ComesBackAsItWent) {
  wire::PartitionChangeRecord change;
  change.topic_id = {1, 2};
  change.partition_id = 3;
  change.isr = {1, 2};
  change.leader = 2;
  change.eligible_leader_replicas = std::vector<int32_t>{};
  const MetadataRecord record{change, 2};
  const auto decoded = decode_record(encode_record(record));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, record);
}

TEST(MetadataRecord, RefusesWhatItDoesNotKnow) {
  const auto refusal = [](std::string_view bytes) {
    const auto decoded = decode_record(wire::Bytes::copy(bytes));
    return decoded.ok() ? std::string("accepted") : decoded.error().detail;
  };
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(refusal(""sv), "metadata record: no frame version");
  EXPECT_EQ(refusal("\x02\x0c\x00"sv), "metadata record: frame version 2 is unknown");
  EXPECT_EQ(refusal("\x01\x7f\x00"sv), "metadata record: key 127 is unknown");
  EXPECT_EQ(refusal("\x01\x0c\x09"sv),
            "metadata record: version 9 of FeatureLevelRecord is unknown");
  EXPECT_EQ(refusal("\x01\x0c\x00\x05"sv), "metadata record: FeatureLevelRecord does not parse");
  EXPECT_EQ(refusal("\x01\x14\x00\x00\x00"sv),
            "metadata record: 1 bytes are left after a NoOpRecord");
}

TEST(BootstrapCheckpoint, HasHeaderRecordsAndFooterAsApacheWritesThem) {
  const auto records =
      controller::bootstrap_records({{"metadata.version", 30}, {"group.version", 0}});
  const wire::Bytes file = encode_bootstrap_checkpoint(records, 1'795'381'995'312);
  // Sizes and the control record of the header as in a file of Apache Kafka 4.3.1.
  const auto header = wire::RecordBatchView::parse(file).value();
  EXPECT_EQ(header.size_bytes(), 0x47u + 12u);
  EXPECT_TRUE(header.is_control());
  EXPECT_EQ(header.partition_leader_epoch(), 0);
  const auto data = wire::RecordBatchView::parse(file.slice(header.size_bytes())).value();
  EXPECT_EQ(data.base_offset(), 1);
  EXPECT_FALSE(data.is_control());
  const auto footer =
      wire::RecordBatchView::parse(file.slice(header.size_bytes() + data.size_bytes())).value();
  EXPECT_EQ(footer.base_offset(), 2);
  EXPECT_EQ(footer.size_bytes(), 0x3fu + 12u);
  EXPECT_EQ(decode_bootstrap_checkpoint(file).value(), records);
}

TEST(BootstrapCheckpoint, RefusesABrokenFileAndOneWithoutAVersion) {
  std::string bytes(
      encode_bootstrap_checkpoint({feature_record("metadata.version", 30)}, 1).view());
  bytes[120] = static_cast<char>(bytes[120] ^ 1);
  EXPECT_FALSE(decode_bootstrap_checkpoint(wire::Bytes::copy(bytes)).ok());
  EXPECT_FALSE(decode_bootstrap_checkpoint(wire::Bytes::copy(bytes.substr(0, 100))).ok());
  EXPECT_FALSE(decode_bootstrap_checkpoint(
                   encode_bootstrap_checkpoint({feature_record("group.version", 1)}, 1))
                   .ok());
}

}  // namespace
}  // namespace cluster::metadata
