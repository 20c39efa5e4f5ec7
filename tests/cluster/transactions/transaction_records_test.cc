// The bytes of `__transaction_state`'s records.

#include "cluster/transactions/transaction_records.h"

#include <string>

#include <fmt/core.h>

#include "gtest/gtest.h"

namespace cluster::transactions {
namespace {

using Verdict = coordinator::PartitionRuntime::Verdict;

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

TransactionMetadata ongoing() {
  TransactionMetadata metadata;
  metadata.producer_id = 1'000;
  metadata.previous_producer_id = 1'000;
  metadata.producer_epoch = 3;
  metadata.timeout_ms = 60'000;
  metadata.state = TransactionState::kOngoing;
  metadata.partitions = {{"a", 0}, {"a", 2}, {"b", 1}};
  metadata.start_ms = 1'700'000'000'000;
  metadata.last_update_ms = 1'700'000'000'001;
  metadata.client_version = 2;
  return metadata;
}

TEST(TransactionRecords, FlexibleValue) {
  const coordinator::Record record = transaction_record("tx", ongoing(), 2);
  EXPECT_EQ(hex(record.key.view()),
            "0000"
            "0002"
            "7478");
  EXPECT_EQ(hex(record.value->view()),
            "0001"              // version
            "00000000000003e8"  // producer id
            "0003"              // epoch
            "0000ea60"          // timeout
            "01"                // ongoing
            "03"                // two topics
            "0261"
            "030000000000000002"
            "00"
            "0262"
            "0200000001"
            "00"
            "0000018bcfe56801"  // last update
            "0000018bcfe56800"  // start
            "02"                // two tagged fields
            "000800000000000003e8"
            "02020002");
  TransactionMetadata read = ongoing();
  read.last_producer_epoch = wire::kNoProducerEpoch;
  EXPECT_EQ(parse_transaction_value(record.value->view()), read);
  EXPECT_EQ(parse_transaction_key(record.key.view()), "tx");
}

TEST(TransactionRecords, ValueBeforeTransactionVersionOne) {
  TransactionMetadata metadata = ongoing();
  metadata.partitions = {{"a", 0}};
  metadata.client_version = 0;
  const coordinator::Record record = transaction_record("tx", metadata, 0);
  EXPECT_EQ(hex(record.value->view()),
            "0000"
            "00000000000003e8"
            "0003"
            "0000ea60"
            "01"
            "00000001"
            "000161"
            "00000001"
            "00000000"
            "0000018bcfe56801"
            "0000018bcfe56800");
  const auto read = parse_transaction_value(record.value->view());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->partitions, metadata.partitions);
  EXPECT_EQ(read->previous_producer_id, wire::kNoProducerId);
}

TEST(TransactionRecords, AnEmptyTransactionHasNoPartitionsRatherThanZero) {
  TransactionMetadata metadata = ongoing();
  metadata.state = TransactionState::kEmpty;
  metadata.partitions.clear();
  const coordinator::Record empty = transaction_record("tx", metadata, 0);
  EXPECT_EQ(hex(empty.value->view()).substr(34, 8), "ffffffff");
  metadata.state = TransactionState::kCompleteCommit;
  const coordinator::Record complete = transaction_record("tx", metadata, 0);
  EXPECT_EQ(hex(complete.value->view()).substr(34, 8), "00000000");
}

TEST(TransactionRecords, TheNextProducerIdIsKept) {
  TransactionMetadata metadata = ongoing();
  metadata.state = TransactionState::kPrepareCommit;
  metadata.next_producer_id = 2'000;
  const coordinator::Record record = transaction_record("tx", metadata, 2);
  EXPECT_EQ(parse_transaction_value(record.value->view())->next_producer_id, 2'000);
}

coordinator::Record with_value(std::string value) {
  return {wire::Bytes::adopt(transaction_key("tx")), wire::Bytes::adopt(std::move(value))};
}

TEST(TransactionRecords, LoadTakesSkipsAndRefuses) {
  coordinator::Record good = transaction_record("tx", ongoing(), 2);
  const std::string bytes(good.value->view());
  EXPECT_EQ(inspect_record(good), Verdict::kTake);
  coordinator::Record tombstone = transaction_tombstone("tx");
  EXPECT_EQ(inspect_record(tombstone), Verdict::kTake);
  // As Kafka: what a newer release may have left behind is skipped.
  coordinator::Record newer_key = good;
  newer_key.key = wire::Bytes::copy(std::string_view("\0\7tx", 4));
  EXPECT_EQ(inspect_record(newer_key), Verdict::kSkip);
  coordinator::Record newer_value = with_value(std::string("\0\2", 2) + bytes.substr(2));
  EXPECT_EQ(inspect_record(newer_value), Verdict::kSkip);

  for (size_t size = 0; size < bytes.size(); ++size) {
    coordinator::Record cut = with_value(bytes.substr(0, size));
    EXPECT_EQ(inspect_record(cut), Verdict::kRefuse) << size << " bytes";
  }
  const auto with_status = [&](char status) {
    std::string changed = bytes;
    changed[16] = status;
    return with_value(changed);
  };
  for (const char status : {'\6', '\7', '\10', '\377'}) {
    coordinator::Record odd = with_status(status);
    EXPECT_EQ(inspect_record(odd), Verdict::kRefuse) << int{status};
  }
  coordinator::Record empty_key = good;
  empty_key.key = wire::Bytes::copy(std::string_view("\0", 1));
  EXPECT_EQ(inspect_record(empty_key), Verdict::kRefuse);
}

}  // namespace
}  // namespace cluster::transactions
