// What the tests of compaction share: keyed batches, and a compaction run from plan to swap.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/compaction.h"
#include "storage/compaction_plan.h"
#include "tests/storage/log_fixture.h"
#include "wire/records/control_record.h"

namespace storage::testing {

using KeyValue = std::pair<std::string, std::optional<std::string>>;

inline wire::Bytes make_keyed_batch(const std::vector<KeyValue>& records,
                                    wire::BatchOptions options = {},
                                    wire::TimestampMs timestamp = 1'700'000'000'000) {
  wire::RecordBatchBuilder builder(std::move(options));
  for (const auto& [key, value] : records) {
    builder.append(timestamp, key, value ? std::optional<std::string_view>(*value) : std::nullopt);
  }
  return builder.build();
}

inline wire::BatchOptions of_producer(wire::ProducerId id, int32_t sequence,
                                      wire::ProducerEpoch epoch = 0) {
  wire::BatchOptions options;
  options.producer_id = id;
  options.producer_epoch = epoch;
  options.base_sequence = sequence;
  return options;
}

class CompactionFixture : public LogFixture {
 protected:
  CompactionFixture() {
    options_.compact = true;
    options_.delete_by_retention = false;
    options_.index_interval_bytes = 100;
    options_.verify_transactions = false;
  }

  void append_keyed(Log& log, const std::vector<KeyValue>& records,
                    wire::BatchOptions options = {}) {
    auto info =
        log.append_as_leader(make_keyed_batch(records, std::move(options), clock_.wall_ms()), 0);
    ASSERT_TRUE(info.ok()) << info.error().detail;
  }
  void append_marker(Log& log, wire::ProducerId id, bool committed) {
    auto info = log.append_as_leader(
        wire::build_end_transaction_batch(
            {.producer_id = id, .producer_epoch = 0, .committed = committed}, clock_.wall_ms()),
        0, {.origin = AppendOrigin::kCoordinator});
    ASSERT_TRUE(info.ok()) << info.error().detail;
  }
  // Seals what is there, and lets a compaction have it.
  void seal(Log& log) {
    EXPECT_TRUE(log.roll().ok());
    log.note_high_watermark(log.log_end_offset());
    sync(log);
  }
  std::unique_ptr<Compaction> begin(Log& log, CompactionLimits limits = {}) {
    const auto what = log.cleanable();
    EXPECT_TRUE(what.ok());
    auto plan = log.plan_compaction(*what);
    EXPECT_TRUE(plan.ok()) << plan.error().detail;
    return std::make_unique<Compaction>(files_, std::move(*plan), limits, 7);
  }
  // To the end; what became of it.
  std::unique_ptr<Compaction> compact(Log& log, CompactionLimits limits = {}) {
    auto compaction = begin(log, limits);
    do compaction->work();
    while (compaction->advance(log));
    if (compaction->result().ok() && !compaction->interrupted()) {
      log.note_compacted(compaction->end_offset());
    }
    return compaction;
  }
  void seal_and_compact(Log& log) {
    seal(log);
    const auto done = compact(log);
    EXPECT_TRUE(done->result().ok()) << done->result().error().detail;
    EXPECT_FALSE(done->interrupted());
  }

  static std::vector<wire::RecordBatchView> batches(Log& log) {
    std::vector<wire::RecordBatchView> all;
    wire::Offset offset = log.log_start_offset();
    for (;;) {
      const auto fetched = log.read({.offset = offset, .max_bytes = 1 << 20});
      EXPECT_TRUE(fetched.ok());
      if (!fetched.ok() || fetched->records.empty()) return all;
      wire::BatchIterator iterator(fetched->records);
      while (iterator.next()) {
        EXPECT_TRUE(iterator.batch().crc_is_valid());
        all.push_back(iterator.batch());
        offset = iterator.batch().next_offset();
      }
    }
  }
  // Each offset leads to the batch that holds it, or to the next one where it is gone.
  static void expect_found(Log& log) {
    const auto all = batches(log);
    auto batch = all.begin();
    for (wire::Offset offset = log.log_start_offset(); offset < log.log_end_offset(); ++offset) {
      while (batch != all.end() && batch->last_offset() < offset) ++batch;
      const auto fetched = log.read({.offset = offset, .max_bytes = 1});
      ASSERT_TRUE(fetched.ok()) << fetched.error().detail;
      if (batch == all.end()) {
        EXPECT_TRUE(fetched->records.empty());
        continue;
      }
      ASSERT_FALSE(fetched->records.empty()) << "at " << offset;
      EXPECT_EQ(wire::RecordBatchView::parse(fetched->records)->base_offset(),
                batch->base_offset());
    }
  }
  // "key=value@offset" of each record; a tombstone has no value.
  static std::vector<std::string> contents(Log& log) {
    std::vector<std::string> all;
    for (const auto& batch : batches(log)) {
      if (batch.is_control()) continue;
      const auto records = wire::read_records(batch);
      if (!records.ok()) continue;
      for (const wire::Record& record : *records) {
        all.push_back(std::string(record.key->view()) + "=" +
                      (record.value ? std::string(record.value->view()) : "") + "@" +
                      std::to_string(record.offset));
      }
    }
    return all;
  }
};

}  // namespace storage::testing
